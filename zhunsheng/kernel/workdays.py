"""Working days of China: weekends, statutory holidays and make-up days, as the State Council announces them yearly.

The published calendar ends (the notice for a year appears in the November before). Beyond its end an answer
assumes Monday to Friday and says that it is provisional: whoever stores it asks again once the year is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from chinese_calendar.constants import holidays, workdays

_REST, _WORK = frozenset(holidays), frozenset(workdays)
_DAY = timedelta(days=1)

#: Dates on which the published calendar starts (held) and ends (not held).
PUBLISHED_FROM = date(min(_REST).year, 1, 1)
PUBLISHED_UNTIL = date(max(_REST).year + 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Workday:
    """Whether people work on a day; ``provisional`` when no published calendar says so."""

    is_working: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A day reached by counting working days; ``provisional`` when the count crossed an unpublished day."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A number of working days; ``provisional`` when some day counted is not yet published."""

    days: int
    provisional: bool


def workday(day: date) -> Workday:
    """Return whether ``day`` is a working day. Make-up Saturdays and Sundays count as working days."""
    weekday = day.weekday() < 5
    if PUBLISHED_FROM <= day < PUBLISHED_UNTIL:
        return Workday(day in _WORK or (weekday and day not in _REST), provisional=False)
    return Workday(weekday, provisional=True)


def add_workdays(start: date, n: int) -> Due:
    """Return the n-th working day after ``start`` (before it when n is negative); the start itself is not counted.

    ``add_workdays(day, 0)`` is the day itself, working or not.
    """
    step = _DAY if n > 0 else -_DAY
    day, left, provisional = start, abs(n), False
    while left:
        day += step
        answer = workday(day)
        left -= answer.is_working
        provisional = provisional or answer.provisional
    return Due(day, provisional)


def workdays_between(start: date, end: date) -> Count:
    """Count the working days from start (held) to end (not held); zero when the end is not later."""
    answers = [workday(start + _DAY * i) for i in range((end - start).days)]
    return Count(sum(answer.is_working for answer in answers), any(answer.provisional for answer in answers))
