"""What every step of the generation needs, and the tools to choose people, days and hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from zhunsheng.generator.catalogue import Catalogue
from zhunsheng.generator.county import County
from zhunsheng.generator.frames import Flags, Ints
from zhunsheng.generator.knowledge import Index
from zhunsheng.generator.masters import More
from zhunsheng.generator.months import Month
from zhunsheng.generator.people import People
from zhunsheng.generator.pools import Pools


@dataclass(frozen=True)
class World:
    """The county, some or all of its people, its items and their names by code; ``plain`` drugs offend no rule.

    People change between months: who was seen last when. ``shard`` numbers the people at hand among all.
    """

    seed: int
    county: County
    people: People
    catalogue: Catalogue
    pools: Pools
    plain: tuple[int, ...]
    prices: Ints
    index: Index
    names: Mapping[str, str]
    first_day: int
    more: More
    shard: int = 0

    def rng(self, *stream: int) -> Generator:
        """Return the random numbers of one step for one shard of the people; steps do not disturb each other."""
        return random_numbers(self.seed, *stream, self.shard)


def random_numbers(seed: int, *stream: int) -> Generator:
    """Return a generator that the seed and the stream numbers alone determine."""
    return Generator(PCG64(SeedSequence([seed, *stream])))


def weighted(rng: Generator, weights: NDArray[np.floating[Any]], count: int) -> Ints:
    """Choose positions by weight, with replacement."""
    cumulative = np.cumsum(weights)
    return np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right").astype(np.int64)


def days_by_weight(rng: Generator, month: Month, setting: Ints) -> Ints:
    """Choose a day of the month for each element by the day weights of its setting."""
    cumulative = np.cumsum(month.weights, axis=1)
    target = rng.random(len(setting)) * cumulative[setting, -1]
    return month.first + (target[:, None] >= cumulative[setting]).sum(axis=1)


def office_seconds(rng: Generator, count: int) -> Ints:
    """Return seconds of the day within surgery hours: a morning peak, a lower afternoon."""
    morning = 8 * 3600 + rng.beta(1.6, 2.0, count) * 3.6 * 3600
    afternoon = 14 * 3600 + rng.beta(1.5, 2.2, count) * 3.0 * 3600
    return np.where(rng.random(count) < 0.64, morning, afternoon).astype(np.int64)


def any_seconds(rng: Generator, count: int, low: float, high: float) -> Ints:
    """Return seconds of the day between two hours."""
    return (low * 3600 + rng.random(count) * (high - low) * 3600).astype(np.int64)


def first_of_each(*keys: Ints) -> Ints:
    """Return, in order, the positions at which a combination of whole non-negative keys stands for the first time."""
    combined = keys[0].astype(np.int64)
    for key in keys[1:]:
        combined = combined * (int(key.max(initial=0)) + 1) + key
    return np.sort(np.unique(combined, return_index=True)[1])


def fits(world: World, person: Ints, item: Ints, day: Ints) -> Flags:
    """Whether an item's limits of sex and age admit the person; those set aside for cases get unlimited items only."""
    people, items = world.people, world.catalogue.items
    sex = np.array([{"M": 1, "F": 2}.get(entry.sex, 0) for entry in items], dtype=np.int64)[item]
    oldest = np.array([200 if entry.max_age is None else entry.max_age for entry in items], dtype=np.int64)[item]
    years = (day - people.birth[person]) / 365.2425
    limited = (sex > 0) | (oldest < 200)
    return ((sex == 0) | (sex == people.sex[person])) & (years < oldest + 1) & ~(limited & people.planted[person])
