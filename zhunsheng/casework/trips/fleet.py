"""The fleet as pages show it: each device with its light, what it said last, its trip and its calibration.

A page of any number of devices takes the same number of statements.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.devices.queries import Calibrated
from zhunsheng.casework.devices.states import DeviceKind
from zhunsheng.casework.readings import queries as readings
from zhunsheng.casework.trips import queries
from zhunsheng.casework.trips.models import Alarm, Trip
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry.wire import Reading

#: What the light of a device can be, the worst first.
LIGHTS = ("red", "yellow", "unknown", "blue", "normal", "idle")
#: A device that has said nothing for so long is not known to be well.
SILENT = timedelta(hours=1)
#: A battery below so many percent is to be charged.
LOW_BATTERY = 20.0
SHOWS = ("calibration", "battery", "trip")


@dataclass(frozen=True, slots=True)
class Row:
    """A device of the list. ``reading`` is what it said last and ``came_at`` when; None where it never did."""

    device: Device
    reading: Reading | None
    came_at: datetime | None
    calibrated: Calibrated
    place: str
    alarms: list[Alarm]
    trip: Trip | None
    silent: bool
    resting: bool

    @property
    def light(self) -> str:
        """The colour: a breach or fault red, an excursion yellow, silence unknown, calibration blue, idle."""
        if any(one.grave for one in self.alarms):
            return "red"
        if self.alarms:
            return "yellow"
        if self.silent:
            return "unknown"
        if self.device.regime and self.calibrated.mark != "valid":
            return "blue"
        return "idle" if self.resting else "normal"

    @property
    def temperature(self) -> float | None:
        """What it said last of the temperature, °C."""
        return self._number("temperature")

    @property
    def battery(self) -> float | None:
        """What it said last of its battery, percent."""
        return self._number("battery")

    @property
    def low_battery(self) -> bool:
        """Whether the battery is to be charged."""
        return self.battery is not None and self.battery < LOW_BATTERY

    def _number(self, name: str) -> float | None:
        value = self.reading.values.get(name) if self.reading else None
        return value if isinstance(value, float) else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of the list; empty for all."""

    light: str = ""
    kind: str = ""
    org: str = ""
    show: str = ""

    def holds(self, row: Row) -> bool:
        """Whether a row is asked for."""
        shown = {"calibration": row.calibrated.mark != "valid" and bool(row.device.regime),
                 "battery": row.low_battery, "trip": row.trip is not None}  # fmt: skip
        return (
            (not self.light or row.light == self.light)
            and (not self.kind or row.device.kind == self.kind)
            and (not self.org or row.device.institution_id == self.org)
            and (not self.show or shown[self.show])
        )


def rows(scope: Scope, now: datetime) -> list[Row]:
    """Return the devices in view that are in use, the worst first."""
    day = now.astimezone(SHANGHAI).date()
    held = list(devices.in_use(devices.devices(scope), day))
    keys = [one.pk for one in held]
    last, states, places = readings.latest(scope), devices.calibrated(held, day), devices.places(held, day)
    open_alarms, running = queries.open_alarms(scope, keys), queries.running(scope, keys, now)
    found = [
        _row(one, last.get((one.institution_id, one.device_id)), states[one.pk], places.get(one.pk, ""),
             open_alarms.get(one.pk, []), running.get(one.pk), now)
        for one in held
    ]  # fmt: skip
    return sorted(found, key=lambda row: (LIGHTS.index(row.light), row.device.institution_id, row.device.device_id))


def _row(
    device: Device, told: tuple[Reading, datetime] | None, calibrated: Calibrated, place: str, alarms: list[Alarm],
    trip: Trip | None, now: datetime,
) -> Row:  # fmt: skip
    watched = bool(device.regime) and (trip is not None or device.kind == DeviceKind.FRIDGE)
    quiet = told is None or now - told[1] > SILENT
    reading, came_at = told or (None, None)
    return Row(
        device,
        reading,
        came_at,
        calibrated,
        place,
        alarms,
        trip,
        silent=watched and quiet,
        resting=not watched and quiet,
    )


def counts(found: list[Row]) -> Counter[str]:
    """Return how many rows have each light, and each thing to be done."""
    told: Counter[str] = Counter(row.light for row in found)
    for name in SHOWS:
        told[name] = sum(Wanted(show=name).holds(row) for row in found)
    return told
