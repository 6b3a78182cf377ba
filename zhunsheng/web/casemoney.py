"""What the page of a case shows of money: ledger, instalments, the late penalty, the grade of a decision, look-back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from zhunsheng.book.cycles import Cycle
from zhunsheng.book.handling import Grade, Grades
from zhunsheng.casework.cases import computing, library, money, queries
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.policies import WAYS
from zhunsheng.casework.cases.words import named, said
from zhunsheng.casework.findings import lookback
from zhunsheng.casework.ledger import queries as ledger
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import now

#: Parts into which a plan is proposed, until the address asks for another number.
PARTS, MOST_PARTS = 3, 12
FIRST_DAYS = 30


def shown(request: HttpRequest, case: Case) -> dict[str, Any]:
    """Return what the page of a case needs beside its steps; nothing for a life-cycle without money."""
    book, day = queries.book(case), now().date()
    if book is None:
        return {}
    inside = queries.sees_all(request.scope, case)
    context: dict[str, Any] = {"grading": _grading(case, day) if inside and case.state == "deciding" else None}
    if book.decided:
        context |= {
            "book": book,
            "accounts": [_account(book, one, day) for one in book.recovery.accounts],
            "instalments": [_instalment(book, one, day) for one in book.instalments()],
            "entries": [_entry(case.life, one) for one in ledger.entries(request.scope, case)],
            "late_sum": money.late_sum(book, day) if case.state == "late" and inside else None,
            "late_rule": (rule := book.recovery.late),
            "late_share": plain(rule.per_day_e4, 2),
            "late_cite": case.life.cites[rule.cite],
            "credit": ledger.credit(request.scope).filter(case=case).first(),
            "day": day,
        }
    if inside and case.state in ("paid", "looking_back", "closed"):
        context["lookback"] = look_back(request, case)
    return context


def _account(book: money.Book, one: Any, day: date) -> dict[str, Any]:
    late = book.late(day, one.id)
    return {"one": one, "owed": book.owed(one.id), "paid": book.paid(one.id), "late": late,
            "left": book.balance(account=one.id)}  # fmt: skip


def _instalment(book: money.Book, one: money.Instalment, day: date) -> dict[str, Any]:
    state = "paid" if not one.left_fen else "late" if one.on < day else "open"
    return {"one": one, "account": named(book.recovery.account(one.account)), "state": state}


def _entry(life: Cycle, one: Any) -> dict[str, Any]:
    recovery = life.recovery
    if recovery is None:
        return {"one": one}
    return {
        "one": one,
        "charge": named(recovery.charge(one.charge)),
        "account": named(recovery.account(one.account)),
    }


def _grading(case: Case, day: date) -> dict[str, Any]:
    """Return the grades with their ranges, and the earlier cases that count, for who is about to decide."""
    grades, done = library.grades(), computing.done_of(case)
    article = next((one.fields["article"] for one in done[::-1] if "article" in one.fields), "")
    counted = computing.repeats(case, article, grades.look_back.months, day)
    loss = next((one.fields["loss_fen"] for one in done[::-1] if "loss_fen" in one.fields), None)
    bands = [one for one in case.life.bands if f"{article}/".startswith(f"{one.equals}/")]
    return {
        "months": grades.look_back.months,
        "repeats": counted,
        "loss_fen": loss,
        "bands": [{"band": one, "cite": case.life.cites[one.cite], **_range(one, loss)} for one in bands],
        "rows": [_grade(grades, one, article) for one in grades.grades],
        "local": grades.cites[grades.look_back.cite],
    }


def _range(band: Any, loss: int | None) -> dict[str, Any]:
    base = loss if band.times_of else 1
    if base is None:
        return {}
    return {"least_fen": band.least * base, "most_fen": band.most * base}


def _grade(grades: Grades, one: Grade, article: str) -> dict[str, Any]:
    known = one.fine(article)
    span = f"{plain(known.least_e4, 4)}–{plain(known.most_e4, 4)}" if known else ""
    measures = {measure.id: measure for measure in grades.measures}
    return {"grade": one, "span": span, "measures": [named(measures[key]) for key in one.measures],
            "lighter": named(grades.grade(one.self_reported)) if one.self_reported else ""}  # fmt: skip


def look_back(request: HttpRequest, case: Case) -> dict[str, Any] | None:
    """Return what the rules of a case found at its institution before it and after it was paid, by the current run."""
    opened, settled = case.events.filter(kind="opened").first(), case.events.filter(about="settle").last()
    keys = opened.fields.get("findings", []) if opened else []
    if not keys or settled is None or request.scope.file is None:
        return None
    try:
        with request.scope.lake() as reader:
            rules = lookback.rules_of(reader, keys)
            sides = [lookback.months_before(opened.day), lookback.months_after(settled.day)]
            before, after = (lookback.measure(reader, case.institution_id, rules, months) for months in sides)
    except Problem:
        return None
    return {"rules": rules, "periods": [(_("立案前"), before), (_("缴清后"), after)],
            "comparable": not before.missing and not after.missing}  # fmt: skip


def given_before(case: Case) -> dict[str, Any]:
    """Return what earlier steps said of fields that later ones ask for again, as a form holds them."""
    found: dict[str, Any] = {}
    for one in computing.done_of(case):
        found |= {key: value for key, value in one.fields.items() if key in ("article", "loss_fen", "recover_fen")}
    if "loss_fen" in found:
        found.setdefault("recover_fen", found["loss_fen"])
    return {key: yuan(value).replace(",", "") if key.endswith("_fen") else value for key, value in found.items()}


def proposed(request: HttpRequest, case: Case, move: str) -> dict[str, Any]:
    """Return what the site proposes for the fields of a step: equal instalments, the late penalty as computed."""
    book, life = queries.book(case), case.life
    books = next((one.books for one in life.moves if one.id == move), "")
    if book is None:
        return {}
    if books in ("decision", "adjustment"):
        return given_before(case)
    if books == "plan":
        text = request.GET.get("parts", "")
        parts = int(text) if text.isdecimal() and 0 < int(text[:3]) <= MOST_PARTS else PARTS
        first = date.fromordinal(now().date().toordinal() + FIRST_DAYS)
        rows = money.proposed_plan(book, first, parts)
        return {"plan": [{key: value if key == "on" else _plain(value) for key, value in row.items()} for row in rows]}
    if books == "late":
        return {"surcharge_fen": _plain(money.late_sum(book, now().date()).open_fen)}
    return {}


def _plain(fen: int) -> str:
    return yuan(fen).replace(",", "")


def worked_out(fields: dict[str, Any]) -> list[str]:
    """Return in words what the site worked out for a step."""
    return [*_graded(fields.get(computing.GRADED)), *_late(fields.get(computing.LATE)),
            *_planned(fields.get(computing.PLANNED)), *_shared(fields.get(computing.SHARES))]  # fmt: skip


def _graded(told: dict[str, Any] | None) -> list[str]:
    if told is None:
        return []
    known = {one.id: one for one in library.grades().grades}
    grade = named(known[told["grade"]]) if told["grade"] in known else told["grade"]
    numbers = "、".join(told["repeats"]) or _("无")
    found = [_("适用档次：{grade}；{since} 以来同机构同条款已决定的案件：{numbers}").format(
        grade=grade, since=told["since"], numbers=numbers)]  # fmt: skip
    if told["outside"]:
        ways = "、".join(str(said(*WAYS[key])) for key in told["outside"])
        found.append(_("超出适用档次：{ways}").format(ways=ways))
    return found


def _late(told: dict[str, Any] | None) -> list[str]:
    if told is None:
        return []
    found = [
        _("{first} 至 {last} 逾期罚款 ¥{fen}").format(first=first, last=last, fen=yuan(fen))
        for first, last, fen in told["stretches"]
    ]
    sums = {key: yuan(told[f"{key}_fen"]) for key in ("accrued", "cap", "charged", "open")}
    found.append(_("按日累计 ¥{accrued}，上限 ¥{cap}，已加处 ¥{charged}，可加处 ¥{open}").format(**sums))
    return found


def _planned(told: dict[str, Any] | None) -> list[str]:
    days = [day for day in (told or {}).values() if day]
    return [_("下一期缴款日：{day}").format(day=day) for day in days]


def _shared(told: list[tuple[str, int | None]] | None) -> list[str]:
    if not told or len(told) == 1:
        return []
    return [f"{number} ¥{yuan(fen)}" if fen is not None else f"{number} {_('金额待商定')}" for number, fen in told]


def plan_words(life: Cycle, rows: list[dict[str, Any]]) -> str:
    """Return a plan as lines of text."""
    accounts = life.recovery.accounts if life.recovery else ()
    return "\n".join(
        " · ".join([str(row["on"]), *(f"{said(one.zh, one.en)} ¥{yuan(row.get(one.id, 0))}" for one in accounts)])
        for row in rows
    )
