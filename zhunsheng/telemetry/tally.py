"""The temperature of a load and the seconds of a state, counted reading by reading: the live form of ``temperature``.

Plain Python over single values, so that it is also the referee of the form over columns. Everything here is small and
can be pickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from zhunsheng.book.telemetry import Limits
from zhunsheng.telemetry.temperature import KELVIN, ZERO_C, Exposure, kinetic


@dataclass(slots=True)
class Heat:
    """What a load went through so far. Times are seconds since 1970; the excursion that lasts, where one does."""

    last_at: float | None = None
    last_c: float = 0.0
    known: float = 0.0
    out: float = 0.0
    sure: float = 0.0
    weight: float = 0.0
    lowest: float | None = None
    highest: float | None = None
    beyond: int = 0
    since: float | None = None
    this_out: float = 0.0
    this_sure: float = 0.0
    longest: float = 0.0
    longest_sure: float = 0.0
    count: int = 0

    def feed(self, at: float, celsius: float, limits: Limits, hold_s: float) -> bool:
        """Take the next reading; return whether an excursion begins with it."""
        out, sure = self._between(at, celsius, limits, hold_s)
        self.last_at, self.last_c = at, celsius
        self.lowest = celsius if self.lowest is None else min(self.lowest, celsius)
        self.highest = celsius if self.highest is None else max(self.highest, celsius)
        self.beyond += not limits.never_below_c <= celsius <= limits.never_above_c
        is_out = not limits.low_c <= celsius <= limits.high_c
        begins = is_out and self.since is None
        if begins:
            self.since, self.this_out, self.this_sure = at, 0.0, 0.0
            self.count += 1
        if self.since is not None:
            self.this_out += out
            self.this_sure += sure
            self.longest = max(self.longest, self.this_out)
            self.longest_sure = max(self.longest_sure, self.this_sure)
            if limits.low_c + limits.clear_c <= celsius <= limits.high_c - limits.clear_c:
                self.since = None
        return begins

    def _between(self, at: float, celsius: float, limits: Limits, hold_s: float) -> tuple[float, float]:
        """Count the time since the last reading; return its minutes out of range, and surely so."""
        if self.last_at is None:
            return 0.0, 0.0
        if at - self.last_at > hold_s:
            self.since = None
            return 0.0, 0.0
        minutes = (at - self.last_at) / 60
        ends = min(self.last_c, celsius), max(self.last_c, celsius)
        out = minutes * _share(*ends, limits.low_c, limits.high_c)
        sure = minutes * _share(*ends, limits.low_c - limits.accuracy_c, limits.high_c + limits.accuracy_c)
        self.known += minutes
        self.out += out
        self.sure += sure
        self.weight += minutes * (_boltzmann(self.last_c) + _boltzmann(celsius)) / 2
        return out, sure

    @property
    def exposure(self) -> Exposure:
        """What the form over columns would say."""
        return Exposure(
            known_minutes=self.known,
            out_minutes=self.out,
            sure_minutes=self.sure,
            longest_minutes=self.longest,
            longest_sure_minutes=self.longest_sure,
            kinetic_c=kinetic(self.weight, self.known),
            lowest=self.lowest,
            highest=self.highest,
            beyond=self.beyond,
        )


@dataclass(slots=True)
class Lasting:
    """How long something holds, as a door that stands open: since when, in a row, and the longest so far in seconds.

    ``unknown``: the seconds of which nothing was said; whoever feeds it counts them.
    """

    last_at: float | None = None
    since: float | None = None
    this: float = 0.0
    longest: float = 0.0
    unknown: float = 0.0

    def feed(self, at: float, hold_s: float, *, on: bool) -> bool:
        """Take the next reading; return whether a stretch begins with it."""
        if self.last_at is not None and self.since is not None:
            if at - self.last_at > hold_s:
                self.since = None
            else:
                self.this += at - self.last_at
                self.longest = max(self.longest, self.this)
        begins = on and self.since is None
        if begins:
            self.since, self.this = at, 0.0
        if not on:
            self.since = None
        self.last_at = at
        return begins

    @property
    def minutes(self) -> float | None:
        """The minutes of the longest stretch; None where nothing was ever said."""
        return None if self.last_at is None else self.longest / 60


def _boltzmann(celsius: float) -> float:
    return exp(-KELVIN / (celsius + ZERO_C))


def _share(low: float, high: float, least: float, most: float) -> float:
    """Return what share of a straight line from ``low`` up to ``high`` lies below ``least`` or above ``most``."""
    if low == high:
        return 0.0 if least <= low <= most else 1.0
    below, above = max(0.0, min(high, least) - low), max(0.0, high - max(low, most))
    return (below + above) / (high - low)
