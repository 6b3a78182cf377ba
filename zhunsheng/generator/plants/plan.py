"""Which cases are planted, on whom, in which month."""

from __future__ import annotations

from itertools import cycle, islice

from numpy.random import Generator

from zhunsheng.generator import casemix
from zhunsheng.generator.knowledge import Index, Point, holds, never_holds
from zhunsheng.generator.months import Month
from zhunsheng.generator.plants import caps, claims, limits, overlaps, pairs
from zhunsheng.generator.plants.kinds import LOOK_ALIKE, PATTERN, SCENARIOS, STANDARD, UNKNOWN, VIOLATION, Scenario
from zhunsheng.generator.plants.stage import Plant, Stage
from zhunsheng.generator.world import World

#: Share of people set aside for a case, and how the cases divide: a fifth of the violations from the standard alone.
SHARE_OF_PEOPLE = 0.06
SHARES = {
    (VIOLATION, PATTERN): 0.40,
    (VIOLATION, STANDARD): 0.10,
    (LOOK_ALIKE, PATTERN): 0.38,
    (UNKNOWN, PATTERN): 0.12,
}
SHORTEST_MONTH = 25
#: The modules register their scenarios when imported.
MODULES = (limits, pairs, caps, claims, overlaps)


def plan(world: World, calendar: list[Month]) -> list[Plant]:
    """Set people aside and build their cases. Each scenario that the knowledge allows is built at least once."""
    rng, calendar = world.rng(1), roomy(calendar)
    mixes = {month.number: casemix.of(month) for month in calendar}
    chosen = _chosen(world.index, calendar, len(world.people))
    persons = rng.permutation(len(world.people))[: len(chosen)]
    plants = []
    for person, scenario in zip(persons, chosen, strict=True):
        month, point = _occasion(rng, scenario, world.index, calendar)
        plant = Plant(scenario.rule, scenario.kind, scenario.author, scenario.note, int(person), month.number)
        world.people.planted_month[person] = month.number
        world.people.chronic[person] = -1
        stage = Stage(world, month, mixes[month.number], rng, plant)
        scenario.build(stage, *([] if point is None else [point]))
        plants.append(stage.finish())
    return plants


def left_out(index: Index, calendar: list[Month]) -> list[Scenario]:
    """Return the scenarios for which the knowledge has no point in the period."""
    return [scenario for scenario in SCENARIOS if not _possible(scenario, index, roomy(calendar))]


def roomy(calendar: list[Month]) -> list[Month]:
    """Return the months long enough for a case of three weeks; all of them where none is."""
    return [month for month in calendar if month.days >= SHORTEST_MONTH] or calendar


def _chosen(index: Index, calendar: list[Month], people: int) -> list[Scenario]:
    """Return one scenario per case: rules take turns within each kind."""
    possible = [scenario for scenario in SCENARIOS if _possible(scenario, index, calendar)]
    groups = {key: _by_turns([s for s in possible if (s.kind, s.author) == key]) for key in SHARES}
    total = round(SHARE_OF_PEOPLE * people)
    counts = {key: max(len(groups[key]), round(share * total)) for key, share in SHARES.items()}
    counts[VIOLATION, STANDARD] = round(counts[VIOLATION, PATTERN] / 4)
    return [scenario for key, group in groups.items() for scenario in islice(cycle(group), counts[key])]


def _by_turns(scenarios: list[Scenario]) -> list[Scenario]:
    """Order scenarios so that each rule's first comes before any rule's second."""
    seen: dict[str, int] = {}
    turns = []
    for scenario in scenarios:
        turn = seen[scenario.rule] = seen.get(scenario.rule, 0) + 1
        turns.append((turn, scenario))
    return [scenario for _, scenario in sorted(turns, key=lambda pair: pair[0])]


def _possible(scenario: Scenario, index: Index, calendar: list[Month]) -> bool:
    return scenario.points is None or any(_points(scenario, index, month) for month in calendar)


def _points(scenario: Scenario, index: Index, month: Month) -> list[Point]:
    """Return the points that a scenario may use in a month."""
    fitting = holds if scenario.in_force else never_holds
    found = scenario.points(index) if scenario.points else []
    return [point for point in found if fitting(point, month.start, month.last_date)]


def _occasion(rng: Generator, scenario: Scenario, index: Index, calendar: list[Month]) -> tuple[Month, Point | None]:
    """Choose a month in which the scenario is possible, and a point for it."""
    order = [calendar[int(i)] for i in rng.permutation(len(calendar))]
    if scenario.points is None:
        return order[0], None
    for month in order:
        points = _points(scenario, index, month)
        if points:
            return month, points[int(rng.integers(0, len(points)))]
    raise LookupError(f"no point for {scenario.note}")
