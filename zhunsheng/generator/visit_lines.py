"""Charge lines of visits: the consultation, tests, treatment and drugs of an encounter that ends the same day."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from zhunsheng.generator import months
from zhunsheng.generator.casemix import GROUP_OF
from zhunsheng.generator.county import TIER_OF
from zhunsheng.generator.frames import DAY, NONE, Encounters, Ints, Lines, full, joined, size, spread, take
from zhunsheng.generator.pools import GROUPS
from zhunsheng.generator.screen import screened
from zhunsheng.generator.tables import rows
from zhunsheng.generator.world import World, first_of_each, fits

RECIPES = {row["setting"]: row for row in rows("recipes")}
TCM = GROUPS.index("tcm")
#: When, in seconds after the start, each category is charged: from and to. Every visit outlasts the last.
AFTER = {"lab": (420, 900), "imaging": (900, 1_800), "treat": (1_000, 1_400), "drug": (900, 1_440)}
RETAIL_AFTER = (30, 200)


def recipe(name: str) -> Ints:
    """Return a column of recipes.csv by setting, shares as parts of 10,000."""
    values = [float(RECIPES[setting][name]) for setting in months.SETTINGS]
    return np.array([round(v * 10_000) if name.endswith("share") else round(v) for v in values], dtype=np.int64)


def make(world: World, rng: Generator, visits: Encounters) -> Lines:
    """Return the lines of visits; no item stands twice in a visit."""
    parts = [_consultations(world, rng, visits)]
    parts += [_drawn(world, rng, visits, category) for category in ("lab", "imaging", "treat", "drug")]
    lines = joined(parts)
    return screened(world, visits, take(lines, first_of_each(lines.encounter, lines.item)))


def lines_of(world: World, encounters: Encounters, owner: Ints, item: Ints, quantity_e4: Ints, at: Ints) -> Lines:
    """Return lines that the encounter's own department and practitioner ordered, without those that do not fit."""
    tier = TIER_OF[world.county.kind[encounters.institution[owner]]]
    made = Lines(
        encounter=owner,
        item=item,
        price_e6=world.prices[tier, item],
        quantity_e4=quantity_e4,
        at=at,
        day_only=full(len(owner), 0),
        department=encounters.department[owner],
        practitioner=encounters.practitioner[owner],
        undoes=full(len(owner), NONE),
        label=full(len(owner), NONE),
    )
    return take(made, (item != NONE) & fits(world, encounters.person[owner], item, at // DAY))


def quantities(world: World, rng: Generator, item: Ints, name: str) -> Ints:
    """Draw a quantity x 10^4 within the ``visit_quantity`` or ``day_quantity`` of each item."""
    table = np.array([getattr(entry, name) for entry in world.catalogue.items], dtype=np.int64)
    low, high = table[item].T
    return 10_000 * (low + (rng.random(len(item)) * (high - low + 1)).astype(np.int64))


def _consultations(world: World, rng: Generator, visits: Encounters) -> Lines:
    """Return the consultation fee by setting and tier; a pharmacy charges none."""
    names = ("consult_village", "consult_township", "consult_county", "consult_senior", "consult_emergency")
    village, township, county, senior, emergency = (world.catalogue.only(name) for name in names)
    kind = world.county.kind[visits.institution]
    at_county = np.where(rng.random(size(visits)) < 0.2, senior, county)
    by_kind = np.select(
        [kind == 0, kind == 1, kind == 2], [at_county, full(size(visits), township), full(size(visits), village)], NONE
    )
    item = np.where((visits.setting == months.EMERGENCY_VISIT) & (by_kind != NONE), emergency, by_kind)
    owner = np.arange(size(visits), dtype=np.int64)
    return lines_of(world, visits, owner, item, full(len(owner), 10_000), visits.begin)


def _drawn(world: World, rng: Generator, visits: Encounters, category: str) -> Lines:
    """Draw the lines of one category from the pools of condition and tier."""
    owner, _ = spread(_counts(rng, visits, category))
    group = GROUP_OF[visits.condition[owner]]
    tier = TIER_OF[world.county.kind[visits.institution[owner]]]
    retail = visits.setting[owner] == months.RETAIL
    item = world.pools.draw(rng, category, group, tier)
    low, high = AFTER[category]
    offset = low + (rng.random(len(owner)) * (high - low)).astype(np.int64)
    if category == "drug":
        item = np.where(retail, world.pools.draw(rng, "retail", group, tier), item)
        offset = np.where(retail, RETAIL_AFTER[0] + offset % (RETAIL_AFTER[1] - RETAIL_AFTER[0]), offset)
    return lines_of(
        world, visits, owner, item, quantities(world, rng, item, "visit_quantity"), visits.begin[owner] + offset
    )


def _counts(rng: Generator, visits: Encounters, category: str) -> Ints:
    """Draw how many lines of a category each visit has."""
    setting, count = visits.setting, size(visits)
    if category in ("imaging", "treat"):
        return (rng.random(count) * 10_000 < recipe(f"{category}_share")[setting]).astype(np.int64)
    low, high = recipe(f"{category}_low")[setting], recipe(f"{category}_high")[setting]
    counts = low + (rng.random(count) * (high - low + 1)).astype(np.int64)
    if category == "lab":
        return counts * (rng.random(count) * 10_000 < recipe("lab_share")[setting])
    herbal = (GROUP_OF[visits.condition] == TCM) & (setting != months.RETAIL)
    return counts + np.where(herbal, 6, 0)
