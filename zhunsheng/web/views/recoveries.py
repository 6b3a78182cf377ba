"""Recoveries: what is owed, paid, late and open by case and account, with totals; the credit record; both exported."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhunsheng.book.cycles import State
from zhunsheng.book.recovery import Account
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases.words import named
from zhunsheng.casework.ledger import queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number

ROWS = 50


@page(Verb.READ_CASES)
def recovery_list(request: HttpRequest) -> HttpResponse:
    """List what is recovered, case by case, the one that is due first in front."""
    wanted, day = _wanted(request), now().date()
    made = queries.lines(queries.recoveries(request.scope, wanted, day), day)
    pages = Pages(page_number(request), ROWS, len(made))
    if elsewhere := last_page(request, pages):
        return elsewhere
    names = {one.institution_id: one.name for one in request.scope.places()}
    context = {
        "wanted": _plain(wanted),
        "dues": _due_words(),
        "states": _states(),
        "accounts": _accounts(),
        "places": request.scope.billing(),
        "rows": [_row(line, names) for line in made[max(0, pages.first - 1) : pages.last]],
        "totals": queries.totals(made),
        "pages": pages,
        "day": day,
        "credit": [
            {"one": one, "about": names.get(one.institution_id, one.institution_id), "grade": _grade(one.grade)}
            for one in queries.credit(request.scope, wanted.institution).filter(valid_to__gt=day)[:ROWS]
        ],
    }
    return render(request, "web/recoveries.html", context)


def _wanted(request: HttpRequest) -> queries.Wanted:
    """Return what is asked for. Raises Problem ZS709 for a word that is none, ZS701 for a place out of view."""
    known = {
        "state": {one.id for one in _states()}, "account": {one.id for one in _accounts()}, "due": queries.DUES,
    }  # fmt: skip
    found, institution = narrowed(request, known), request.GET.get("institution", "")
    if institution and not request.scope.sees(institution):
        raise Problem("ZS701")
    return queries.Wanted(institution=institution, **found)


def _plain(wanted: queries.Wanted) -> dict[str, str]:
    fields = {"institution": wanted.institution, "state": wanted.state, "account": wanted.account, "due": wanted.due}
    return {name: value for name, value in fields.items() if value}


def _states() -> list[State]:
    """The states in which money of a case can stand open, or was paid."""
    life = library.cycle("fund_case")
    booked = {life.target(move, source) for move in life.moves for source in move.source if move.books}
    return [one for one in life.states if one.id in booked or one.id in ("paid", "looking_back", "closed", "late")]


def _accounts() -> tuple[Account, ...]:
    recovery = library.cycle("fund_case").recovery
    return recovery.accounts if recovery else ()


def _due_words() -> list[tuple[str, str]]:
    days = queries.SOON_DAYS
    return [
        ("", _("全部")), ("open", _("未缴清")), ("late", _("逾期")), ("soon", _("{n} 日内到期").format(n=days)),
        ("paid", _("已缴清")),
    ]  # fmt: skip


def _grade(key: str) -> Any:
    return next((named(one) for one in library.grades().grades if one.id == key), key)


def _row(line: queries.Line, names: dict[str, str]) -> dict[str, Any]:
    case = line.case
    return {
        "line": line,
        "about": names.get(case.institution_id) or str(case.subject_body or case.institution_id),
        "state": case.life.state(case.state),
        "days_left": (line.next_on - now().date()).days if line.next_on else None,
    }


@page(Verb.EXPORT_FINDINGS, Verb.READ_CASES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list with its filters and totals, as xlsx or csv."""
    wanted, day = _wanted(request), now().date()
    made = queries.lines(queries.recoveries(request.scope, wanted, day), day)
    exports.check_size(len(made))
    names = {one.institution_id: one.name for one in request.scope.places()}
    sums = queries.totals(made)
    sheet = exports.Sheet(
        title=_("追回台账"),
        facts=[(_("截至"), str(day)), *_filters(wanted, names)],
        head=[_("案件"), _("当事人"), _("承办单位"), _("状态"), _("最近到期日"), _("应缴（元）"), _("已缴（元）"),
              _("逾期（元）"), _("未缴（元）")],
        money=(5, 6, 7, 8),
        rows=iter([[_cells(_row(line, names)) for line in made]]),
        totals=[_("合计"), *[""] * 4, sums.owed, sums.paid, sums.late, sums.left],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "recoveries", _plain(wanted))


def _filters(wanted: queries.Wanted, names: dict[str, str]) -> list[tuple[str, str]]:
    told = {
        _("机构"): names.get(wanted.institution, wanted.institution),
        _("状态"): next((str(named(one)) for one in _states() if one.id == wanted.state), ""),
        _("账户"): next((str(named(one)) for one in _accounts() if one.id == wanted.account), ""),
        _("到期"): dict(_due_words())[wanted.due],
    }
    return [(name, value or _("全部")) for name, value in told.items()]


def _cells(row: dict[str, Any]) -> list[Any]:
    line = row["line"]
    sums = line.totals
    return [
        line.case.number,
        row["about"],
        str(line.case.body),
        str(named(row["state"])),
        str(line.next_on or ""),
        sums.owed,
        sums.paid,
        sums.late,
        sums.left,
    ]
