"""Alarms that no single reading tells: a slow drift over days, a series that no honest sensor makes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.readings import queries as readings
from zhunsheng.casework.trips import actions, judging, words
from zhunsheng.casework.trips.actions import Raised
from zhunsheng.casework.trips.judging import Judged
from zhunsheng.casework.trips.models import Alarm, Trip
from zhunsheng.casework.trips.states import AlarmKind
from zhunsheng.kernel.time import SHANGHAI, at, now
from zhunsheng.telemetry.drift import drift as found_drift
from zhunsheng.telemetry.series import series

#: Days over which a drift is looked for.
DAYS = 30


def drift(device: Device, today: date) -> Alarm | None:
    """Raise an alarm where the daily medians of a device move one way; None where they do not.

    One drift is one alarm for as long as it stands: it is known by the month in which it was found.
    """
    if not device.regime:
        return None
    until = datetime(today.year, today.month, today.day, tzinfo=SHANGHAI)
    told = readings.of_any_device(device.institution_id, device.device_id, until - timedelta(days=DAYS), until)
    moved = found_drift(series(told), judging.detectors().drifting)
    if moved is None:
        return None
    said = words.told(AlarmKind.DRIFT, moved.moved)
    return actions.raise_alarm(device, None, Raised(AlarmKind.DRIFT, until.replace(day=1), now(), said, moved.moved))


def doubts(trip: Trip, found: Judged, moment: datetime) -> list[Alarm]:
    """Raise an alarm for each kind of doubt about a trip's readings: a lead for a person, never a verdict."""
    first = {one.kind: one for one in reversed(found.judgement.doubts)}
    return [
        actions.raise_alarm(
            trip.device, trip,
            Raised(AlarmKind.DOUBT, at(int(one.since)), moment, words.of_doubt(kind), one.figure),
        )
        for kind, one in sorted(first.items())
    ]  # fmt: skip
