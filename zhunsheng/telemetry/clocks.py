"""How far the clock of a device is off, boot by boot, and what arrived late.

A reading cannot arrive before it is made. So the least (received - at) of a boot is delay plus offset. Below zero the
clock surely runs ahead. Above zero either the clock is behind or everything came late; what is sent as it is made keeps
its distance, while what was stored arrives in bursts. Only where most readings keep the distance is it an offset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhunsheng.telemetry.series import Bools, Floats, Series

#: A delay of so many seconds is the line's, not the clock's.
DELAY = 30.0
#: Readings within so many seconds of the least distance were sent as they were made.
LIVE = 60.0
#: Share of a boot's readings that keep the distance, and how many of them, before a clock is called behind.
MOST, FEWEST = 0.5, 5


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a boot: seconds to add, None where it cannot be told; readings that came late, and of the future."""

    boot: str
    offset_s: float | None
    late: int
    future: int


def clocks(told: Series, late_s: float) -> list[Clock]:
    """Return the clock of each boot; ``late_s``: what arrives so many seconds after its corrected time is late."""
    return [_clock(told, number, name, late_s) for number, name in enumerate(told.boots)]


def corrected(told: Series, found: list[Clock]) -> Series:
    """Return the series on the time of the receiver; a clock that cannot be told is taken as it is."""
    if not found:
        return told
    return told.shifted(np.array([one.offset_s or 0.0 for one in found]))


def _clock(told: Series, number: int, name: str, late_s: float) -> Clock:
    mine = told.boot == number
    behind = told.received[mine] - told.at[mine]
    offset = offset_of(behind)
    late = int((behind - (offset or 0.0) > late_s).sum())
    return Clock(name, offset, late, int((behind < -DELAY).sum()))


def offset_of(behind: Floats) -> float | None:
    """Return the offset of a clock from the distances (received - at) of a boot in seconds; None: not to be told."""
    if not len(behind):
        return None
    least = float(behind.min())
    if least < -DELAY:
        return round(least, 3)
    if least <= DELAY:
        return 0.0
    steady: Bools = behind - least <= LIVE
    if len(behind) >= FEWEST and steady.mean() >= MOST:
        return round(least, 3)
    return None
