"""Scores a card: points for each criterion with their reason, the range that unknown ones leave, and the standing.

Whole numbers throughout; a missing value is neither nothing nor everything. The standing is that of the known part, at
most what the unknown weight allows; what hurts follows only where the best that the unknown could add would not help.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from zhunsheng.book.bands import band_of
from zhunsheng.book.scorecards import STANDINGS, Card, Criterion, Step
from zhunsheng.kernel.time import month_start

SCALE = 10_000


@dataclass(frozen=True, slots=True)
class Measure:
    """What is known of a criterion: a share with its unknown cases, or a count over one."""

    numerator: int
    denominator: int = 1
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """Why a criterion gives its points: its value and the step that it falls into; None where it is unknown."""

    criterion: str
    weight: int
    points: int | None
    measure: Measure | None
    low: int | None = None
    high: int | None = None
    cite: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored card. ``low`` and ``high``: the score if all that is unknown were nothing, or everything.

    ``standing`` is the draft: ``by_share`` is that of the known part before the cap, ``best`` that of the high end.
    """

    lines: tuple[Line, ...]
    low: int
    high: int
    known_weight: int
    standing: str
    by_share: str
    best: str

    @property
    def capped(self) -> bool:
        """Whether what is unknown holds the standing down."""
        return self.standing != self.by_share


def score(card: Card, measures: Mapping[str, Measure | None], day: date) -> Scored:
    """Return the score of a card for a period that begins on a day."""
    lines = tuple(line_of(one, measures.get(one.id), day) for one in card.criteria)
    known = [one for one in lines if one.points is not None]
    points, weight = sum(one.points or 0 for one in known), sum(one.weight for one in known)
    unknown = 100 - weight
    best = band_of(card.grades, points + unknown).standing
    by_share = band_of(card.grades, points, weight, 100).standing if weight else "unrated"
    cap = band_of(card.caps, unknown).most
    standing = "unrated" if "unrated" in (cap, by_share) else min(by_share, cap, key=STANDINGS.index)
    return Scored(lines, points, points + unknown, weight, standing, by_share, best)


def line_of(criterion: Criterion, measure: Measure | None, day: date) -> Line:
    """Return the points of one criterion with the step they come from."""
    table = next((one for one in criterion.tables if day in one.period), None)
    if measure is None or table is None or not _enough(criterion, measure):
        return Line(criterion.id, criterion.weight, None, measure)
    scale = SCALE if criterion.indicator else 1
    step: Step = band_of(table.steps, measure.numerator, measure.denominator, scale)
    return Line(criterion.id, criterion.weight, step.points, measure, step.low, step.high, step.cite)


def _enough(criterion: Criterion, measure: Measure) -> bool:
    if criterion.count:
        return True
    total = measure.denominator + measure.unknown
    return measure.denominator >= criterion.least and measure.unknown * SCALE <= criterion.most_unknown_e4 * total


def consequences(card: Card, standing: str, best: str) -> tuple[str, ...]:
    """Return what a standing leads to; where it hurts, what the best standing that is still possible leads to."""
    grade = card.grade(standing)
    if grade is not None and grade.hurts and best in STANDINGS:
        better = max(standing, best, key=STANDINGS.index)
        grade = card.grade(better)
    return grade.consequences if grade else ()


def period_of(card: Card, day: date) -> tuple[date, date]:
    """Return the last period of a card that is over on a day: its first day, and the first day after it."""
    current = month_start(day, -((day.month - 1) % card.months))
    return month_start(current, -card.months), current


def periods(card: Card, since: date, day: date) -> list[tuple[date, date]]:
    """Return the periods of a card that began on a day or later and are over on another, oldest first."""
    found = []
    first, after = period_of(card, day)
    while first >= since:
        found.append((first, after))
        first, after = month_start(first, -card.months), first
    return found[::-1]
