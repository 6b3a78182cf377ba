"""DISCORDANCE_RISE: second readings that differ from the report more often than in the months before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import Bindings, Hit, Pattern
from zhunsheng.patterns.population import (
    EVIDENCE,
    PAST_COLUMNS,
    PAST_REASONS,
    Load,
    Measure,
    Outlier,
    behind,
    month,
    past_pair,
    period_of,
)

PATTERN = Pattern(
    name="discordance_rise",
    template="T33",
    zh="二次复核不一致率上升",
    en="Second readings differ more often",
    kind="population",
    facts=("second_reading",),
    columns=PAST_COLUMNS,
    reasons=PAST_REASONS,
    family="past",
)


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per vendor and month how many second readings differ, and how many did in the months before."""
    read: Counter[tuple[str, int]] = Counter()
    differ: Counter[tuple[str, int]] = Counter()
    for one in load.second_readings:
        if one.concordant is not None:
            number = one.reviewed_on.year * 12 + one.reviewed_on.month
            read[one.vendor_id, number] += 1
            differ[one.vendor_id, number] += not one.concordant
    for vendor, number in sorted(read):
        period = period_of(number)
        for row in bindings.on(parse_date(f"{period}-01")):
            then = range(number - row.months, number)
            before = sum(differ[vendor, n] for n in then), sum(read[vendor, n] for n in then)
            if before[1]:
                yield from past_pair(row, vendor, period, "", (differ[vendor, number], read[vendor, number]), before)


def judge(load: Load, _bindings: Bindings, _found: list[Measure], outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the orders whose second reading differs behind each clue."""
    for one in outliers:
        orders = {
            r.order_id
            for r in load.second_readings
            if r.concordant is False and r.vendor_id == one.institution_id and month(r.reviewed_on) == one.period
        }
        for order in sorted(orders)[:EVIDENCE]:
            yield behind(one, "service_order", f"{one.institution_id}|{order}")
