"""Which checks are due for whom: by tier and day of entry from the rule book, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from zhunsheng.book.oversight import Check, Checks
from zhunsheng.casework.vendors.models import ServiceLine

#: Days back for which a check that was never opened is still opened: a worker that stood still makes up for it.
LATE_DAYS = 31


@dataclass(frozen=True, slots=True)
class Due:
    """A check of a line that is due on a day."""

    line: ServiceLine
    check: Check
    due_on: date


def due_in(book: Checks, lines: Iterable[ServiceLine], year: int) -> Iterator[Due]:
    """Give the checks of a year for lines that have entered; those of the tier of each line."""
    for line in lines:
        for check in book.checks if line.entered_on else ():
            if line.tier in check.tiers:
                yield from (Due(line, check, day) for day in check.due_in(year, line.entered_on))


def to_open(book: Checks, lines: Iterable[ServiceLine], day: date) -> Iterator[Due]:
    """Give the checks that are to be opened by a day: within the lead, and those that a standing worker left out."""
    lines, lead = list(lines), timedelta(days=book.lead_days)
    for year in sorted({(day - timedelta(days=LATE_DAYS)).year, (day + lead).year}):
        for one in due_in(book, lines, year):
            if one.due_on - lead <= day <= one.due_on + timedelta(days=LATE_DAYS):
                yield one
