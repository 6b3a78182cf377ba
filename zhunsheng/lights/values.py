"""What lights are judged on: monthly counts of an indicator, and single events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from zhunsheng.kernel.time import month_start


@dataclass(frozen=True, slots=True)
class Value:
    """The raw counts of one indicator for one subject in one month, named by its first day.

    ``unknown`` are cases of which nothing can be said; they are not in ``denominator``.
    """

    indicator_id: str
    subject_id: str
    month: date
    numerator: int
    denominator: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """One event about a subject: when it happened, and the first day on which it was known here.

    ``about`` tells matters of one kind apart (an item, a kind of service); ``ended_on`` is the first day on which it no
    longer holds, None while it does or where events do not end. ``share`` is how many of how many it concerns.
    """

    event_id: str
    subject_id: str
    kind: str
    weight: str
    happened_on: date
    known_on: date
    about: str = ""
    ended_on: date | None = None
    share: tuple[int, int] | None = None


def knowable(month: date) -> date:
    """Return the first day on which the value of a month can be known: the day after its last one."""
    return month_start(month, 1)


def months_until(first: date, as_of: date) -> Iterator[date]:
    """Yield the closed months from the one of a day on, as known on another day."""
    month = month_start(first)
    while knowable(month) <= as_of:
        yield month
        month = month_start(month, 1)


def total(values: Iterable[Value | None]) -> Value | None:
    """Return the counts of several months together, in the name of the last; None where there are none."""
    known = [one for one in values if one is not None]
    if not known:
        return None
    last = known[-1]
    return Value(
        last.indicator_id,
        last.subject_id,
        last.month,
        sum(one.numerator for one in known),
        sum(one.denominator for one in known),
        sum(one.unknown for one in known),
    )
