"""The live watch: hears each stored reading, raises alarms at once, and notes which trips late data concern.

One process for a site. What it remembers can be made again: at its start it replays the readings of each trip under
way, and an alarm is raised once for its cause. An alarm that could not be written is tried again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import InterfaceError, OperationalError

from zhunsheng.book.channels import load_channels
from zhunsheng.book.telemetry import Detectors
from zhunsheng.casework.devices import library
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.devices.states import DeviceKind
from zhunsheng.casework.logs import logger
from zhunsheng.casework.readings import queries as readings
from zhunsheng.casework.readings.following import Heard, said
from zhunsheng.casework.trips import actions, judging, plans, queries, words
from zhunsheng.casework.trips.actions import Raised
from zhunsheng.casework.trips.models import Alarm, Trip
from zhunsheng.casework.trips.states import BREACHES, OF_GOODS, AlarmKind, TripState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry.watch import Alarm as Told
from zhunsheng.telemetry.watch import Watch
from zhunsheng.telemetry.wire import Reading

#: Seconds after which register and plans are read anew, and after which silence is looked at.
FRESH, TICK = 2.0, 5.0
#: Trips that are begun, and watches that are made, in one turn.
FEW = 5
DAY = timedelta(days=1)
#: A device's clock may be ahead by so much.
AHEAD = timedelta(minutes=10)
#: A device that cannot be watched, whatever the reason, is tried again so much later.
AGAIN = timedelta(seconds=5)
#: A watch that heard readings out of order is made anew so much later: what a device kept back comes in many parts.
SETTLED = timedelta(minutes=1)
#: Kinds that people look into at once; the others clear themselves while nothing makes them graver.
AT_ONCE = BREACHES | {AlarmKind.FAULT, AlarmKind.LATE, AlarmKind.MISSING}
#: Kinds that readings of a store clear.
CLEAR = OF_GOODS | {AlarmKind.DOOR, AlarmKind.POWER, AlarmKind.SILENT}


@dataclass(slots=True)
class Held:
    """A watch over a trip, or over a day in a store, with the alarms that stand, by their numbers."""

    device: Device
    trip: Trip | None
    watch: Watch
    until: datetime | None = None
    quiet: datetime | None = None  # until then its silence is not told: it may be the site that was away
    standing: dict[int, Alarm] = field(default_factory=dict)
    untidy: datetime | None = None  # since when it has heard readings out of order, which it did not judge


def _is_store(device: Device) -> bool:
    """Whether a device is watched without a trip."""
    return device.kind == DeviceKind.FRIDGE and bool(device.regime)


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)


class Watching:
    """All watches of a site. ``now`` is given with each call: the order of moments is the caller's.

    ``past``: stores with their days that are over and of which readings came, as far ``back`` as readings are kept,
    and how often a day could not be judged.
    """

    def __init__(self) -> None:
        self.held: dict[int, Held] = {}
        self.trips: dict[int, Trip] = {}
        self.stores: dict[int, Device] = {}
        self.carried: dict[int, list[tuple[datetime, datetime]]] = {}
        self.barred: dict[int, datetime] = {}
        self.limitless: dict[int, datetime] = {}
        self.past: dict[int, tuple[Device, dict[date, int]]] = {}
        self.back = DAY * 366 * load_channels(rulebook()).keep["reading"].years
        self.caught = False
        self.read_at: datetime | None = None
        self.ticked_at: datetime | None = None
        self.figures: Detectors = judging.detectors()
        self.waiting: dict[tuple[int, int | None, str, datetime], tuple[Held, Raised]] = {}
        self.log = logger("watch")

    def hear(self, batch: Iterable[Heard], now: datetime) -> int:
        """Take readings in the order in which they came; return how many alarms they raised."""
        self._look(now)
        raised, elsewhere = 0, defaultdict(list)
        for reading, received in batch:
            device = devices.registered(reading.org, reading.device)
            if device is None:
                continue
            self._note(device, reading, now)
            other = True
            with self._apart(device, now):
                held = self._of(device, reading.at, now)
                before = held is None or (held.trip is not None and reading.at < held.trip.starts_at)
                other = before or (held.trip is None and device.pk in self.carried)
                if held is not None and not self._carried(held, reading):
                    raised += self._fed(held, reading, received)
            if other:
                elsewhere[device.pk].append((device, reading.at))
        for told_of in elsewhere.values():
            actions.mark_stale(queries.covering(told_of[0][0], [at for _device, at in told_of]))
        return raised

    def turn(self, now: datetime) -> int:
        """Do what no reading asks for: look at silence, try again what could not be written, judge what came late.

        Return how many alarms silence and the second try raised.
        """
        self._look(now)
        self._begin(now)
        again, self.waiting = self.waiting, {}
        raised = sum(self._write(held, found) for held, found in again.values())
        if self.ticked_at is not None and (now - self.ticked_at).total_seconds() < TICK:
            return raised
        self.ticked_at = now
        self._catch_up(now)
        self._tidy(now)
        for held in list(self.held.values()):
            if held.quiet is not None and now < held.quiet:
                continue
            with self._apart(held.device, now):
                raised += sum(self._raise(held, one, now) for one in held.watch.tick(now))
                raised += self._silence(held, now)
        return raised

    @contextmanager
    def _apart(self, device: Device, now: datetime) -> Iterator[None]:
        """Let what goes wrong with one device stop no other: its watch is made anew later, from what is stored.

        A store that is away concerns all of them: who calls hears of it and gives the same readings again.
        """
        try:
            yield
        except (InterfaceError, OperationalError):
            raise
        except Exception as error:  # whatever it was, the other devices are watched
            self.held.pop(device.pk, None)
            self.barred[device.pk] = now + AGAIN
            self.log.error("device not watched", device=device.pk, exc_info=error)  # noqa: TRY400

    def _begin(self, now: datetime) -> None:
        """Begin trips whose time has come, a few at a turn: readings of the others are not to wait for it."""
        may = [one for pk, one in self.trips.items() if self._may(pk, now)]
        for trip in [one for one in may if one.state == TripState.PLANNED and one.starts_at <= now][:FEW]:
            with self._apart(trip.device, now):
                actions.begin_trip(trip)
                trip.state = TripState.UNDER_WAY
        idle = [one for pk, one in self.stores.items() if self._may_store(pk, now)]
        for new in ([one.device for one in may], idle):
            for device in [one for one in new if one.pk not in self.held][:FEW]:
                with self._apart(device, now):
                    self._of(device, now, now)

    def _note(self, device: Device, reading: Reading, now: datetime) -> None:
        """Note the day of a store that was over when a reading of it came, whatever is watched now."""
        over = now - self.back <= reading.at < _midnight(now)
        if over and reading.kind == "reading" and device.pk in self.stores:
            days = self.past.setdefault(device.pk, (device, {}))[1]
            days.setdefault(reading.at.astimezone(SHANGHAI).date(), 0)

    def _carried(self, held: Held, reading: Reading) -> bool:
        """Whether a reading for the watch over a store is one of a trip, and judged with that.

        Its number is heard all the same: it is not missing.
        """
        spans = self.carried.get(held.device.pk, ()) if held.trip is None else ()
        if not any(starts <= reading.at <= ends for starts, ends in spans):
            return False
        if reading.kind == "reading":
            held.watch.state.sequences.hear(reading.boot, reading.seq)
        return True

    def _catch_up(self, now: datetime) -> None:
        """Judge days of stores of which readings came when they were over.

        The first day of a few stores at a turn, each store in its turn: one that sends years holds up no other, and a
        day that cannot be judged comes after those that failed less often.
        """
        for pk in list(self.past)[:FEW]:
            device, days = self.past.pop(pk)
            day = min(days, key=lambda one: (days[one], one))
            since = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
            try:
                over = self._stored(device, since, since + DAY)
                del days[day]
            except Exception as error:  # a later turn tries again, the other stores and days first
                days[day] += 1
                self.log.error("day of a store not judged", device=pk, exc_info=error)  # noqa: TRY400
                over = None
            before = since + DAY < _midnight(now)
            if over and before and _lasts(over):
                days.setdefault(day + DAY, 0)  # when it was over is told by the readings of the day after
            if days:
                self.past[pk] = device, days
            present = self.held.get(pk)
            if over and not before and present is not None and present.trip is None:
                self._anew(present, now)  # an excursion may last over midnight, and alarms stand

    def _tidy(self, now: datetime) -> None:
        """Make watches anew that heard readings out of order, a few at a turn: as they came nothing judged them."""
        for held in self.held.values():
            if held.untidy is None and held.watch.state.stale == "out_of_order":
                held.untidy = now
        due = [one for one in self.held.values() if one.untidy is not None and now >= one.untidy + SETTLED]
        for held in due[:FEW]:
            self._anew(held, now)

    def _anew(self, held: Held, now: datetime) -> None:
        """Make a watch anew from what is stored; for all that its silence is told no later."""
        with self._apart(held.device, now):
            del self.held[held.device.pk]
            made = self._of(held.device, now, now)
            if made is not None and made.until == held.until:
                made.quiet = held.quiet

    def _missed(self, now: datetime) -> None:
        """Note of which days of stores readings may have come while nobody watched: yesterday, and what is no file."""
        yesterday = _midnight(now) - DAY
        older = readings.open_days(now - self.back, yesterday)
        for pk, one in self.stores.items():
            days = {yesterday.date()} | older.get((one.institution_id, one.device_id), set())
            noted = self.past[pk][1] if pk in self.past else {}
            self.past[pk] = one, dict.fromkeys(days, 0) | noted
        self.caught = True

    def _look(self, now: datetime) -> None:
        """Read which trips are under way; forget watches whose trip or day is over or was planned anew."""
        if self.read_at is not None and abs((now - self.read_at).total_seconds()) < FRESH:
            return
        self.read_at = now
        self.trips = {}
        for one in queries.watched(now):  # of trips that are begun the last one, else the one to begin first
            if one.device_id not in self.trips or one.starts_at <= now:
                self.trips[one.device_id] = one
        self.stores = {one.pk: one for one in devices.REGISTER.all().values() if _is_store(one)}
        self.carried = queries.carried(self.stores)
        if not self.caught:  # also where the first look failed half-way
            self._missed(now)
        for pk, held in list(self.held.items()):
            trip = self.trips.get(pk)
            if held.trip is not None:
                over = trip is None or trip.pk != held.trip.pk
            else:
                over = trip is not None and trip.starts_at <= now
            if over and held.trip is not None:
                actions.mark_stale([held.trip.pk])  # it may have heard what no judgement has seen
            if over or (held.until is not None and now >= held.until):
                del self.held[pk]

    def _of(self, device: Device, at: datetime, now: datetime) -> Held | None:
        """Return the watch to which a reading belongs; made from what is stored where it is new."""
        held = self.held.get(device.pk)
        if held is None and self._may(device.pk, now):
            trip = self.trips.get(device.pk)
            if trip is not None and (trip.starts_at <= now or not _is_store(device)):
                held = self._begun(device, trip, now)
            elif _is_store(device) and self._may_store(device.pk, now):
                held = self._store(device, now)
            if held is not None:
                self.held[device.pk] = held
        if held is not None and held.until is not None and at >= held.until:
            return None
        return held

    def _begun(self, device: Device, trip: Trip, now: datetime) -> Held:
        plan = judging.plan_of(trip)
        watch = Watch(plan, judging.limits_of(trip), self.figures.driving)
        return self._replayed(Held(device, trip, watch), trip.starts_at, now)

    def _may(self, pk: int, now: datetime) -> bool:
        return now >= self.barred.get(pk, now)

    def _may_store(self, pk: int, now: datetime) -> bool:
        return self._may(pk, now) and now >= self.limitless.get(pk, now)

    def _store(self, device: Device, now: datetime) -> Held | None:
        """Return the watch over the present day of a store; one without limits is looked at again later.

        A trip of the device has limits of its own and is watched.
        """
        held = self._stored(device, _midnight(now), now)
        if held is None:
            self.limitless[device.pk] = now + AHEAD
        return held

    def _stored(self, device: Device, since: datetime, now: datetime) -> Held | None:
        """Return the watch over the day of a store that begins at a midnight; None where its regime has no limits then.

        An excursion that lasts over midnight is one: the watch begins where it began.
        """
        until = since + DAY
        try:
            limits = library.regime(device.regime).on(since.date())
        except Problem as problem:
            self.log.error("store not watched", device=device.pk, code=problem.code)  # noqa: TRY400
            return None
        calibrated = judging.calibrated_on(device, since.date())
        hold = timedelta(seconds=limits.hold_seconds("store"))
        lead = since - timedelta(minutes=limits.single_minutes) - hold
        before = Watch(plans.of_store(device, lead, since, calibrated), limits, self.figures.driving)
        for reading, received in said(device.institution_id, device.device_id, lead, since):
            before.feed(reading, received)
        if before.state.heat.since is not None:
            since = datetime.fromtimestamp(before.state.heat.since, SHANGHAI)
        plan = plans.of_store(device, since, until, calibrated)
        held = Held(device, None, Watch(plan, limits, self.figures.driving), until, now + hold)
        return self._replayed(held, since, min(now, until - AHEAD))

    def _replayed(self, held: Held, since: datetime, now: datetime) -> Held:
        """Feed a new watch with what is stored. Causes that were told before are not told again."""
        org, name = held.device.institution_id, held.device.device_id
        held.standing = {one.pk: one for one in queries.standing_alarms(held.device, held.trip)}
        for reading, received in said(org, name, since, now + AHEAD):
            if not self._carried(held, reading):
                self._fed(held, reading, received)
        held.watch.state.stale = ""  # from here on: no order makes more of what is stored
        return held

    def _fed(self, held: Held, reading: Reading, received: datetime) -> int:
        """Feed a watch with a reading and do what it tells; return how many alarms it raised."""
        told = held.watch.feed(reading, received)
        raised = sum(self._raise(held, one, received) for one in told)
        self._well(held, reading)
        return raised

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
            self.waiting[held.device.pk, held.trip.pk if held.trip else None, found.kind, found.since] = held, found
            self.log.error("alarm not written", device=held.device.pk, exc_info=error)  # noqa: TRY400
            return 0
        if alarm.outcome or alarm.cleared_at is not None:
            held.standing.pop(alarm.pk, None)
            return 0
        held.standing[alarm.pk] = alarm
        return 1

    def _silence(self, held: Held, now: datetime) -> int:
        """A device that stays silent for longer than may be missing is no pause of the line: people look into it."""
        raised = 0
        for alarm in [one for one in held.standing.values() if one.kind == AlarmKind.SILENT and not one.grave]:
            minutes = (now - alarm.since).total_seconds() / 60
            if alarm.cleared_at is None and minutes > held.watch.limits.missing_minutes:
                told = words.told(AlarmKind.SILENT, minutes)
                raised += self._write(held, Raised(AlarmKind.SILENT, alarm.since, now, told, minutes))
        return raised

    def _well(self, held: Held, reading: Reading) -> None:
        """Note of standing alarms that what they tell of is over, by the device's time as it began."""
        for alarm in list(held.standing.values()):
            silent = alarm.kind == AlarmKind.SILENT
            later = reading.at > alarm.since or (reading.at == alarm.since and not silent)
            if alarm.cleared_at is None and later and _over(held.watch, alarm.kind):
                said = words.HEARD if silent else words.CLEARED
                try:
                    actions.clear_alarm(alarm, reading.at, said)
                except Problem as problem:
                    self.log.error("alarm not cleared", alarm=alarm.pk, code=problem.code)  # noqa: TRY400
                    continue
                del held.standing[alarm.pk]


def _lasts(held: Held) -> bool:
    """Whether something that readings clear was not over when the day of a store was."""
    return any(one.kind in CLEAR and one.since < held.until for one in held.standing.values())


def _over(watch: Watch, kind: str) -> bool:
    """Whether what an alarm tells of is over, by the readings heard so far."""
    state, limits = watch.state, watch.limits
    if kind in OF_GOODS:
        heat = state.heat
        return heat.last_at is not None and heat.since is None and limits.low_c <= heat.last_c <= limits.high_c
    lasting = {
        AlarmKind.DOOR: state.door, AlarmKind.POWER: state.outage, AlarmKind.OFF_ROUTE: state.off,
        AlarmKind.SPEED: state.fast,
    }.get(AlarmKind(kind))  # fmt: skip
    if lasting is not None:
        return lasting.since is None
    return kind == AlarmKind.SILENT
