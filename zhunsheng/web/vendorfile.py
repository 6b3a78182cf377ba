"""What the parts of a vendor's file show: lights, rating with its reasons, charts, agreements, prices, oversight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from zhunsheng.book.scorecards import Criterion
from zhunsheng.casework.agreements import facts, library
from zhunsheng.casework.agreements import queries as agreements
from zhunsheng.casework.alerts import library as lights
from zhunsheng.casework.alerts import queries as alerts
from zhunsheng.casework.archive import facts as archived
from zhunsheng.casework.archive.entries import KINDS, Entry, latest
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.indicators import queries as indicators
from zhunsheng.casework.oversight import policies as oversees
from zhunsheng.casework.oversight import queries as oversight
from zhunsheng.casework.oversight.states import Standing
from zhunsheng.casework.ratings import library as cards
from zhunsheng.casework.ratings import queries as ratings
from zhunsheng.casework.ratings.models import PeriodCard
from zhunsheng.casework.vendors import overview, queries
from zhunsheng.casework.vendors.library import kinds
from zhunsheng.casework.vendors.models import Vendor
from zhunsheng.kernel.time import month_start, now
from zhunsheng.web import book, oversightforms, promises, subsidies, vendorcharts
from zhunsheng.web.templatetags.words import tongue
from zhunsheng.web.views.ratings import why

#: How many of the latest entries and of the next things the first part shows.
LATEST, NEXT = 8, 6
#: Which entries of the archive stand behind a count of a scorecard.
BEHIND = {
    "alerts_yellow": "light", "alerts_red": "light", "rectifications_late": "rectification",
    "rectifications_weak": "rectification",
    "complaints_upheld": "complaint", "incidents_any": "incident", "incidents_major": "incident",
}  # fmt: skip
_STAFF = """
    SELECT s.practitioner_id, s.name, s.profession, s.title, s.certificate_kind, s.valid_from, s.valid_to,
        COALESCE(t.own, 0) AS own_e4, COALESCE(t.total, 0) AS total_e4, COALESCE(t.failed, 0) AS failed
    FROM vendor_staff s LEFT JOIN (
        SELECT practitioner_id, SUM(hours_e4) FILTER (organiser = 'consortium') AS own, SUM(hours_e4) AS total,
            COUNT(*) FILTER (NOT passed) AS failed
        FROM training WHERE vendor_id = ? AND held_on > ? GROUP BY practitioner_id) t USING (practitioner_id)
    WHERE s.vendor_id = ? ORDER BY s.valid_to NULLS LAST, s.practitioner_id, s.certificate_kind"""


def gatherer() -> Callable[..., Iterator[Entry]]:
    """Return what gathers facts and findings for an archive, rules named in the reader's language."""
    rules = book.book().rules
    return archived.gatherer(lambda key: str(tongue(rules[key], "name")) if key in rules else key)


def shown(entry: Entry) -> dict[str, Any]:
    """Return an entry with the address that it leads to and the word of its kind."""
    address = reverse(entry.path[0], args=entry.path[1]) if entry.path else ""
    return {
        "entry": entry,
        "kind": KINDS[entry.kind],
        "address": f"{address}?{entry.query}" if entry.query else address,
    }


def overview_of(request: HttpRequest, vendor: Vendor) -> dict[str, Any]:
    """Return lights with their reasons, the rating, the lines, what comes next and what was last."""
    code, day = vendor.institution_id, now().date()
    known = list(alerts.of_vendor(request.scope, code).select_related("case", "case__bound"))
    year = [one for one in known if one.came_on > day - timedelta(days=365) and one.outcome != "dismissed"]
    lit = alerts.alerts(request.scope, vendor=code)
    return {
        "file": {"lines": overview.lines_of(request.scope, vendor, day)},
        "alerts": [_alert(one) for one in lit],
        "year": [(colour, sum(one.colour == colour for one in year)) for colour in ("red", "yellow", "blue")],
        "has_data": code in overview.with_data(request.scope),
        "rating": _rating(request, code),
        "subsidy": subsidies.panel(request.scope, code),
        "next": _next(request, vendor, day),
        "latest": [shown(one) for one in latest(request.scope, vendor, LATEST, [gatherer()])],
    }


def _alert(one: Any) -> dict[str, Any]:
    zh, en = one.content.get("reason", ("", ""))
    return {
        "alert": one,
        "light": lights.lights().get(one.light),
        "reason": {"zh": zh, "en": en},
        "state": one.case.life.state(one.case.state),
    }


def _rating(request: HttpRequest, code: str) -> dict[str, Any] | None:
    """Return the latest rating in view with the reason of every point, each with the address of what made it."""
    found = ratings.of_vendor(request.scope, code).exclude(outcome="withdrawn").first()
    if found is None:
        return None
    card = cards.cards().get(found.card.card)
    counted = _counted(request, code)
    criteria = {one.id: one for one in card.criteria} if card else {}
    lines = [
        {**why(line, card), "address": point_address(criteria.get(line["criterion"]), found.card, counted)}
        for line in found.card.lines
    ]
    return {"rating": found, "card": found.card, "lines": lines}


def _counted(request: HttpRequest, code: str) -> dict[str, list[str]]:
    """Return in which months each indicator of a vendor has counts."""
    file = request.scope.file
    if file is None or "indicator_count" not in file.tables:
        return {}
    with request.scope.lake() as reader:
        return {
            key: [one.month for one in found] for key, found in indicators.series_of(reader, "vendor", code).items()
        }


def point_address(criterion: Criterion | None, card: PeriodCard, counted: dict[str, list[str]]) -> str:
    """Return where the rows stand that made a point; empty for a criterion that the rule book no longer has."""
    if criterion is None:
        return ""
    code, last = card.institution_id, card.until_on - timedelta(days=1)
    if criterion.indicator:
        months = (card.until_on.year - card.from_on.year) * 12 + card.until_on.month - card.from_on.month
        first, month = f"{card.from_on:%Y-%m}", f"{last:%Y-%m}"
        used = next((key for key in criterion.indicators if any(first <= m <= month for m in counted.get(key, ()))), "")
        span = months if months in indicators.SPANS else 12
        query = urlencode({"subject": code, "month": month, "span": span})
        return f"{reverse('indicator-rows', args=[used])}?{query}" if used else ""
    if criterion.count == "papers_lapsed":
        return reverse("vendor-part", args=[code, "papers"])
    if criterion.count == "prices_at_limit":
        return f"{reverse('prices')}?{urlencode({'vendor': code})}"
    if criterion.count == "promises_missed":
        return f"{reverse('vendor-part', args=[code, 'deals'])}#promises"
    kind = BEHIND.get(criterion.count, "")
    query = urlencode({"kind": kind, "since": card.from_on, "until": last})
    return f"{reverse('vendor-part', args=[code, 'archive'])}?{query}" if kind else ""


def _next(request: HttpRequest, vendor: Vendor, day: date) -> list[dict[str, Any]]:
    """Return what comes next about a vendor, the soonest first: checks, ends of papers, cases that fall due."""
    code, scope, furthest = vendor.institution_id, request.scope, max(kinds().watch)
    found = []
    for one in oversight.calendar_of(scope, day.year, day, planned=oversees.oversees(request.user), vendor=code):
        if one.standing in (Standing.OPEN, Standing.OVERDUE, Standing.PLANNED):
            path = reverse("oversight-check", args=[one.held.pk]) if one.held else ""
            found.append({"on": one.due_on, "words": one.check, "colour": one.colour, "address": path})
    papers = queries.papers(scope).filter(vendor=vendor, accepted=True)
    for end in queries.expiries(papers, day):
        if end.left <= furthest:
            colour = "red" if end.left <= 0 else "yellow" if end.left <= 30 else "blue"
            found.append({"on": end.ends_on, "words": end, "colour": colour,
                          "address": reverse("vendor-part", args=[code, "papers"])})  # fmt: skip
    held = queries.cases.cases(scope, institution_id=code).filter(closed_at=None).exclude(due_on=None)
    found += [
        {"on": case.due_on, "words": case.life, "number": case.number, "colour": "red" if case.due_on < day else "",
         "address": reverse("case", args=[case.pk])}
        for case in held.exclude(cycle="vendor_check").select_related("bound")
        if case.due_on is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: one["on"])[:NEXT]


def indicators_of(request: HttpRequest, vendor: Vendor) -> dict[str, Any]:
    """Return one chart for each indicator of a vendor, those with a target first; none before the first run."""
    file = request.scope.file
    place = file.places.get(vendor.institution_id) if file else None
    if file is None or place is None or "indicator_count" not in file.tables:
        return {"charts": [], "others": [], "month": ""}
    with request.scope.lake() as reader:
        held = indicators.months(reader)
        month = indicators.last_whole(held, date.fromisoformat(file.manifest["as_of"]))
        found = (
            vendorcharts.charts(reader, book.book(), place, month, request.scope.readable) if month else []
        )  # fmt: skip
    return {
        "charts": [one for one in found if one["targeted"]],
        "others": [one for one in found if not one["targeted"]],
        "month": month,
        "tally": {
            name: sum(one["targeted"] and one["verdict"] == name for one in found)
            for name in ("missed", "unknown", "met")
        },
        "worse": sum(one["worse"] for one in found),
    }


def deals_of(request: HttpRequest, vendor: Vendor) -> dict[str, Any]:
    """Return agreements with what was promised, and filed prices beside the mean of public hospitals."""
    listed = {one.id: one for one in library.clauses().sla}
    held = list(agreements.agreements(request.scope).filter(vendor=vendor).order_by("-drafted_on", "-pk"))
    rows = []
    for one in held:
        values, prices = agreements.parts(one)
        told = [{"promise": listed.get(value.indicator), "value": value} for value in values]
        rows.append({"one": one, "promised": told, "prices": len(prices)})
    filed, rows_open = [], may(request.user, Verb.READ_FINDINGS)
    tables = request.scope.file.tables if request.scope.file else frozenset()
    if {"price_filing", "measure"} <= tables and rows_open:
        day = facts.as_of(request.scope)
        filed = [one for one in facts.filed_prices(request.scope, day) if one.vendor_id == vendor.institution_id]
    kept = list(promises.beside(request.scope, vendor.institution_id, now().date(), rows=rows_open))
    return {"agreements": rows, "promises": kept, "filed": filed, "rule": facts.RULE}


def oversight_of(request: HttpRequest, vendor: Vendor) -> dict[str, Any]:
    """Return checks, complaints, incidents, surveys below a threshold, sanctions and exit plans of a vendor."""
    code, day = vendor.institution_id, now().date()
    held = oversight.checks(request.scope).filter(institution_id=code).order_by("-due_on", "-pk")
    checks = [{"one": one, "standing": Standing(oversight.standing(one, day))} for one in held[:50]]
    known = {check.id: check for check in oversight.library.checks().checks}
    for row in checks:
        row["check"] = known.get(row["one"].check_kind)
        row["colour"] = oversight.COLOURS[row["standing"]]
    lists = [
        {"what": what, "title": title, "rows": [r for r in oversightforms.rows(request, what) if _about(r, code)]}
        for what, (title, _cycle) in oversightforms.LISTS.items()
    ]
    meetings = [oversightforms.meeting_row(one) for one in oversight.meetings_about(request.scope, code)]
    may_call = oversees.may_call(request.user)
    return {"oversight_checks": checks, "lists": lists, "rows": meetings, "may_call": may_call}


def _about(row: oversightforms.Row, code: str) -> bool:
    return row.case.institution_id == code


def training(request: HttpRequest, vendor: Vendor) -> dict[str, Any]:
    """Return the staff of the facts with their training in the twelve months before the day of the run."""
    file = request.scope.file
    if file is None or not {"vendor_staff", "training"} <= file.tables:
        return {"staff": []}
    day, code = date.fromisoformat(file.manifest["as_of"]), vendor.institution_id
    with request.scope.lake() as reader:
        rows = reader.rows(_STAFF, [code, month_start(day, -12), code])
    return {"staff": [{**row, "ended": row["valid_to"] is not None and row["valid_to"] <= day} for row in rows]}
