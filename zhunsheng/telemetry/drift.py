"""Slow drift of a sensor or a fridge: the medians of days move one way, by more than the sensor's accuracy.

The slope is Theil and Sen's, the proof Mann and Kendall's. One median a day takes defrosting, loading and weather of
the hour out; an honest device drifts by chance in about one of 30,000 fortnights at four standard errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhunsheng.book.telemetry import Drifting
from zhunsheng.telemetry.series import Floats, Series

DAY = 86_400
#: A day with fewer readings has no median to speak of.
FEWEST = 6
#: Days are those of Asia/Shanghai.
EAST = 8 * 3600
#: Only so many days back are looked at: the pairs grow with their square.
MOST_DAYS = 120


@dataclass(frozen=True, slots=True)
class Drift:
    """A slope in °C a day over so many days, what it adds up to, and how many standard errors it stands out by."""

    per_day: float
    days: int
    moved: float
    z: float


def drift(told: Series, rule: Drifting) -> Drift | None:
    """Return the drift of the temperatures of a device, or None. Boots are put level: a new probe is no drift."""
    day, median, boot = daily(told)
    if len(day) < rule.days:
        return None
    level = median.copy()
    for number in np.unique(boot)[1:]:
        before, mine = level[boot < number], boot == number
        if len(before):
            level[mine] += float(np.median(before[-3:])) - float(np.median(level[mine][:3]))
    later, earlier = np.triu_indices(len(day), 1)[::-1]
    rise, run = level[later] - level[earlier], day[later] - day[earlier]
    slope = float(np.median(rise / run))
    z = _mann_kendall(rise, level)
    found = Drift(slope, int(day[-1] - day[0]) + 1, slope * float(day[-1] - day[0]), z)
    return found if abs(found.moved) >= rule.moved_c and abs(z) * 100 >= rule.z_e2 else None


def daily(told: Series) -> tuple[Floats, Floats, Floats]:
    """Return days (numbers since 1970), the median °C of each with the door shut, and its boot; the last 120 days."""
    if "temperature" not in told.values:
        return np.empty(0), np.empty(0), np.empty(0)
    shut = ~(told.values["door"] > 0) if "door" in told.values else np.ones(len(told), dtype=bool)
    known = ~np.isnan(told.values["temperature"]) & shut
    at, celsius, boots = told.at[known], told.values["temperature"][known], told.boot[known]
    days = np.floor((at + EAST) / DAY)
    numbers, first, counts = np.unique(days, return_index=True, return_counts=True)
    kept = [place for place in range(len(numbers)) if counts[place] >= FEWEST][-MOST_DAYS:]
    pieces = [slice(int(first[place]), int(first[place] + counts[place])) for place in kept]
    medians = np.array([float(np.median(celsius[piece])) for piece in pieces])
    boot = np.array([float(np.median(boots[piece])) for piece in pieces])
    return np.asarray(numbers[kept], dtype=np.float64), medians, np.floor(boot)


def _mann_kendall(rise: Floats, level: Floats) -> float:
    count = len(level)
    score = float(np.sign(rise).sum())
    ties = np.unique(level, return_counts=True)[1]
    spread = (count * (count - 1) * (2 * count + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    return float((score - np.sign(score)) / np.sqrt(spread)) if spread > 0 else 0.0
