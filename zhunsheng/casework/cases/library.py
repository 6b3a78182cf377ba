"""The life-cycles that the rule book holds now, checked against the kinds of bodies, duties and guards of the code."""

from __future__ import annotations

from pathlib import Path

from zhunsheng.book.cycles import Cycle, Names, load_cycles
from zhunsheng.book.handling import Grades, Overturning, load_grades, load_overturning
from zhunsheng.book.load import load_laws
from zhunsheng.book.models import Instrument
from zhunsheng.casework.bodies.models import BodyKind, DutyName
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook


def names(folder: Path, guards: frozenset[str]) -> Names:
    """Return what a life-cycle may name."""
    return Names(frozenset(BodyKind.values), frozenset(DutyName.values), guards, load_laws(folder))


def cycles() -> dict[str, Cycle]:
    """Return the life-cycles by name. Raises Problem ZS401, ZS403, ZS901."""
    from zhunsheng.casework.cases.policies import GUARDS

    folder = rulebook()
    return load_cycles(folder, names(folder, frozenset(GUARDS)))


def cycle(name: str) -> Cycle:
    """Return the life-cycle of a name. Raises Problem ZS902 for a name that the rule book does not hold."""
    found = cycles().get(name)
    if found is None:
        raise Problem("ZS902", name=name)
    return found


def laws() -> dict[str, Instrument]:
    """Return the instruments of law by id."""
    return load_laws(rulebook())


def grades() -> Grades:
    """Return the grades of handling. Raises Problem ZS945."""
    return load_grades(rulebook())


def overturning() -> Overturning:
    """Return why findings are overturned and what their rule's author may answer. Raises Problem ZS945."""
    return load_overturning(rulebook())
