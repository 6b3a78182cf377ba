"""The survey of a month: how satisfied those are who answered, unknown below the minimum number of answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from zhunsheng.book.oversight import Survey
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.oversight.models import SurveyAnswer
from zhunsheng.casework.vendors.models import ServiceLine

#: What is asked, each 1 to 5.
TOPICS = ("attitude", "professional", "waiting", "cost")


@dataclass(frozen=True, slots=True)
class Figure:
    """Answers of a month, scores given and how many of them are satisfied; ``known`` from the minimum of answers on."""

    month: str
    answers: int
    scores: int
    satisfied: int
    known: bool

    @property
    def share(self) -> int:
        """Satisfied of all scores, in 1/10000, rounded down: a threshold is met by reaching it."""
        return self.satisfied * 10_000 // self.scores if self.scores else 0

    @property
    def percent(self) -> str:
        """The share in percent with two decimals, rounded down as the share is."""
        return f"{self.share // 100}.{self.share % 100:02d}%"


def figure(line: ServiceLine, month: str, book: Survey) -> Figure:
    """Return the figure of a line for a month."""
    return figures([line], [month], book)[line.pk, month]


def figures(lines: list[ServiceLine], months: list[str], book: Survey) -> dict[tuple[int, str], Figure]:
    """Return the figures of lines by line and month, also of months that nobody answered in: one query for all."""
    given = {f"n_{one}": Count(one) for one in TOPICS}
    happy = {f"s_{one}": Count("pk", filter=Q(**{f"{one}__gte": book.satisfied_from})) for one in TOPICS}
    with walls.within(walls.SITE):
        rows = SurveyAnswer.objects.filter(line__in=lines, month__in=months).order_by().values("line", "month")
        held = {(one["line"], one["month"]): one for one in rows.annotate(answers=Count("pk"), **given, **happy)}
    wanted = [(line.pk, month) for line in lines for month in months]
    return {key: _figure(key[1], held.get(key, {}), book) for key in wanted}


def _figure(month: str, told: dict[str, Any], book: Survey) -> Figure:
    answers = told.get("answers", 0)
    scores, satisfied = (sum(told.get(f"{kind}_{one}", 0) for one in TOPICS) for kind in "ns")
    return Figure(month, answers, scores, satisfied, answers >= book.minimum and scores > 0)
