"""What a vendor promised in the agreements in force, beside what was counted of it in the last whole month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from zhunsheng.book.clauses import Promise
from zhunsheng.casework.agreements import library, queries
from zhunsheng.casework.agreements.models import SlaValue
from zhunsheng.casework.alerts import sources
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.indicators import queries as indicators
from zhunsheng.lights.reasons import percent
from zhunsheng.lights.values import Value


def beside(scope: Scope, code: str, day: date, *, rows: bool) -> Iterator[dict[str, Any]]:
    """Yield each value that a vendor in view promised and that is in force, with the last whole month that it binds.

    ``rows``: whether the reader may open the rows behind a count.
    """
    counted, month = _counted(scope, code), _last_month(scope)
    listed = {one.id: one for one in library.clauses().sla}
    for agreement in queries.agreements(scope).filter(institution_id=code):
        if not queries.holds(agreement, day):
            continue
        seen: set[str] = set()
        for value in queries.parts(agreement)[0]:
            if value.indicator in seen or value.valid_from > day or value.indicator not in listed:
                continue
            seen.add(value.indicator)
            promise = listed[value.indicator]
            indicator = promise.counted_of(agreement.kind)
            told = _told(promise, value, counted.get(indicator, ()), month)
            address = _rows_of(indicator, code, told["counted"]) if rows and told["counted"] else ""
            yield {"agreement": agreement, "promise": promise, "value": value, "indicator": indicator,
                   "address": address, **told}  # fmt: skip


def _counted(scope: Scope, code: str) -> dict[str, list[Value]]:
    """Return the monthly counts of a vendor by indicator, oldest first; none before the first run."""
    found: dict[str, list[Value]] = defaultdict(list)
    for one in sources.values(scope.file, scope.readable) if scope.file else ():
        if one.subject_id == code:
            found[one.indicator_id].append(one)
    return found


def _last_month(scope: Scope) -> str:
    """Return the last month with counts that was over on the day of the run: one that runs yet keeps nothing."""
    file = scope.file
    if file is None or "indicator_count" not in file.tables:
        return ""
    as_of = date.fromisoformat(file.manifest["as_of"])
    with scope.lake() as reader:
        month = indicators.last_whole(indicators.months(reader), as_of)
    return month if month < f"{as_of + timedelta(days=1):%Y-%m}" else ""


def _told(promise: Promise, value: SlaValue, months: Sequence[Value], month: str) -> dict[str, Any]:
    """Return what was counted in a month and whether it keeps the promise; unknown where nothing, or not all, is known.

    A month that began before the value held was not promised anything. Where the month has no count, ``before`` is the
    last one that has: what was kept long ago says nothing of now.
    """
    bound = [one for one in months if one.month >= value.valid_from and one.denominator > 0]
    known = [one for one in bound if f"{one.month:%Y-%m}" <= month]
    last = known[-1] if known else None
    if last is None or f"{last.month:%Y-%m}" != month:
        return {"counted": None, "shown": "", "keeps": None, "before": last and last.month}
    kept = queries.keeps(
        value.value_e4, promise.direction, last.numerator, last.denominator, last.unknown, promise.unit
    )
    return {"counted": last, "shown": _shown(promise, last), "keeps": kept, "before": None}


def _shown(promise: Promise, last: Value) -> str:
    """Return a count with two places; hours are rounded up: no mean above a promised one reads as equal to it."""
    if promise.unit == "h":
        hundredths = -(-last.numerator * 100 // (3600 * last.denominator))
        return f"{hundredths // 100}.{hundredths % 100:02d}h"
    return f"{percent(last.numerator * 10_000 // last.denominator)}（{last.numerator}/{last.denominator}）"


def _rows_of(indicator: str, code: str, last: Value) -> str:
    query = urlencode({"subject": code, "month": f"{last.month:%Y-%m}", "span": 1})
    return f"{reverse('indicator-rows', args=[indicator])}?{query}"
