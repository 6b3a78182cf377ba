"""What every object of the rule book is made of: immutable, unknown keys refused; dated where it holds for a time."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, model_validator

from zhunsheng.kernel.time import OPEN_END, Period


class Entry(BaseModel):
    """Base of every object of the book: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Dated(Entry):
    """Something that holds from a day (held) to a day (not held; open when absent)."""

    valid_from: date
    valid_to: date | None = None

    @property
    def period(self) -> Period:
        """The days on which the entry holds."""
        return Period(self.valid_from, self.valid_to or OPEN_END)

    @property
    def days(self) -> str:
        """The period as text, its end not held; empty where the entry states no day."""
        start = "" if self.valid_from == date.min else str(self.valid_from)
        return f"{start} – {self.valid_to or ''}" if start or self.valid_to else ""

    @model_validator(mode="after")
    def _period_is_sound(self) -> Dated:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is not after valid_from {self.valid_from}")
        return self
