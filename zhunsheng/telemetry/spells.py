"""How long a door stood open or mains power was off: from a reading that says so to the next, known time alone."""

from __future__ import annotations

import numpy as np

from zhunsheng.telemetry.series import Bools, Floats, Spell


def spells(at: Floats, on: Bools, hold_s: float) -> list[Spell]:
    """Return the stretches in which something held, oldest first; an unknown stretch ends one and counts nothing."""
    if not len(at):
        return []
    known = np.append(np.diff(at) <= hold_s, np.False_)
    breaks = np.concatenate(([True], ~known[:-1] | ~on[:-1]))
    begins = np.flatnonzero(on & breaks)
    ends = np.flatnonzero(on & np.append(breaks[1:] | ~on[1:], np.True_))
    return [_spell(at, known, int(first), int(last)) for first, last in zip(begins, ends, strict=True)]


def _spell(at: Floats, known: Bools, first: int, last: int) -> Spell:
    until = at[last + 1] if known[last] else at[last]
    return Spell(float(at[first]), float(until), float(until - at[first]) / 60)


def longest(found: list[Spell]) -> float:
    """Return the minutes of the longest stretch, 0 where there is none."""
    return max((one.minutes for one in found), default=0.0)
