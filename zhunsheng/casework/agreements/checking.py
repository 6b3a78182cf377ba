"""The check of an agreement's clauses: each asked clause as it was marked, and whether its rows are there. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zhunsheng.book.clauses import Clause
from zhunsheng.casework.agreements.models import ClauseMark
from zhunsheng.casework.agreements.states import Check


@dataclass(frozen=True, slots=True)
class Checked:
    """A clause, what is said of it, and who said so; ``lacks_rows``: values or prices that it needs are not listed."""

    clause: Clause
    check: Check
    mark: ClauseMark | None
    lacks_rows: bool

    @property
    def blocks(self) -> bool:
        """Whether it stops the signing."""
        return self.clause.mandatory and (self.check != Check.PRESENT or self.lacks_rows)


def checked(asked: Iterable[Clause], marks: Iterable[ClauseMark], listed: Iterable[str]) -> list[Checked]:
    """Return the check of each clause, those that block in front. ``listed``: which of sla and prices have rows."""
    latest = {one.clause: one for one in sorted(marks, key=lambda one: one.pk)}
    rows, found = set(listed), []
    for clause in asked:
        mark = latest.get(clause.id)
        check = Check.UNKNOWN if mark is None else Check.PRESENT if mark.present else Check.MISSING
        found.append(Checked(clause, check, mark, bool(clause.needs) and clause.needs not in rows))
    return sorted(found, key=lambda one: not one.blocks)
