"""How long a device ran, of how much of the time that is known, and how many faults began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhunsheng.telemetry.series import Series

#: Seconds between two readings of which the time between is known.
LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class Use:
    """Seconds of running, and seconds of which it is known whether the device ran; faults that began."""

    ran: float
    known: float
    faults: int
    said: bool

    @property
    def rate(self) -> float | None:
        """The share of the known time in which it ran, in percent; None where nothing is known."""
        return 100 * self.ran / self.known if self.known else None


def use(told: Series) -> Use:
    """Return what the readings of a device tell of its use. Between two readings it is as the first says.

    More than an hour without a reading counts as not known.
    """
    at, running = told.of("running")
    steps = np.diff(at)
    known = steps <= LONGEST
    before = ["", *(words for _at, words in told.faults)]
    faults = sum(now != last for last, (_at, now) in zip(before, told.faults, strict=False))
    return Use(float(steps[known & (running[:-1] > 0)].sum()), float(steps[known].sum()), faults, len(at) > 0)
