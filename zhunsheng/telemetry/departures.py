"""When a series departs from its own past: for machines and rooms whose right temperature nobody has written down.

A robust z: the mean of the last hours against the median of the past weeks, in spreads of such means. Causal: what is
said of a moment uses nothing after it. One departure is told once, until the series has been quiet for some time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhunsheng.book.telemetry import Departing
from zhunsheng.telemetry.series import Floats

HOUR = 3600.0
#: A median absolute deviation of a normal series times this is its standard deviation.
NORMAL = 1.4826
#: So many means of the past at least before anything is said.
FEWEST = 48


@dataclass(frozen=True, slots=True)
class Departure:
    """A series was first away from its past at ``since`` (seconds since 1970), by so many spreads at its most."""

    since: float
    until: float
    spreads: float


def departures(at: Floats, values: Floats, rule: Departing) -> list[Departure]:
    """Return the departures of a series in the order of time."""
    moments, z = scores(at, values, rule)
    beyond = np.flatnonzero(np.abs(z) * 100 >= rule.spreads_e2)
    found: list[Departure] = []
    for place in beyond:
        moment, size = float(moments[place]), float(z[place])
        if found and moment - found[-1].until <= rule.quiet_hours * HOUR:
            last = found[-1]
            found[-1] = Departure(last.since, moment, max(last.spreads, size, key=abs))
        else:
            found.append(Departure(moment, moment, size))
    return found


def scores(at: Floats, values: Floats, rule: Departing) -> tuple[Floats, Floats]:
    """Return the end of each hour with values, and how many spreads the last hours are away; NaN: too early."""
    hours, means = hourly(at, values)
    smooth = _trailing(hours, means, rule.smooth_hours)
    z = np.full(len(hours), np.nan)
    for place in range(len(hours)):
        # the hours that the mean itself covers are no past of it
        first = np.searchsorted(hours, hours[place] - rule.smooth_hours - rule.past_hours, side="right")
        last = np.searchsorted(hours, hours[place] - rule.smooth_hours, side="right")
        past = smooth[first:last]
        if len(past) < FEWEST:
            continue
        middle = float(np.median(past))
        spread = max(NORMAL * float(np.median(np.abs(past - middle))), rule.floor_e3 / 1000)
        z[place] = (smooth[place] - middle) / spread
    return np.asarray((hours + 1) * HOUR), z


def hourly(at: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the hours since 1970 that have values, and the mean of each."""
    number = np.floor(at / HOUR).astype(np.int64)
    hours, place = np.unique(number, return_inverse=True)
    means = np.bincount(place, values) / np.maximum(np.bincount(place), 1)
    return hours.astype(np.float64), means


def _trailing(hours: Floats, means: Floats, count: int) -> Floats:
    """Return the mean over each hour and the hours before it, so many together; hours without values count nothing."""
    total = np.concatenate(([0.0], np.cumsum(means)))
    first = np.searchsorted(hours, hours - count, side="right")
    places = np.arange(1, len(hours) + 1)
    return np.asarray((total[places] - total[first]) / (places - first))
