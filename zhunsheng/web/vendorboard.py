"""The overview of third-party services: vendors by kind, tier, light and rating; what worsened; what is due."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from zhunsheng.casework.alerts import library as lights
from zhunsheng.casework.alerts import queries as alerts
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.oversight import people
from zhunsheng.casework.oversight import policies as oversees
from zhunsheng.casework.oversight import queries as oversight
from zhunsheng.casework.oversight.states import Standing
from zhunsheng.casework.periodic import queries as periodic
from zhunsheng.casework.ratings import queries as ratings
from zhunsheng.casework.vendors import library, overview, queries
from zhunsheng.casework.vendors.states import OVER, LineState
from zhunsheng.kernel.time import now

#: Days ahead that the list of what is due looks, and its rows of each kind at most.
AHEAD, MOST = 30, 10
STANDINGS = ("AAA", "AA", "A", "B", "C", "unrated")
STOPPED = frozenset({LineState.SUSPENDED, LineState.PART_SUSPENDED, LineState.EXITING, LineState.ON_NOTICE})


def board(request: HttpRequest) -> dict[str, Any]:
    """Return what the overview shows; every number has the address of its rows."""
    day, scope = now().date(), request.scope
    rows = overview.rows(scope, day)
    since = _since(request, day)
    return {
        "total": len(rows),
        "kinds": _by_kind(rows),
        "tiers": _by_tier(rows),
        "lights": _counted(rows, "light", overview.LIGHTS),
        "ratings": _counted(rows, "rating", STANDINGS),
        "since": since,
        "worse": _worse(request, rows, since),
        "due": _due(request, rows, day),
        "until": day + timedelta(days=AHEAD),
        "people": people.standing(scope, request.user.body, day) if oversees.oversees(request.user) else None,
    }


def _since(request: HttpRequest, day: date) -> date:
    """The first day of the month that the current run ends in: what the figures know of as this month."""
    file = request.scope.file
    return (date.fromisoformat(str(file.manifest["as_of"])) if file else day).replace(day=1)


def _current(row: overview.Row) -> list[Any]:
    return [line for line in row.lines if line.state not in OVER]


def _by_kind(rows: list[overview.Row]) -> list[dict[str, Any]]:
    counted = Counter(kind for row in rows for kind in {line.kind for line in _current(row)})
    known = {one.id: one for one in library.kinds().kinds}
    return [{"word": known.get(key), "key": key, "n": n} for key, n in counted.most_common()]


def _by_tier(rows: list[overview.Row]) -> list[dict[str, Any]]:
    counted = Counter(tier for row in rows for tier in {line.tier for line in _current(row)})
    return [{"word": word, "key": key, "n": counted[key]} for key, word in library.kinds().tiers.items()]


def _counted(rows: list[overview.Row], name: str, keys: tuple[str, ...]) -> list[tuple[str, int]]:
    told = Counter(row.light if name == "light" else row.standing for row in rows)
    return [(key, told[key]) for key in keys]


def _worse(request: HttpRequest, rows: list[overview.Row], since: date) -> list[dict[str, Any]]:
    """Return what became worse since a day: lights that came on, standings that fell, lines that were stopped."""
    names = {row.vendor.institution_id: row.vendor for row in rows}
    known, found = lights.lights(), []
    for one in alerts.alerts(request.scope).filter(came_on__gte=since):
        zh, en = one.content.get("reason", ("", ""))
        found.append({"on": one.came_on, "vendor": names.get(one.institution_id), "light": one.colour,
                      "words": known.get(one.light), "told": {"zh": zh, "en": en},
                      "address": reverse("alert", args=[one.pk])})  # fmt: skip
    for row in rows:
        if row.rating and row.rating.in_force_on and row.rating.in_force_on >= since:
            before = next((r for r in ratings.of_vendor(request.scope, row.vendor.institution_id)
                           if r.pk != row.rating.pk and r.outcome == "in_force"), None)  # fmt: skip
            if before and STANDINGS.index(row.rating.standing) > STANDINGS.index(before.standing):
                told = f"{before.standing} → {row.rating.standing}"
                found.append({"on": row.rating.in_force_on, "vendor": row.vendor, "told": {"zh": told, "en": told},
                              "address": reverse("rating", args=[row.rating.pk])})  # fmt: skip
        for line in row.lines:
            on, state, number = line.history[-1] if line.history else ("", "", "")
            if state in STOPPED and date.fromisoformat(on) >= since:
                told = f"{LineState(state).label} {number}"
                found.append({"on": date.fromisoformat(on), "vendor": row.vendor, "kind": line.kind,
                              "told": {"zh": told, "en": told},
                              "address": reverse("vendor", args=[row.vendor.institution_id])})  # fmt: skip
    return sorted(found, key=lambda one: one["on"], reverse=True)


def _due(request: HttpRequest, rows: list[overview.Row], day: date) -> list[dict[str, Any]]:
    """Return what is overdue or falls due soon, by kind with its number and its first rows."""
    scope, until = request.scope, day + timedelta(days=AHEAD)
    names = {row.vendor.institution_id: row.vendor for row in rows}
    return [
        {"what": "checks", "address": reverse("oversight"), "rows": _checks(request, day, until)},
        {"what": "cases", "address": f"{reverse('cases')}?show=open", "rows": _cases(scope, until, names)},
        {"what": "papers", "address": reverse("vendor-expiry"), "rows": _papers(scope, day, until, names)},
        {"what": "reports", "address": reverse("periodic-list"), "rows": _reports(scope, until)},
    ]


def _checks(request: HttpRequest, day: date, until: date) -> list[dict[str, Any]]:
    open_ = (Standing.OPEN, Standing.OVERDUE, Standing.PLANNED)
    return [
        {"on": one.due_on, "vendor": one.line.vendor, "words": one.check, "late": one.due_on < day,
         "address": reverse("oversight-check", args=[one.held.pk]) if one.held else ""}
        for one in oversight.calendar_of(request.scope, day.year, day, planned=oversees.oversees(request.user))
        if one.standing in open_ and one.due_on <= until
    ]  # fmt: skip


def _papers(scope: Any, day: date, until: date, names: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"on": one.ends_on, "vendor": names.get(one.paper.institution_id), "words": one, "late": one.left <= 0,
         "address": reverse("vendor-part", args=[one.paper.institution_id, "papers"])}
        for one in queries.expiries(queries.papers(scope).filter(accepted=True), day)
        if one.ends_on <= until
    ]  # fmt: skip


def _cases(scope: Any, until: date, names: dict[str, Any]) -> list[dict[str, Any]]:
    found = cases.cases(scope).filter(closed_at=None, due_on__lte=until, institution_id__in=names)
    found = found.exclude(cycle__in=("vendor_check", "quality_paper")).select_related("bound").order_by("due_on", "pk")
    day = now().date()
    return [
        {"on": one.due_on, "vendor": names[one.institution_id], "words": one.life, "number": one.number,
         "late": one.due_on < day, "address": reverse("case", args=[one.pk])}
        for one in found
    ]  # fmt: skip


def _reports(scope: Any, until: date) -> list[dict[str, Any]]:
    day = now().date()
    found = periodic.reports(scope).filter(case__closed_at=None, case__due_on__lte=until).order_by("case__due_on", "pk")
    return [
        {"on": one.case.due_on, "words": one.case.life, "number": one.case.number, "late": one.case.due_on < day,
         "address": reverse("periodic", args=[one.pk])}
        for one in found
    ]  # fmt: skip
