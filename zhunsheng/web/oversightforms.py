"""What the pages on the oversight of vendors show: a month of checks, tables of cases, the steps of an exit."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.words import named, said
from zhunsheng.casework.oversight import library, queries
from zhunsheng.casework.oversight.models import ExitStep, Sanction, VendorComplaint
from zhunsheng.casework.oversight.policies import MONTH
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web.templatetags.words import service_kind, yuan

#: Lists of cases by the last part of their address: title and life-cycle.
LISTS = {
    "complaints": (_("第三方服务投诉"), "vendor_complaint"),
    "incidents": (_("第三方服务事件"), "vendor_incident"),
    "sanctions": (_("第三方服务处理决定"), "vendor_sanction"),
    "surveys": (_("满意度整改"), "vendor_survey"),
    "exits": (_("退出计划"), "vendor_exit"),
}
#: Lights of the states of a step.
COLOURS = {"open": "yellow", "done": "accent", "waived": "unknown"}
#: Lights of the states of a joint meeting.
MEETING_COLOURS = {
    "called": "blue", "held": "yellow", "following": "yellow", "closed": "accent", "cancelled": "unknown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One case of a list: the case, its vendor by name, kind of service, what is told of it, state and last day."""

    case: Case
    vendor: str
    kind: str
    told: str
    state: Any
    address: str
    late: bool


def month_of(text: str, today: date) -> date:
    """Return the first day of a month as the address names it, this one where none is. Raises Problem ZS709."""
    if not text:
        return today.replace(day=1)
    if not MONTH.fullmatch(text):
        raise Problem("ZS709", name="month", value=text[:20])
    return date.fromisoformat(f"{text}-01")


def shifted(first: date, months: int) -> str:
    """Return the month so many months away, as the address names it."""
    number = first.year * 12 + first.month - 1 + months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def weeks(first: date, entries: list[queries.Entry]) -> list[list[dict[str, Any]]]:
    """Return the weeks of a month from Monday on, each day with its checks."""
    by_day: dict[date, list[queries.Entry]] = {}
    for one in entries:
        by_day.setdefault(one.due_on, []).append(one)
    return [
        [{"day": day, "outside": day.month != first.month, "entries": by_day.get(day, [])} for day in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]


def names(request: HttpRequest) -> dict[str, str]:
    """Return the names of the vendors in view by code."""
    return dict(vendors.vendors(request.scope).values_list("institution_id", "name"))


def rows(request: HttpRequest, what: str) -> list[Row]:
    """Return the cases of a list in view, the open ones first and by their last day."""
    cycle, known, today = LISTS[what][1], names(request), now().date()
    found = cases.of_cycle(request.scope, cycle)
    extras = _extras(request, what)
    made = [_row(one, known, extras.get(one.pk), what, today) for one in found]
    return sorted(made, key=lambda one: (one.case.closed_at is not None, one.case.due_on or date.max, -one.case.pk))


def _extras(request: HttpRequest, what: str) -> dict[int, Any]:
    """Return what is kept beside the cases of a list, by case."""
    if what == "complaints":
        return {one.case_id: one for one in queries.complaints(request.scope)}
    if what == "sanctions":
        return {one.case_id: one for one in queries.sanctions(request.scope)}
    return {}


def _row(case: Case, known: dict[str, str], extra: Any, what: str, today: date) -> Row:
    first = next(iter(case.events.all()), None)
    fields = first.fields if first else {}
    kind = fields.get("kind") or fields.get("service_kind") or ""
    late = bool(case.closed_at is None and case.due_on and case.due_on < today)
    state, address = case.life.state(case.state), f"/cases/{case.pk}"
    if what == "exits":
        address = f"/oversight/exits/{case.pk}"
    return Row(
        case, known.get(case.institution_id, case.institution_id), service_kind(kind) if kind else "",
        _told(case, fields, extra, what), state, address, late,
    )  # fmt: skip


def _told(case: Case, fields: dict[str, Any], extra: Any, what: str) -> str:
    """Return what a list says of a case besides where it stands."""
    choices = {one.id: one.choices for one in case.life.opening.needs}
    if extra is not None and what == "sanctions":
        return sanction_words(extra)
    if what == "sanctions":
        return str(named(library.sanctions().act(fields["act"])))
    if extra is not None and what == "complaints":
        return str(_pair(choices["about"][extra.about])) + _judged(extra)
    if what == "incidents":
        return str(_pair(choices["what"][fields["what"]]))
    if what == "surveys":
        return f"{fields['month']} · {int(fields['share']) / 100:.2f}%"
    return ""


def _judged(held: VendorComplaint) -> str:
    words = {None: "", True: _("满意"), False: _("不满意")}
    return f" · {words[held.satisfied]}" if held.satisfied is not None else ""


def _pair(words: tuple[str, str]) -> Any:
    return said(*words)


def sanction_words(held: Sanction) -> str:
    """Return act, measures and amount of a sanction, the amount also as share of the vendor's yearly revenue."""
    act = named(library.sanctions().act(held.act))
    choices = next(one.choices for one in held.case.life.move("decide").needs if one.id == "measures")
    measures = "、".join(str(_pair(choices[one])) for one in held.measures)
    if held.fine_fen is None:
        return f"{act} · {measures}"
    share = queries.share_of(held)
    told = _("占年营业收入 %(share)s") % {"share": share} if share else _("年营业收入不明")
    return f"{act} · {measures} {yuan(held.fine_fen)} {_('元')}（{told}）"


def steps(request: HttpRequest, case: Case) -> list[dict[str, Any]]:
    """Return the steps of a plan with their names, what was recorded, and by whom."""
    book = library.exit_plan()
    found = []
    for held in queries.steps(request.scope, case):
        step = book.step(held.key)
        told = {"cite": named(book.cites[step.cite]), "told": _recorded(case, held), "colour": COLOURS[held.state]}
        found.append({"held": held, "step": step, **told})
    return found


def _recorded(case: Case, held: ExitStep) -> list[tuple[str, str]]:
    if held.event is None:
        return []
    needs = {one.id: one for one in case.life.move(held.event.about).needs}
    return [
        (str(named(needs[key])), vendors.name_of(value) if key == "successor" else _value(needs[key], value))
        for key, value in held.event.fields.items()
        if key in needs and needs[key].kind != "attachment"
    ]


def _value(need: Any, value: Any) -> str:
    if need.kind == "choice":
        return str(_pair(need.choices[value]))
    return yuan(int(value)) if need.kind == "amount" else str(value)


def meeting_row(one: queries.Meeting) -> dict[str, Any]:
    """Return what a list says of a joint meeting: its state with its light, who answered, what is late."""
    late = one.late(now().date())
    return {
        "one": one,
        "state": one.case.life.state(one.case.state),
        "colour": "red" if late else MEETING_COLOURS[one.case.state],
        "late": late,
        "said": sum(bool(seat.comes) for seat in one.seats),
    }


def months_back(count: int) -> list[str]:
    """Return the last months, this one included, the latest first."""
    first, found = now().date().replace(day=1), []
    for _n in range(count):
        found.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return found
