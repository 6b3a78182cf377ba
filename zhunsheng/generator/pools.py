"""Which items a setting draws from, most popular first: one pool per category, group of conditions and tier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from zhunsheng.generator.catalogue import Catalogue, Item
from zhunsheng.generator.frames import Ints
from zhunsheng.generator.tables import rows

CATEGORIES = ("drug", "lab", "imaging", "treat", "material", "retail")
GROUPS = tuple(dict.fromkeys(row["group"] for row in rows("conditions")))
TIERS = 3


@dataclass(frozen=True)
class Pools:
    """All pools laid end to end. A pool's number is ``(category * groups + group) * tiers + tier``."""

    items: Ints
    start: Ints
    length: Ints

    def draw(self, rng: Generator, category: str, group: Ints, tier: Ints) -> Ints:
        """Draw one item per element by a Zipf-like law over rank: position of the item, NONE from an empty pool."""
        pool = (CATEGORIES.index(category) * len(GROUPS) + group) * TIERS + tier
        length = self.length[pool]
        rank = np.exp(rng.random(len(pool)) * np.log(length + 1.0)).astype(np.int64) - 1
        rank = np.clip(rank, 0, np.maximum(length - 1, 0))
        return np.where(length > 0, self.items[np.minimum(self.start[pool] + rank, len(self.items) - 1)], -1)


def build(catalogue: Catalogue) -> Pools:
    """Lay out the pools of a catalogue."""
    pools = [
        _pool(catalogue.items, category, group, tier)
        for category in CATEGORIES
        for group in GROUPS
        for tier in range(TIERS)
    ]
    length = np.array([len(pool) for pool in pools], dtype=np.int64)
    flat = np.array([i for pool in pools for i in pool], dtype=np.int64)
    return Pools(flat, np.cumsum(length) - length, length)


def _pool(items: list[Item], category: str, group: str, tier: int) -> list[int]:
    fitting = [i for i, item in enumerate(items) if _category(item, category, group) and item.level <= tier]
    special = [i for i in fitting if group in items[i].groups]
    return special + [i for i in fitting if "any" in items[i].groups and i not in special]


def _category(item: Item, category: str, group: str) -> bool:
    if category == "retail":
        return item.category == "drug" and not any(word in item.name for word in ("注射", "吸入用", "按片"))
    if category == "drug" and group == "tcm":
        return item.category in ("drug", "herb")
    return item.category == category


def group_numbers() -> dict[str, int]:
    """Return the number of each group of conditions."""
    return {name: number for number, name in enumerate(GROUPS)}


Floats = NDArray[np.float64]
