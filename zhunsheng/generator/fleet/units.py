"""One device with what it measured: arrays of equal length, one place per reading. Seconds, °C, degrees, km/h.

``at`` is true time; ``clock`` what the device's clock is ahead of it. A reading that is ``lost`` is never sent, one
that is sent ``twice`` arrives twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from zhunsheng.generator.fleet.ways import Drive, Road
from zhunsheng.generator.frames import Flags, Ints

Floats = np.ndarray[Any, np.dtype[np.float64]]
#: Minutes in which a compartment follows the air outside, and its cooling.
WARMS, COOLS = 25.0, 12.0
AMBIENT = 27.0


@dataclass
class Unit:
    """A vehicle on one trip, or a fridge over some days."""

    org: str
    device: str
    regime: str
    setting: str
    at: Floats
    celsius: Floats
    door: Flags
    power: Flags
    boot: Ints
    seq: Ints
    received: Floats
    clock: Floats
    lost: Flags
    twice: Flags
    calibrated_days_ago: int
    expects: tuple[str, ...]
    drive: Drive | None = None
    road: Road | None = None
    seen: Flags | None = None
    starts: float = 0.0

    @property
    def minutes(self) -> Floats:
        """Minutes since the first reading."""
        return np.asarray((self.at - self.at[0]) / 60)

    def part(self, first: float, last: float) -> Flags:
        """Whether readings lie between two shares of the time."""
        share = (self.at - self.at[0]) / max(1.0, self.at[-1] - self.at[0])
        return np.asarray((share >= first) & (share < last))


def vehicle(
    rng: Generator, org: str, device: str, starts: float, road: Road, drive: Drive | None = None, every: float = 120.0
) -> Unit:
    """Return a trip on which nothing is wrong: drives its road, opens its door for four minutes at each stop."""
    drive = drive or road.drive(rng)
    at = starts + np.arange(0.0, drive.seconds + every, every) + rng.uniform(0, 3)
    door = np.zeros(len(at), dtype=bool)
    for arrives, _ in drive.stays:
        door |= (at >= starts + arrives + 60) & (at < starts + arrives + 60 + 4 * 60 - every)
    celsius = air(rng, at, door, np.ones(len(at), dtype=bool))
    unit = _unit(rng, (org, device, "cold_2_8", "transport"), at, celsius, door)
    unit.expects = ("temperature", "door", "power", "position")
    unit.drive, unit.road, unit.starts = drive, road, starts
    unit.seen = np.ones(len(at), dtype=bool)
    return unit


def fridge(rng: Generator, org: str, device: str, starts: float, days: int, every: float = 600.0) -> Unit:
    """Return a fridge in which nothing is wrong: opened for short whiles in the day, its compressor comes and goes."""
    at = starts + np.arange(0.0, days * 86_400.0, every) + rng.uniform(0, 30)
    celsius = air(rng, at, np.zeros(len(at), dtype=bool), np.ones(len(at), dtype=bool), swing=0.6)
    unit = _unit(rng, (org, device, "cold_2_8", "store"), at, celsius, np.zeros(len(at), dtype=bool))
    unit.expects, unit.starts = ("temperature", "power"), starts
    return unit


def _unit(rng: Generator, names: tuple[str, str, str, str], at: Floats, celsius: Floats, door: Flags) -> Unit:
    count = len(at)
    none, every = np.zeros(count, dtype=bool), np.ones(count, dtype=bool)
    return Unit(
        *names,
        at=at,
        celsius=celsius,
        door=door,
        power=every,
        boot=np.zeros(count, dtype=np.int64),
        seq=np.arange(count, dtype=np.int64),
        received=at + rng.gamma(2.0, 0.4, count) + 0.2,
        clock=rng.normal(0, 0.5) + np.zeros(count),
        lost=none.copy(),
        twice=none.copy(),
        calibrated_days_ago=int(rng.integers(20, 330)),
        expects=("temperature",),
    )


def air(
    rng: Generator,
    at: Floats,
    door: Flags,
    cooled: Flags,
    *,
    middle: float | None = None,
    swing: float = 0.35,
    before: Callable[[int], float] | None = None,
) -> Floats:
    """Return the air of a compartment: a thermostat that swings, a door that lets warmth in, a sensor with noise.

    ``cooled``: whether the cooling works; ``before`` gives a further °C a minute by the place of the reading.
    """
    count = len(at)
    target = rng.uniform(4.2, 5.2) if middle is None else middle
    phase, period = rng.uniform(0, 6.28), rng.uniform(35, 65) * 60
    wished = target + swing * np.sin(phase + at * 6.2832 / period)
    noise = rng.normal(0, 0.09, count)
    inside = np.empty(count)
    now = float(wished[0]) if count else 0.0
    for place in range(count):
        minutes = 0.0 if not place else (at[place] - at[place - 1]) / 60
        if cooled[place]:
            now += (wished[place] - now) * (1 - np.exp(-minutes / COOLS))
        warms = WARMS if door[place] else WARMS * 4
        if door[place] or not cooled[place]:
            now += (AMBIENT - now) * (1 - np.exp(-min(minutes, 10.0) / warms)) * (0.35 if cooled[place] else 1.0)
        if before is not None:
            now += before(place) * minutes
        inside[place] = now
    return np.asarray(np.round(inside + noise, 1))
