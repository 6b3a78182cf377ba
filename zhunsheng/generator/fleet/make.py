"""Draws the fleet: vehicles of the courier, fridges of the townships, one unit for each story, and plain ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from zhunsheng.generator.county import TOWNSHIP, build
from zhunsheng.generator.fleet.stories import LOOK_ALIKES, STORIES, Story
from zhunsheng.generator.fleet.units import Unit, fridge, vehicle
from zhunsheng.generator.fleet.ways import FENCE, LIMIT_KMH, WIDTH, Road, degrees, road
from zhunsheng.generator.vendors.profiles import told
from zhunsheng.kernel.time import SHANGHAI

#: How far from the middle of its window a stop may be reached, in seconds; how fast the plan drives, in km/h.
WINDOW, PLANNED_KMH = 1500.0, 47.0
STOPS = 5
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Fleet:
    """Units with their story (None: nothing is told of it), what is promised of them, and the key."""

    units: tuple[Unit, ...]
    devices: tuple[Mapping[str, Any], ...]
    plans: tuple[Mapping[str, Any], ...]
    key: tuple[Mapping[str, Any], ...]
    seed: int


def make(
    seed: int,
    start: date,
    days: int = 21,
    vehicles: int = 6,
    fridges: int = 4,
    progress: Progress | None = None,
) -> Fleet:
    """Return a fleet over some days: fridges from the first to the last, each vehicle on one trip of the last day.

    The same seed gives the same fleet. Slow stories need a fortnight. Raises ValueError for fewer days than one.
    """
    if days < 1:
        raise ValueError(f"{days} days")
    rng = Generator(PCG64(SeedSequence([seed, 60])))
    told_of: list[Story | None] = [*STORIES, *LOOK_ALIKES]
    on_road = [story for story in told_of if story and story.on == "vehicle"] + [None] * vehicles
    at_home = [story for story in told_of if story and story.on == "fridge"] + [None] * fridges
    order = [(story, "vehicle") for story in on_road] + [(story, "fridge") for story in at_home]
    order = [order[int(place)] for place in rng.permutation(len(order))]
    units, devices, plans, key = [], [], [], []
    counts = {"vehicle": 0, "fridge": 0}
    for place, (story, on) in enumerate(order):
        counts[on] += 1
        unit = _vehicle(rng, counts[on], start, days) if on == "vehicle" else _fridge(rng, counts[on], start, days)
        variant = story.tell(rng, unit) if story else ""
        units.append(unit)
        devices.append(_device(unit, on, start, days))
        plans += _plans(unit, start, days)
        if story:
            key.append(_entry(story, unit, variant))
        if progress:
            progress("fleet", place + 1, len(order))
    return Fleet(tuple(units), tuple(devices), tuple(plans), tuple(key), seed)


def _vehicle(rng: Generator, number: int, start: date, days: int) -> Unit:
    courier = next(one for one in told().vendors if one.service_kind == "logistics")
    names = [one.name for one in _townships()]
    stops = tuple(names[int(place)] for place in rng.permutation(len(names))[:STOPS])
    day = start + timedelta(days=days - 1)
    starts = _moment(day) + rng.uniform(7, 9) * 3600
    return vehicle(rng, courier.id, f"CD-V{number:02d}", float(round(starts)), road(rng, stops))


def _fridge(rng: Generator, number: int, start: date, days: int) -> Unit:
    townships = _townships()
    owner = townships[(number - 1) % len(townships)]
    return fridge(rng, owner.code, f"FR-{number:02d}", _moment(start), days)


def _townships() -> list[Any]:
    """The township health centres of the invented county, which are the same for every seed."""
    county = build(Generator(PCG64(SeedSequence(1))))
    return [one for one in county.institutions if one.kind == TOWNSHIP]


def _moment(day: date) -> float:
    return datetime.combine(day, time(), SHANGHAI).timestamp()


def _device(unit: Unit, kind: str, start: date, days: int) -> dict[str, Any]:
    last = start + timedelta(days=days - 1)
    return {
        "org": unit.org,
        "device": unit.device,
        "kind": kind,
        "regime": unit.regime,
        "setting": unit.setting,
        "calibrated_on": str(last - timedelta(days=unit.calibrated_days_ago)),
        "expects": list(unit.expects),
    }


def _plans(unit: Unit, start: date, days: int) -> list[dict[str, Any]]:
    """Return what was promised: the trip of a vehicle, each day of a fridge."""
    last = start + timedelta(days=days - 1)
    common = {
        "org": unit.org,
        "device": unit.device,
        "regime": unit.regime,
        "setting": unit.setting,
        "calibrated_on": str(last - timedelta(days=unit.calibrated_days_ago)),
        "expects": list(unit.expects),
    }
    if unit.road is None or unit.drive is None:
        spans = [(_moment(start + timedelta(days=n)), _moment(start + timedelta(days=n + 1))) for n in range(days)]
        return [common | {"starts": _iso(a), "ends": _iso(b), "ended": _iso(b), "way": None} for a, b in spans]
    arrivals, seconds = _planned(unit.road)
    ended = unit.starts + unit.drive.seconds
    span = {"starts": _iso(unit.starts), "ends": _iso(unit.starts + seconds), "ended": _iso(ended)}
    return [common | span | {"way": _way(unit.road, unit.starts, arrivals)}]


def _planned(planned: Road) -> tuple[list[float], float]:
    """Return the seconds after which each stop is to be reached, and the whole."""
    legs = np.hypot(*np.diff(planned.points, axis=0).T) / (PLANNED_KMH / 3.6)
    reached = np.concatenate(([0.0], np.cumsum(legs)))
    arrivals = [float(reached[place]) + 420.0 * number for number, place in enumerate(planned.stops)]
    return arrivals, arrivals[-1] + 420.0


def _way(planned: Road, starts: float, arrivals: list[float]) -> dict[str, Any]:
    latitude, longitude = degrees(planned.points[:, 0], planned.points[:, 1])
    points = [[round(float(a), 6), round(float(b), 6)] for a, b in zip(latitude, longitude, strict=True)]
    stops = [
        {
            "name": name,
            "fence": {"centre": points[place], "radius": FENCE},
            "opens": _iso(starts + max(0.0, arrival - WINDOW)),
            "closes": _iso(starts + arrival + WINDOW),
        }
        for name, place, arrival in zip(planned.names, planned.stops, arrivals, strict=True)
    ]
    depot = {"centre": points[0], "radius": FENCE}
    return {"stops": stops, "corridor": {"way": points, "width": WIDTH}, "harbours": [depot], "speed_kmh": LIMIT_KMH}


def _entry(story: Story, unit: Unit, variant: str) -> dict[str, Any]:
    return {
        "org": unit.org,
        "device": unit.device,
        "story": story.name,
        "verdict": story.verdict,
        "variant": variant,
        "note": story.note,
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
