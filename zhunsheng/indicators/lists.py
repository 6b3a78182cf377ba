"""Knowledge lists as indicators ask for them: which values a list holds, and on which days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from zhunsheng.book.indicators import Condition
from zhunsheng.book.lifecycle import holds
from zhunsheng.book.models import Book
from zhunsheng.kernel.time import Period

#: The periods of a list's values: an empty mapping says that the list holds nothing, so that nothing can be told.
Held = Mapping[Period, frozenset[str]]


def held(book: Book, condition: Condition) -> Held:
    """Return the values that the list of a condition holds, by period."""
    known = book.knowledge[condition.listed]
    periods = holds(book, condition.listed)
    found: dict[Period, set[str]] = defaultdict(set)
    for point in known.points:
        if any(point.get(column) != text for column, text in condition.holding.items()) or point.reading == "waiting":
            continue
        for period in periods[point.point_id].periods:
            found[period].add(point.get(condition.column))
    return {period: frozenset(values - {""}) for period, values in sorted(found.items()) if values - {""}}
