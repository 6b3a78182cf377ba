"""The order of designation: lines in service by standing, with what standing and evaluation give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.oversight.queries import last_result
from zhunsheng.casework.ratings import library, queries
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.states import SERVING


@dataclass(frozen=True, slots=True)
class Place:
    """One line in service: its standing and evaluation, the highest price in percent, whether it may be awarded."""

    line: ServiceLine
    standing: str
    evaluation: str
    price_percent: int
    award: bool


def order(scope: Scope, day: date) -> list[Place]:
    """Return the lines in service in view by kind, the best standing first; unknown is never the best."""
    book = library.incentives()
    found = []
    for line in vendors.lines(scope).filter(state__in=SERVING):
        standing = queries.standing(line.institution_id, line.body, day)
        evaluation = last_result(line, book.evaluation.check, day, book.evaluation.years)
        found.append(Place(line, standing, evaluation, *book.of(standing, evaluation)))
    return sorted(found, key=lambda one: (one.line.kind, book.rank(one.standing), one.line.vendor.name))
