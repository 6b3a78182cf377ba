"""Strip charts and track plots, drawn on the server: temperature over time within its band, what is not known as a gap.

The plot is stretched to the width of the page; its names stand beside it and are not stretched. Times are seconds
since 1970, shown in Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import cos, radians
from typing import Any

import numpy as np

from zhunsheng.book.telemetry import Limits
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry.judge import TripJudgement
from zhunsheng.telemetry.series import Floats, Series, Spell

#: Units of the plot: width, and heights of the temperature and of the strips beneath it.
WIDE, HIGH, STRIP = 1000, 200, 14
#: Points of a line: more than the widest screen has pixels show nothing more.
MOST = 700
#: Least distance of two names at the side.
NAME = 13.0
#: Units of the track plot.
MAP_WIDE, MAP_HIGH, EDGE = 420, 300, 24


def temperature(
    told: Series, limits: Limits | None, since: float, until: float, hold: float, found: TripJudgement | None = None
) -> dict[str, Any] | None:
    """Return the chart of a stretch of time; None where nothing was measured in it."""
    at, celsius = told.of("temperature")
    inside = (at >= since) & (at <= until)
    at, celsius = at[inside], celsius[inside]
    if not len(at) or until <= since:
        return None
    low, high = _span(celsius, limits)

    def x(moment: float) -> float:
        return (min(max(moment, since), until) - since) / (until - since) * WIDE

    def y(degrees: float) -> float:
        return HIGH - (degrees - low) / (high - low) * HIGH

    return {
        "wide": WIDE, "high": HIGH, "lines": _lines(at, celsius, x, y, hold),
        "band": _band(limits, y) if limits else None,
        "gaps": [_box(x, one, other) for one, other in _silences(at, since, until, hold)],
        "excursions": [_box(x, one.since, one.cleared or one.last_out) for one in (found.excursions if found else ())],
        "strips": _strips(told, since, until, hold, x),
        "names": _names(limits, low, high, y),
        "times": [_clock(since + (until - since) * part / 4, until - since) for part in range(5)],
        "lowest": f"{celsius.min():.1f}", "highest": f"{celsius.max():.1f}", "last": f"{celsius[-1]:.1f}",
        "total": HIGH + 2 * (STRIP + 6),
    }  # fmt: skip


def _band(limits: Limits, y: Callable[[float], float]) -> dict[str, str]:
    return {"y": f"{y(limits.high_c):.1f}", "high": f"{y(limits.low_c) - y(limits.high_c):.1f}"}


def _span(celsius: Floats, limits: Limits | None) -> tuple[float, float]:
    ends = [float(celsius.min()), float(celsius.max())]
    if limits is not None:
        ends += [limits.low_c, limits.high_c]
    room = max(1.0, (max(ends) - min(ends)) * 0.12)
    return min(ends) - room, max(ends) + room


def _lines(
    at: Floats, celsius: Floats, x: Callable[[float], float], y: Callable[[float], float], hold: float
) -> list[str]:
    """Return the runs of readings that tell of the time between them; of many, the extremes of each stretch."""
    edges = np.flatnonzero(np.diff(at) > hold) + 1
    found = []
    for part in np.split(np.arange(len(at)), edges):
        points = [f"{x(float(at[n])):.1f},{y(float(celsius[n])):.1f}" for n in thinned(celsius, part)]
        found.append(" ".join(points if len(points) > 1 else [points[0], points[0]]))
    return found


def thinned(values: Floats, rows: np.ndarray[Any, np.dtype[np.int64]], most: int = MOST) -> list[int]:
    """Return rows of which no extreme is left out: of each stretch the lowest and the highest, in order."""
    if len(rows) <= most:
        return [int(one) for one in rows]
    kept: list[int] = []
    for part in np.array_split(rows, most // 2):
        ends = {int(part[values[part].argmin()]), int(part[values[part].argmax()])}
        kept += sorted(ends)
    return kept


def _silences(at: Floats, since: float, until: float, hold: float) -> Iterable[tuple[float, float]]:
    edges = np.concatenate(([since], at, [until]))
    for n in np.flatnonzero(np.diff(edges) > hold):
        yield float(edges[n]), float(edges[n + 1])


def _box(x: Callable[[float], float], since: float, until: float) -> dict[str, str]:
    return {"x": f"{x(since):.1f}", "wide": f"{max(1.5, x(until) - x(since)):.1f}"}


def _strips(
    told: Series, since: float, until: float, hold: float, x: Callable[[float], float]
) -> dict[str, list[dict[str, str]]]:
    """Return when the door stood open and when power was off; None for a channel that the device never said."""
    found = {}
    for name, wanted in (("door", 1.0), ("power", 0.0)):
        at, values = told.of(name)
        inside = (at >= since) & (at <= until)
        at, values = at[inside], values[inside]
        spans = [
            _box(x, float(at[n]), float(at[n + 1]) if n + 1 < len(at) and at[n + 1] - at[n] <= hold else float(at[n]))
            for n in np.flatnonzero(values == wanted)
        ]
        if len(at):
            found[name] = spans
    return found


def _names(limits: Limits | None, low: float, high: float, y: Callable[[float], float]) -> list[dict[str, str]]:
    wanted = [(limits.high_c, "strong"), (limits.low_c, "strong")] if limits else []
    placed = [{"y": f"{y(value) + 4:.1f}", "words": f"{value:g}", "kind": kind} for value, kind in wanted]
    for value, at in ((high, 12.0), (low, HIGH - 2.0)):
        if all(abs(y(other) + 4 - at) > NAME for other, _kind in wanted):
            placed.append({"y": f"{at:.1f}", "words": f"{value:.0f}", "kind": "axis"})
    return placed


def _clock(moment: float, length: float) -> str:
    shown = datetime.fromtimestamp(moment, SHANGHAI)
    return f"{shown:%m-%d %H:%M}" if length > 86_400 else f"{shown:%H:%M}"


def track(told: Series, plan: Mapping[str, Any], hold: float, off: Sequence[Spell] = ()) -> dict[str, Any] | None:
    """Return the track of a trip without a map: stops with their fences, the planned way, and where it went."""
    seen = _positions(told)
    points = [(one["at"][0], one["at"][1]) for one in plan.get("stops", ())]
    way = [(one[0], one[1]) for one in plan.get("way", ())]
    if not (points or way) and not len(seen):
        return None
    every = [*points, *way, *((float(row[1]), float(row[2])) for row in seen)]
    place, scale = _laid(every)
    return {
        "wide": MAP_WIDE, "high": MAP_HIGH,
        "way": " ".join("{:.1f},{:.1f}".format(*place(*one)) for one in way),
        "runs": _runs(seen, place, hold),
        "off": _runs(_within(seen, off), place, hold),
        "stops": [
            {"name": one["name"], "x": f"{place(*at)[0]:.1f}", "y": f"{place(*at)[1]:.1f}",
             "r": f"{max(3.0, one['radius'] * scale):.1f}", "label": f"{place(*at)[1] - 8:.1f}",
             "end": place(*at)[0] > MAP_WIDE * 0.7}
            for one, at in zip(plan.get("stops", ()), points, strict=True)
        ],
        "last": dict(zip("xy", (f"{one:.1f}" for one in place(float(seen[-1][1]), float(seen[-1][2]))), strict=True))
        if len(seen) else None,
    }  # fmt: skip


def _positions(told: Series) -> Floats:
    if "latitude" not in told.values or "longitude" not in told.values or not len(told):
        return np.empty((0, 3))
    rows = np.column_stack((told.at, told.values["latitude"], told.values["longitude"]))
    return np.asarray(rows[~np.isnan(rows).any(axis=1)])


def _within(seen: Floats, spells: Sequence[Spell]) -> Floats:
    if not len(spells) or not len(seen):
        return np.empty((0, 3))
    keep = np.zeros(len(seen), dtype=bool)
    for one in spells:
        keep |= (seen[:, 0] >= one.since) & (seen[:, 0] <= one.until)
    return np.asarray(seen[keep])


def _laid(points: Sequence[tuple[float, float]]) -> tuple[Callable[[float, float], tuple[float, float]], float]:
    """Return how points are laid on the plot, north up and undistorted, and units a metre."""
    lats, lons = [one[0] for one in points], [one[1] for one in points]
    middle = (min(lats) + max(lats)) / 2
    shrink = cos(radians(middle)) or 1e-6
    across = max((max(lons) - min(lons)) * shrink, max(lats) - min(lats), 0.004)
    unit = min((MAP_WIDE - 2 * EDGE), (MAP_HIGH - 2 * EDGE)) / across
    centre = (min(lons) + max(lons)) / 2

    def place(latitude: float, longitude: float) -> tuple[float, float]:
        x = MAP_WIDE / 2 + (longitude - centre) * shrink * unit
        return x, MAP_HIGH / 2 - (latitude - middle) * unit

    return place, unit / 111_195


def _runs(seen: Floats, place: Callable[[float, float], tuple[float, float]], hold: float) -> list[str]:
    if not len(seen):
        return []
    found = []
    for part in np.split(np.arange(len(seen)), np.flatnonzero(np.diff(seen[:, 0]) > hold) + 1):
        step = max(1, len(part) // MOST)
        rows = [*part[::step], part[-1]]
        found.append(" ".join("{:.1f},{:.1f}".format(*place(float(seen[n][1]), float(seen[n][2]))) for n in rows))
    return found
