"""Which cases are planted, on whom, when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import cycle, islice, zip_longest

from zhunsheng.generator import casemix
from zhunsheng.generator.casemix import CaseMix
from zhunsheng.generator.frames import DAY
from zhunsheng.generator.months import Month, month_at, ordinal
from zhunsheng.generator.plants.cases import (
    FALSE_POSITIVE,
    LOOK_ALIKE,
    PATTERN,
    STANDARD,
    UNKNOWN,
    VIOLATION,
    VISIT_TYPES,
    Case,
)
from zhunsheng.generator.plants.days import moves
from zhunsheng.generator.plants.plant import Plant
from zhunsheng.generator.plants.rows import Cast
from zhunsheng.generator.plants.stage import APART, Stage
from zhunsheng.generator.world import World

#: Share of people set aside for a case and the most cases there are, beyond those that are planted in any case.
SHARE_OF_PEOPLE, MOST_CASES = 0.06, 10_000
#: Shares of the kinds among the cases of a rule.
SHARES = {
    (VIOLATION, PATTERN): 0.40,
    (VIOLATION, STANDARD): 0.10,
    (LOOK_ALIKE, PATTERN): 0.32,
    (LOOK_ALIKE, STANDARD): 0.04,
    (UNKNOWN, PATTERN): 0.10,
    (FALSE_POSITIVE, PATTERN): 0.04,
}
#: Blind cases are a fifth of the violations of a rule, as far as cases make up this share of the lines.
PER_BLIND, SHARE_OF_LINES = 4, 0.25
EVER = 2**40
Placed = list[tuple[Case, list[int]]]


def placed(cases: Sequence[Case], calendar: list[Month]) -> tuple[Placed, list[str]]:
    """Return cases with the moves by which they lie in the period, and the names of those that have none."""
    first, last = calendar[0].start, calendar[-1].last_date - timedelta(days=1)
    found = [(case, moves(case, first, last)) for case in cases]
    return [one for one in found if one[1]], [f"{case.told[0].rule}: {case.note}" for case, ways in found if not ways]


def chosen(possible: Placed, people: int, lines: int) -> Placed:
    """Return one entry per case to plant: each that is possible at least once, then further ones, rules taking turns.

    A rule has four violations from its examples for each blind one, where ``lines`` leave room for them.
    """
    rules: dict[str, dict[tuple[str, str], Placed]] = {}
    for one in possible:
        rules.setdefault(one[0].told[0].rule, {}).setdefault((one[0].kind, one[0].author), []).append(one)
    each = min(round(SHARE_OF_PEOPLE * people), MOST_CASES) / max(len(rules), 1)
    to_plant = list(possible)
    room = round(SHARE_OF_LINES * lines) - sum(map(_lines, possible))
    for one in _by_turns([_further(groups, each) for groups in rules.values()]):
        room -= _lines(one)
        if room >= 0:
            to_plant.append(one)
    return to_plant


def _further(groups: dict[tuple[str, str], Placed], each: float) -> Placed:
    """Return what is planted of a rule beyond one of each, ``each`` cases in all where it has fewer."""
    wanted = {key: max(len(group), round(SHARES[key] * each)) for key, group in groups.items()}
    known, blind = (VIOLATION, PATTERN), (VIOLATION, STANDARD)
    if known in wanted and blind in wanted:
        wanted[known] = max(wanted[known], PER_BLIND * len(groups[blind]))
        wanted[blind] = max(len(groups[blind]), round(wanted[known] / PER_BLIND))
    return _by_turns([list(islice(cycle(groups[key]), len(groups[key]), count)) for key, count in wanted.items()])


def _by_turns(shares: Sequence[Placed]) -> Placed:
    """Return the entries of all shares, the first of each before the second of any."""
    return [one for turn in zip_longest(*shares) for one in turn if one is not None]


def _lines(one: tuple[Case, list[int]]) -> int:
    """Return about how many lines a case has: its own, and a drug for each encounter."""
    facts = one[0].facts
    return len(facts.lines) + max(1, len(facts.stays))


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
        stage = Stage(world, lambda day: mix(month_at(calendar, day).label), rng, Plant(case, int(person), move))
        plants.append(stage.build())
        _set_aside(world, plants[-1])
    return Cast(plants)


def _set_aside(world: World, plant: Plant) -> None:
    """Keep the person's other care away from the days of the case."""
    people, died = world.people, plant.case.facts.person.died_on
    first = [one.begin // DAY for one in plant.encounters] + [ordinal(day) + plant.move for day in died]
    people.aside_from[plant.person] = min(first) - APART
    people.aside_to[plant.person] = max(one.last for one in plant.encounters) // DAY + APART
    # what cannot be told may rest on earlier records that are not there
    if any(told.kind == UNKNOWN for told in plant.case.told):
        people.aside_from[plant.person] = 0
    # after a death there is no care, and who was not discharged is seen nowhere else
    if died or any(one.end is None and one.visit_type == VISIT_TYPES["inpatient"] for one in plant.encounters):
        people.aside_to[plant.person] = EVER
