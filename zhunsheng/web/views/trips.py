"""Trips: the list, one trip as it goes, planning; alarms with their emergency plans."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases.permissions import acts
from zhunsheng.casework.devices import library
from zhunsheng.casework.devices import policies as register
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.readings import queries as readings
from zhunsheng.casework.trips import actions, judging, plans, queries, words
from zhunsheng.casework.trips.judging import Judged
from zhunsheng.casework.trips.models import Alarm, Trip
from zhunsheng.casework.trips.states import TripState
from zhunsheng.casework.vendors.queries import names_of
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI, at, now
from zhunsheng.telemetry.series import Series, series
from zhunsheng.web import stripchart
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.errors import problem_context

ROWS = 50
SHOWS = ("under_way", "planned", "ended", "missed", "breach", "unknown", "cancelled")
#: Seconds between two looks at a trip that goes on.
REFRESH = 4


@page(Verb.READ_CASES)
def trip_list(request: HttpRequest) -> HttpResponse:
    """List the trips in view, the latest first."""
    wanted = {**narrowed(request, {"show": SHOWS}), "vendor": request.GET.get("vendor", "")}
    wanted = {name: value for name, value in wanted.items() if value}
    found = queries.wanted(request.scope, wanted.get("show", ""), wanted.get("vendor", ""))
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    rows = list(found[max(0, pages.first - 1) : pages.last])
    context = {
        "wanted": wanted,
        "shows": SHOWS,
        "counts": queries.counted(request.scope),
        "rows": rows,
        "names": _names(request, rows),
        "regimes": library.regimes(),
        "pages": pages,
        "may_plan": register.keeps(request.user, _planner(request)),
    }
    return render(request, "web/trips.html", context)


def _planner(request: HttpRequest) -> str:
    """Whose trips the reader would plan: its own, or those of any vendor in view."""
    own = request.user.body
    if own.kind in ("vendor", "institution"):
        return own.institution_code if own.kind == "vendor" else ""
    return next((one.institution_id for one in devices.devices(request.scope).exclude(service_kind="")), "")


def _names(request: HttpRequest, rows: list[Trip]) -> dict[str, str]:
    places = {one.institution_id: one.name for one in request.scope.places()}
    return places | names_of({one.vendor_id for one in rows})


def found_one(request: HttpRequest, pk: int) -> Trip:
    """Return a trip in view. Raises Problem ZS701."""
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


@page(Verb.READ_CASES)
def trip(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a trip: charts, track, what is judged now, alarms, nodes, and the versions of its judgement."""
    return _shown(request, found_one(request, pk))


def _shown(request: HttpRequest, found: Trip, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    device = found.device
    context = {
        **told,
        **live_context(request, found),
        "versions": list(queries.versions(found)),
        "nodes": _nodes(found),
        "may_end": register.keeps(request.user, found.vendor_id) and found.state in ("planned", "under_way"),
        "may_see_device": devices.one(request.scope, device.pk) is not None,
        "given": request.POST if problem else {},
        "ended_now": f"{now():%Y-%m-%d %H:%M}",
    }
    return render(request, "web/trip.html", context, status=told["status"])


def _nodes(found: Trip) -> list[dict[str, Any]]:
    """Return the nodes of a trip: what its device said in its time, and what it said shortly before and after of the
    orders that the trip carries. The device may be on the trip of another member by then.
    """
    ends = found.ended_at or now()
    around, orders = timedelta(hours=1), set(found.orders)
    told = readings.of_any_device(
        found.device.institution_id, found.device.device_id, found.starts_at - around, ends + around, "node"
    )
    return [one for one in told.to_pylist() if found.starts_at <= one["at"] <= ends or one["subject"] in orders]


@page(Verb.READ_CASES)
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the part of a trip that changes while it goes on."""
    return render(request, "web/parts/trip/live.html", live_context(request, found_one(request, pk)))


def live_context(request: HttpRequest, found: Trip) -> dict[str, Any]:
    """Return what of a trip changes while it goes on: charts, checks, alarms with their plans."""
    moment = now()
    begun = found.state != TripState.CANCELLED and found.starts_at <= moment
    with walls.within(walls.SITE):  # who sees a trip sees what befell it
        alarms = queries.of_trip(found)
        steps, excused = queries.steps(alarms), queries.excused(found)
    context: dict[str, Any] = {
        "trip": found,
        "names": _names(request, [found]),
        "regime": library.regimes().get(found.regime),
        "limits": judging.limits_of(found),
        "alarms": alarms,
        "steps": steps,
        "seen_alarms": set(queries.alarms(request.scope).filter(trip=found).values_list("pk", flat=True)),
        "moving": found.state in (TripState.PLANNED, TripState.UNDER_WAY),
        "refresh": REFRESH,
        "moment": moment,
    }
    return context | (_judged(found, moment, excused=excused) if begun else {})


@lru_cache(maxsize=16)
def _looked(found: Trip, excused: bool, *_about: object) -> tuple[Judged, Series]:
    """Return what is judged of a trip now, and its readings; the same ``_about`` gives what was found before."""
    moment = now()
    table = judging.told_of(found, moment)
    return judging.judge(found, moment, table, excused=excused), series(table)


def _judged(found: Trip, moment: datetime, *, excused: bool) -> dict[str, Any]:
    """Return what is judged of a trip now; many who look at it at once have it judged once while nothing new comes."""
    turn = int(moment.timestamp() // REFRESH)
    judged, told = _looked(found, excused, found.planned_at, found.ended_at, readings.last_number(), turn)
    result = judged.judgement
    hold = float(judging.limits_of(found).hold_seconds("transport"))
    until = result.until if found.ended_at else min(moment.timestamp(), max(found.ends_at.timestamp(), result.until))
    inside = told.take((told.at >= result.since) & (told.at <= until))
    return {
        "judged": judged,
        "judgement": result,
        "checks": [
            {"name": words.CHECKS[one.kind], "reason": words.reason(one.answer.reason), "value": one.answer.value,
             "found": words.measure(one.kind, one.found), "limit": words.measure(one.kind, one.limit)}
            for one in result.checks
        ],
        "chart": stripchart.temperature(inside, judging.limits_of(found), result.since, until, hold, result),
        "track": stripchart.track(inside, found.plan, hold * 2, result.route.off if result.route else ()),
        "arrivals": [
            {"stop": one.stop, "what": words.reason(one.what), "code": one.what,
             "at": at(int(one.at)) if one.at else None}
            for one in (result.route.arrivals if result.route else ())
        ],
        "last_values": _last(inside),
    }  # fmt: skip


def _last(inside: Series) -> dict[str, Any]:
    """Return the last temperature within the trip, and when it was: after it the device serves another."""
    at_, celsius = inside.of("temperature")
    if not len(at_):
        return {}
    return {"temperature": float(celsius[-1]), "at": datetime.fromtimestamp(float(at_[-1]), SHANGHAI)}


@page(Verb.READ_CASES)
def new(request: HttpRequest) -> HttpResponse:
    """Show the form of a trip plan, or plan it."""
    given = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    problem = None
    if request.method == "POST":
        try:
            made = actions.plan_trip(request.user, given)
        except Problem as told:
            problem = told
        else:
            return redirect("trip", pk=made.pk)
    status = problem_context(problem) if problem else {"status": 200}
    own = request.user.body.institution_code if request.user.body.kind == "vendor" else ""
    carriers = list(devices.devices(request.scope).exclude(service_kind="").filter(valid_to=None))
    context = {
        **status,
        "given": given or {"vendor_id": own},
        "carriers": carriers,
        "vendors": names_of({one.institution_id for one in carriers} | ({own} if own else set())),
        "places": [one for one in request.scope.places() if one.kind != "vendor"],
        "regimes": library.regimes(),
        "shape": plans.SHAPE,
    }
    return render(request, "web/trip_new.html", context, status=status["status"])


@page(Verb.READ_CASES)
@require_POST
def change(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """End a trip, or cancel one that has not begun."""
    found = found_one(request, pk)
    if deed not in ("end", "cancel"):
        raise Problem("ZS701")
    try:
        if deed == "end":
            moment = plans.moment(request.POST, "ended_at", ("到达时间", "Ended"))
            actions.end_trip(request.user, found, moment)
        else:
            actions.cancel_trip(request.user, found, request.POST.get("reason", ""))
    except Problem as problem:
        return _shown(request, found, problem)
    return redirect("trip", pk=pk)


@page(Verb.READ_CASES)
def alarm(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an alarm: what the readings said, whom to call, and the steps of its emergency plan."""
    return _alarm(request, _found(request, pk))


def _found(request: HttpRequest, pk: int) -> Alarm:
    found = queries.alarms(request.scope).filter(pk=pk).first()
    if found is None:
        raise Problem("ZS701")
    return found


def _alarm(request: HttpRequest, found: Alarm, problem: Problem | None = None, step: int = 0) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    case = found.case
    plan = next((one for one in library.plans().values() if one.id == found.plan), None)
    people = case.life.named(actions.PEOPLE)
    trip = queries.one(request.scope, found.trip_id) if found.trip_id else None
    orgs = {found.institution_id, *([trip.institution_id] if trip else [])}  # a member's people are for who sees it
    context = {
        **told,
        "alarm": found,
        "trip": trip,
        "state": case.life.state(case.state),
        "steps": queries.steps([found]).get(found.pk, []),
        "plan": plan,
        "calls": devices.called(orgs, plan.phones if plan else (), now().date()),
        "roles": library.roles(),
        "may_record": not found.outcome and acts(request.user, case, people),
        "owner": names_of([found.institution_id]).get(found.institution_id) or found.institution_id,
        "seconds": (found.raised_at - found.arrived_at).total_seconds(),
        "moment": now(),
        "given": request.POST if problem else {},
        "form": step,
    }
    return render(request, "web/alarm.html", context, status=told["status"])


@page(Verb.READ_CASES)
@require_POST
def record_step(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    """Record a step of the emergency plan of an alarm."""
    found = _found(request, pk)
    one = queries.step(request.scope, step)
    if one is None or one.alarm_id != found.pk:
        raise Problem("ZS701")
    try:
        actions.record_step(request.user, one, request.POST.get("note", ""))
    except Problem as problem:
        return _alarm(request, found, problem, step)
    return redirect("alarm", pk=pk)


def _seen(request: HttpRequest, rows: list[Alarm]) -> QuerySet[Trip, tuple[int, str]]:
    """Return the numbers of the trips in view: a vendor's alarm may be of a trip for another consortium."""
    found = queries.trips(request.scope).filter(pk__in=[one.trip_id for one in rows if one.trip_id])
    return found.order_by().values_list("pk", "number")


@page(Verb.READ_CASES)
def alarm_list(request: HttpRequest) -> HttpResponse:
    """List the alarms in view, open ones first."""
    show = narrowed(request, {"show": ("open", "over")}, show="open")["show"]
    found = queries.alarms(request.scope)
    found = found.filter(outcome="").order_by("-grave", "-raised_at") if show == "open" else found.exclude(outcome="")
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    rows = list(found[max(0, pages.first - 1) : pages.last])
    context = {
        "rows": rows,
        "steps": queries.steps(rows),
        "trips": dict(_seen(request, rows)),
        "befallen": queries.befallen(request.scope) if show == "open" else [],
        "show": show,
        "names": names_of({one.institution_id for one in rows}),
        "pages": pages,
        "wanted": {"show": show},
        "moment": now(),
        "title": _("冷链报警"),
    }
    return render(request, "web/alarms.html", context)
