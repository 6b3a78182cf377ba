"""Series that no honest sensor makes: flat, still with the door open, copied, jumping. A doubt is a lead for a person.

Where the regime would say *within*, a doubted series leaves the answer unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zhunsheng.book.telemetry import Doubtful
from zhunsheng.telemetry.series import Bools, Floats, Ints, Series
from zhunsheng.telemetry.spells import spells

DoubtKind = Literal["flat", "still", "copied", "jump", "conflict", "impossible"]
#: Values are compared as sensors print them: in hundredths of a degree.
PRINTED = 100
#: A copied block holds at least so many different values: a calm sensor repeats few.
FEWEST_VALUES = 5


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a series is doubted, from a moment to a moment (seconds since 1970), and the figure that shows it."""

    kind: DoubtKind
    since: float
    until: float
    figure: float
    other: str = ""


def doubts(told: Series, rule: Doubtful, hold_s: float) -> list[Doubt]:
    """Return the doubts about the temperatures of one device, in order of time."""
    at, celsius = told.of("temperature")
    found = [*_flat(at, celsius, rule, hold_s), *_still(told, rule, hold_s), *_copied(at, celsius, rule)]
    found += _jumps(told, rule)
    if told.conflicts:
        found.append(Doubt("conflict", float(told.at[0]), float(told.at[-1]), float(told.conflicts)))
    return sorted(found, key=lambda doubt: (doubt.since, doubt.kind))


def _flat(at: Floats, celsius: Floats, rule: Doubtful, hold_s: float) -> list[Doubt]:
    """Not one digit changes for longer than any probe in moving air or behind a compressor keeps still."""
    if len(at) < 2:
        return []
    printed = _printed(celsius)
    same = (np.diff(printed) == 0) & (np.diff(at) <= hold_s)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    found = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        minutes = float(at[last] - at[first]) / 60
        if minutes >= rule.flat_minutes and last - first >= rule.copied_readings // 2:
            found.append(Doubt("flat", float(at[first]), float(at[last]), round(minutes, 1)))
    return found


def _still(told: Series, rule: Doubtful, hold_s: float) -> list[Doubt]:
    """The door stands open and the air inside does not notice."""
    if "door" not in told.values or "temperature" not in told.values:
        return []
    known = ~np.isnan(told.values["door"]) & ~np.isnan(told.values["temperature"])
    at, celsius, stands = told.at[known], told.values["temperature"][known], told.values["door"][known] > 0
    found = []
    for spell in spells(at, stands, hold_s):
        mine = celsius[(at >= spell.since) & (at <= spell.until) & stands]
        if spell.minutes >= rule.still_minutes and len(mine) >= 3 and float(np.ptp(mine)) <= rule.still_c:
            found.append(Doubt("still", spell.since, spell.until, round(float(np.ptp(mine)), 3)))
    return found


def _copied(at: Floats, celsius: Floats, rule: Doubtful) -> list[Doubt]:
    """A block of values occurs twice in one series, digit for digit."""
    size = rule.copied_readings
    printed = _printed(celsius)
    if len(printed) < 2 * size:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(printed, size)
    rows = np.flatnonzero(_lively(windows))
    first: dict[bytes, int] = {}
    found: list[Doubt] = []
    done = -1
    for row in rows:
        key = windows[row].tobytes()
        seen = first.setdefault(key, int(row))
        if row - seen >= size and row > done:
            length = _length(printed, seen, int(row))
            found.append(Doubt("copied", float(at[row]), float(at[row + length - 1]), float(length)))
            done = int(row) + length - 1
    return found


def _lively(windows: Ints) -> Bools:
    return np.asarray((np.diff(np.sort(windows, axis=1), axis=1) != 0).sum(axis=1) >= FEWEST_VALUES - 1)


def _length(printed: Ints, first: int, again: int) -> int:
    same = printed[first : first + len(printed) - again] == printed[again:]
    stops = np.flatnonzero(~same)
    return min(int(stops[0]) if len(stops) else len(same), again - first)


def _jumps(told: Series, rule: Doubtful) -> list[Doubt]:
    """More degrees than a load with its mass can gain or lose between two readings; a new boot may be a new probe."""
    if "temperature" not in told.values:
        return []
    known = np.flatnonzero(~np.isnan(told.values["temperature"]))
    if len(known) < 2:
        return []
    at, celsius, boot = told.at[known], told.values["temperature"][known], told.boot[known]
    door = told.values.get("door", np.zeros(len(told)))[known]
    shut = ~(door[:-1] > 0) & ~(door[1:] > 0)
    sudden = (
        (np.abs(np.diff(celsius)) >= rule.jump_c) & (np.diff(at) <= rule.jump_seconds) & (np.diff(boot) == 0) & shut
    )
    return [
        Doubt("jump", float(at[place]), float(at[place + 1]), round(float(celsius[place + 1] - celsius[place]), 2))
        for place in np.flatnonzero(sudden)
    ]


def copies(devices: Mapping[str, Series], rule: Doubtful) -> dict[str, list[Doubt]]:
    """Return, for each device, blocks of values that another device showed earlier or at the same time.

    Both are leads: which of the two is real, a person finds out. Time is linear in the readings of all devices.
    """
    size = rule.copied_readings
    first: dict[bytes, str] = {}
    found: dict[str, list[Doubt]] = {}
    told = sorted(((name, *one.of("temperature")) for name, one in devices.items()), key=lambda item: item[0])
    for name, at, celsius in told:
        printed = _printed(celsius)
        if len(printed) < size:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(printed, size)
        # every window of the later device against blocks that begin at multiples of the size in the earlier ones
        done = -1
        for place in np.flatnonzero(_lively(windows)):
            row = int(place)
            hit = first.get(windows[row].tobytes())
            if hit is not None and hit != name and row > done:
                done = row + size - 1
                one = Doubt("copied", float(at[row]), float(at[done]), float(size), hit)
                found.setdefault(name, []).append(one)
        for block in windows[::size]:
            first.setdefault(block.tobytes(), name)
    return found


def _printed(celsius: Floats) -> Ints:
    return np.asarray(np.round(celsius * PRINTED), dtype=np.int64)
