"""What the worker does for trips: end and judge them, count what devices were used, tell the facts, ask for a run.

Every job may run again from the start: a judgement that says the same adds nothing, and a file that is read again
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from zhunsheng import sources
from zhunsheng.casework.devices import actions as register
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.imports.actions import record_batches
from zhunsheng.casework.jobs.actions import enqueue
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.casework.jobs.queries import under_way
from zhunsheng.casework.judgements.actions import request_run
from zhunsheng.casework.logs import logger
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.readings import queries as readings
from zhunsheng.casework.trips import actions, breaking, facts, judging, queries, slowly
from zhunsheng.casework.trips.models import Trip
from zhunsheng.facts import lake
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import SHANGHAI, epoch_seconds, now
from zhunsheng.kernel.time import at as at_
from zhunsheng.telemetry.series import series
from zhunsheng.telemetry.use import use as counted

RUN = Process("run")
_LOOKED: dict[int, datetime] = {}
JOB, USE = "trips.tell", "devices.use"
#: How long after its planned end a trip that nobody ended is taken as ended; and one whose vehicle has yet to come.
GRACE, DELAYED = timedelta(minutes=30), timedelta(hours=6)
#: A trip whose vehicle has yet to come is looked at so often.
AGAIN = timedelta(minutes=1)
#: A day of use is counted once, so many days later: a place with a bad line may hold its readings for 72 hours.
HELD = timedelta(days=4)
#: The first telling goes back so far in what arrived.
BACK = timedelta(days=7)
#: What arrived so long before the last telling is looked at again, since it may have been stored after it.
OVERLAP = timedelta(hours=1)


def each_turn() -> None:
    """End trips whose time is over, judge those of which readings came, and tell the facts of a breach at once.

    A trip that cannot be ended or judged holds up no other: the log tells of it, and the next turn tries again.
    """
    moment = now()
    for trip in queries.overdue(moment, GRACE):
        with _apart("trip not ended", trip):
            end_overdue(trip, moment)
    for trip in queries.stale():
        with _apart("trip not judged", trip):
            judge(trip, moment)
    if queries.untold_breach() and not under_way(JOB):
        enqueue(RUN, JOB, {})
    ask_for_run()


@contextmanager
def _apart(what: str, trip: Trip) -> Iterator[None]:
    log = logger("worker")
    try:
        yield
    except Exception as error:  # whatever it was, the other trips have their turn
        log.error(what, trip=trip.pk, exc_info=error)  # noqa: TRY400


def end_overdue(trip: Trip, moment: datetime) -> Trip | None:
    """End a trip whose planned end has passed and that nobody ended; None while its vehicle has yet to come.

    It ends where its last stop was reached, but not before its planned end; where no stop tells, after the grace.
    """
    latest = trip.ends_at + GRACE
    if trip.plan.get("stops"):
        latest = trip.ends_at + DELAYED
        if moment < latest and moment < _LOOKED.get(trip.pk, moment):
            return None
        _LOOKED[trip.pk] = moment + AGAIN
        way = judging.judge(trip, moment).judgement.route
        reached = [one.at for one in way.arrivals] if way else []
        if reached and None not in reached:
            latest = max(trip.ends_at, *(at_(int(one)) for one in reached if one is not None))
        elif moment < latest:
            return None
    _LOOKED.pop(trip.pk, None)
    return actions.end_trip(RUN, trip, min(latest, moment))


def judge(trip: Trip, moment: datetime) -> None:
    """Judge an ended trip anew and add the version where it says something else; a breach has its case."""
    found = judging.judge(trip, moment)
    cause = queries.cause(trip, found.judgement.readings, found.judgement.doubled)
    until = queries.excused_until(trip)
    excused = until is not None and not breaking.since(trip, found, until)
    if excused:
        found = judging.judged(found.judgement, excused=True)
    actions.add_version(trip, found, "dismissed" if excused and trip.breach else cause, moment)
    if found.breach and not queries.told_breach(trip):
        actions.raise_alarm(trip.device, trip, breaking.raised(trip, found, moment, until))
    if trip.version == 0:
        slowly.doubts(trip, found, moment)


def each_day(_day: date) -> None:
    """Tell the facts of all trips and nodes of the day before, and count the closed days of devices."""
    for kind in (USE, JOB):
        if not under_way(kind):
            enqueue(RUN, kind, {})


def tell(_arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Write what the facts have not learnt as files and read them as any other file."""
    trips, last, moment = queries.untold(), queries.last_telling(), now()
    versions = {one.pk: one.versions.order_by("-number").first() for one in trips}
    told = [(one, version) for one in trips if (version := versions[one.pk]) is not None]
    progress("trips", 0, len(told))
    since = last.until - OVERLAP if last else moment - BACK
    before = _told_since(since)
    nodes = [row for row in _nodes(since, moment) if (row[0], row[1]) not in before]
    events = [row for trip, version in told for row in facts.trip_nodes(trip, version)] + nodes
    begun = queries.plans_begun([trip.pk for trip, _version in told])
    judged = [facts.trip_row(trip, version, begun.get(trip.pk)) for trip, version in told]
    sheets = {"trips": (facts.TRIPS, judged), "nodes": (facts.EVENTS, events)}
    paths = []
    for name, (head, rows) in sheets.items():
        if rows:
            paths.append(_path(name, moment))
            paths[-1].parent.mkdir(parents=True, exist_ok=True)
            write_whole(paths[-1], facts.sheet(head, rows))
    if not paths:
        return Outcome({"trips": 0, "nodes": 0, "sent_back": 0})
    report = sources.load(home(), paths, recorded_at=epoch_seconds(moment), progress=progress)
    urgent = any(version.content["breach"] for _trip, version in told)
    numbers = {trip.pk: version.number for trip, version in told}
    snapshot, sent_back = str(report.as_dict().get("snapshot") or ""), sum(one.rows_rejected for one in report.files)
    report.write(home().reports, f"telling-{moment:%Y%m%dT%H%M%S%f}")

    def settle() -> None:
        actions.note_telling(snapshot, numbers, moment, len(nodes), sent_back, urgent=urgent)
        if (latest := lake.latest(home())) is not None:
            record_batches(RUN, latest)

    return Outcome({"trips": len(told), "nodes": len(nodes), "sent_back": sent_back}, settle)


def _path(name: str, moment: datetime) -> Path:
    """Return where a telling of a moment writes a sheet."""
    return home().root / "telemetry" / "facts" / f"{name}-{moment.astimezone(SHANGHAI):%Y%m%dT%H%M%S%f}.csv"


def _told_since(since: datetime) -> set[tuple[str, str]]:
    """Return the nodes of the tellings since a moment, by vendor and number: none is told, or sent back, twice."""
    paths = [_path("nodes", one.until) for one in queries.tellings(since)]
    return {name for path in paths if path.exists() for name in facts.names(path.read_bytes())}


def _nodes(since: datetime, until: datetime) -> list[facts.Row]:
    """Return the nodes of vendors' devices that arrived from a moment on and before another, however old they are."""
    rows: list[facts.Row] = []
    for device in devices.of_vendors():
        told = readings.came(device.institution_id, device.device_id, since, until, "node")
        rows += facts.node_rows(device.institution_id, device.service_kind, told)
    return rows


def ask_for_run() -> None:
    """Ask for a run once the facts have learnt something: of a breach at once, of the rest once a day."""
    telling = queries.last_telling()
    if telling is None or telling.asked or under_way("run") or under_way(JOB):
        return
    today = now().astimezone(SHANGHAI).date()
    if queries.urgent_telling() or telling.at.astimezone(SHANGHAI).date() < today:
        request_run(RUN, today)
        actions.note_asked(telling)


def use(_arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Count what devices were used and what faults they told in days that are over; look for slow drifts."""
    today = now().astimezone(SHANGHAI).date()
    held = devices.to_count(today)
    for number, device in enumerate(held):
        progress("devices", number, len(held))
        until = min(today - HELD, device.valid_to or date.max)
        since = (device.usage.until if hasattr(device, "usage") else None) or max(
            device.valid_from, today - timedelta(days=31)
        )
        if since < until:
            told = readings.of_any_device(device.institution_id, device.device_id, _start(since), _start(until))
            found = counted(series(told))
            register.note_use(device, round(found.ran) if found.said else None, found.faults, until)
        if device.holds(today):
            slowly.drift(device, today)
    return Outcome({"devices": len(held)})


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
