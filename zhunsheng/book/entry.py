"""What every object of the rule book is made of: immutable, unknown keys refused; dated, signed and cited where needed."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from zhunsheng.kernel.time import OPEN_END, Period

Ground = Literal["published", "local", "demo"]
#: Seen in the official text, in a secondary copy, to be confirmed against the original, or a default of this site.
Certainty = Literal["seen", "secondary", "to_verify", "local"]


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


class Signed(Dated):
    """Something that people answer for: who wrote it, who else checked it and signed on which day.

    ``published_on`` is the day on which it became known; where that was not seen, it counts as known from its start.
    ``next_review`` is the last day by which somebody looks at it again.
    """

    published_on: date | None = None
    authored_by: str = ""
    checked_by: str | None = None
    signed_on: date | None = None
    next_review: date | None = None

    @property
    def known_from(self) -> date:
        """The first day on which one could have judged by it."""
        return self.published_on or self.valid_from

    def overdue(self, today: date) -> bool:
        """Whether the day of its review has passed."""
        return self.next_review is not None and self.next_review < today

    @property
    def sign_off(self) -> Literal["signed", "undated", "unchecked", "self_checked"]:
        """Whether a second person answers for it. Only ``signed`` is whole."""
        if not self.checked_by:
            return "unchecked"
        if self.checked_by == self.authored_by:
            return "self_checked"
        return "signed" if self.signed_on else "undated"


class LawRef(Entry):
    """A place in the law: instrument id, article and, where it has them, item."""

    instrument: str
    article: str
    item: str = ""


class Cite(Entry):
    """Where something stands: the instrument in words, the article where the book holds it, and how surely."""

    zh: str
    en: str
    certainty: Certainty
    law: LawRef | None = None
