"""The live watch: hears each stored reading, raises alarms at once, and notes which trips late data concern.

One process for a site. What it remembers can be made again: at its start it replays the readings of each trip under
way, and an alarm is raised once for its cause. An alarm that could not be written is tried again.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from zhunsheng.book.telemetry import Detectors
from zhunsheng.casework.devices import library
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.devices.states import DeviceKind
from zhunsheng.casework.logs import logger
from zhunsheng.casework.readings.following import Heard, said
from zhunsheng.casework.trips import actions, judging, plans, queries, words
from zhunsheng.casework.trips.actions import Raised
from zhunsheng.casework.trips.models import Alarm, Trip
from zhunsheng.casework.trips.states import BREACHES, OF_GOODS, AlarmKind, TripState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry.watch import Alarm as Told
from zhunsheng.telemetry.watch import Watch
from zhunsheng.telemetry.wire import Reading

#: Seconds after which register and plans are read anew, and after which silence is looked at.
FRESH, TICK = 2.0, 5.0
#: Trips that are begun, and watches that are made, in one turn.
FEW = 5
#: Kinds that people look into at once; the others clear themselves while nothing makes them graver.
AT_ONCE = BREACHES | {AlarmKind.FAULT, AlarmKind.LATE, AlarmKind.MISSING}


@dataclass(slots=True)
class Held:
    """A watch over a trip, or over a day in a store, with the alarms that stand."""

    device: Device
    trip: Trip | None
    watch: Watch
    until: datetime | None = None
    standing: dict[str, Alarm] = field(default_factory=dict)


class Watching:
    """All watches of a site. ``now`` is given with each call: the order of moments is the caller's."""

    def __init__(self) -> None:
        self.held: dict[int, Held] = {}
        self.trips: dict[int, Trip] = {}
        self.read_at: datetime | None = None
        self.ticked_at: datetime | None = None
        self.figures: Detectors = judging.detectors()
        self.waiting: deque[tuple[Held, Raised]] = deque()
        self.log = logger("watch")

    def hear(self, batch: Iterable[Heard], now: datetime) -> int:
        """Take readings in the order in which they came; return how many alarms they raised."""
        self._look(now)
        raised, elsewhere = 0, defaultdict(list)
        for reading, received in batch:
            device = devices.registered(reading.org, reading.device)
            if device is None:
                continue
            held = self._of(device, reading.at, now)
            if held is None or (held.trip and reading.at < held.trip.starts_at):
                elsewhere[device.pk].append((device, reading.at))
            if held is None:
                continue
            told = held.watch.feed(reading, received)
            raised += sum(self._raise(held, one, received) for one in told)
            self._well(held, reading, received)
        for told_of in elsewhere.values():
            actions.mark_stale(queries.covering(told_of[0][0], [at for _device, at in told_of]))
        return raised

    def turn(self, now: datetime) -> int:
        """Do what no reading asks for: look at silence, try again what could not be written; return alarms raised."""
        self._look(now)
        self._begin(now)
        again, self.waiting = self.waiting, deque()
        raised = sum(self._write(held, found) for held, found in again)
        if self.ticked_at is not None and (now - self.ticked_at).total_seconds() < TICK:
            return raised
        self.ticked_at = now
        for held in list(self.held.values()):
            raised += sum(self._raise(held, one, now) for one in held.watch.tick(now))
            raised += self._silence(held, now)
        return raised

    def _begin(self, now: datetime) -> None:
        """Begin trips whose time has come, a few at a turn: readings of the others are not to wait for it."""
        due = [one for one in self.trips.values() if one.state == TripState.PLANNED and one.starts_at <= now]
        for trip in due[:FEW]:
            actions.begin_trip(trip)
            trip.state = TripState.UNDER_WAY
        for trip in [one for pk, one in self.trips.items() if pk not in self.held][:FEW]:
            self._of(trip.device, now, now)

    def _look(self, now: datetime) -> None:
        """Read which trips are under way; forget watches whose trip or day is over or was planned anew."""
        if self.read_at is not None and abs((now - self.read_at).total_seconds()) < FRESH:
            return
        self.read_at = now
        self.trips = {one.device_id: one for one in reversed(queries.watched(now))}
        for pk, held in list(self.held.items()):
            gone = held.trip is not None and self.trips.get(pk, held.trip).pk != held.trip.pk
            over = held.trip is not None and pk not in self.trips
            if gone or over or (held.until is not None and now >= held.until):
                del self.held[pk]

    def _of(self, device: Device, at: datetime, now: datetime) -> Held | None:
        """Return the watch to which a reading belongs; made from what is stored where it is new."""
        held = self.held.get(device.pk)
        if held is None:
            trip = self.trips.get(device.pk)
            if trip is not None:
                held = self._begun(device, trip, now)
            elif device.kind == DeviceKind.FRIDGE and device.regime:
                held = self._stored(device, now)
            if held is not None:
                self.held[device.pk] = held
        if held is not None and held.until is not None and at >= held.until:
            return None
        return held

    def _begun(self, device: Device, trip: Trip, now: datetime) -> Held:
        plan = judging.plan_of(trip)
        watch = Watch(plan, judging.limits_of(trip), self.figures.driving)
        return self._replayed(Held(device, trip, watch), trip.starts_at, now)

    def _stored(self, device: Device, now: datetime) -> Held | None:
        """Return the watch over the present day of a store; None where its regime has no limits today."""
        day = now.astimezone(SHANGHAI)
        since = day.replace(hour=0, minute=0, second=0, microsecond=0)
        until = since + timedelta(days=1)
        try:
            limits = library.regime(device.regime).on(since.date())
        except Problem as problem:
            self.log.error("store not watched", device=device.pk, code=problem.code)  # noqa: TRY400
            return None
        plan = plans.of_store(device, since, until, judging.calibrated_on(device, since.date()))
        return self._replayed(Held(device, None, Watch(plan, limits, self.figures.driving), until), since, now)

    def _replayed(self, held: Held, since: datetime, now: datetime) -> Held:
        """Feed a new watch with what is stored. Causes that were told before are not told again."""
        org, name = held.device.institution_id, held.device.device_id
        held.standing = {one.kind: one for one in queries.standing_alarms(held.device, held.trip)}
        for reading, received in said(org, name, since, now + timedelta(minutes=10)):
            for one in held.watch.feed(reading, received):
                self._raise(held, one, received)
        return held

    def _raise(self, held: Held, told: Told, received: datetime) -> int:
        kind = AlarmKind(told.kind)
        found = Raised(
            kind, told.since, received, words.of_alarm(told), told.found, grave=kind in AT_ONCE or told.too_long
        )
        return self._write(held, found)

    def _write(self, held: Held, found: Raised) -> int:
        try:
            alarm = actions.raise_alarm(held.device, held.trip, found)
        except Exception as error:  # the next turn tries again, whatever it was
            self.waiting.append((held, found))
            self.log.error("alarm not written", device=held.device.pk, exc_info=error)  # noqa: TRY400
            return 0
        if not alarm.outcome:
            held.standing[found.kind] = alarm
        return 1

    def _silence(self, held: Held, now: datetime) -> int:
        """A device that stays silent for longer than may be missing is no pause of the line: people look into it."""
        alarm = held.standing.get(AlarmKind.SILENT)
        if alarm is None or alarm.grave or alarm.cleared_at is not None:
            return 0
        minutes = (now - alarm.since).total_seconds() / 60
        if minutes <= held.watch.limits.missing_minutes:
            return 0
        told = words.told(AlarmKind.SILENT, minutes)
        return self._write(held, Raised(AlarmKind.SILENT, alarm.since, now, told, minutes))

    def _well(self, held: Held, reading: Reading, received: datetime) -> None:
        """Note of standing alarms that what they tell of is over."""
        for kind, alarm in list(held.standing.items()):
            if alarm.cleared_at is None and reading.at >= alarm.since and _over(held.watch, kind):
                said = words.HEARD if kind == AlarmKind.SILENT else words.CLEARED
                try:
                    actions.clear_alarm(alarm, received, said)
                except Problem as problem:
                    self.log.error("alarm not cleared", alarm=alarm.pk, code=problem.code)  # noqa: TRY400
                    continue
                del held.standing[kind]


def _over(watch: Watch, kind: str) -> bool:
    """Whether what an alarm tells of is over, by the readings heard so far."""
    state, limits = watch.state, watch.limits
    if kind in OF_GOODS:
        return state.heat.since is None and limits.low_c <= state.heat.last_c <= limits.high_c
    lasting = {
        AlarmKind.DOOR: state.door, AlarmKind.POWER: state.outage, AlarmKind.OFF_ROUTE: state.off,
        AlarmKind.SPEED: state.fast,
    }.get(AlarmKind(kind))  # fmt: skip
    if lasting is not None:
        return lasting.since is None
    return kind == AlarmKind.SILENT
