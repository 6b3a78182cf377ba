"""Places on the ground: fences (circle, polygon), a planned way, distances in metres.

Distances are on a plane laid at the place, which within a county (200 km) is off by less than a tenth of a percent at
the latitudes of the country; between two readings they follow the great circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhunsheng.kernel.errors import Problem
from zhunsheng.telemetry.series import Bools, Floats

EARTH = 6_371_008.8
#: Latitude and longitude in degrees (WGS 84).
Point = tuple[float, float]
#: More corners than these describe no fence of a hospital.
MOST_CORNERS = 1000
#: Pairs of point and line that are looked at together: some tens of megabytes.
MOST_PAIRS = 1_000_000


@dataclass(frozen=True, slots=True)
class Circle:
    """All within so many metres of a centre."""

    centre: Point
    radius: float

    def __post_init__(self) -> None:
        _checked("circle", (self.centre,))
        if not 1 <= self.radius <= 100_000:
            raise Problem("ZS873", where="circle", reason=f"{self.radius} m; 1 – 100000 m")

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.centre

    def holds(self, latitude: Floats, longitude: Floats) -> Bools:
        """Whether points lie within."""
        return np.asarray(metres(latitude, longitude, *self.centre) <= self.radius)


@dataclass(frozen=True, slots=True)
class Polygon:
    """All within a closed line through at least three corners, of which the first need not be repeated."""

    corners: tuple[Point, ...]

    def __post_init__(self) -> None:
        if not 3 <= len(set(self.corners)) <= MOST_CORNERS:
            raise Problem("ZS873", where="polygon", reason=f"{len(set(self.corners))} ≠ 3 – {MOST_CORNERS}")
        _checked("polygon", self.corners)

    @property
    def middle(self) -> Point:
        """The mean of its corners."""
        latitudes, longitudes = zip(*self.corners, strict=True)
        return sum(latitudes) / len(latitudes), sum(longitudes) / len(longitudes)

    def holds(self, latitude: Floats, longitude: Floats) -> Bools:
        """Whether points lie within: a ray to the east crosses the line an odd number of times."""
        inside = np.zeros(len(latitude), dtype=bool)
        last = self.corners[-1]
        for corner in self.corners:
            (lat, lon), (before_lat, before_lon) = corner, last
            if lat != before_lat:
                crosses = (lat > latitude) != (before_lat > latitude)
                at = lon + (latitude - lat) * (before_lon - lon) / (before_lat - lat)
                inside ^= crosses & (longitude < at)
            last = corner
        return inside


Fence = Circle | Polygon


@dataclass(frozen=True, slots=True)
class Corridor:
    """A planned way as points in their order, and how far from it a vehicle may be, in metres."""

    way: tuple[Point, ...]
    width: float

    def __post_init__(self) -> None:
        if len(self.way) < 2 or len(self.way) > 100_000:
            raise Problem("ZS873", where="corridor", reason=f"{len(self.way)} ≠ 2 – 100000")
        _checked("corridor", self.way)
        if not 10 <= self.width <= 50_000:
            raise Problem("ZS873", where="corridor", reason=f"{self.width} m; 10 – 50000 m")

    def distance(self, latitude: Floats, longitude: Floats) -> Floats:
        """Return the metres from points to the nearest place of the way."""
        x, y = _plane(latitude, longitude, self.way[0])
        way = np.asarray(self.way, dtype=np.float64)
        along_x, along_y = _plane(way[:, 0], way[:, 1], self.way[0])
        rows = max(1, MOST_PAIRS // len(way))
        parts = [slice(first, first + rows) for first in range(0, len(x), rows)]
        return np.concatenate([_to_lines(x[part], y[part], along_x, along_y) for part in parts] or [np.empty(0)])


def metres(latitude: Floats, longitude: Floats, to_latitude: Floats | float, to_longitude: Floats | float) -> Floats:
    """Return great-circle distances in metres (haversine)."""
    phi, to_phi = np.radians(latitude), np.radians(to_latitude)
    half = np.sin((to_phi - phi) / 2) ** 2
    half = half + np.cos(phi) * np.cos(to_phi) * np.sin(np.radians(to_longitude - longitude) / 2) ** 2
    return np.asarray(2 * EARTH * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def _plane(latitude: Floats, longitude: Floats, origin: Point) -> tuple[Floats, Floats]:
    scale = np.cos(np.radians(origin[0]))
    x = np.radians(longitude - origin[1]) * EARTH * scale
    return np.asarray(x), np.asarray(np.radians(latitude - origin[0]) * EARTH)


def _to_lines(x: Floats, y: Floats, along_x: Floats, along_y: Floats) -> Floats:
    """Return the distance of each point to the nearest of the lines between places in their order."""
    run_x, run_y = np.diff(along_x), np.diff(along_y)
    square = run_x**2 + run_y**2
    off_x, off_y = x[:, None] - along_x[:-1], y[:, None] - along_y[:-1]
    share = np.clip((off_x * run_x + off_y * run_y) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    return np.asarray(np.hypot(off_x - share * run_x, off_y - share * run_y).min(axis=1))


def _checked(where: str, points: Sequence[Point]) -> None:
    for latitude, longitude in points:
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # a NaN is refused as well
            raise Problem("ZS873", where=where, reason=f"({latitude}, {longitude})")
