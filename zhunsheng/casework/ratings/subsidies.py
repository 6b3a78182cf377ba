"""What service in remote places earns: done orders of institutions that the dated list names on the day of the order.

Amounts are those of the run that is read, list and percentages those of the rule book at the time of reading. An
order whose amount, or whose end, is not stated counts for nothing and is told: a subsidy beside it is the least known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from zhunsheng.book.incentives import Part, Subsidy, subsidy_fen
from zhunsheng.book.lifecycle import holds
from zhunsheng.book.models import Batch, Book
from zhunsheng.casework.bodies.lake import Reader
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.kernel.time import OPEN_END, Period, month_start, parse_date

QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")
#: Orders of named institutions within the days of a percentage. One that states no state is done when it says when.
_FROM = """
FROM service_order AS o
INNER JOIN (
    SELECT UNNEST(CAST(? AS DATE[])) AS since, UNNEST(CAST(? AS DATE[])) AS until,
        UNNEST(CAST(? AS BIGINT[])) AS percent
) AS r ON o.ordered_on >= r.since AND o.ordered_on < r.until
WHERE (o.state = 'done' OR o.state IS NULL) AND o.ordered_on <= ? AND EXISTS (
    SELECT 1 FROM (
        SELECT UNNEST(CAST(? AS VARCHAR[])) AS code, UNNEST(CAST(? AS DATE[])) AS since,
            UNNEST(CAST(? AS DATE[])) AS until
    ) AS n WHERE n.code = o.institution_id AND o.ordered_on >= n.since AND o.ordered_on < n.until)
    AND (? = '' OR o.vendor_id = ?)
"""
_DONE = "(o.state IS NOT NULL OR o.done_at IS NOT NULL)"
_SUMS = f"""
SELECT o.vendor_id, CAST(DATE_TRUNC('quarter', o.ordered_on) AS DATE) AS quarter, o.institution_id, r.percent,
    COUNT(*) FILTER ({_DONE}) AS orders,
    COUNT(*) FILTER ({_DONE} AND o.amount_fen IS NULL) AS unstated,
    COUNT(*) FILTER (NOT {_DONE}) AS undecided,
    CAST(COALESCE(SUM(o.amount_fen) FILTER ({_DONE}), 0) AS BIGINT) AS amount_fen
{_FROM}
GROUP BY 1, 2, 3, 4 ORDER BY quarter DESC, o.vendor_id, o.institution_id, r.percent
"""
_ORDERS = f"""
SELECT o.order_id, o.institution_id, o.service_kind, o.ordered_on, r.percent, o.amount_fen, {_DONE} AS done
{_FROM} AND o.ordered_on >= ? AND o.ordered_on < ?
ORDER BY o.ordered_on DESC, o.order_id LIMIT ? OFFSET ?
"""


@dataclass(frozen=True, slots=True)
class Named:
    """An institution that the list names as remote, and when; ``known``: the run has it, None: not told."""

    code: str
    name: str
    period: Period
    batch: Batch
    citation: str
    known: bool | None

    @property
    def until(self) -> date | None:
        """The day on which it is no longer named, None where no end is known."""
        return None if self.period.end == OPEN_END else self.period.end


@dataclass(frozen=True, slots=True)
class Settled:
    """What one institution settled at one percentage in a quarter: done orders, how many of them state no amount.

    ``undecided``: orders beside them that do not say whether they are done.
    """

    institution_id: str
    percent: int
    orders: int
    unstated: int
    undecided: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Earned:
    """What a vendor earned in a quarter; ``open``: the data of the run do not reach its end."""

    vendor_id: str
    first: date
    open: bool
    parts: tuple[Settled, ...]

    @property
    def quarter(self) -> str:
        """The quarter as it stands in addresses."""
        return quarter_of(self.first)

    @property
    def percents(self) -> list[int]:
        """The percentages of the quarter."""
        return sorted({one.percent for one in self.parts})

    @property
    def orders(self) -> int:
        """Orders that were done."""
        return sum(one.orders for one in self.parts)

    @property
    def unstated(self) -> int:
        """Done orders that do not state an amount."""
        return sum(one.unstated for one in self.parts)

    @property
    def undecided(self) -> int:
        """Orders that do not say whether they are done."""
        return sum(one.undecided for one in self.parts)

    @property
    def amount_fen(self) -> int:
        """What is known to be settled."""
        return sum(one.amount_fen for one in self.parts)

    @property
    def least(self) -> bool:
        """Whether more may be owed than is known."""
        return bool(self.unstated or self.undecided)

    @property
    def subsidy_fen(self) -> int:
        """What it earns on the known amounts."""
        return subsidy_fen(Part(percent=one.percent, fen=one.amount_fen) for one in self.parts)


def quarter_of(first: date) -> str:
    """Return the name of the quarter of a day: 2026-Q3."""
    return f"{first.year}-Q{(first.month + 2) // 3}"


def first_day(name: str) -> date | None:
    """Return the first day of a quarter by its name, None for a text that names none."""
    found = QUARTER.fullmatch(name)
    return date(int(found[1]), int(found[2]) * 3 - 2, 1) if found and int(found[1]) else None


def named(scope: Scope, book: Book, subsidy: Subsidy) -> list[Named]:
    """Return the institutions that the list names, with their days, by code and day: knowledge is open to each reader.

    By name and standing in the register each reader learns of those in view alone.
    """
    places = scope.file.places if scope.file else {}
    found = []
    for one in _listed(book, subsidy):
        place = places.get(one.code) if scope.sees(one.code) else None
        known = True if place else False if scope.whole and scope.file else None
        found.append(replace(one, name=place.name if place else one.name, known=known))
    return found


def _listed(book: Book, subsidy: Subsidy) -> list[Named]:
    """Return what the list names, by code and day; what waits for a person to read it names nothing."""
    held = holds(book, subsidy.list)
    found = [
        Named(
            point.get("institution_code"), point.get("institution_name"), period, book.batches[point.batch],
            point.citation or book.batches[point.batch].citation, None,
        )
        for point in book.knowledge[subsidy.list].points
        for period in (held[point.point_id].periods if point.reading != "waiting" else ())
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.code, one.period))


def earned(scope: Scope, book: Book, subsidy: Subsidy, vendor: str = "") -> list[Earned]:
    """Return what vendors earned by the orders in view, the latest quarter first; none without a run or a list."""
    if scope.file is None or "service_order" not in scope.file.tables or not _listed(book, subsidy):
        return []
    as_of = parse_date(str(scope.file.manifest["as_of"]))
    with scope.lake() as reader:
        rows = reader.rows(_SUMS, _given(book, subsidy, as_of, vendor))
    found = []
    for (code, first), group in groupby(rows, key=lambda row: (row["vendor_id"], row["quarter"])):
        parts = tuple(_settled(row) for row in group)
        found.append(Earned(code, first, month_start(first, 3) - timedelta(days=1) > as_of, parts))
    return found


def _settled(row: dict[str, Any]) -> Settled:
    return Settled(
        row["institution_id"], row["percent"], row["orders"], row["unstated"], row["undecided"], row["amount_fen"]
    )


def orders(
    reader: Reader, book: Book, subsidy: Subsidy, one: Earned, as_of: date, window: tuple[int, int]
) -> list[dict[str, Any]]:
    """Return so many orders from a place on that stand behind what a vendor earned, the latest first."""
    skip, most = window
    asked = [*_given(book, subsidy, as_of, one.vendor_id), one.first, month_start(one.first, 3), most, skip]
    return reader.rows(_ORDERS, asked)


def _given(book: Book, subsidy: Subsidy, as_of: date, vendor: str) -> list[Any]:
    rates, places = subsidy.rates, _listed(book, subsidy)
    return [
        *_spans(one.period for one in rates), [one.percent for one in rates], as_of,
        [one.code for one in places], *_spans(one.period for one in places), vendor, vendor,
    ]  # fmt: skip


def _spans(periods: Iterable[Period]) -> tuple[list[date], list[date]]:
    held = list(periods)
    return [one.start for one in held], [one.end for one in held]
