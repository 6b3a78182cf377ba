"""The whole generation: masters, then month after month, then the answer key beside the import folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    stay_lines,
    visit_lines,
    visits,
)
from zhunsheng.generator import stays as stays_of
from zhunsheng.generator.assemble import Whole
from zhunsheng.generator.catalogue import Catalogue, ordinary
from zhunsheng.generator.frames import Encounters, Ints, Lines, joined, moved, size, take
from zhunsheng.generator.knowledge import Knowledge, index
from zhunsheng.generator.months import CHRONIC, Month, calendar
from zhunsheng.generator.plants import plan as planting
from zhunsheng.generator.plants.rows import KeyRow, as_frames, key_rows
from zhunsheng.generator.plants.stage import Plant
from zhunsheng.generator.summary import Summary
from zhunsheng.generator.world import World, random_numbers

Progress = Callable[[str, int, int | None], None]
LINES_PER_PERSON = 22
FEWEST_PEOPLE = 600
#: Share of lines that belong to stays; how many lines a stay and an unscheduled visit have; spare for what is dropped.
STAY_SHARE, LINES_PER_STAY, LINES_PER_VISIT, SPARE = 0.52, 86, 3.4, 1.25
VISIT_NAMES = {11: "outpatient", 13: "emergency", 14: "chronic", 21: "inpatient", 41: "pharmacy"}


@dataclass(frozen=True)
class Generation:
    """One generation under way: the world, its months, its cases by label, the lines each month shall have."""

    world: World
    months: list[Month]
    plants: dict[int, Plant]
    budget: Ints


def generate(
    out: Path,
    *,
    seed: int = 1,
    lines: int = 300_000,
    months: int = 12,
    start: date = date(2025, 11, 1),
    knowledge: Knowledge,
    progress: Progress | None = None,
) -> Summary:
    """Write the exports of an invented county into ``out/import`` and the answer key beside it.

    The same arguments give the same bytes. ``lines`` is met to about one percent; the planted cases alone are some
    1,500 lines. Months are calendar months, the first one from ``start`` on. ``progress`` is called with a step,
    months done and months in all. An earlier generation in ``out`` is replaced.
    """
    summary = Summary(seed)
    delivery = deliver.begin(out, seed, months, summary)
    made = _prepare(seed, lines, months, start, knowledge)
    deliver.masters(delivery, masters.tables(made.world.county) | records.registers(made.world.county))
    summary.not_planted = [f"{s.rule}: {s.note}" for s in planting.left_out(made.world.index, made.months)]
    key: list[KeyRow] = []
    for number, month in enumerate(made.months):
        if progress:
            progress(f"生成 {month.label}", number, months)
        whole = _month(made, month)
        tables = assemble.tables(made.world, whole) | records.tables(made.world, whole)
        deliver.month(delivery, month, made.world.county, tables)
        key += _key(made, month, whole)
        _count(summary, made.world, month, whole)
    days = sum(month.days for month in made.months)
    dead = records.deaths(random_numbers(seed, 4), made.world.people, made.months[0].first, days)
    deliver.masters(delivery, {"death": dead}, first=5)
    if progress:
        progress("生成完毕", months, months)
    return deliver.end(delivery, made.world.county, made.world.people, key)


def _prepare(seed: int, lines: int, months: int, start: date, knowledge: Knowledge) -> Generation:
    """Found the county, set people aside for cases, and share the lines out over the months."""
    calendar_months = calendar(start, months)
    found = county.build(random_numbers(seed, 0))
    first, days = calendar_months[0].first, sum(month.days for month in calendar_months)
    count = max(FEWEST_PEOPLE, lines // LINES_PER_PERSON)
    known = index(knowledge)
    catalogue = Catalogue(ordinary(known))
    world = World(
        seed=seed,
        county=found,
        people=people.build(random_numbers(seed, 2), count, found, first, days),
        catalogue=catalogue,
        pools=pools.build(catalogue),
        prices=catalogue.prices(),
        index=known,
    )
    plants = dict(enumerate(planting.plan(world, calendar_months)))
    volume = np.array([month.volume for month in calendar_months])
    planted = [sum(len(e.lines) for p in plants.values() if p.month == m for e in p.encounters) for m in range(months)]
    budget = np.maximum((lines * volume / volume.sum()).astype(np.int64) - np.array(planted), 0)
    return Generation(world, calendar_months, plants, budget)


def _month(made: Generation, month: Month) -> Whole:
    """Make a month: stays first, then visits until the lines of the month are reached, then the planted cases."""
    world, mix, budget = made.world, casemix.of(month), int(made.budget[month.number])
    stays = stays_of.make(world, month, mix, max(1, round(budget * STAY_SHARE / LINES_PER_STAY)))
    lines, procedures = stay_lines.make(world, world.rng(month.number, 5), stays)
    rest = round(budget / (1 + refunds.SHARE * 0.7)) - size(lines)
    seen, seen_lines = _visits(world, month, mix, rest, stays)
    encounters, lines = _together([(stays, lines), (seen, seen_lines)])
    lines = refunds.add(world.rng(month.number, 6), world.catalogue, encounters, lines)
    planted = as_frames((label, plant) for label, plant in made.plants.items() if plant.month == month.number)
    encounters, lines = _together([(encounters, lines), planted])
    return assemble.finish(world, month, encounters, lines, procedures)


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


def _key(made: Generation, month: Month, whole: Whole) -> list[KeyRow]:
    plants = {label: plant for label, plant in made.plants.items() if plant.month == month.number}
    return key_rows(plants, assemble.subjects(made.world, whole))


def _count(summary: Summary, world: World, month: Month, whole: Whole) -> None:
    summary.months.append(month.label)
    summary.persons = len(world.people)
    summary.lines += size(whole.lines)
    summary.refunds += int((whole.lines.undoes >= 0).sum())
    summary.amount_fen += int(whole.money.amount.sum())
    summary.met(VISIT_NAMES[int(code)] for code in whole.encounters.visit_type)
