"""What a vendor promised in the agreements in force, beside what was counted of it since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from zhunsheng.book.clauses import Promise
from zhunsheng.casework.agreements import library, queries
from zhunsheng.casework.agreements.models import SlaValue
from zhunsheng.casework.alerts import sources
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.lights.reasons import percent
from zhunsheng.lights.values import Value


def beside(scope: Scope, code: str, day: date) -> Iterator[dict[str, Any]]:
    """Yield each value that a vendor in view promised and that is in force, with the last month that it binds."""
    counted = _counted(scope, code)
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
            told = _told(promise, value, counted.get(indicator, ()))
            address = _rows_of(indicator, code, told["counted"]) if told["counted"] else ""
            yield {"agreement": agreement, "promise": promise, "value": value, "indicator": indicator,
                   "address": address, **told}  # fmt: skip


def _counted(scope: Scope, code: str) -> dict[str, list[Value]]:
    """Return the monthly counts of a vendor by indicator, oldest first; none before the first run."""
    found: dict[str, list[Value]] = defaultdict(list)
    for one in sources.values(scope.file, scope.readable) if scope.file else ():
        if one.subject_id == code:
            found[one.indicator_id].append(one)
    return found


def _told(promise: Promise, value: SlaValue, months: Sequence[Value]) -> dict[str, Any]:
    """Return the last month and whether it keeps the promise; unknown where nothing, or not all, is known.

    A month that began before the value held was not promised anything.
    """
    bound = [one for one in months if one.month >= value.valid_from]
    last = bound[-1] if bound else None
    if last is None or last.denominator <= 0:
        return {"counted": None, "shown": "", "keeps": None}
    kept = queries.keeps(
        value.value_e4, promise.direction, last.numerator, last.denominator, last.unknown, promise.unit
    )
    return {"counted": last, "shown": _shown(promise, last), "keeps": kept}


def _shown(promise: Promise, last: Value) -> str:
    if promise.unit == "h":
        tenths = last.numerator * 10 // (3600 * last.denominator)
        return f"{tenths // 10}.{tenths % 10}h"
    return f"{percent(last.numerator * 10_000 // last.denominator)}（{last.numerator}/{last.denominator}）"


def _rows_of(indicator: str, code: str, last: Value) -> str:
    query = urlencode({"subject": code, "month": f"{last.month:%Y-%m}", "span": 1})
    return f"{reverse('indicator-rows', args=[indicator])}?{query}"
