"""Live readings as data: temperature regimes, emergency plans, and the figures of the doubts and detectors.

``rulebook/telemetry/regimes`` holds one regime a file, with dated limits; ``plans`` one emergency plan a file;
``detectors.yaml`` what makes a series doubtful. Degrees are Celsius, times minutes, distances metres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, TypeAdapter, model_validator

from zhunsheng.book.cycle_lint import open_point
from zhunsheng.book.cycles import Cite
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.lint import Remark
from zhunsheng.book.reading import file_text, validated
from zhunsheng.kernel.errors import Problem

NAME = r"^[a-z][a-z0-9_]{0,39}$"
Setting = Literal["store", "transport"]
#: What a live alarm can be about. Each opens exactly one emergency plan.
AlarmKind = Literal[
    "excursion",
    "beyond",
    "single",
    "total",
    "door",
    "power",
    "missing",
    "silent",
    "fault",
    "off_route",
    "speed",
    "late",
]
ALARM_KINDS: tuple[AlarmKind, ...] = (
    "excursion", "beyond", "single", "total", "door", "power",
    "missing", "silent", "fault", "off_route", "speed", "late",
)  # fmt: skip
#: So many named persons are told of an alarm at least.
FEWEST_PHONES = 3


class Every(Entry):
    """How often a value is recorded, in minutes: in a store, under way, and while it is out of range."""

    store: int = Field(ge=1)
    transport: int = Field(ge=1)
    outside: int = Field(ge=1)


class Limits(Dated):
    """The figures of a regime from a day on. A time that is reached is allowed; only what lasts longer is a breach.

    ``never_below_c``, ``never_above_c``: one reading beyond is a breach. ``clear_c``: an excursion ends so far within
    the range. ``accuracy_c``: of the sensor; a value that is out by less may be within. ``hold_times``: two readings
    up to so many recording intervals apart tell of the time between. ``single_minutes``, ``total_minutes``: out of
    range in one excursion, and in all. ``kinetic_high_c``: the highest mean kinetic temperature. ``missing_minutes``:
    unknown time from which on nothing is said. ``late_minutes``: what arrives later than that is late.
    """

    low_c: float
    high_c: float
    never_below_c: float
    never_above_c: float
    clear_c: float = Field(ge=0)
    accuracy_c: float = Field(gt=0)
    every_minutes: Every
    hold_times: int = Field(ge=1, le=10)
    single_minutes: int = Field(ge=0)
    total_minutes: int = Field(ge=0)
    kinetic_high_c: float
    door_minutes: int = Field(ge=1)
    power_minutes: int = Field(ge=1)
    missing_minutes: int = Field(ge=1)
    late_minutes: int = Field(ge=1)
    clock_minutes: int = Field(ge=1)
    calibration_days: int = Field(ge=1)
    grounds: dict[str, tuple[str, ...]]

    def hold_seconds(self, setting: Setting) -> int:
        """Return how far apart two readings may lie and still tell of the time between, in seconds."""
        every = self.every_minutes.store if setting == "store" else self.every_minutes.transport
        return every * self.hold_times * 60

    @property
    def outside_minutes(self) -> float:
        """How far apart two readings may lie of which the first is out of range, in minutes."""
        return float(self.every_minutes.outside * self.hold_times)

    def cite_of(self, field: str) -> str:
        """Return the name of the cite on which a figure stands."""
        return next(cite for cite, fields in self.grounds.items() if field in fields)

    @model_validator(mode="after")
    def _is_sound(self) -> Limits:
        """Refuse limits that cross, and a figure that stands on nothing or on two things."""
        cross = self.never_below_c <= self.low_c < self.high_c <= self.never_above_c
        _check(cross, "never_below_c, low_c, high_c, never_above_c do not rise")
        _check(self.clear_c * 2 < self.high_c - self.low_c, "clear_c leaves no range in which an excursion ends")
        _check(self.single_minutes <= self.total_minutes, "one excursion may last longer than all together")
        told = Counter(field for fields in self.grounds.values() for field in fields)
        wanted = set(type(self).model_fields) - {"grounds", "valid_from", "valid_to"}
        twice = sorted(field for field, times in told.items() if times > 1)
        _check(set(told) == wanted and not twice, f"grounds: {sorted(wanted ^ set(told)) + twice}")
        return self


class Regime(Entry):
    """How something is to be kept: its limits by date."""

    id: str = Field(pattern=NAME)
    zh: str
    en: str
    cites: dict[str, Cite]
    limits: tuple[Limits, ...] = Field(min_length=1)

    def on(self, day: date) -> Limits:
        """Return the limits in force on a day. Raises Problem ZS871."""
        found = next((one for one in self.limits if day in one.period), None)
        if found is None:
            raise Problem("ZS871", regime=self.id, day=day)
        return found

    @model_validator(mode="after")
    def _is_whole(self) -> Regime:
        for at, one in enumerate(self.limits):
            _check(not any(one.period.meets(other.period) for other in self.limits[:at]), "two limits share a day")
            _check(set(one.grounds) <= set(self.cites), "grounds name a cite that is not there")
        return self


class Step(Entry):
    """One step of an emergency plan: who does it, within how many minutes of the alarm, and what shows that."""

    id: str = Field(pattern=NAME)
    zh: str
    en: str
    role: str = Field(pattern=NAME)
    minutes: int = Field(ge=1)
    evidence: Literal["comment", "photo", "reading", "document", "signature"]


class EmergencyPlan(Dated):
    """What follows an alarm: steps with people and clocks, and who is called, by role."""

    id: str = Field(pattern=NAME)
    zh: str
    en: str
    cites: dict[str, Cite]
    cite: str
    roles: dict[str, tuple[str, str]]
    phones: tuple[str, ...]
    phones_cite: str
    alarms: tuple[AlarmKind, ...] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> EmergencyPlan:
        """Refuse too few to call, a role without a name, and clocks that run backwards."""
        _check({self.cite, self.phones_cite} <= set(self.cites), "a cite is not among the cites")
        _check(len(set(self.phones)) >= FEWEST_PHONES, f"{FEWEST_PHONES} different roles are called at least")
        named = {step.role for step in self.steps} | set(self.phones)
        _check(named == set(self.roles), f"roles: {sorted(named ^ set(self.roles))}")
        minutes = [step.minutes for step in self.steps]
        _check(minutes == sorted(minutes), "a later step ends before an earlier one")
        _check(len({step.id for step in self.steps}) == len(self.steps), "two steps share an id")
        return self


class Doubtful(Entry):
    """What no honest sensor shows. Minutes, °C, readings.

    ``flat_minutes``: not one changed digit for so long. ``still_minutes``: no more than ``still_c`` of movement while
    the door stands open. ``copied_readings``: so many in a row occur again, value for value. ``jump_c``: from one
    reading to the next within ``jump_seconds``, door shut, same boot.
    """

    flat_minutes: int = Field(ge=10)
    still_minutes: int = Field(ge=5)
    still_c: float = Field(gt=0)
    copied_readings: int = Field(ge=8)
    jump_c: float = Field(gt=0)
    jump_seconds: int = Field(ge=1)
    cite: str


class Drifting(Entry):
    """A slow drift of the medians of days: Theil-Sen slope, Mann-Kendall ``z_e2``; in all ``days`` and ``moved_c``."""

    days: int = Field(ge=5)
    moved_c: float = Field(gt=0)
    z_e2: int = Field(ge=100)
    cite: str


class Departing(Entry):
    """A departure of a series from its own past: a smoothed value too many robust spreads away, for long enough.

    ``past_hours`` of past are compared, ``smooth_hours`` are averaged, ``spreads_e2`` are hundredths of a spread,
    ``floor_e3`` is the least spread in thousandths of the unit, ``quiet_hours`` must pass before the next.
    """

    past_hours: int = Field(ge=1)
    smooth_hours: int = Field(ge=1)
    spreads_e2: int = Field(ge=100)
    floor_e3: int = Field(ge=1)
    quiet_hours: int = Field(ge=1)
    cite: str


class Driving(Entry):
    """When a vehicle stands, is off its way, or cannot be where it says. Metres, minutes, km/h."""

    stop_metres: int = Field(ge=10)
    stop_minutes: int = Field(ge=1)
    off_minutes: int = Field(ge=1)
    speed_minutes: int = Field(ge=1)
    unknown_minutes: int = Field(ge=1)
    impossible_kmh: int = Field(ge=100)
    cite: str


class Detectors(Entry):
    """The figures of all detectors, each on its cite."""

    cites: dict[str, Cite]
    doubtful: Doubtful
    drifting: Drifting
    departing: Departing
    driving: Driving

    @model_validator(mode="after")
    def _is_whole(self) -> Detectors:
        named = {one.cite for one in (self.doubtful, self.drifting, self.departing, self.driving)}
        _check(named == set(self.cites), f"cites: {sorted(named ^ set(self.cites))}")
        return self


Filed = TypeVar("Filed", Regime, EmergencyPlan)


def load_regimes(folder: Path) -> dict[str, Regime]:
    """Return the regimes of a rule book by id. Raises Problem ZS401, ZS403, ZS870."""
    return {one.id: one for one in (_read(Regime, path) for path in _files(folder, "regimes"))}


def load_plans(folder: Path) -> dict[AlarmKind, EmergencyPlan]:
    """Return the emergency plan of each kind of alarm. Raises Problem ZS401, ZS403, ZS870, ZS872."""
    plans = [_read(EmergencyPlan, path) for path in _files(folder, "plans")]
    found: dict[AlarmKind, EmergencyPlan] = {}
    for kind in ALARM_KINDS:
        openers = [one for one in plans if kind in one.alarms]
        if len(openers) != 1:
            raise Problem("ZS872", alarm=kind, plans=", ".join(one.id for one in openers) or "-")
        found[kind] = openers[0]
    return found


def load_detectors(folder: Path) -> Detectors:
    """Return the figures of the detectors. Raises Problem ZS401, ZS870."""
    path = folder / "telemetry" / "detectors.yaml"
    return _detectors(file_text(path), path.name)


def about_telemetry(folder: Path) -> list[Remark]:
    """Return what in regimes, plans and detectors waits for a person."""
    plans = {one.id: one for one in load_plans(folder).values()}
    cited: list[tuple[str, Iterable[Cite]]] = [(one.id, one.cites.values()) for one in load_regimes(folder).values()]
    cited += [(one.id, one.cites.values()) for one in plans.values()]
    cited.append(("detectors", load_detectors(folder).cites.values()))
    return [remark for key, cites in cited for remark in _open(key, cites)]


def _open(key: str, cites: Iterable[Cite]) -> Iterator[Remark]:
    for cite in cites:
        yield from open_point("telemetry", key, (f"“{cite.zh}”", f"'{cite.en}'"), cite)


def _files(folder: Path, part: str) -> list[Path]:
    return sorted((folder / "telemetry" / part).glob("*.yaml"))


def _read(model: type[Filed], path: Path) -> Filed:
    one = _built(model, file_text(path), path.name)
    if one.id != path.stem:
        raise Problem("ZS403", file=path.name, id=one.id, place=path.stem)
    return one


def _built(model: type[Filed], text: str, name: str) -> Filed:
    return validated(TypeAdapter(model), text, name, "ZS870")


@lru_cache(maxsize=8)
def _detectors(text: str, name: str) -> Detectors:
    return validated(TypeAdapter(Detectors), text, name, "ZS870")


def _check(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)
