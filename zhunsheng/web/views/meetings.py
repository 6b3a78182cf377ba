"""Joint meetings at which the reader's body sits: the list, one with opinions, minutes, resolutions, and a new one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.words import named
from zhunsheng.casework.oversight import policies, queries
from zhunsheng.casework.oversight.states import MEETING
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import caseforms, exports
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.oversightforms import LISTS, SHOWS, is_shown, meeting_row
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.errors import problem_context

ROWS = 50
#: Lights of the states of a resolution and of an opinion.
DONE = {"agreed": "yellow", "reported": "blue", "done": "accent", "withdrawn": "unknown"}
SEATED = {"invited": "yellow", "answered": "accent", "attended": "accent", "absent": "red", "called_off": "unknown"}
#: What is ticked rather than typed when a meeting is called.
TICKED = ("vendors", "matters")


@page(Verb.READ_CASES)
def meeting_list(request: HttpRequest) -> HttpResponse:
    """List the joint meetings at which the reader's body sits, newest first."""
    show, found = _shown(request)
    pages = Pages(page_number(request), ROWS, len(found))
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "what": "meetings",
        "lists": LISTS,
        "show": show,
        "shows": SHOWS | {"late": _("议定事项逾期")},
        "wanted": {"show": show} if show else {},
        "rows": [meeting_row(one) for one in found[max(0, pages.first - 1) : pages.last]],
        "pages": pages,
        "may_call": policies.may_call(request.user),
    }
    return render(request, "web/meetings.html", context)


def _shown(request: HttpRequest) -> tuple[str, list[queries.Meeting]]:
    """Return which meetings are asked for, and them. Raises Problem ZS709 for a word that is none."""
    show, day = narrowed(request, {"show": SHOWS})["show"], now().date()
    found = queries.meetings(request.scope)
    return show, [one for one in found if is_shown(show, one.case, late=bool(one.late(day)))]


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list as it is filtered, a row for each resolution and one for a meeting without any."""
    show, found = _shown(request)
    rows = [line for one in found for line in _lines(one)]
    exports.check_size(len(rows))
    sheet = exports.Sheet(
        title=_("联席会议"),
        facts=[(_("条件"), show or _("全部"))],
        head=[_("编号"), _("议题"), _("会议日期"), _("召集单位"), _("状态"), _("责任单位"), _("要求"), _("完成期限"),
              _("办理状态"), _("完成情况")],
        money=(),
        rows=iter([rows]),
        totals=[_("合计"), len(rows), *[""] * 8],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "meetings", {"show": show} if show else {})


def _lines(one: queries.Meeting) -> list[list[Any]]:
    state = str(named(one.case.life.state(one.case.state)))
    head = [one.case.number, one.subject, str(one.planned_on), one.case.body.name, state]
    told = [
        [str(each.case.subject_body), each.deed, str(each.due_on), str(named(each.case.life.state(each.case.state))),
         each.account]
        for each in one.resolutions
    ]  # fmt: skip
    return [[*head, *line] for line in told or [[""] * 5]]


@page(Verb.READ_CASES)
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a meeting: when and where, what of, who said what, minutes, and how far each resolution is."""
    found = queries.meeting_of(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    day, inside = now().date(), request.user.body_id == found.case.body_id
    bodies = Body.objects.in_bulk(found.held.get("present", []))
    context = {
        **meeting_row(found),
        "inside": inside,
        "vendors_named": _vendors(request, found),
        "matters": _matters(request, queries.matters_of(found.opening.get("matters", []))),
        "seats": [_beside(request, one, SEATED) for one in found.seats],
        "resolutions": [{**_beside(request, one, DONE), "late": one.is_late(day)} for one in found.resolutions],
        "present": [caseforms.name_of(bodies[pk]) for pk in found.held.get("present", []) if pk in bodies],
        "steps": case_queries.allowed(found.case, request.user) if inside else [],
        "waits": case_queries.pending(request.scope, found.case) if inside else None,
    }
    return render(request, "web/meeting.html", context)


def _beside(request: HttpRequest, one: Any, colours: dict[str, str]) -> dict[str, Any]:
    """Return what a table says of an opinion or a resolution; who may open its case are its two bodies."""
    case: Case = one.case
    mine = request.user.body_id in (case.body_id, case.subject_body_id)
    return {
        "one": one,
        "body": caseforms.name_of(case.subject_body),
        "state": case.life.state(case.state),
        "colour": colours[case.state],
        "address": f"/cases/{case.pk}" if mine else "",
        "mine": request.user.body_id == case.subject_body_id and case.closed_at is None,
    }


def _vendors(request: HttpRequest, found: queries.Meeting) -> list[tuple[str, str, bool]]:
    """Return the vendors on the agenda: code, name, and whether the reader sees their file."""
    codes = found.opening.get("vendors", [])
    seen = set(vendors.vendors(request.scope).values_list("institution_id", flat=True))
    names = queries.vendors_told(codes)
    return [(code, names.get(code, code), code in seen) for code in codes]


def _matters(request: HttpRequest, spoken_of: list[Case]) -> list[dict[str, Any]]:
    """Return what those at the table are told of cases: number, kind, vendor, who handles it; not what one holds."""
    shown = case_queries.cases(request.scope).filter(pk__in=[one.pk for one in spoken_of])
    seen = set(shown.values_list("pk", flat=True))
    names = queries.vendors_told({one.institution_id for one in spoken_of})
    return [
        {
            "case": one,
            "life": one.life,
            "vendor": names.get(one.institution_id, one.institution_id),
            "address": f"/cases/{one.pk}" if one.pk in seen else "",
        }
        for one in spoken_of
    ]


@page(Verb.READ_CASES)
def new(request: HttpRequest) -> HttpResponse:
    """Show the form that calls a meeting, or call one."""
    if not policies.may_call(request.user):
        raise Problem("ZS702")
    cycle = cycles.cycle(MEETING)
    if request.method != "POST":
        return _form(request, {"vendors": [request.GET.get("vendor", "")]})
    ticked = {name: request.POST.getlist(f"{caseforms.PREFIX}{name}") for name in TICKED}
    given = caseforms.read(cycle.opening.needs, request.POST) | ticked
    try:
        made = cases.open_case(request.user, MEETING, given, body=request.user.body, key=request.POST.get("key", ""))
    except Problem as problem:
        return _form(request, given, problem)
    return redirect("meeting", pk=made.pk)


def _form(request: HttpRequest, given: dict[str, Any], problem: Problem | None = None) -> HttpResponse:
    told, cycle = problem_context(problem) if problem else {"status": 200}, cycles.cycle(MEETING)
    shown = caseforms.fields(cycle.opening.needs, caseforms.around(request.user.body), given)
    choices = {"vendors": _vendor_choices(request), "matters": _matter_choices(request, given["vendors"])}
    fields = []
    for one in shown:
        name = one.id.removeprefix(caseforms.PREFIX)
        if name in TICKED:
            one = replace(one, kind="several", options=choices[name], value=given.get(name, []))
        elif name == "invited":
            one = replace(one, options=tuple(pair for pair in one.options if pair[0] != str(request.user.body_id)))
        fields.append(one)
    context = {**told, "cycle": cycle, "fields": fields, "key": uuid.uuid4().hex}
    return render(request, "web/meeting_new.html", context, status=told["status"])


def _vendor_choices(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    return tuple((one.institution_id, one.name) for one in vendors.vendors(request.scope))


def _matter_choices(request: HttpRequest, chosen: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the cases that can be spoken of, those about vendors that are ticked already in front."""
    found = sorted(queries.matters_offered(request.scope.own), key=lambda one: one.institution_id not in chosen)
    names = vendors.names_of({one.institution_id for one in found})
    return tuple(
        (queries.matter_key(one),
         f"{one.number} · {named(one.life)} · {names.get(one.institution_id, one.institution_id)}")
        for one in found
    )  # fmt: skip
