"""Judges trips and stores by the readings that the site holds, and says it in the words of cases, facts and pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from zhunsheng.book.telemetry import Detectors, Limits, load_detectors
from zhunsheng.casework.devices import library
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.devices.models import Calibration, Device
from zhunsheng.casework.readings import queries as readings
from zhunsheng.casework.trips import plans
from zhunsheng.casework.trips.models import Trip
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry.judge import TripJudgement, judge_trip
from zhunsheng.telemetry.plans import TripPlan

#: Readings of so much time around a trip are asked for: a device's clock may be off.
AROUND = timedelta(hours=26)
#: Checks whose answer "no" is a breach of the cold chain; another one concerns the way or the device.
COLD = ("beyond", "single", "total", "kinetic")
#: Checks that never convict: where one is open, readings that show no breach acquit nobody.
OPEN = ("missing", "interval", "doubts")


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement with what lists and facts repeat of it; None where the readings do not say."""

    judgement: TripJudgement
    breach: bool | None
    excursion: bool | None
    on_time: bool | None
    content: dict[str, Any]

    @property
    def digest(self) -> str:
        """Name of what was found: the moment of the judgement does not count."""
        return digest(canonical(self.content))

    @property
    def verdict(self) -> str:
        """``met``, ``missed`` or ``unknown``."""
        value = self.judgement.verdict.value
        return "unknown" if value is None else "met" if value else "missed"


def detectors() -> Detectors:
    """Return the figures of the detectors. Raises Problem ZS401, ZS870."""
    return load_detectors(rulebook())


def calibrated_on(device: Device, day: date) -> Calibration | None:
    """Return the last calibration by a day, passed or not."""
    return devices.calibrated_by(device, day)


def plan_of(trip: Trip) -> TripPlan:
    """Return a trip as judgements take it, with the calibration of its device."""
    return plans.of_trip(trip, calibrated_on(trip.device, trip.starts_at.astimezone(SHANGHAI).date()))


def told_of(trip: Trip, as_of: datetime) -> pa.Table:
    """Return the readings of a trip's device around the trip."""
    device, until = trip.device, (trip.ended_at or as_of) + AROUND
    return readings.of_any_device(device.institution_id, device.device_id, trip.starts_at - AROUND, until)


def judge(trip: Trip, as_of: datetime, told: pa.Table | None = None, *, excused: bool = False) -> Judged:
    """Return the judgement of a trip as of a moment. ``excused``: people found that its breach does not hold."""
    table = told_of(trip, as_of) if told is None else told
    found = judge_trip(plan_of(trip), table, library.regime(trip.regime), as_of, detectors())
    return judged(found, excused=excused)


def judged(found: TripJudgement, *, excused: bool = False) -> Judged:
    """Return a judgement with its flags."""
    cold = [one.answer.value for name in COLD if (one := found.check(name)) is not None]
    unsure = None in cold or any(_open(found, name) for name in OPEN)
    breach = True if False in cold else None if unsure or not cold else False
    out = bool(found.excursions)
    arrival = found.check("arrival")
    flags: dict[str, Any] = {
        "breach": False if excused and breach else breach,
        "excursion": True if out else None if unsure else False,
        "on_time": arrival.answer.value if arrival else None,
    }
    content = {**found.as_dict(), **flags, "excused": excused}
    return Judged(found, flags["breach"], flags["excursion"], flags["on_time"], content)


def _open(found: TripJudgement, kind: str) -> bool:
    """Whether a check leaves open what the readings at hand would acquit of."""
    check = found.check(kind)
    return check is not None and check.answer.value is None


def limits_of(trip: Trip) -> Limits:
    """Return the limits of a trip's regime on its day."""
    return library.regime(trip.regime).on(trip.starts_at.astimezone(SHANGHAI).date())
