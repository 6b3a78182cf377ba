"""The survey of a month: how satisfied those are who answered, unknown below the minimum number of answers."""

from __future__ import annotations

from dataclasses import dataclass

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
    with walls.within(walls.SITE):
        given = {f"n_{one}": Count(one) for one in TOPICS}
        happy = {f"s_{one}": Count("pk", filter=Q(**{f"{one}__gte": book.satisfied_from})) for one in TOPICS}
        told = SurveyAnswer.objects.filter(line=line, month=month).aggregate(answers=Count("pk"), **given, **happy)
    scores, satisfied = (sum(told[f"{kind}_{one}"] for one in TOPICS) for kind in "ns")
    return Figure(month, told["answers"], scores, satisfied, told["answers"] >= book.minimum and scores > 0)
