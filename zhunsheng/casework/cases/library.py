"""The life-cycles that the rule book holds now, checked against the kinds of bodies, duties and guards of the code."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from zhunsheng.book.cycles import Cycle, Names, load_cycles
from zhunsheng.book.handling import Grades, Overturning, load_grades, load_overturning
from zhunsheng.book.load import load_laws
from zhunsheng.book.models import Instrument
from zhunsheng.book.rewards import Scheme, load_schemes, scheme_on
from zhunsheng.casework.bodies.models import BodyKind, DutyName
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook


def names(folder: Path, guards: frozenset[str]) -> Names:
    """Return what a life-cycle may name."""
    return Names(frozenset(BodyKind.values), frozenset(DutyName.values), guards, load_laws(folder))


def cycles() -> dict[str, Cycle]:
    """Return the life-cycles by name. Raises Problem ZS401, ZS403, ZS901."""
    folder = rulebook()
    return dict(_loaded(folder, _stamp(folder)))


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells that a file of life-cycles or of law has changed: each one's name, time and size."""
    files = sorted([*(folder / "lifecycles").glob("*.yaml"), *(folder / "law").glob("*.yaml")])
    told = [(path.name, path.stat()) for path in files]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in told)


@lru_cache(maxsize=4)
def _loaded(folder: Path, _stamped: tuple[tuple[str, int, int], ...]) -> dict[str, Cycle]:
    from zhunsheng.casework.cases.policies import GUARDS

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


def reward_scheme(day: date) -> Scheme | None:
    """Return the reward scheme that holds on a day, or None. Raises Problem ZS401, ZS403, ZS928."""
    return scheme_on(load_schemes(rulebook()).values(), day)
