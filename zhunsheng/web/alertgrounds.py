"""What an alert rests on, one by one: findings, trips, incidents, changes, other alerts; each leads to its page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from zhunsheng.book.lights import EventLight, Light, WindowLight
from zhunsheng.casework.alerts import queries, sources
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.findings import queries as findings
from zhunsheng.casework.trips import queries as trips
from zhunsheng.kernel.time import parse_date
from zhunsheng.lights.values import Event

#: How many of the latest are listed.
MOST = 50
#: Which part of a vendor's file shows what changed.
PARTS = {"staff_left": "people", "devices_changed": "people", "data_handed_over": "oversight"}
#: Which indicator has the rows of trips that were only stated, so that this site has no page of them.
STATED = {"trip_breached": "vendors/trip_breach", "trip_unplanned": "vendors/trip_plan_started"}
Row = dict[str, Any]


def grounds(request: HttpRequest, alert: Alert, light: Light | None) -> tuple[list[Row], int]:
    """Return what a light on events or on other lights rests on, as far as it is in view, the latest first; how many.

    What the run that pages read no longer has is named without more. Of many the latest are listed, and all counted.
    """
    named = list(reversed(alert.content.get("grounds", [])))
    if not named or not isinstance(light, EventLight | WindowLight):
        return [], 0
    if isinstance(light, WindowLight):
        found = _lights(request, alert, named)
        return found[:MOST], len(found)
    return _told(request, alert, light, named[:MOST]), len(named)


def _told(request: HttpRequest, alert: Alert, light: EventLight, named: list[str]) -> list[Row]:
    known = _findings(request, named) if light.rules else {}
    if light.events:
        known |= _events(request, alert, light)
    return [known.get(one, {"words": one}) for one in named]


def _lights(request: HttpRequest, alert: Alert, named: Iterable[str]) -> list[Row]:
    """Return the other lights; a cause names no body, so that of another one may have lit the same vendor by it."""
    mine = queries.of_vendor(request.scope, alert.institution_id).filter(body_id=alert.body_id)
    held = {one.cause: one for one in mine if one.cause}
    return [
        {"alert": held[one], "words": held[one].case.number, "on": held[one].came_on,
         "address": reverse("alert", args=[held[one].pk])}
        for one in named if one in held
    ]  # fmt: skip


def _findings(request: HttpRequest, named: list[str]) -> dict[str, Row]:
    """Return the findings by id; of who may not read findings, none."""
    if request.scope.file is None or not may(request.user, Verb.READ_FINDINGS):
        return {}
    with request.scope.lake() as reader:
        rows = findings.some(reader, named)
    return {
        row["finding_id"]: {
            "words": row["finding_id"][:8], "about": row.get("item_name") or row.get("item_code") or "",
            "on": row["service_date"], "address": reverse("finding", args=[row["finding_id"]]),
        }
        for row in rows
    }  # fmt: skip


def _events(request: HttpRequest, alert: Alert, light: EventLight) -> dict[str, Row]:
    """Return the events of a light by id, read from the run that pages read now."""
    file, code = request.scope.file, alert.institution_id
    if file is None:
        return {}
    day, sees = parse_date(str(file.manifest["as_of"])), request.scope.readable
    found = [*sources.events(file, sees), *sources.changes(file, alert.body, sees, day)]
    mine = [one for one in found if one.subject_id == code and one.kind in light.kinds]
    paths = _trips(request, code, mine)
    return {one.event_id: _event(one, code, paths) for one in mine}


def _trips(request: HttpRequest, vendor: str, told: Iterable[Event]) -> dict[str, str]:
    """Return the addresses of trips: the page of one that this site kept itself, else the rows of its month."""
    mine = [one for one in told if one.kind in STATED]
    held = trips.trips(request.scope).filter(vendor_id=vendor, number__in=[one.event_id for one in mine])
    found = {}
    for one in mine if may(request.user, Verb.READ_FINDINGS) else ():
        query = urlencode({"subject": vendor, "month": f"{one.happened_on:%Y-%m}", "span": 1})
        found[one.event_id] = f"{reverse('indicator-rows', args=[STATED[one.kind]])}?{query}"
    return found | {one.number: reverse("trip", args=[one.pk]) for one in (held if mine else ())}


def _event(one: Event, vendor: str, paths: dict[str, str]) -> Row:
    part = PARTS.get(one.kind, "")
    address = reverse("vendor-part", args=[vendor, part]) if part else paths.get(one.event_id, "")
    return {"words": one.event_id, "on": one.happened_on, "known_on": one.known_on, "share": one.share,
            "address": address}  # fmt: skip
