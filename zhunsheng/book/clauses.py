"""Clauses of service agreements and the values they may promise, as data: ``rulebook/vendors/clauses.yaml``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from zhunsheng.book.cycles import Cite, Name
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.reading import file_text
from zhunsheng.book.vendors import Kind, Kinds, Worded, known, load_kinds, read
from zhunsheng.kernel.errors import Problem

FILE = "clauses.yaml"


class Clause(Dated, Worded):
    """A clause and what it has to say; asked of some kinds of service or all, of those with data, of medical ones.

    ``needs``: rows that must stand in the agreement besides the text.
    """

    id: str = Name
    ask: str
    ask_en: str
    mandatory: bool
    needs: Literal["", "sla", "prices"] = ""
    kinds: tuple[str, ...] = ()
    data: bool = False
    medical: bool = False

    def asked_of(self, kind: Kind) -> bool:
        """Whether an agreement on a kind of service takes this clause."""
        if self.kinds and kind.id not in self.kinds:
            return False
        return (kind.data or not self.data) and (kind.medical or not self.medical)


class Promise(Entry):
    """A value that an agreement may promise, x 10^4; ``counted``: what counts the same, of all kinds or by kind."""

    id: str = Name
    zh: str
    en: str
    direction: Literal["at_least", "at_most"]
    unit: Literal["%", "h"]
    kinds: tuple[str, ...] = ()
    counted: str | dict[str, str] = ""

    def counted_of(self, kind: str) -> str:
        """Return the indicator that counts the same of a kind of service; empty where none does."""
        return self.counted if isinstance(self.counted, str) else self.counted.get(kind, "")


class Days(Entry):
    """So many days, and where that stands."""

    days: int = Field(ge=1)
    cite: str


class Clauses(Entry):
    """The checklist of agreements."""

    id: Literal["clauses"]
    zh: str
    en: str
    cites: dict[str, Cite]
    clauses: tuple[Clause, ...] = Field(min_length=1)
    sla: tuple[Promise, ...]
    expiring_days: Days

    @model_validator(mode="after")
    def _sound(self) -> Clauses:
        known("cite", [*(one.cite for one in self.clauses), self.expiring_days.cite], self.cites)
        for names in ([one.id for one in self.clauses], [one.id for one in self.sla]):
            if len(set(names)) < len(names):
                raise ValueError("an entry stands twice")
        return self

    def asked(self, kind: Kind, day: date) -> tuple[Clause, ...]:
        """Return the clauses that an agreement on a kind of service takes on a day, in the order of the file."""
        return tuple(one for one in self.clauses if day in one.period and one.asked_of(kind))

    def promises(self, kind: str) -> tuple[Promise, ...]:
        """Return the values that an agreement on a kind of service may promise."""
        return tuple(one for one in self.sla if not one.kinds or kind in one.kinds)


def load_clauses(folder: Path, kinds: Kinds | None = None) -> Clauses:
    """Return the checklist of a rule book. Raises Problem ZS401 (unreadable), ZS650 (content wrong)."""
    found: Clauses = read(file_text(folder / "vendors" / FILE), FILE, Clauses)
    names = {kind.id for kind in (kinds or load_kinds(folder)).kinds}
    named = [*((one.id, one.kinds) for one in found.clauses), *((one.id, one.kinds) for one in found.sla)]
    for where, kinds_of in named:
        if wrong := set(kinds_of) - names:
            raise Problem("ZS650", file=FILE, where=where, reason=f"kind {sorted(wrong)[0]} is not defined")
    return found
