"""What is known of a vendor in a period: shares of indicators, and counts of alerts, complaints, incidents, papers.

A count is known only of a vendor that has some value in the period: who did nothing has not done well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhunsheng.book.scorecards import Card
from zhunsheng.casework.alerts import sources
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.cases.models import CaseEvent
from zhunsheng.lights.values import Value
from zhunsheng.scoring.score import Measure

Counts = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose counts of which period are wanted: for a body, of the institutions that it sees (None: all)."""

    body: Body
    file: RunFile | None
    seen: frozenset[str] | None
    from_on: date
    until_on: date


def measures(card: Card, values: Iterable[Value], asked: Asked) -> dict[str, dict[str, Measure | None]]:
    """Return what is known of each criterion by vendor, of all vendors that have a value in the period."""
    within: dict[str, dict[str, list[Value]]] = defaultdict(lambda: defaultdict(list))
    for one in values:
        if asked.from_on <= one.month < asked.until_on:
            within[one.subject_id][one.indicator_id].append(one)
    wanted = {one.count for one in card.criteria if one.count}
    counted = {name: COUNTS[name](asked) for name in sorted(wanted) if name in COUNTS}
    return {vendor: _of_vendor(card, vendor, shares, counted) for vendor, shares in sorted(within.items())}


def _of_vendor(
    card: Card, vendor: str, shares: Mapping[str, list[Value]], counted: Mapping[str, Counts | None]
) -> dict[str, Measure | None]:
    found: dict[str, Measure | None] = {}
    for one in card.criteria:
        if one.indicator:
            found[one.id] = _share(shares.get(one.indicator, []))
        else:
            counts = counted.get(one.count)
            count = None if counts is None else counts.get(vendor, 0)
            found[one.id] = None if count is None else Measure(count)
    return found


def _share(values: list[Value]) -> Measure | None:
    if not values:
        return None
    return Measure(
        sum(one.numerator for one in values),
        sum(one.denominator for one in values),
        sum(one.unknown for one in values),
    )


def _alerts(colour: str) -> Callable[[Asked], Counts | None]:
    def count(asked: Asked) -> Counts | None:
        found: dict[str, int] = defaultdict(int)
        with walls.within(walls.SITE):
            held = Alert.objects.filter(
                body=asked.body, colour=colour, came_on__gte=asked.from_on, came_on__lt=asked.until_on
            )
            for vendor in held.exclude(outcome="dismissed").values_list("institution_id", flat=True):
                found[vendor] += 1
        return found

    return count


def _rectifications_late(asked: Asked) -> Counts | None:
    """Rectifications that fell due without evidence within the period."""
    found: dict[str, int] = defaultdict(int)
    with walls.within(walls.SITE):
        late = CaseEvent.objects.filter(
            case__body=asked.body, case__cycle="rectification", about="fall_late",
            day__gte=asked.from_on, day__lt=asked.until_on,
        )  # fmt: skip
        for vendor in late.values_list("case__institution_id", flat=True):
            found[vendor] += 1
    return found


def _complaints_upheld(asked: Asked) -> Counts | None:
    """Complaints received in the period that were upheld; one on which nobody has decided leaves the count unknown."""
    sql = (
        "SELECT vendor_id, COUNT(*) FILTER (WHERE upheld) AS upheld, "
        "COUNT(*) FILTER (WHERE upheld IS NULL) AS undecided "
        "FROM complaint WHERE received_on >= ? AND received_on < ? GROUP BY vendor_id ORDER BY vendor_id"
    )
    rows = _rows(asked, "complaint", sql)
    return None if rows is None else {one["vendor_id"]: None if one["undecided"] else one["upheld"] for one in rows}


def _incidents(asked: Asked, *, major: bool) -> Counts | None:
    if asked.file is None or "incident" not in asked.file.tables:
        return None
    found: dict[str, int] = defaultdict(int)
    for one in sources.events(asked.file, asked.seen):
        if asked.from_on <= one.happened_on < asked.until_on and (not major or one.weight == "major"):
            found[one.subject_id] += 1
    return found


def _rows(asked: Asked, table: str, sql: str) -> list[dict[str, Any]] | None:
    if asked.file is None or table not in asked.file.tables:
        return None
    with asked.file.reader(asked.seen) as reader:
        return reader.rows(sql, [asked.from_on, asked.until_on])


#: What counts, by the names of the rule book. A name without one is unknown.
COUNTS: dict[str, Callable[[Asked], Counts | None]] = {
    "alerts_yellow": _alerts("yellow"),
    "alerts_red": _alerts("red"),
    "rectifications_late": _rectifications_late,
    "complaints_upheld": _complaints_upheld,
    "incidents_any": lambda asked: _incidents(asked, major=False),
    "incidents_major": lambda asked: _incidents(asked, major=True),
}
