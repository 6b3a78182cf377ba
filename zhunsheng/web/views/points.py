"""Penalty points: who has any, one practitioner, whom a decision may give points, and the register as a file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.findings.actions import note_export
from zhunsheng.casework.points import policies, queries
from zhunsheng.casework.points.queries import STATES, Given, Person
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import harmless
from zhunsheng.kernel.time import now
from zhunsheng.web import caseforms, exports
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number

ROWS = 50
#: Columns of the register's layout, as ``sources`` reads them.
LAYOUT = (
    "执业人员代码", "定点医药机构编号", "处理文书号", "违法违规行为", "责任程度", "记分分值", "修复分值", "生效日期",
    "失效日期",
)  # fmt: skip


@page(Verb.READ_CASES)
def register(request: HttpRequest) -> HttpResponse:
    """List the practitioners in view that have points or rulings."""
    wanted = _wanted(request)
    everyone = queries.people(request.scope, now().date())
    found = [one for one in everyone if _asked(one, wanted)]
    pages = Pages(page_number(request), ROWS, len(found))
    if elsewhere := last_page(request, pages):
        return elsewhere
    counted = Counter(one.standing.state for one in everyone)
    context = {
        "wanted": {name: value for name, value in wanted.items() if value},
        "states": [(state, counted[state]) for state in STATES],
        "places": request.scope.billing(),
        "names": _names(request),
        "rows": found[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "total": sum(one.standing.points for one in everyone),
        "scheme": policies.scheme(now().date()),
    }
    return render(request, "web/points.html", context)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return what is asked for. Raises Problem ZS701 outside the scope, ZS709 for a word that is none."""
    wanted = narrowed(request, {"state": STATES})
    wanted |= {name: request.GET.get(name, "").strip() for name in ("institution", "least")}
    if wanted["institution"] and not request.scope.sees(wanted["institution"]):
        raise Problem("ZS701")
    if wanted["least"] and not (wanted["least"].isdecimal() and len(wanted["least"]) < 4):
        raise Problem("ZS709", name="least", value=wanted["least"])
    return wanted


def _asked(one: Person, wanted: dict[str, str]) -> bool:
    at_place = not wanted["institution"] or wanted["institution"] in one.places
    in_state = not wanted["state"] or wanted["state"] == one.standing.state
    return at_place and in_state and one.standing.points >= int(wanted["least"] or 0)


def _names(request: HttpRequest) -> dict[str, str]:
    return {one.institution_id: one.name for one in request.scope.places()}


@page(Verb.READ_CASES)
def person(request: HttpRequest, practitioner_id: str) -> HttpResponse:
    """Show one practitioner. Raises Problem ZS701 for one not in view, or without points and rulings."""
    found = queries.person(request.scope, practitioner_id, now().date())
    if found is None:
        raise Problem("ZS701")
    barred = [one for one in found.standing.intervals if one.valid_to is None or one.valid_to > one.valid_from]
    context = {
        "person": found,
        "names": _names(request),
        "years": _years(found.given),
        "articles": dict(caseforms.articles()),
        "responsibilities": policies.scheme(now().date()).responsibilities,
        "services": queries.served(request.scope, practitioner_id, barred),
        "repairs": queries.repairs(request.scope, practitioner_id),
        "open_cases": _open_cases(request, practitioner_id),
    }
    return render(request, "web/points_person.html", context)


def _years(given: tuple[Given, ...]) -> list[dict[str, Any]]:
    """Return the points of each calendar year, newest first."""
    years = sorted({one.decision.from_on.year for one in given}, reverse=True)
    return [{"year": year, "given": [one for one in given if one.decision.from_on.year == year]} for year in years]


def _open_cases(request: HttpRequest, practitioner_id: str) -> list[dict[str, Any]]:
    """Return the open cases about a person in view: proposed points, and rulings that wait for a decision."""
    held = cases.cases(request.scope).filter(closed_at=None, cycle__in=("points_decision", "payment_ruling"))
    about = held.filter(events__kind="opened", events__fields__practitioner=practitioner_id)
    return [{"case": one, "life": one.life, "state": one.life.state(one.state)} for one in about]


@page(Verb.READ_CASES)
def propose(request: HttpRequest) -> HttpResponse:
    """Show whom the findings of a punished case name, each with the form that proposes points."""
    text = request.GET.get("origin", "")
    origin = cases.one(request.scope, int(text)) if text.isdecimal() and len(text) < 19 else None
    if origin is None or not may_give(request.user, origin):
        raise Problem("ZS701")
    told = [key for shown in cases.timeline(request.scope, origin) for key in shown.fields.get("findings", ())]
    rows = queries.named_in(request.scope, dict.fromkeys(told))
    asked = {"cycle": "points_decision", "origin": origin.pk, "institution": origin.institution_id}
    context = {
        "origin": origin,
        "life": origin.life,
        "rows": rows,
        "address": f"{reverse('case-new')}?{urlencode(asked)}",
    }
    return render(request, "web/points_propose.html", context)


def may_give(user: Any, origin: Case) -> bool:
    """Whether a user may propose points after a case: the institution was punished in it."""
    follows = {(one.cycle, one.move) for one in policies.scheme(now().date()).follows}
    steps = [move for cycle, move in follows if cycle == origin.cycle]
    punished = bool(steps) and origin.events.filter(kind="moved", about__in=steps).exists()
    own = origin.body_id == user.body_id and bool(origin.institution_id)
    return punished and own and any(one.name == "points_decision" for one in cases.openings(user))


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list as it is filtered."""
    wanted = _wanted(request)
    found = [one for one in queries.people(request.scope, now().date()) if _asked(one, wanted)]
    exports.check_size(len(found))
    names = _names(request)
    words = {"free": _("正常"), "watched": _("约谈、重点关注"), "suspended": _("暂停"), "terminated": _("终止")}
    rows = [
        [one.practitioner_id, one.name, "、".join(names.get(key, key) for key in one.places), one.standing.points,
         one.standing.given, one.standing.repaired, str(words[one.standing.state])]
        for one in found
    ]  # fmt: skip
    sheet = exports.Sheet(
        title=_("支付资格记分"),
        facts=[(_("条件"), "；".join(f"{name}={value}" for name, value in wanted.items() if value) or _("全部"))],
        head=[_("人员编码"), _("姓名"), _("机构"), _("当年记分"), _("记分"), _("修复"), _("状态")],
        money=(),
        rows=iter([rows]),
        totals=[_("合计"), "", "", sum(one.standing.points for one in found), "", "", ""],
    )
    return exports.respond(request, sheet, kind, "points", wanted)


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def layout(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the decisions in view in the layout in which a register is imported."""
    if kind not in exports.KINDS:
        raise Problem("ZS701")
    told = [one for each in queries.people(request.scope, now().date()) for one in each.given if not one.hidden]
    rows = [_line(one) for one in told]
    exports.check_size(len(rows))
    note_export(request.user, "points-register", kind, len(rows), {})
    response = HttpResponse(_table(rows, kind), content_type=exports.KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="points-register.{kind}"'
    return response


def _line(one: Given) -> list[str]:
    decision = one.decision
    repaired = sum(points for _on, points in decision.credits)
    ended = decision.ended_on
    return [
        one.practitioner_id, decision.institution_id, decision.ref, one.act, one.responsibility, str(decision.points),
        str(repaired) if repaired else "", str(decision.from_on), str(last_day(ended)) if ended else "",
    ]  # fmt: skip


def last_day(ended: date) -> date:
    """Return the last day on which something held that no longer holds on a day: files print the last one."""
    return ended - timedelta(days=1)


def _table(rows: list[list[str]], kind: str) -> bytes:
    if kind == "csv":
        text = io.StringIO()
        out = csv.writer(text, lineterminator="\r\n")
        out.writerow(LAYOUT)
        out.writerows([harmless(value) for value in row] for row in rows)
        return ("\ufeff" + text.getvalue()).encode()
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    for at, row in enumerate([list(LAYOUT), *rows]):
        for column, value in enumerate(row):
            sheet.write_string(at, column, value)
    book.close()
    return buffer.getvalue()
