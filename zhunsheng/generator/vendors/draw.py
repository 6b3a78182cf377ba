"""Draws the orders of one vendor and month as columns: when ordered, due and done, and what became of each.

Moments are local wall-clock seconds as everywhere in the generator. Shares are met exactly, rounded down.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator

from zhunsheng.generator.frames import DAY, HOUR, NONE, Flags, Ints, full
from zhunsheng.generator.months import as_date
from zhunsheng.generator.vendors.profiles import Vendor, in_month
from zhunsheng.kernel.workdays import workday

#: Free days in a row that make a holiday over which promised times wait; the hour at which work begins again.
LONG, OPENS = 5, 8


@dataclass(frozen=True)
class Source:
    """Whom orders are for: moment, institution, person and encounter of each, by number; NONE for no person."""

    begin: Ints
    institution: Ints
    person: Ints
    encounter: Ints

    def take(self, wanted: Ints) -> Source:
        """Return the rows at positions."""
        return Source(*(getattr(self, one.name)[wanted] for one in fields(self)))


@dataclass(frozen=True)
class Orders:
    """One element per order; ``done`` is NONE for one that was rejected or cancelled."""

    source: Source
    ordered: Ints
    due: Ints
    done: Ints
    item: Ints
    rejected: Flags
    declined: Flags
    untold: Flags
    urgent: Flags

    def __len__(self) -> int:
        return len(self.ordered)


def share_of(rng: Generator, among: Ints, percent: float) -> Ints:
    """Return so many percent of positions, rounded down."""
    return rng.choice(among, int(len(among) * percent) // 100, replace=False)


def marked(count: int, positions: Ints) -> Flags:
    """Return flags that are true at positions."""
    flags = np.zeros(count, dtype=np.bool_)
    flags[positions] = True
    return flags


def work_begins(moments: Ints) -> Ints:
    """Return when work on an order can begin: at once, or after the long holiday in which it was placed."""
    begun = moments.copy()
    for day in np.unique(moments // DAY):
        first, last = _free_run(int(day))
        if last - first + 1 >= LONG:
            begun[moments // DAY == day] = (last + 1) * DAY + OPENS * HOUR
    return begun


def _free_run(day: int) -> tuple[int, int]:
    """Return the first and last free day around a day; an empty run for a working day."""
    if workday(as_date(day)).is_working:
        return day, day - 1
    first, last = day, day
    while not workday(as_date(first - 1)).is_working:
        first -= 1
    while not workday(as_date(last + 1)).is_working:
        last += 1
    return first, last


def draw(rng: Generator, vendor: Vendor, month: int, source: Source, open_items: Ints) -> Orders:
    """Return the orders of a month for a source; ``open_items`` are the positions of items that are offered."""
    count = len(source.begin)
    every = np.arange(count, dtype=np.int64)
    ordered = source.begin + rng.integers(10 * 60, 90 * 60, count)
    promised = vendor.hours * HOUR
    begun = work_begins(ordered) if vendor.waits_for_workdays else ordered
    due = begun + promised
    rejected = marked(count, share_of(rng, every, in_month(vendor.rejected, month)))
    declined = marked(count, share_of(rng, every[~rejected], in_month(vendor.declined, month)))
    active = every[~rejected & ~declined]
    late = share_of(rng, active, in_month(vendor.late, month))
    done = full(count, NONE)
    done[active] = begun[active] + (promised * (0.35 + 0.6 * rng.random(len(active)))).astype(np.int64)
    done[late] = due[late] + (promised * (0.1 + 1.1 * rng.random(len(late)))).astype(np.int64) + 60
    weights = np.array([vendor.items[n].weight for n in open_items], dtype=np.float64)
    item = rng.choice(open_items, count, p=weights / weights.sum())
    untold = marked(count, share_of(rng, every, in_month(vendor.untold, month)))
    urgent = marked(count, share_of(rng, every, in_month(vendor.urgent, month)))
    return Orders(source, ordered, due, done, item.astype(np.int64), rejected, declined, untold, urgent)
