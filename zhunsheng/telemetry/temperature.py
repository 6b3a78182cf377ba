"""Temperatures against a range: time out of it, excursions, mean kinetic temperature; what is unknown stays unknown.

Between two readings no further apart than the regime's hold the temperature is taken as a straight line; a longer
stretch is unknown in whole. An excursion begins with a reading out of range and ends with one that is ``clear_c``
within it, or with an unknown stretch. Times are seconds since 1970, temperatures °C, durations minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhunsheng.book.telemetry import Limits
from zhunsheng.telemetry.series import Bools, Floats, Ints

#: Activation energy over the gas constant, in kelvin: 83.144 kJ/mol over 8.3144 J/(mol K) (USP 1079.2; ICH Q1A).
KELVIN = 10_000.0
ZERO_C = 273.15


@dataclass(frozen=True, slots=True)
class Excursion:
    """Out of range for some time. ``cleared`` is None while it lasts, or where nothing is known of its end.

    ``minutes`` out of range by the straight line, ``sure_minutes`` of them by more than the sensor's accuracy.
    """

    since: float
    last_out: float
    cleared: float | None
    extreme: float
    minutes: float
    sure_minutes: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a load went through. Minutes of known time, of time out of range, and of that surely; the worst excursion.

    ``kinetic_c`` is None where no time is known; ``beyond``: readings past a value that must never be reached.
    """

    known_minutes: float
    out_minutes: float
    sure_minutes: float
    longest_minutes: float
    longest_sure_minutes: float
    kinetic_c: float | None
    lowest: float | None
    highest: float | None
    beyond: int


NOTHING = Exposure(0.0, 0.0, 0.0, 0.0, 0.0, None, None, None, 0)


def boltzmann(celsius: Floats | float) -> Floats:
    """Return exp(-dH / RT) of temperatures, the weight of each in the mean kinetic temperature."""
    return np.asarray(np.exp(-KELVIN / (np.asarray(celsius, dtype=np.float64) + ZERO_C)))


def kinetic(weight: float, minutes: float) -> float | None:
    """Return the mean kinetic temperature of a sum of weights x minutes; None where no time is known."""
    if minutes <= 0:
        return None
    return float(KELVIN / -np.log(weight / minutes) - ZERO_C)


def mean_kinetic(celsius: Floats, minutes: Floats | None = None) -> float | None:
    """Return the mean kinetic temperature of values, each for so many minutes; of equal weight where none are given."""
    weights = np.ones(len(celsius)) if minutes is None else minutes
    return kinetic(float((boltzmann(celsius) * weights).sum()), float(weights.sum()))


def share_above(first: Floats, second: Floats, limit: float) -> Floats:
    """Return what share of the straight line between two values lies above a limit; on it is not above."""
    high, low = np.maximum(first, second), np.minimum(first, second)
    rise = high - low
    crossing = np.divide(high - limit, rise, out=np.zeros_like(rise), where=rise > 0)
    return np.where(low >= limit, np.where(high > limit, 1.0, 0.0), np.clip(crossing, 0.0, 1.0))


def share_out(first: Floats, second: Floats, limits: Limits, slack: float = 0.0) -> Floats:
    """Return what share of the line lies out of the range, widened by so many °C on both sides."""
    above = share_above(first, second, limits.high_c + slack)
    return above + share_above(-first, -second, -(limits.low_c - slack))


def expose(at: Floats, celsius: Floats, limits: Limits, hold_s: float) -> tuple[Exposure, list[Excursion]]:
    """Return exposure and excursions of readings in the order of their times."""
    if not len(at):
        return NOTHING, []
    steps = np.diff(at)
    known = steps <= hold_s
    minutes = np.where(known, steps / 60, 0.0)
    first, second = celsius[:-1], celsius[1:]
    out = share_out(first, second, limits) * minutes
    sure = share_out(first, second, limits, limits.accuracy_c) * minutes
    weight = (boltzmann(first) + boltzmann(second)) / 2 * minutes
    found = _excursions(at, celsius, limits, known, out, sure)
    beyond = (celsius < limits.never_below_c) | (celsius > limits.never_above_c)
    exposure = Exposure(
        known_minutes=float(minutes.sum()),
        out_minutes=float(out.sum()),
        sure_minutes=float(sure.sum()),
        longest_minutes=max((one.minutes for one in found), default=0.0),
        longest_sure_minutes=max((one.sure_minutes for one in found), default=0.0),
        kinetic_c=kinetic(float(weight.sum()), float(minutes.sum())),
        lowest=float(celsius.min()),
        highest=float(celsius.max()),
        beyond=int(beyond.sum()),
    )
    return exposure, found


def is_out(celsius: Floats, limits: Limits) -> Bools:
    """Whether values lie out of the range; on its edge is within."""
    return np.asarray((celsius < limits.low_c) | (celsius > limits.high_c))


def is_clear(celsius: Floats, limits: Limits) -> Bools:
    """Whether values lie so far within the range that an excursion has ended."""
    clear = limits.clear_c
    return np.asarray((celsius >= limits.low_c + clear) & (celsius <= limits.high_c - clear))


def _numbers(celsius: Floats, limits: Limits, known: Bools) -> tuple[Ints, Bools]:
    """Return the number of each reading's excursion (-1: none); what neither begins nor ends one is carried on."""
    out, clear = is_out(celsius, limits), is_clear(celsius, limits)
    fresh = np.concatenate(([True], ~known))
    # a reading that decides: out, clear, or after an unknown stretch, where what was before is no longer known
    deciding = np.where(out | clear | fresh, np.arange(len(celsius)), -1)
    decided_by = np.maximum.accumulate(deciding)
    inside = out[decided_by]
    begins = inside & (fresh | ~np.concatenate(([False], inside[:-1])))
    return np.where(inside, np.cumsum(begins) - 1, -1), inside


def _excursions(
    at: Floats, celsius: Floats, limits: Limits, known: Bools, out: Floats, sure: Floats
) -> list[Excursion]:
    number, inside = _numbers(celsius, limits, known)
    count = int(number.max()) + 1
    if not count:
        return []
    # an unknown stretch counts nothing, so each stretch can be laid to the excursion at either of its ends
    owner = np.where(number[1:] >= 0, number[1:], number[:-1])
    owner = np.where(known, owner, -1)
    held = owner >= 0
    minutes = np.bincount(owner[held], out[held], count)
    surely = np.bincount(owner[held], sure[held], count)
    rows = np.flatnonzero(inside)
    edges = np.searchsorted(number[rows], np.arange(count + 1))
    return [
        _excursion(
            at, celsius, limits, known, rows[edges[one] : edges[one + 1]], float(minutes[one]), float(surely[one])
        )
        for one in range(count)
    ]


def _excursion(
    at: Floats, celsius: Floats, limits: Limits, known: Bools, rows: Ints, minutes: float, surely: float
) -> Excursion:
    last = int(rows[-1])
    cleared = float(at[last + 1]) if last < len(known) and known[last] else None
    mine = celsius[rows]
    outs = rows[is_out(mine, limits)]
    distance = np.maximum(mine - limits.high_c, limits.low_c - mine)
    worst = float(mine[int(np.argmax(distance))])
    return Excursion(float(at[rows[0]]), float(at[outs[-1]]), cleared, worst, minutes, surely)
