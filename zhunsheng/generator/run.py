"""The whole generation: masters, then month after month, then the answer key beside the import folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from zhunsheng.generator import (
    assemble,
    casemix,
    county,
    deliver,
    masters,
    people,
    pools,
    records,
    refunds,
    schemes,
    stay_lines,
    supply,
    visit_lines,
    visits,
)
from zhunsheng.generator import stays as stays_of
from zhunsheng.generator.assemble import Whole
from zhunsheng.generator.catalogue import Catalogue, materials, ordinary, plain
from zhunsheng.generator.frames import DAY, INTERNET, Encounters, Ints, Lines, joined, moved, size, take
from zhunsheng.generator.knowledge import Knowledge, index
from zhunsheng.generator.months import CHRONIC, Month, as_date, calendar, month_at
from zhunsheng.generator.plants import plan as planting
from zhunsheng.generator.plants.cases import cases as cases_of
from zhunsheng.generator.plants.paper import PAPERS
from zhunsheng.generator.plants.places import elsewhere
from zhunsheng.generator.plants.plant import PlantedEncounter
from zhunsheng.generator.plants.rows import Cast, as_frames, key_rows, papers
from zhunsheng.generator.summary import Summary
from zhunsheng.generator.vendors import Services
from zhunsheng.generator.world import World, random_numbers

Progress = Callable[[str, int, int | None], None]
LINES_PER_PERSON = 22
FEWEST_PEOPLE = 600
#: Share of lines that belong to stays; how many lines a stay and an unscheduled visit have; spare for what is dropped.
STAY_SHARE, LINES_PER_STAY, LINES_PER_VISIT, SPARE = 0.52, 86, 3.4, 1.25
VISIT_NAMES = {11: "outpatient", 13: "emergency", 14: "chronic", 21: "inpatient", 41: "pharmacy", INTERNET: "internet"}


SIZES = {"S": 300_000, "M": 3_000_000, "L": 30_000_000}
#: A month with more lines than this is made and written in parts, each of its own share of the people.
LINES_PER_PART = 250_000
#: Where each planted encounter stands: (person within the part, encounter) by month and part.
Stands = dict[tuple[int, int], list[tuple[int, PlantedEncounter]]]


@dataclass(frozen=True)
class Generation:
    """One generation under way: a world per share of the people, its months, its cases, the lines of each month."""

    worlds: list[World]
    months: list[Month]
    cast: Cast
    stands: Stands
    budget: Ints
    left_out: list[str]


def generate(
    out: Path,
    *,
    seed: int = 1,
    lines: int = SIZES["S"],
    months: int = 12,
    start: date = date(2025, 11, 1),
    knowledge: Knowledge,
    count: int = 2,
    progress: Progress | None = None,
) -> Summary:
    """Write the exports of an invented county into ``out/import`` and the answer key beside it.

    The same arguments give the same bytes. ``lines`` is met to about one percent, the planted cases held. Months are
    calendar months, the first one from ``start`` on; a large month is written in parts. ``progress`` is called with a
    step, months done and months in all. ``count`` is how many schemes of each kind are
    planted. An earlier generation in ``out`` is replaced.
    """
    summary = Summary(seed)
    delivery = deliver.begin(out, seed, months, summary)
    made = _prepare(seed, lines, months, start, knowledge)
    found = made.worlds[0].county
    registers = records.registers(found, masters.registers(found, made.worlds[0].more))
    deliver.masters(delivery, masters.tables(found, made.worlds[0].more) | registers)
    summary.not_planted = made.left_out
    ledger = supply.Ledger(knowledge.stocked)
    services = Services(seed, found, made.months, len(made.worlds))
    summary.persons = sum(len(world.people) for world in made.worlds)
    summary.months = [month.label for month in made.months]
    for month, world in _turns(made):
        if progress:
            progress(f"生成 {month.label}", month.number, months)
        whole = _month(made, world, month)
        part = world.shard if len(made.worlds) > 1 else None
        tables = assemble.tables(world, made.cast, whole) | records.tables(world, whole)
        tables |= supply.tables(world, whole, knowledge.stocked)
        deliver.month(delivery, month, found, tables, part)
        assemble.identify(world, made.cast, whole)
        ledger.add(world, whole)
        services.add(world, month, whole)
        _count(summary, whole)
    if progress:
        progress("生成完毕", months, months)
    _papers(made, delivery)
    _schemes(made, delivery, ledger, count)
    deliver.vendors(delivery, services.tables(), services.key())
    return deliver.end(delivery, found, [world.people for world in made.worlds], key_rows(made.cast))


def _papers(made: Generation, delivery: deliver.Delivery) -> None:
    """Write the orders, records and checks that cases bring along, and the register of deaths."""
    first, days = made.months[0].first, sum(month.days for month in made.months)
    dead = list(made.worlds[0].more.deaths)
    for world in made.worlds:
        dead += records.deaths(random_numbers(world.seed, 4, world.shard), world.people, first, days)
    written = {kind: papers(made.cast, part) for part, (kind, _, _) in PAPERS.items()} | {"death": dead}
    deliver.masters(delivery, {kind: masters.table(kind, rows) for kind, rows in written.items() if rows}, first=88)


def _schemes(made: Generation, delivery: deliver.Delivery, ledger: supply.Ledger, count: int) -> None:
    """Write the ledgers of the stores and the planted schemes, with their answers apart."""
    world = made.worlds[0]
    items = world.catalogue.items
    free = world.plain + materials(items, world.index)
    planted, answers, short = schemes.plant(world.county, items, free, ledger, made.months, count)
    deliver.masters(delivery, {"invchg": ledger.table(made.months, short)} | planted.tables(), first=93)
    deliver.answers(delivery, answers)
    delivery.summary.lines += planted.lines
    delivery.summary.amount_fen += planted.amount_fen
    delivery.summary.met(VISIT_NAMES[kind] for kind in planted.kinds.elements())


def _turns(made: Generation) -> Iterator[tuple[Month, World]]:
    """Yield the parts one after another. Any order gives the same, as long as a share's months follow each other."""
    return ((month, world) for month in made.months for world in made.worlds)


def _prepare(seed: int, lines: int, months: int, start: date, knowledge: Knowledge) -> Generation:
    """Found the county, set people aside for cases, and share people and lines out."""
    calendar_months = calendar(start, months)
    told, left_out = cases_of(knowledge.rules)
    possible, unmoved = planting.placed(told, calendar_months)
    found = county.build(random_numbers(seed, 0), elsewhere(case for case, _ in possible))
    first, days = calendar_months[0].first, sum(month.days for month in calendar_months)
    to_plant = planting.chosen(possible, lines // LINES_PER_PERSON, lines)
    count = max(FEWEST_PEOPLE, lines // LINES_PER_PERSON, 2 * len(to_plant))
    known = index(knowledge)
    catalogue = Catalogue(ordinary(known))
    world = World(
        seed=seed,
        county=found,
        people=people.build(random_numbers(seed, 2), count, found, first, days),
        catalogue=catalogue,
        pools=pools.build(catalogue),
        plain=plain(catalogue.items, known),
        prices=catalogue.prices(),
        index=known,
        names=knowledge.names,
        first_day=first,
        more=masters.More(),
    )
    cast = planting.plan(world, calendar_months, to_plant)
    worlds = _shared(world, max(1, -(-lines // (months * LINES_PER_PART))))
    stands = _stands(cast, calendar_months, -(-count // len(worlds)))
    volume = np.array([month.volume for month in calendar_months])
    planted = [sum(len(e.lines) for (m, _), held in stands.items() if m == n for _, e in held) for n in range(months)]
    budget = np.maximum((lines * volume / volume.sum()).astype(np.int64) - np.array(planted), 0)
    return Generation(worlds, calendar_months, cast, stands, budget, left_out + unmoved)


def _shared(world: World, shares: int) -> list[World]:
    """Return a world per share of the people."""
    size_of = -(-len(world.people) // shares)
    parts = [world.people.part(n * size_of, (n + 1) * size_of) for n in range(shares)]
    return [replace(world, people=part, shard=number) for number, part in enumerate(parts)]


def _stands(cast: Cast, calendar_months: list[Month], per_part: int) -> Stands:
    """Return where planted encounters stand: the month in which they are settled, the part that holds the person."""
    stands: Stands = {}
    for plant in cast.plants:
        part, person = divmod(plant.person, per_part)
        for encounter in plant.encounters:
            month = month_at(calendar_months, as_date(encounter.settlement // DAY))
            stands.setdefault((month.number, part), []).append((person, encounter))
    return stands


def _month(made: Generation, world: World, month: Month) -> Whole:
    """Make a part of a month: stays first, then visits until its lines are reached, then the planted cases."""
    mix, budget = casemix.of(month, world.index), int(made.budget[month.number]) // len(made.worlds)
    stays = stays_of.make(world, month, mix, max(1, round(budget * STAY_SHARE / LINES_PER_STAY)))
    lines, procedures = stay_lines.make(world, world.rng(month.number, 5), stays)
    rest = round(budget / (1 + refunds.SHARE * 0.7)) - size(lines)
    seen, seen_lines = _visits(world, month, mix, rest, stays)
    encounters, lines = _together([(stays, lines), (seen, seen_lines)])
    lines = refunds.add(world.rng(month.number, 6), world.catalogue, world.index, encounters, lines)
    planted = as_frames(made.cast, made.stands.get((month.number, world.shard), ()))
    encounters, lines = _together([(encounters, lines), planted])
    return assemble.finish(world, made.cast, month, encounters, lines, procedures)


def _visits(
    world: World, month: Month, mix: casemix.CaseMix, budget: int, stays: Encounters
) -> tuple[Encounters, Lines]:
    """Return visits and their lines, as many as the budget holds; scheduled visits come first."""
    seen = visits.make(world, month, mix, max(1, round(budget * SPARE / LINES_PER_VISIT)), stays)
    rng = world.rng(month.number, 7)
    lines = visit_lines.make(world, rng, seen)
    order = np.argsort(rng.random(size(seen)) + (seen.setting != CHRONIC), kind="stable")
    per_visit = np.bincount(lines.encounter, minlength=size(seen))
    kept = np.sort(order[np.cumsum(per_visit[order]) <= budget])
    place = np.full(size(seen), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    lines.encounter = place[lines.encounter]
    return take(seen, kept), take(lines, lines.encounter >= 0)


def _together(parts: list[tuple[Encounters, Lines]]) -> tuple[Encounters, Lines]:
    """Join encounters and their lines, positions moved along."""
    (encounters, lines), *others = parts
    for more, more_lines in others:
        shifted = moved(more_lines, size(encounters), size(lines))
        encounters, lines = joined([encounters, more]), joined([lines, shifted])
    return encounters, lines


def _count(summary: Summary, whole: Whole) -> None:
    summary.lines += size(whole.lines)
    summary.refunds += int((whole.lines.quantity_e4 < 0).sum())
    summary.amount_fen += whole.money.settled_amount(whole.part)
    summary.met(VISIT_NAMES[int(code)] for code in whole.encounters.visit_type)
