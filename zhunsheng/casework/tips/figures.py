"""Figures over tip-offs: how they came, what came of them, how long it took, what it brought. And small numbers.

For officers every figure is exact and leads to its list. For the public, counts below ``LEAST`` are not told, and
where a single one would follow from the total, the next smallest is not told either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_low
from typing import Any

from django.db.models import QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.tips import queries
from zhunsheng.casework.tips.models import TipOff
from zhunsheng.kernel.time import SHANGHAI, month_of, now

#: The smallest count that the public is told.
LEAST = 5
#: Steps with which the verification ends.
ANSWERS = ("establish", "reject", "transfer", "merge")
#: How many cases may follow one another from a tip-off to money.
DEPTH = 4


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts by month of receipt, channel, act and state; days in calendar days; amounts in fen."""

    total: int
    late: int
    by_month: dict[str, int]
    by_channel: dict[str, int]
    by_act: dict[str, int]
    by_state: dict[str, int]
    verified: int
    median_days: int | None
    value_fen: int
    recovered_fen: int
    rewards: int
    reward_fen: int


def figures(scope: Scope, user: Any, year: int | None = None) -> Figures:
    """Return the figures of the reader's own body, of all years or of one."""
    return _figures(_of_year(queries.tips(scope, user), year), now().date())


def years(scope: Scope, user: Any) -> list[int]:
    """Return the years in which tip-offs came, the last one first."""
    days = queries.tips(scope, user).order_by().values_list("case__opened_at", flat=True)
    return sorted({day.astimezone(SHANGHAI).year for day in days}, reverse=True)


def _of_year(found: QuerySet[TipOff], year: int | None) -> QuerySet[TipOff]:
    if year is None:
        return found
    first, end = queries.year_of(year)
    return found.filter(case__opened_at__gte=first, case__opened_at__lt=end)


def _figures(found: QuerySet[TipOff], day: date) -> Figures:
    rows = list(found.select_related("case").prefetch_related("case__events"))
    months = Counter(month_of(tip.case.opened_at.astimezone(SHANGHAI).date()) for tip in rows)
    moved = [(tip, event) for tip in rows for event in tip.case.events.all() if event.kind == "moved"]
    days = [
        event.day - tip.case.opened_at.astimezone(SHANGHAI).date() for tip, event in moved if event.about in ANSWERS
    ]
    rewards = [int(event.fields["reward_fen"]) for _tip, event in moved if event.about == "reward"]
    return Figures(
        total=len(rows),
        late=sum(tip.case.closed_at is None and tip.case.due_on is not None and tip.case.due_on < day for tip in rows),
        by_month=dict(sorted(months.items(), reverse=True)),
        by_channel=_counted(tip.channel for tip in rows),
        by_act=_counted(tip.act for tip in rows),
        by_state=_counted(tip.case.state for tip in rows),
        verified=len(days),
        median_days=median_low(one // timedelta(days=1) for one in days) if days else None,
        value_fen=sum(int(event.fields["value_fen"]) for _tip, event in moved if event.about == "establish"),
        recovered_fen=_recovered({tip.case_id for tip in rows}, rows),
        rewards=len(rewards),
        reward_fen=sum(rewards),
    )


def _counted(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0])))


def _recovered(keys: set[int], rows: list[TipOff]) -> int:
    """What was paid in cases that follow the tip-offs, whoever paid; each case counts once."""
    if not rows:
        return 0
    case_model, total, seen = type(rows[0].case), 0, set(keys)
    for _ in range(DEPTH):
        following = case_model.objects.filter(origin__in=keys).exclude(pk__in=seen).prefetch_related("events")
        for case in following:
            moved = [event for event in case.events.all() if event.kind == "moved"]
            total += sum(int(event.fields.get("paid_fen", 0)) for event in moved)
        keys = {case.pk for case in following}
        seen |= keys
    return total


def published(body: Body, year: int) -> dict[str, Any]:
    """Return what the public is told of a body's year: how many came, and what came of them."""
    with walls.within(queries.behind(body)):
        found = _figures(_of_year(TipOff.objects.filter(body=body), year), now().date())
    open_ = sum(count for state, count in found.by_state.items() if state in queries.WAITING)
    proved = sum(found.by_state.get(state, 0) for state in queries.PROVED)
    parts = {
        "open": open_,
        "proved": proved,
        "unfounded": found.by_state.get("unfounded", 0),
        "passed": found.by_state.get("merged", 0) + found.by_state.get("transferred", 0),
    }
    rewards_told = found.rewards >= LEAST
    return {
        "year": year,
        "total": found.total if found.total >= LEAST else None,
        "parts": hidden_small(parts),
        "reward_fen": found.reward_fen if rewards_told else None,
        "least": LEAST,
    }


def hidden_small(parts: Mapping[str, int], least: int = LEAST) -> dict[str, int | None]:
    """Return counts with the small ones (1 to least-1) hidden as None, and a further one where the total gives them.

    It gives a single one, and several that are all 1. 0 is told: it says that there is nobody.
    """
    hidden = {name for name, count in parts.items() if 0 < count < least}
    if len(hidden) == 1 or {parts[name] for name in hidden} == {1}:
        rest = [(count, name) for name, count in parts.items() if count >= least]
        hidden |= {min(rest)[1]} if rest else set()
    return {name: None if name in hidden else count for name, count in parts.items()}
