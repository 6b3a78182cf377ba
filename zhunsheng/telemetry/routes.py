"""Where a vehicle went: stops reached in time, stops elsewhere, off its way, too fast, and where nobody knows.

A stretch without positions (a tunnel) is unknown: it accuses nobody and clears nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from zhunsheng.book.telemetry import Driving
from zhunsheng.kernel.errors import Problem
from zhunsheng.telemetry.places import Circle, Corridor, Fence, metres
from zhunsheng.telemetry.series import Bools, Floats, Series, Spell

Arrived = Literal["in_time", "late", "early", "missed", "open", "unknown"]


#: A visit takes so many seconds at least, and nobody comes to it faster than so many metres a second.
VISIT, FASTEST = 120.0, 30.0


@dataclass(frozen=True, slots=True)
class Stop:
    """A planned stop: its fence, and the window (seconds since 1970) in which the vehicle is to arrive."""

    name: str
    fence: Fence
    opens: float
    closes: float

    def __post_init__(self) -> None:
        if not self.opens < self.closes:
            raise Problem("ZS873", where=self.name, reason=f"{self.opens} ≥ {self.closes}")


@dataclass(frozen=True, slots=True)
class Way:
    """The plan of a trip on the ground. ``harbours``: further fences in which a vehicle may stand."""

    stops: tuple[Stop, ...] = ()
    corridor: Corridor | None = None
    harbours: tuple[Fence, ...] = ()
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a stop, and the moment of arrival where it is known."""

    stop: str
    what: Arrived
    at: float | None


@dataclass(frozen=True, slots=True)
class Route:
    """What a way was: arrivals, stretches off it, stops elsewhere, stretches too fast, stretches without position."""

    arrivals: tuple[Arrival, ...]
    off: tuple[Spell, ...]
    stood: tuple[Spell, ...]
    fast: tuple[Spell, ...]
    unseen: tuple[Spell, ...]
    impossible: int
    kilometres: float


def route(told: Series, way: Way, driving: Driving, since: float, until: float) -> Route:
    """Return what the positions of a series between two moments (seconds since 1970) tell of a way."""
    seen = ~np.isnan(told.values["latitude"]) & ~np.isnan(told.values["longitude"]) if _has(told) else np.zeros(0, bool)
    at = told.at[seen] if len(seen) else np.empty(0)
    latitude = told.values["latitude"][seen] if len(seen) else np.empty(0)
    longitude = told.values["longitude"][seen] if len(seen) else np.empty(0)
    limit = driving.unknown_minutes * 60
    ends = np.concatenate(([since], at, [until]))
    unseen = [Spell(float(a), float(b), float(b - a) / 60) for a, b in _long(ends, limit)]
    legs = metres(latitude[:-1], longitude[:-1], latitude[1:], longitude[1:]) if len(at) > 1 else np.empty(0)
    off = _off(at, latitude, longitude, way, driving)
    return Route(
        arrivals=tuple(_arrival(one, at, latitude, longitude, since, until) for one in way.stops),
        off=tuple(off),
        stood=tuple(_stood(at, latitude, longitude, way, driving)),
        fast=tuple(_fast(at, legs, told, seen, way, driving)),
        unseen=tuple(unseen),
        impossible=int((_kmh(at, legs) > driving.impossible_kmh).sum()),
        kilometres=round(float(legs.sum()) / 1000, 3),
    )


def _has(told: Series) -> bool:
    return "latitude" in told.values and "longitude" in told.values


def _long(ends: Floats, limit: float) -> list[tuple[float, float]]:
    wide = np.flatnonzero(np.diff(ends) > limit)
    return [(float(ends[place]), float(ends[place + 1])) for place in wide]


def _kmh(at: Floats, legs: Floats) -> Floats:
    seconds = np.diff(at)
    return np.divide(legs * 3.6, seconds, out=np.where(legs > 1.0, np.inf, 0.0), where=seconds > 0)


def _arrival(stop: Stop, at: Floats, latitude: Floats, longitude: Floats, since: float, until: float) -> Arrival:
    """Return the first arrival at a stop. What may have happened out of sight is unknown, not missed."""
    inside = at[stop.fence.holds(latitude, longitude)] if len(at) else at
    timely = inside[(inside >= stop.opens) & (inside <= stop.closes)]
    if len(timely):
        return Arrival(stop.name, "in_time", float(timely[0]))
    if _hidden(stop, at, latitude, longitude, since, until):
        return Arrival(stop.name, "unknown", float(inside[0]) if len(inside) else None)
    after = inside[inside > stop.closes]
    if len(after):
        return Arrival(stop.name, "late", float(after[0]))
    if until <= stop.closes:
        return Arrival(stop.name, "open", None)
    return Arrival(stop.name, "early", float(inside[0])) if len(inside) else Arrival(stop.name, "missed", None)


def _hidden(stop: Stop, at: Floats, latitude: Floats, longitude: Floats, since: float, until: float) -> bool:
    """Whether a vehicle may have been at a stop within its window between two sightings, and have stayed a while."""
    away = metres(latitude, longitude, *stop.fence.middle)
    ends, far = np.concatenate(([since], at, [until])), np.concatenate(([0.0], away, [0.0]))
    spare = np.diff(ends) - (far[:-1] + far[1:]) / FASTEST
    return bool(((spare >= VISIT) & (ends[:-1] < stop.closes) & (ends[1:] > stop.opens)).any())


def _off(at: Floats, latitude: Floats, longitude: Floats, way: Way, driving: Driving) -> list[Spell]:
    if way.corridor is None or not len(at):
        return []
    distance = way.corridor.distance(latitude, longitude)
    harbours = [*(stop.fence for stop in way.stops), *way.harbours]
    away = (distance > way.corridor.width) & ~_within(latitude, longitude, harbours)
    return _stretches(at, away, driving.off_minutes, driving, distance)


def _fast(at: Floats, legs: Floats, told: Series, seen: Bools, way: Way, driving: Driving) -> list[Spell]:
    """Return stretches over the limit, by the speed that the device says, or else by its positions."""
    if way.speed_kmh is None or not len(at):
        return []
    said = told.values["speed"][seen] if "speed" in told.values else np.full(len(at), np.nan)
    moved = np.concatenate((_kmh(at, legs), [0.0]))
    speed = np.where(np.isnan(said), np.where(moved > driving.impossible_kmh, 0.0, moved), said)
    return _stretches(at, speed > way.speed_kmh, driving.speed_minutes, driving, speed)


def _stood(at: Floats, latitude: Floats, longitude: Floats, way: Way, driving: Driving) -> list[Spell]:
    """Return stays within ``stop_metres`` of where they began, outside of every fence, for long enough."""
    found: list[Spell] = []
    harbours = [*(stop.fence for stop in way.stops), *way.harbours]
    free = ~_within(latitude, longitude, harbours)
    # only where the vehicle is still near after the shortest stop is it worth looking at each reading between
    later = np.searchsorted(at, at + driving.stop_minutes * 60)
    reaches = later < len(at)
    later = np.minimum(later, max(len(at) - 1, 0))
    likely = free & reaches & (metres(latitude, longitude, latitude[later], longitude[later]) <= driving.stop_metres)
    broken = np.append(np.diff(at) > driving.unknown_minutes * 60, np.True_)
    done = 0
    for place in np.flatnonzero(likely):
        if place < done:
            continue
        near = metres(latitude[place:], longitude[place:], latitude[place], longitude[place]) <= driving.stop_metres
        left = np.flatnonzero(~(near & free[place:]))
        unseen = int(np.flatnonzero(broken[place:])[0]) + 1
        end = int(place) + min(int(left[0]) if len(left) else len(near), unseen)
        minutes = float(at[end - 1] - at[place]) / 60
        if minutes >= driving.stop_minutes:
            found.append(Spell(float(at[place]), float(at[end - 1]), minutes))
            done = end
    return found


def _stretches(at: Floats, holds: Bools, least: int, driving: Driving, worst: Floats) -> list[Spell]:
    """Return stretches of readings in a row for which something holds for more than ``least`` minutes.

    What nobody saw for too long ends a stretch.
    """
    fresh = np.concatenate(([True], np.diff(at) > driving.unknown_minutes * 60))
    firsts = np.flatnonzero(holds & (fresh | ~np.concatenate(([False], holds[:-1]))))
    lasts = np.flatnonzero(holds & (np.append(fresh[1:], np.True_) | ~np.append(holds[1:], np.False_)))
    found = []
    for first, last in zip(firsts, lasts, strict=True):
        minutes = float(at[last] - at[first]) / 60
        if minutes > least:
            peak = float(worst[first : last + 1].max())
            found.append(Spell(float(at[first]), float(at[last]), minutes, peak))
    return found


def _within(latitude: Floats, longitude: Floats, fences: list[Fence]) -> Bools:
    inside = np.zeros(len(latitude), dtype=bool)
    for fence in fences:
        inside |= fence.holds(latitude, longitude)
    return inside


def around(points: list[tuple[float, float]], radius: float) -> Circle:
    """Return the circle of a radius in metres about the middle of points."""
    spots = np.asarray(points, dtype=np.float64)
    return Circle((float(spots[:, 0].mean()), float(spots[:, 1].mean())), radius)
