"""Oversight of vendors: the calendar of checks with its draws, the pool, lists of cases, exit plans, the survey."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases.permissions import acts
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.oversight import actions, library, people, policies, queries, survey
from zhunsheng.casework.oversight.models import PoolMember, Round
from zhunsheng.casework.oversight.states import Background, Field, Role, Seat, Standing
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import exports, oversightforms
from zhunsheng.web.access import page
from zhunsheng.web.answers import json_answer
from zhunsheng.web.oversightforms import LISTS
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import service_kind
from zhunsheng.web.views.errors import problem_context

ROWS = 50
MONTHS = 6


@page(Verb.READ_CASES)
def calendar(request: HttpRequest) -> HttpResponse:
    """Show a month of checks as a calendar and a list, and the draw that waits."""
    return _calendar(request)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return the filter. Raises Problem ZS709 for a word that is none."""
    wanted = {name: request.GET.get(name, "") for name in ("month", "check", "standing")}
    known = {"check": [one.id for one in library.checks().checks], "standing": Standing.values}
    for name, words in known.items():
        if wanted[name] and wanted[name] not in words:
            raise Problem("ZS709", name=name, value=wanted[name])
    return {name: value for name, value in wanted.items() if value}


def _entries(request: HttpRequest, wanted: dict[str, str]) -> list[queries.Entry]:
    today = now().date()
    first = oversightforms.month_of(wanted.get("month", ""), today)
    found = queries.calendar_of(request.scope, first.year, today, planned=policies.oversees(request.user))
    return [
        one
        for one in found
        if one.due_on.month == first.month
        and wanted.get("check", one.check.id) == one.check.id
        and wanted.get("standing", one.standing) == one.standing
    ]


def _calendar(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    told, wanted = problem_context(problem) if problem else {"status": 200}, _wanted(request)
    first = oversightforms.month_of(wanted.get("month", ""), now().date())
    entries, rounds = _entries(request, wanted), list(queries.rounds(request.scope)[:5])
    context = {
        **told,
        "wanted": wanted,
        "first": first,
        "earlier": oversightforms.shifted(first, -1),
        "later": oversightforms.shifted(first, 1),
        "weeks": oversightforms.weeks(first, entries),
        "entries": entries,
        "checks": library.checks().checks,
        "standings": Standing.choices,
        "oversees": policies.oversees(request.user),
        "rounds": rounds,
        "open_round": next((one for one in rounds if one.state == "committed"), None),
        "lists": LISTS,
    }
    return render(request, "web/oversight.html", context, status=told["status"])


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export_calendar(request: HttpRequest, kind: str) -> HttpResponse:
    """Send a month of checks as it is filtered."""
    wanted = _wanted(request)
    found = _entries(request, wanted)
    rows = [
        [str(one.due_on), one.check.zh, one.line.vendor.name, service_kind(one.line.kind), one.label] for one in found
    ]
    head = [_("应完成日期"), _("检查种类"), _("供应商"), _("服务种类"), _("状态")]
    return _sent(request, kind, "checks", (_("检查日历"), head, rows), wanted)


def _sent(
    request: HttpRequest, kind: str, stem: str, table: tuple[str, list[str], list[list[Any]]], wanted: dict[str, str]
) -> HttpResponse:
    title, head, rows = table
    exports.check_size(len(rows))
    sheet = exports.Sheet(
        title=title,
        facts=[(_("条件"), "；".join(f"{name}={value}" for name, value in wanted.items()) or _("全部"))],
        head=head,
        money=(),
        rows=_batches(rows),
        totals=[_("合计"), len(rows), *[""] * (len(head) - 2)],
    )
    return exports.respond(request, sheet, kind, stem, wanted)


def _batches(rows: list[list[Any]]) -> Iterator[list[Any]]:
    yield rows


@page(Verb.READ_CASES)
@require_POST
def draw(request: HttpRequest, what: str) -> HttpResponse:
    """Commit the pools of what waits for a draw, or draw as the second person."""
    try:
        if what == "commit":
            actions.commit_round(request.user)
        else:
            actions.draw_round(
                request.user, _round(request, request.POST.get("round", "")), request.POST.get("words", "")
            )
    except Problem as problem:
        return _calendar(request, problem)
    return redirect("oversight")


def _round(request: HttpRequest, number: str) -> Round:
    """Return a round in view by its number as typed. Raises Problem ZS701."""
    held = queries.round_of(request.scope, int(number)) if number.isdecimal() and len(number) < 19 else None
    if held is None:
        raise Problem("ZS701")
    return held


@page(Verb.READ_CASES)
def round_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send all that it takes to draw a round again."""
    held = _round(request, str(pk))
    if not held.seed:
        raise Problem("ZS701")
    return json_answer(
        {
            "committed": {"secret": held.secret, "subjects": held.subjects, "people": held.people},
            "commitment": held.commitment,
            "words": held.words,
            "seed": held.seed,
            "algorithm": "seed = SHA-256(secret 0x1F words); order of a check = SHA-256(seed 0x1F check 0x1F code)",
        }
    )


@page(Verb.READ_CASES)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one check: what it asks, its draw, and where its case stands."""
    held = queries.check_of(request.scope, pk)
    if held is None:
        raise Problem("ZS701")
    places = {one.institution_id: one.name for one in request.scope.places()}
    named = queries.named([*held.people, *held.recused])
    standing = queries.standing(held, now().date())
    context = {
        "held": held,
        "check": library.checks().check(held.check_kind),
        "standing": Standing(standing),
        "colour": queries.COLOURS[Standing(standing)],
        "places": "、".join(places.get(one, one) for one in held.places),
        "people": "、".join(named.get(one, one) for one in held.people),
        "recused": [(named.get(one, one), why) for one, why in held.recused.items()],
        "state": held.case.life.state(held.case.state),
    }
    return render(request, "web/oversight_check.html", context)


@page(Verb.READ_CASES)
def pool(request: HttpRequest) -> HttpResponse:
    """Show the pool of a consortium, with the training of its supervisors."""
    return _pool(request)


def _pool(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    found = list(queries.members(request.scope))
    own = request.user.body
    context = {
        **told,
        "rows": found,
        "people": people.standing(request.scope, own, now().date()) if policies.oversees(request.user) else None,
        "topics": [(key, said(*words)) for key, words in library.checks().training.topics.items()],
        "year": str(now().date().year),
        "own": request.user.body_id,
        "oversees": policies.oversees(request.user),
        "roles": [one for one in Role.choices if one[0] != Role.CENTRE or own.kind == BodyKind.HEALTH_AUTHORITY],
        "fields": Field.choices,
        "seats": Seat.choices,
        "backgrounds": Background.choices,
        "vendors": vendors.vendors(request.scope),
        "given": request.POST,
    }
    return render(request, "web/oversight_pool.html", context, status=told["status"])


@page(Verb.READ_CASES)
@require_POST
def change_pool(request: HttpRequest, what: str) -> HttpResponse:
    """Add a person to the pool, end an entry, or record training."""
    deeds: dict[str, Callable[[HttpRequest], Any]] = {"add": _add, "end": _end, "train": _train}
    if what not in deeds:
        raise Problem("ZS701")
    try:
        deeds[what](request)
    except Problem as problem:
        return _pool(request, problem)
    return redirect("oversight-pool")


def _add(request: HttpRequest) -> None:
    given = request.POST.dict() | {"background": request.POST.getlist("background")}
    tied = request.POST.get("tied", "")
    actions.add_member(request.user, given, {tied: request.POST.get("why", "")} if tied else {})


def _member(request: HttpRequest) -> PoolMember:
    number = request.POST.get("member", "")
    found = queries.members(request.scope).filter(pk=int(number)) if number.isdecimal() and len(number) < 19 else None
    if not found:
        raise Problem("ZS701")
    return found[0]


def _end(request: HttpRequest) -> None:
    actions.end_member(request.user, _member(request))


def _train(request: HttpRequest) -> None:
    actions.train(request.user, _member(request), request.POST.get("year", ""), request.POST.getlist("topic"))


@page(Verb.READ_CASES)
def case_list(request: HttpRequest, what: str) -> HttpResponse:
    """List complaints, incidents, sanctions, surveys below a threshold, or exit plans."""
    title, cycle, found, show = _listed(request, what)
    pages = Pages(page_number(request), ROWS, len(found))
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "what": what,
        "title": title,
        "cycle": cycle,
        "lists": LISTS,
        "show": show,
        "wanted": {"show": show} if show else {},
        "rows": found[max(0, pages.first - 1) : pages.last],
        "pages": pages,
    }
    return render(request, "web/oversight_list.html", context)


def _listed(request: HttpRequest, what: str) -> tuple[Any, str, list[oversightforms.Row], str]:
    if what not in LISTS:
        raise Problem("ZS701")
    show = request.GET.get("show", "")
    if show not in ("", "open", "late", "closed"):
        raise Problem("ZS709", name="show", value=show[:20])
    keep = {
        "": lambda _one: True,
        "open": lambda one: one.case.closed_at is None,
        "late": lambda one: one.late,
        "closed": lambda one: one.case.closed_at is not None,
    }[show]
    return (*LISTS[what], [one for one in oversightforms.rows(request, what) if keep(one)], show)


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export_list(request: HttpRequest, what: str, kind: str) -> HttpResponse:
    """Send one of the lists as it is filtered."""
    title, _cycle, found, show = _listed(request, what)
    rows = [
        [one.case.number, one.vendor, one.kind, one.told, one.state.zh, str(one.case.due_on or "")] for one in found
    ]
    head = [_("编号"), _("供应商"), _("服务种类"), _("内容"), _("状态"), _("到期")]
    return _sent(request, kind, what, (str(title), head, rows), {"show": show} if show else {})


@page(Verb.READ_CASES)
def exit_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one exit plan with its steps."""
    case = queries.exit_of(request.scope, pk)
    if case is None:
        raise Problem("ZS701")
    steps = oversightforms.steps(request, case)
    life = case.life
    opening = case.events.order_by("sequence")[0].fields
    context = {
        "case": case,
        "life": life,
        "state": life.state(case.state),
        "vendor": oversightforms.names(request).get(case.institution_id, case.institution_id),
        "kind": opening["kind"],
        "ground": opening["ground"],
        "steps": steps,
        "done": sum(one["held"].state != "open" for one in steps),
        "late": bool(case.closed_at is None and case.due_on and case.due_on < now().date()),
        "acts": acts(request.user, case, life.named(("office",))),
    }
    return render(request, "web/oversight_exit.html", context)


@page(Verb.READ_CASES)
def survey_page(request: HttpRequest) -> HttpResponse:
    """Show the satisfaction of each line by month, and issue codes; codes are shown once, as they are made."""
    problem, codes = None, []
    if request.method == "POST":
        try:
            codes = _issue(request)
        except Problem as refused:
            problem = refused
    told = problem_context(problem) if problem else {"status": 200}
    book, months = library.checks().survey, oversightforms.months_back(MONTHS)
    lines = list(vendors.lines(request.scope).exclude(entered_on=None).order_by("vendor__name", "kind"))
    figures = survey.figures(lines, months, book)
    context = {
        **told,
        "book": book,
        "months": months,
        "rows": [(one, [figures[one.pk, month] for month in months]) for one in lines],
        "lines": [one for one in lines if one.body_id == request.user.body_id],
        "oversees": policies.oversees(request.user),
        "codes": codes,
        "given": request.POST,
        "most": actions.MOST_CODES,
    }
    return render(request, "web/oversight_survey.html", context, status=told["status"])


def _issue(request: HttpRequest) -> list[str]:
    number = request.POST.get("line", "")
    wanted = vendors.lines(request.scope)
    line = wanted.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if line is None:
        raise Problem("ZS701")
    return actions.issue_codes(request.user, line, request.POST.dict())
