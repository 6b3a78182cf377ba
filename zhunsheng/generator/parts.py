"""Settlements of a month: one per encounter, two where a long stay is settled once while it lasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhunsheng.generator.frames import DAY, HOUR, NONE, Encounters, Flags, Ints, Lines, size
from zhunsheng.generator.months import Month
from zhunsheng.generator.stays import INPATIENT

#: Nights after which a stay is settled for the time being, and the hour of the next morning at which it is.
INTERIM_NIGHTS, INTERIM_HOUR = 14, 9


@dataclass(frozen=True)
class Parts:
    """One element per settlement, in its order. ``first`` marks the first one of its encounter."""

    encounter: Ints
    begin: Ints
    end: Ints
    settled: Ints
    first: Flags


def divide(month: Month, encounters: Encounters, lines: Lines, stated: Flags) -> tuple[Parts, Ints]:
    """Return the settlements of the encounters that have one, and the settlement of each line (NONE for none).

    What was charged before the midnight that divides a stay belongs to its first part.
    """
    begin_day = encounters.begin // DAY
    midnight = (begin_day + INTERIM_NIGHTS) * DAY
    long = (encounters.visit_type == INPATIENT) & (encounters.label == NONE)
    long &= (encounters.end >= midnight + DAY) & (midnight >= month.first * DAY)
    whole, twice = np.flatnonzero(stated & ~long), np.flatnonzero(long)
    owner = np.concatenate([whole, twice, twice])
    begin = np.concatenate([encounters.begin[whole], encounters.begin[twice], midnight[twice]])
    end = np.concatenate([encounters.end[whole], midnight[twice] - 60, encounters.end[twice]])
    interim = midnight[twice] + INTERIM_HOUR * HOUR
    settled = np.concatenate([encounters.settled[whole], interim, encounters.settled[twice]])
    first = np.concatenate([np.full(len(whole) + len(twice), True), np.full(len(twice), False)])  # noqa: FBT003
    order = np.lexsort((owner, settled))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    of_first, of_last = (np.full(size(encounters), NONE, dtype=np.int64) for _ in range(2))
    of_first[owner[first]], of_last[owner] = place[first], place
    late = lines.at >= midnight[lines.encounter]
    part = np.where(late & long[lines.encounter], of_last[lines.encounter], of_first[lines.encounter])
    return Parts(owner[order], begin[order], end[order], settled[order], first[order]), part
