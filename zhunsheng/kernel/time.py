"""Half-open dates, Asia/Shanghai, ages in completed units.

Nothing here reads the clock except ``now``: finders receive today as an argument.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from zhunsheng.kernel.errors import Problem

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Stands for "no end" where a column may not be empty, so that comparison stays one expression.
OPEN_END = date(9999, 12, 31)
_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})(?:[T ].*)?|([0-9]{4})([0-9]{2})([0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Dates from ``start`` (held) to ``end`` (not held); OPEN_END means that no end is known."""

    start: date
    end: date = OPEN_END

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise Problem("ZS106", start=self.start, end=self.end)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def meets(self, other: Period) -> bool:
        """Whether the two periods share a day."""
        return self.start < other.end and other.start < self.end

    def both(self, other: Period) -> Period | None:
        """Return the days that both hold, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None


def now() -> datetime:
    """Return the present moment, aware, in Asia/Shanghai. For actions and commands only."""
    return datetime.now(UTC).astimezone(SHANGHAI)


def now_seconds() -> int:
    """Return the present POSIX second. For actions, commands and witnesses only."""
    return epoch_seconds(now())


def parse_date(text: str) -> date:
    """Read ``2026-03-01``, ``20260301`` or ``2026/3/1``, a time of day after it left aside. Raises Problem ZS105."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise Problem("ZS105", value=text)
    year, _, month, day, *compact = match.groups()
    try:
        return date(*map(int, compact)) if compact[0] else date(int(year), int(month), int(day))
    except ValueError as error:
        raise Problem("ZS105", value=text) from error


def epoch_seconds(moment: datetime) -> int:
    """Return seconds since 1970 of an aware moment; a naive one is a mistake of the caller."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return int(moment.timestamp())


def at(seconds: int) -> datetime:
    """Return the moment of an epoch second, in Asia/Shanghai."""
    return datetime.fromtimestamp(seconds, SHANGHAI)


def completed_years(birth: date, day: date) -> int:
    """Return whole years lived; who is born on 29 February completes a year on 1 March of a common year."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def completed_months(birth: date, day: date) -> int:
    """Return whole months lived."""
    return (day.year - birth.year) * 12 + day.month - birth.month - (day.day < birth.day)


def age(birth: date, day: date, unit: str) -> int:
    """Return the age in completed ``year``, ``month`` or ``day`` on a day. Raises ValueError for another unit."""
    if unit == "year":
        return completed_years(birth, day)
    if unit == "month":
        return completed_months(birth, day)
    if unit == "day":
        return (day - birth).days
    raise ValueError(f"no unit of age: {unit}")


def month_of(day: date) -> str:
    """Return the calendar month as ``2026-03``."""
    return f"{day.year:04d}-{day.month:02d}"


def month_start(day: date, later: int = 0) -> date:
    """Return the first day of the month of a day, or of one so many months later."""
    year, month = divmod(day.year * 12 + day.month - 1 + later, 12)
    return date(year, month + 1, 1)


def days_between(start: date, end: date) -> list[date]:
    """Return each day from start (held) to end (not held)."""
    return [start + timedelta(days=i) for i in range((end - start).days)]
