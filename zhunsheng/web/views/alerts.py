"""Alerts: which lights are on, worst first; one of them with its value, band table, what it opens and its release."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhunsheng.book.lights import COLOURS, BandLight, Judged, Light, StreakLight
from zhunsheng.casework.alerts import library, queries, sources
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.lights.marks import Mark, marks
from zhunsheng.lights.reasons import percent, value_of
from zhunsheng.lights.values import Value
from zhunsheng.web import alertgrounds
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number

ROWS = 50


@page(Verb.READ_CASES)
def alert_list(request: HttpRequest) -> HttpResponse:
    """List the alerts in view, worst first."""
    wanted = _wanted(request)
    over = wanted["over"] == "1"
    found = queries.alerts(request.scope, colour=wanted["colour"], vendor=wanted["vendor"], closed=over)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    lights, counted = library.lights(), queries.counted(request.scope)
    start = max(0, pages.first - 1)
    context = {
        "wanted": {name: value for name, value in wanted.items() if value},
        "counted": [(colour, counted.get(colour, 0)) for colour in reversed(COLOURS[1:])],
        "names": names(request),
        "filed": vendors.codes(request.scope),
        "rows": [_row(one, lights.get(one.light)) for one in found[start : pages.last]],
        "pages": pages,
    }
    return render(request, "web/alerts.html", context)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return what is asked for. Raises Problem ZS709 for a word that is none."""
    wanted = {name: request.GET.get(name, "").strip()[:40] for name in ("colour", "vendor", "over")}
    if wanted["colour"] and wanted["colour"] not in COLOURS[1:]:
        raise Problem("ZS709", name="colour", value=wanted["colour"])
    return wanted


def names(request: HttpRequest) -> dict[str, str]:
    """Return the names of the institutions in view by code, and of all vendors: their names are no secret."""
    file, sees = request.scope.file, request.scope.sees
    known = file.places.values() if file else ()
    return {one.institution_id: one.name for one in known if one.kind == "vendor" or sees(one.institution_id)}


def _row(one: Alert, light: Light | None) -> dict[str, Any]:
    told = one.content.get("reason", ("", ""))
    reason = {"zh": told[0], "en": told[1]}
    return {"alert": one, "light": light, "reason": reason, "state": one.case.life.state(one.case.state)}


@page(Verb.READ_CASES)
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one alert. Raises Problem ZS701 for one that is not in view."""
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    light = library.lights().get(found.light)
    grounds, ground_count = alertgrounds.grounds(request, found, light)
    context = {
        **_row(found, light),
        "names": names(request),
        "bands": _bands(light, found) if isinstance(light, BandLight) else [],
        "streak": light if isinstance(light, StreakLight) else None,
        "target": _target(light, found),
        "worse": getattr(light, "worse", ""),
        "noise": getattr(light, "noise", None),
        "actions": [
            {"action": one, "cite": library.actions().cites[one.cite]}
            for one in library.opened_by(found.light, found.colour)
        ],
        "release_cite": light.cites[light.release.cite] if light else None,
        "months": _months(request, found, light),
        "grounds": grounds,
        "ground_count": ground_count,
        "cite": light.cites[light.cite] if light and hasattr(light, "cite") else None,
        "others": [one for one in queries.of_vendor(request.scope, found.institution_id)[:20] if one.pk != found.pk],
        "lights": library.lights(),
        "vendor": vendors.one(request.scope, found.institution_id),
    }
    return render(request, "web/alert.html", context)


def _target(light: Light | None, alert_: Alert) -> str:
    target = light.target(alert_.through) if isinstance(light, BandLight | StreakLight) else None
    return percent(target.value_e4) if target else ""


def _bands(light: BandLight, alert_: Alert) -> list[dict[str, Any]]:
    """Return the band table of the month that the alert speaks of, the band of its value marked."""
    table = light.table(alert_.through)
    edge = alert_.content.get("edge")
    return [
        {
            "light": band.light,
            "low": percent(band.low),
            "high": percent(band.high) if band.high is not None else "",
            "cite": light.cites[band.cite],
            "hit": band.low == edge,
        }
        for band in (table.bands if table else ())
    ]


def _months(request: HttpRequest, alert_: Alert, light: Light | None) -> list[dict[str, Any]]:
    """Return what each month says by the target in force, the latest first; from the run that pages read now."""
    file = request.scope.file
    if file is None or not isinstance(light, Judged):
        return []
    known = sources.values(file, request.scope.readable)
    by_month = {
        one.month: one
        for one in known
        if one.indicator_id == light.indicator and one.subject_id == alert_.institution_id
    }
    if getattr(light, "peers", 0):
        return _own_months(alert_, by_month)
    told = marks(light, by_month, now().date())
    return [
        {"mark": one, "month": f"{one.month:%Y-%m}", "value": value_of(one), "unknown": one.value and one.value.unknown}
        for one in reversed(told)
    ]


def _own_months(alert_: Alert, by_month: dict[date, Value]) -> list[dict[str, Any]]:
    """Return the months that a light against peers stands on, with the vendor's own counts alone.

    The counts of the peers would tell of others whom the reader does not see.
    """
    found = []
    for month in reversed(alert_.content.get("lit", [])):
        value = by_month.get(date.fromisoformat(f"{month}-01"))
        lit = Mark(date.fromisoformat(f"{month}-01"), alert_.colour or "blue", good=False, value=value)
        found.append({"mark": lit, "month": month, "value": value_of(lit), "unknown": value and value.unknown})
    return found
