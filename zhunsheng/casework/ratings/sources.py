"""What is known of a vendor in a period: shares of indicators, and counts of alerts, complaints, incidents, papers.

A count is known only of a vendor that has some value in the period: who did nothing has not done well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from zhunsheng.book.scorecards import Card
from zhunsheng.casework.agreements.facts import limit_of
from zhunsheng.casework.agreements.library import price_rule
from zhunsheng.casework.agreements.queries import keeps, owed
from zhunsheng.casework.alerts import effects, sources
from zhunsheng.casework.alerts.queries import vendors_lit
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.cases.queries import institutions_of_step
from zhunsheng.casework.vendors.queries import accepted_papers, expiries, lines_entered
from zhunsheng.lights.values import Value
from zhunsheng.scoring.score import Measure


@dataclass(frozen=True, slots=True)
class Counts:
    """A count by vendor; ``absent`` is what it is of a vendor that is not listed, None: not known."""

    by_vendor: Mapping[str, int | None]
    absent: int | None = 0

    def of(self, vendor: str) -> int | None:
        """Return the count of a vendor."""
        return self.by_vendor.get(vendor, self.absent)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose counts of which period are wanted: for a body, of the institutions that it sees (None: all)."""

    body: Body
    file: RunFile | None
    seen: frozenset[str] | None
    from_on: date
    until_on: date


def rated(card: Card, values: Iterable[Value], asked: Asked) -> dict[str, dict[str, Measure | None]]:
    """Return what is known of each criterion by vendor, of those that serve in a kind of the card."""
    kinds = kinds_of(asked)
    told = measures(card, values, asked)
    return {vendor: known for vendor, known in told.items() if kinds.get(vendor, set()) & set(card.kinds)}


def kinds_of(asked: Asked) -> dict[str, set[str]]:
    """Return the kinds of service of each vendor: those that were ordered before the end, and its lines here."""
    found: dict[str, set[str]] = defaultdict(set)
    sql = (
        "SELECT DISTINCT vendor_id, service_kind FROM service_order WHERE service_kind IS NOT NULL "
        "AND ordered_on >= ? AND ordered_on < ? ORDER BY vendor_id, service_kind"
    )
    for row in _rows(asked, "service_order", sql) or ():
        found[row["vendor_id"]].add(row["service_kind"])
    for line in lines_entered():
        if line.body_id == asked.body.pk:
            found[line.institution_id].add(line.kind)
    return found


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
            found[one.id] = next((told for name in one.indicators if (told := _share(shares.get(name, [])))), None)
        else:
            counts = counted.get(one.count)
            count = counts.of(vendor) if counts else None
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
        with walls.within(walls.SITE):
            return Counts(Counter(vendors_lit(asked.body, colour, asked.from_on, asked.until_on)))

    return count


def _rectifications_late(asked: Asked) -> Counts | None:
    """Rectifications that fell due without evidence within the period."""
    with walls.within(walls.SITE):
        late = institutions_of_step(asked.body.pk, "rectification", "fall_late", asked.from_on, asked.until_on)
    return Counts(Counter(late))


def _rectifications_weak(asked: Asked) -> Counts | None:
    """Rectifications that fell late in the period, and those verified in it that changed nothing, as far as known."""
    late = _rectifications_late(asked)
    if asked.file is None or late is None:
        return late
    as_of = date.fromisoformat(asked.file.manifest["as_of"])
    with walls.within(walls.SITE):
        known = sources.values(asked.file, asked.seen)
        idle = effects.without_effect(asked.body.pk, known, asked.from_on, asked.until_on, as_of)
    return Counts(Counter(late.by_vendor) + idle)


def _complaints_upheld(asked: Asked) -> Counts | None:
    """Complaints received in the period that were upheld; one on which nobody has decided leaves the count unknown."""
    sql = (
        "SELECT vendor_id, COUNT(*) FILTER (WHERE upheld) AS upheld, "
        "COUNT(*) FILTER (WHERE upheld IS NULL) AS undecided "
        "FROM complaint WHERE received_on >= ? AND received_on < ? GROUP BY vendor_id ORDER BY vendor_id"
    )
    rows = _rows(asked, "complaint", sql)
    if rows is None:
        return None
    return Counts({one["vendor_id"]: None if one["undecided"] else one["upheld"] for one in rows})


def _incidents(asked: Asked, *, major: bool) -> Counts | None:
    if asked.file is None or "incident" not in asked.file.tables:
        return None
    found: dict[str, int] = defaultdict(int)
    for one in sources.events(asked.file, asked.seen):
        if asked.from_on <= one.happened_on < asked.until_on and (not major or one.weight == "major"):
            found[one.subject_id] += 1
    return Counts(found)


#: The comparisons of the rule of filed prices within the period, as the light on prices has them: one reference.
PRICES = """
    SELECT institution_id AS vendor_id, item_code, period, numerator, denominator FROM measure
    WHERE rule_id = ? AND COALESCE(gap, '') = '' AND denominator > 0 AND period >= ? AND period < ?
    ORDER BY institution_id, item_code, period"""


def _prices_at_limit(asked: Asked) -> Counts | None:
    """Items filed at the limit of their month or above; not known of a vendor none of whose items can be compared."""
    if asked.file is None or not {"price_filing", "measure"} <= asked.file.tables:
        return None
    rule, months = price_rule(), [f"{asked.from_on:%Y-%m}", f"{asked.until_on:%Y-%m}"]
    with asked.file.reader(None) as reader:  # a mean of the whole site, of which nothing but the comparison is told
        rows = reader.rows(PRICES, [rule.id, *months])
    dear: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        limit = limit_of(rule, date.fromisoformat(f"{row['period']}-01"))
        reaches = row["numerator"] * 100 >= limit * row["denominator"]
        dear[row["vendor_id"]] |= {row["item_code"]} if reaches else set()
    return Counts({vendor: len(items) for vendor, items in dear.items()}, absent=None)


def _papers_lapsed(asked: Asked) -> Counts | None:
    """Accepted papers that ended within the period and were not renewed; not known of a vendor without a paper."""
    found: dict[str, int | None] = {}
    with walls.within(walls.SITE):
        held = accepted_papers()
    for paper in held:
        found[paper.institution_id] = 0
    for one in expiries(held, asked.until_on):
        if asked.from_on <= one.ends_on < asked.until_on:
            found[one.paper.institution_id] = (found[one.paper.institution_id] or 0) + 1
    return Counts(found, absent=None)


def _promises_missed(asked: Asked) -> Counts | None:
    """Promised values in force at the end of the period that its counts miss; not known of a vendor that owes none.

    What was promised within the period is held against the months from the first whole one on. Of a promise that no
    indicator counts nobody knows whether it was kept: it leaves the count of its vendor unknown.
    """
    if asked.file is None:
        return None
    with walls.within(walls.SITE):
        known = sources.values(asked.file, asked.seen)
    within: dict[tuple[str, str], list[Value]] = defaultdict(list)
    for one in known:
        if asked.from_on <= one.month < asked.until_on:
            within[one.subject_id, one.indicator_id].append(one)
    found: dict[str, int | None] = {}
    for promise in owed(asked.body.pk, asked.until_on - timedelta(days=1)):
        months = [one for one in within[promise.vendor, promise.indicator] if one.month >= promise.valid_from]
        told = _share(months)
        kept = told and keeps(
            promise.value_e4, promise.direction, told.numerator, told.denominator, told.unknown, promise.unit
        )
        before = found.get(promise.vendor, 0)
        found[promise.vendor] = None if before is None or kept is None else before + (not kept)
    return Counts(found, absent=None)


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
    "rectifications_weak": _rectifications_weak,
    "papers_lapsed": _papers_lapsed,
    "prices_at_limit": _prices_at_limit,
    "promises_missed": _promises_missed,
    "complaints_upheld": _complaints_upheld,
    "incidents_any": lambda asked: _incidents(asked, major=False),
    "incidents_major": lambda asked: _incidents(asked, major=True),
}
