"""Which cases are planted, on whom, when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import cycle, islice

from zhunsheng.generator import casemix
from zhunsheng.generator.casemix import CaseMix
from zhunsheng.generator.frames import DAY
from zhunsheng.generator.months import Month, month_at
from zhunsheng.generator.plants.cases import (
    FALSE_POSITIVE,
    LOOK_ALIKE,
    PATTERN,
    STANDARD,
    UNKNOWN,
    VIOLATION,
    Case,
)
from zhunsheng.generator.plants.days import moves
from zhunsheng.generator.plants.rows import Cast
from zhunsheng.generator.plants.stage import APART, Plant, Stage
from zhunsheng.generator.world import World

#: Share of people set aside for a case and the most cases there are. A fifth of the violations is blind.
SHARE_OF_PEOPLE, MOST_CASES = 0.06, 10_000
SHARES = {
    (VIOLATION, PATTERN): 0.40,
    (VIOLATION, STANDARD): 0.10,
    (LOOK_ALIKE, PATTERN): 0.32,
    (LOOK_ALIKE, STANDARD): 0.04,
    (UNKNOWN, PATTERN): 0.10,
    (FALSE_POSITIVE, PATTERN): 0.04,
}
EVER = 2**40
Placed = list[tuple[Case, list[int]]]


def placed(cases: Sequence[Case], calendar: list[Month]) -> tuple[Placed, list[str]]:
    """Return cases with the moves by which they lie in the period, and the names of those that have none."""
    first, last = calendar[0].start, calendar[-1].last_date - timedelta(days=1)
    found = [(case, moves(case, first, last)) for case in cases]
    return [one for one in found if one[1]], [f"{case.told[0].rule}: {case.note}" for case, ways in found if not ways]


def chosen(possible: Placed, people: int) -> Placed:
    """Return one entry per case to plant: each that is possible at least once, rules taking turns within each kind."""
    total = min(round(SHARE_OF_PEOPLE * people), MOST_CASES)
    groups = {key: _by_turns([one for one in possible if (one[0].kind, one[0].author) == key]) for key in SHARES}
    counts = {key: max(len(groups[key]), round(share * total)) for key, share in SHARES.items()}
    counts[VIOLATION, STANDARD] = max(len(groups[VIOLATION, STANDARD]), round(counts[VIOLATION, PATTERN] / 4))
    return [one for key, group in groups.items() for one in islice(cycle(group), counts[key] if group else 0)]


def _by_turns(cases: Placed) -> Placed:
    """Order cases so that each rule's first comes before any rule's second."""
    seen: dict[str, int] = {}
    turns = []
    for one in cases:
        rule = one[0].told[0].rule
        seen[rule] = seen.get(rule, 0) + 1
        turns.append((seen[rule], one))
    return [one for _, one in sorted(turns, key=lambda turn: turn[0])]


def plan(world: World, calendar: list[Month], to_plant: Placed) -> Cast:
    """Set people aside and build their cases, one each. Raises ValueError when there are fewer people than cases."""
    rng = world.rng(1)
    if len(to_plant) > len(world.people):
        raise ValueError(f"{len(to_plant)} cases, {len(world.people)} people")

    @cache
    def mix(label: str) -> CaseMix:
        return casemix.of(next(month for month in calendar if month.label == label))

    plants = []
    for person, (case, ways) in zip(rng.permutation(len(world.people)), to_plant, strict=False):
        world.people.chronic[person] = -1
        move = ways[int(rng.integers(0, len(ways)))]
        stage = Stage(world, lambda day: mix(month_at(calendar, day).label), rng, Plant(case, int(person)), move)
        plants.append(stage.build())
        _set_aside(world, plants[-1])
    return Cast(plants)


def _set_aside(world: World, plant: Plant) -> None:
    """Keep the person's other care away from the days of the case."""
    world.people.aside_from[plant.person] = min(one.begin for one in plant.encounters) // DAY - APART
    world.people.aside_to[plant.person] = max(one.last for one in plant.encounters) // DAY + APART
    # what cannot be told may rest on earlier records that are not there; after a death there is no care
    if any(told.kind == UNKNOWN for told in plant.case.told):
        world.people.aside_from[plant.person] = 0
    if plant.case.facts.person.died_on:
        world.people.aside_to[plant.person] = EVER
