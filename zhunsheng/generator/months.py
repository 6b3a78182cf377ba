"""The calendar of the demo: months, and how much each day weighs for each setting of care."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from zhunsheng.kernel.time import month_of
from zhunsheng.kernel.workdays import workday

EPOCH = date(1970, 1, 1)
#: Settings in which conditions are met, in the order of the columns of conditions.csv, then two without a column.
SETTINGS = ("village", "township", "county", "emergency", "stay_township", "stay_county", "chronic", "pharmacy")
VILLAGE_VISIT, TOWNSHIP_VISIT, COUNTY_VISIT, EMERGENCY_VISIT, STAY_TOWNSHIP, STAY_COUNTY, CHRONIC, RETAIL = range(8)
#: Weight of a free day against a working day, and of a day inside a long holiday (three free days on either side).
FREE = {"village": (0.85, 0.6), "township": (0.6, 0.35), "county": (0.45, 0.2), "emergency": (1.15, 1.35)}
FREE |= {"stay_township": (0.5, 0.25), "stay_county": (0.55, 0.3), "chronic": (0.3, 0.05), "pharmacy": (1.05, 0.75)}


@dataclass(frozen=True)
class Month:
    """One calendar month: ``first`` is its first day as days since 1970-01-01; weights by setting and day."""

    number: int
    label: str
    start: date
    first: int
    days: int
    weights: NDArray[np.float64]

    @property
    def last_date(self) -> date:
        """The last day of the month."""
        return self.start + timedelta(days=self.days - 1)

    @property
    def volume(self) -> float:
        """How much care the month sees, in working days of a county hospital, winter weighing more."""
        return float(self.weights[COUNTY_VISIT].sum()) * (1.0 + 0.18 * winter(self.start.month))


def ordinal(day: date) -> int:
    """Return days since 1970-01-01."""
    return (day - EPOCH).days


def as_date(day: int) -> date:
    """Return the date of days since 1970-01-01."""
    return EPOCH + timedelta(days=int(day))


def winter(month: int) -> float:
    """Return 1 in January, -1 in July."""
    return float(np.cos((month - 1) * np.pi / 6))


def calendar(start: date, count: int) -> list[Month]:
    """Return ``count`` months from the month of ``start``; the first one begins on ``start`` itself."""
    return [_month(number, start) for number in range(count)]


def month_at(calendar: list[Month], day: date) -> Month:
    """Return the month of a day; the nearest one for a day outside the calendar."""
    return min(calendar, key=lambda month: max(month.start - day, day - month.last_date))


def _month(number: int, start: date) -> Month:
    year, month = divmod(start.year * 12 + start.month - 1 + number, 12)
    first = max(start, date(year, month + 1, 1))
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    days = (following - first).days
    free = [[not workday(first + timedelta(days=d + o)).is_working for o in range(-3, 4)] for d in range(days)]
    weights = np.array([[_weight(setting, around) for around in free] for setting in SETTINGS])
    return Month(number, month_of(first), first, ordinal(first), days, weights)


def _weight(setting: str, around: list[bool]) -> float:
    """Return a day's weight from the free days around it (it stands in the middle)."""
    if not around[3]:
        return 1.0
    free, holiday = FREE[setting]
    return holiday if sum(around) >= 5 else free
