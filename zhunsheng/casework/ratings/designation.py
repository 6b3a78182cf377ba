"""The order of designation: lines in view by standing, with light, what bars new work, and what standing gives."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from zhunsheng.casework.alerts import queries as alerts
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.oversight.queries import last_results
from zhunsheng.casework.ratings import library, queries
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.gate import Refusal
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.overview import with_data
from zhunsheng.casework.vendors.states import OVER, SERVING, LineState

#: Lines that have entered and not left: who chooses sees also those that take no new work now, and why.
ENTERED = frozenset(LineState) - OVER - {LineState.APPLIED}


@dataclass(frozen=True, slots=True)
class Place:
    """One line: its standing and evaluation, the highest price in percent, whether it may be awarded, light and bar.

    ``light`` is the gravest one in view, ``normal`` without one, ``unknown`` where nothing was counted; ``bar`` is why
    it takes no new work on the day.
    """

    line: ServiceLine
    standing: str
    evaluation: str
    price_percent: int
    award: bool
    light: str
    bar: Refusal | None


def order(scope: Scope, day: date) -> list[Place]:
    """Return the lines in service in view by kind, the best standing first; unknown is never the best."""
    return choices(scope, day, SERVING)


def choices(scope: Scope, day: date, states: Collection[str] = ENTERED, kind: str = "") -> list[Place]:
    """Return the lines in view among which a vendor is chosen, by kind, the best standing first, unrated last."""
    found = vendors.lines(scope).filter(state__in=list(states))
    return places(scope, found.filter(kind=kind) if kind else found, day)


def places(scope: Scope, lines: Iterable[ServiceLine], day: date) -> list[Place]:
    """Return lines in the order of designation. So many queries for all, none for each."""
    book, held = library.incentives(), list(lines)
    if not held:
        return []
    codes = {one.institution_id for one in held}
    standings, lit, counted = queries.standings(held, day), alerts.worst(scope, codes), with_data(scope)
    results = last_results(held, book.evaluation.check, day, book.evaluation.years)
    bars = vendors.refusals_of(held, day)
    found = []
    for line in held:
        code = line.institution_id
        standing, evaluation = standings[code, line.body_id], results.get(line.pk, "unknown")
        light = lit.get(code) or ("normal" if code in counted else "unknown")
        found.append(Place(line, standing, evaluation, *book.of(standing, evaluation), light, bars[line.pk]))
    return sorted(found, key=lambda one: (one.line.kind, book.rank(one.standing), one.line.vendor.name))
