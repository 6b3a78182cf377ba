"""Invented roads between invented stops, and how a vehicle drives them. Metres, seconds, degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

Floats = np.ndarray[Any, np.dtype[np.float64]]
#: The middle of the invented county, and metres to a degree of latitude.
MIDDLE = (30.9, 115.6)
DEGREE = 111_195.0
FENCE, WIDTH, LIMIT_KMH = 250.0, 600.0, 90.0
#: A stop lasts so many seconds.
STAY = 420.0


@dataclass(frozen=True)
class Road:
    """A way in metres east and north of the middle of the county; the stops stand at some of its places."""

    points: Floats
    stops: tuple[int, ...]
    names: tuple[str, ...]

    def drive(self, rng: Generator, slower: float = 1.0) -> Drive:
        """Return a drive along it at 40 to 55 km/h, each leg at a speed of its own."""
        legs = np.hypot(*np.diff(self.points, axis=0).T)
        speeds = rng.uniform(40, 55, len(legs)) / 3.6 / slower
        moments, stays, now = [0.0], [], 0.0
        knots = [self.points[0]]
        for place, (leg, speed) in enumerate(zip(legs, speeds, strict=True), 1):
            now += leg / speed
            moments.append(now)
            knots.append(self.points[place])
            if place in self.stops:
                stays.append((now, now + STAY))
                now += STAY
                moments.append(now)
                knots.append(self.points[place])
        return Drive(np.array(moments), np.array(knots), tuple(stays), now)

    def shifted(self, first: int, last: int, metres: float) -> Road:
        """Return the road with some of its places moved aside: what is driven instead of what was planned."""
        points = self.points.copy()
        points[first:last, 1] += metres
        return Road(points, self.stops, self.names)


@dataclass(frozen=True)
class Drive:
    """Where a vehicle is when: knots of time and place, and its stays at the stops (from, until)."""

    moments: Floats
    knots: Floats
    stays: tuple[tuple[float, float], ...]
    seconds: float

    def place(self, seconds: Floats) -> tuple[Floats, Floats]:
        """Return metres east and north at moments since the start."""
        east = np.interp(seconds, self.moments, self.knots[:, 0])
        return np.asarray(east), np.asarray(np.interp(seconds, self.moments, self.knots[:, 1]))


def road(rng: Generator, names: tuple[str, ...]) -> Road:
    """Return an invented road from a depot past so many stops, each some kilometres further."""
    points = [rng.uniform(-6000, 6000, 2)]
    stops = []
    heading = rng.uniform(0, 6.28)
    for _ in names:
        for _ in range(6):
            heading += rng.normal(0, 0.25)
            length = rng.uniform(3000, 4400)
            points.append(points[-1] + length * np.array([np.cos(heading), np.sin(heading)]))
        stops.append(len(points) - 1)
    return Road(np.array(points), tuple(stops), names)


def degrees(east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """Return latitude and longitude of metres east and north of the middle of the county."""
    scale = DEGREE * np.cos(np.radians(MIDDLE[0]))
    return np.asarray(MIDDLE[0] + north / DEGREE), np.asarray(MIDDLE[1] + east / scale)
