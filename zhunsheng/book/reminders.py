"""When people are reminded of a clock: days before its last day, and after it until a head, and a further level, hear.

``rulebook/reminders.yaml`` holds a default and what single clocks have instead. It is no part of a life-cycle: a case
stays under the limits that it began with, and is reminded as the site does it today.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import Field, ValidationError, model_validator

from zhunsheng.book.entry import Entry
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import check_yaml, from_yaml

FILE = "reminders.yaml"


class Reminder(Entry):
    """``before``: days before the last day, longest first; ``head_after``, ``further_after``: days after it."""

    before: tuple[int, ...] = Field(max_length=5)
    head_after: int = Field(ge=1, le=365)
    further_after: int = Field(ge=1, le=365)

    @model_validator(mode="after")
    def _ordered(self) -> Reminder:
        if any(not 1 <= days <= 90 for days in self.before) or list(self.before) != sorted(set(self.before))[::-1]:
            raise ValueError("before: different days from 90 to 1, longest first")
        if self.further_after <= self.head_after:
            raise ValueError("further_after: later than head_after")
        return self


class Reminders(Entry):
    """The reminders of a site; ``clocks`` are named life-cycle/clock."""

    default: Reminder
    clocks: dict[str, Reminder] = Field(default_factory=dict)

    def of(self, cycle: str, clock: str) -> Reminder:
        """Return how a clock is reminded of."""
        return self.clocks.get(f"{cycle}/{clock}", self.default)

    @property
    def furthest(self) -> int:
        """The most days before a last day on which anybody is reminded."""
        return max([0, *self.default.before, *(days for one in self.clocks.values() for days in one.before)])


def load_reminders(folder: Path) -> Reminders:
    """Return the reminders of a rule book. Raises Problem ZS401 (unreadable), ZS901 (content wrong)."""
    try:
        return _read((folder / FILE).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("ZS401", file=FILE, reason=error) from error


@lru_cache(maxsize=8)
def _read(text: str) -> Reminders:
    try:
        return Reminders.model_validate(from_yaml(check_yaml(text)))
    except yaml.YAMLError as error:
        raise Problem("ZS401", file=FILE, reason=error) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise Problem("ZS901", file=FILE, line=1, where=place, reason=first["msg"]) from error
