"""The live form of a judgement: one reading at a time, an alarm at once, a state of a few hundred bytes.

On readings that come in order the checks of temperature, door, power and missing time are those of ``judge_trip``, and
the tests hold the two against each other. What comes out of order, or by a clock that is off, makes the watch
``stale``: it goes on giving alarms, and the verdict is the one over the whole series.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from zhunsheng.book.telemetry import AlarmKind, Driving, Limits
from zhunsheng.telemetry.checks import Check, missing_check, spell_check, temperature_checks
from zhunsheng.telemetry.plans import TripPlan
from zhunsheng.telemetry.sequence import Sequences
from zhunsheng.telemetry.tally import Heat, Lasting
from zhunsheng.telemetry.wire import Reading

#: Pieces of what an alarm is about that are told once each, however often they are seen.
Told = dict[tuple[str, float], None]
#: So many causes are remembered; a device with more of them in one trip is told of again.
MOST_TOLD = 2_000
#: An alarm before it has a device: kind, since, found, limit, detail.
Cause = tuple[AlarmKind, float, float | None, float | None, str]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person must know now. ``since`` is when its cause began, ``at`` when it was told.

    ``found`` and ``limit`` are minutes, °C, km/h, metres or numbers missing, as the kind says. The same cause gives the
    same ``key`` however often it is derived.
    """

    kind: AlarmKind
    org: str
    device: str
    at: datetime
    since: datetime
    found: float | None = None
    limit: float | None = None
    detail: str = ""

    @property
    def too_long(self) -> bool:
        """Whether a door stood open, or power was off, for longer than it may: a person looks into it."""
        lasted = self.kind in ("door", "power") and self.found is not None and self.limit is not None
        return lasted and self.found > self.limit  # type: ignore[operator]

    @property
    def key(self) -> str:
        """What the alarm is known by."""
        return f"{self.org}/{self.device}/{self.kind}/{int(self.since.timestamp() * 1_000_000)}"


@dataclass(slots=True)
class State:
    """All that a watch remembers. It can be pickled, and copied before a batch that may be rolled back."""

    heat: Heat = field(default_factory=Heat)
    door: Lasting = field(default_factory=Lasting)
    outage: Lasting = field(default_factory=Lasting)
    off: Lasting = field(default_factory=Lasting)
    fast: Lasting = field(default_factory=Lasting)
    sequences: Sequences = field(default_factory=Sequences)
    told: Told = field(default_factory=dict)
    arrived: set[str] = field(default_factory=set)
    last: tuple[float, int, int] | None = None
    last_seen: float | None = None
    unknown: float = 0.0
    lost: bool = False
    readings: int = 0
    doubled: int = 0
    fault: str = ""
    stale: str = ""


class Watch:
    """Watches one trip. ``state`` may be one kept from before; it is changed in place."""

    def __init__(self, plan: TripPlan, limits: Limits, driving: Driving, state: State | None = None) -> None:
        self.plan, self.limits, self.driving = plan, limits, driving
        self.state = state or State()
        self.hold = float(limits.hold_seconds(plan.setting))
        self.since = plan.starts.timestamp()
        self.end = plan.ended.timestamp() if plan.ended else float("inf")

    def feed(self, reading: Reading, received: datetime) -> list[Alarm]:
        """Take a reading as it arrives; return what a person must know at once."""
        at = reading.at.timestamp()
        if reading.kind != "reading" or not self.since <= at <= self.end:
            return []
        state = self.state
        heard, missing = state.sequences.hear(reading.boot, reading.seq)
        if heard == "doubled":
            state.doubled += 1
            return []
        state.readings += 1
        if abs(received.timestamp() - at) > self.limits.clock_minutes * 60:
            state.stale = state.stale or "late_or_clock"
        place = (at, state.sequences.boots[reading.boot].number, reading.seq)
        if heard == "fills" or (state.last is not None and place < state.last):
            state.stale = "out_of_order"
            return []
        if state.sequences.forgot:
            state.stale = state.stale or "forgotten"
        began = state.last[0] if state.last else self.since
        state.last = place
        found = [*self._holes(began, missing), *self._values(reading, at)]
        return self._told(found, reading.at)

    def tick(self, now: datetime) -> list[Alarm]:
        """Return what silence tells at a moment: nothing heard for too long, a stop not reached in time."""
        moment = min(now.timestamp(), self.end)
        heard = self.state.last[0] if self.state.last else self.since
        found: list[Cause] = []
        if moment - heard > self.hold and now.timestamp() <= self.end:
            found.append(("silent", heard, (moment - heard) / 60, self.hold / 60, ""))
        found += self._overdue(moment)
        return self._told(found, now)

    def checks(self, as_of: datetime) -> list[Check]:
        """Return the checks that the watch can answer, as of a moment; they hold where it is not ``stale``."""
        state, until = self.state, self.plan.until(as_of).timestamp()
        found = temperature_checks(state.heat.exposure, self.limits)
        for kind, told in (("door", state.door), ("power", state.outage)):
            if kind in self.plan.expects:
                unseen = (told.unknown + self._unseen(told.last_at, until)) / 60
                found.append(spell_check(kind, told.minutes, self.limits, unseen))
        missing = (state.unknown + self._unseen(state.heat.last_at, until)) / 60
        return [*found, missing_check(missing, self.limits, lost=state.lost)]

    def _unseen(self, last: float | None, at: float) -> float:
        """Return the seconds up to a moment of which nothing is known, since a value was last said or the start."""
        seconds = at - (self.since if last is None else last)
        return seconds if seconds > self.hold else 0.0

    def _told(self, found: list[Cause], at: datetime) -> list[Alarm]:
        """Return alarms of the causes that were not told before."""
        told, fresh = self.state.told, []
        for kind, since, figure, limit, detail in found:
            if (kind, since) not in told:
                told[kind, since] = None
                began = datetime.fromtimestamp(since, UTC)
                fresh.append(Alarm(kind, self.plan.org, self.plan.device, at, began, figure, limit, detail))
        while len(told) > MOST_TOLD:
            told.pop(next(iter(told)))
        return fresh

    def _holes(self, since: float, missing: int) -> Iterator[Cause]:
        if missing:
            self.state.lost = True
            yield "missing", since, float(missing), None, ""

    def _values(self, reading: Reading, at: float) -> Iterator[Cause]:
        said = reading.values
        temperature, fault = said.get("temperature"), said.get("fault")
        if isinstance(temperature, float):
            yield from self._temperature(temperature, at)
        spells: tuple[tuple[AlarmKind, Lasting, int], ...] = (
            ("door", self.state.door, self.limits.door_minutes),
            ("power", self.state.outage, self.limits.power_minutes),
        )
        for kind, lasting, most in spells:
            if isinstance(value := said.get(kind), bool):
                yield from self._spell(kind, lasting, at, most, on=value == (kind == "door"))
        if isinstance(fault, str) and fault != self.state.fault:
            yield "fault", at, None, None, fault
        self.state.fault = fault if isinstance(fault, str) else ""
        yield from self._ground(said.get("latitude"), said.get("longitude"), said.get("speed"), at)
        yield from self._overdue(at)

    def _temperature(self, celsius: float, at: float) -> Iterator[Cause]:
        heat, limits = self.state.heat, self.limits
        self.state.unknown += self._unseen(heat.last_at, at)
        before, beyond = heat.since, heat.beyond
        begins = heat.feed(at, celsius, limits, self.hold)
        edge = limits.high_c if celsius > limits.high_c else limits.low_c
        since = before if heat.since is None else heat.since
        if begins:
            yield "excursion", at, celsius, edge, ""
        if heat.beyond > beyond and since is not None:
            yield "beyond", since, celsius, limits.never_above_c if edge == limits.high_c else limits.never_below_c, ""
        if since is not None and heat.this_sure > limits.single_minutes:
            yield "single", since, heat.this_sure, float(limits.single_minutes), ""
        if heat.sure > limits.total_minutes:
            yield "total", self.since, heat.sure, float(limits.total_minutes), ""

    def _spell(self, kind: AlarmKind, lasting: Lasting, at: float, most: int, *, on: bool) -> Iterator[Cause]:
        """A cut of power is told at once and again when it lasts for too long, an open door then alone."""
        before = lasting.since
        lasting.unknown += self._unseen(lasting.last_at, at)
        begins = lasting.feed(at, self.hold, on=on)
        since = before if lasting.since is None else lasting.since
        if kind == "power" and begins:
            yield "power", at, 0.0, float(most), ""
        if since is not None and lasting.this / 60 > most:
            began = since if kind == "door" else since + most * 60
            yield kind, began, lasting.this / 60, float(most), ""

    def _ground(self, latitude: object, longitude: object, speed: object, at: float) -> Iterator[Cause]:
        way, limit = self.plan.way, self.driving.unknown_minutes * 60
        if way is None or not (isinstance(latitude, float) and isinstance(longitude, float)):
            return
        place = np.array([latitude]), np.array([longitude])
        inside = [stop.name for stop in way.stops if bool(stop.fence.holds(*place)[0])]
        self.state.arrived |= {stop.name for stop in way.stops if stop.name in inside and at >= stop.opens}
        if way.corridor is not None:
            away = float(way.corridor.distance(*place)[0])
            free = not inside and not any(bool(fence.holds(*place)[0]) for fence in way.harbours)
            off = self.state.off
            off.feed(at, limit, on=free and away > way.corridor.width)
            if off.since is not None and off.this / 60 > self.driving.off_minutes:
                yield "off_route", off.since, away, way.corridor.width, ""
        if way.speed_kmh is not None and isinstance(speed, float):
            fast = self.state.fast
            fast.feed(at, limit, on=speed > way.speed_kmh)
            if fast.since is not None and fast.this / 60 > self.driving.speed_minutes:
                yield "speed", fast.since, speed, way.speed_kmh, ""

    def _overdue(self, moment: float) -> Iterator[Cause]:
        for stop in self.plan.way.stops if self.plan.way else ():
            if moment > stop.closes and stop.name not in self.state.arrived:
                yield "late", stop.closes, (moment - stop.closes) / 60, None, stop.name
