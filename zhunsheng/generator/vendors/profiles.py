"""Who the vendors are and how they serve: ``data/vendors.yaml`` read into typed rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import TypeAdapter

from zhunsheng.generator.months import Month
from zhunsheng.kernel.files import from_yaml

#: A day of the year told: [month from 0, day of the month]; day 0 is the last day of the month.
When = tuple[int, int]
#: A figure for every month, or one for each month of the first year.
Monthly = int | list[int]
#: Name, unit, mean, standard deviation, lower and upper limit of the reference range.
Analyte = tuple[str, str, float, float, float, float]
Place = Literal["county", "township", "village"]


@dataclass(frozen=True)
class ServiceItem:
    """One item. ``of_mean`` is the filed price in thousandths of the mean of the public hospitals since ``since``."""

    code: str
    name: str
    weight: int
    price: str = ""
    since: When | None = None
    unlicensed: bool = False
    of_mean: int = 0
    usual: int = 0
    analytes: tuple[Analyte, ...] = ()


@dataclass(frozen=True)
class Member:
    """One person of a vendor; ``until`` is the first day without the certificate, ``renewed`` the next first day."""

    id: str
    name: str
    profession: str
    title: str = ""
    certificate: str = "none"
    until: When | None = None
    renewed: When | None = None


@dataclass(frozen=True)
class Control:
    """One level of a control material on one device, with the mean in force while the lot is used."""

    device: str
    analyte: str
    level: str
    mean: float
    sd: float
    lot: str
    since: When | None = None
    until: When | None = None


@dataclass(frozen=True)
class Shift:
    """A shift that nobody attends to; its day ``beyond``, counted from 1, and the day before lie beyond 2 SD."""

    device: str
    analyte: str
    since: When
    until: When
    beyond: int


@dataclass(frozen=True)
class Changed:
    """Reports changed after their release, with or without a recorded reason."""

    day: When
    count: int
    reason: str = ""


@dataclass(frozen=True)
class Uncertified:
    """Nodes done by a person whose certificate has run out."""

    who: str
    node: str
    day: When
    count: int


@dataclass(frozen=True)
class Gap:
    """Nodes that nobody recorded."""

    node: str
    day: When
    count: int


@dataclass(frozen=True)
class Excursion:
    """Legs on which the load got warmer than it may, with the highest temperature in degrees Celsius."""

    node: str
    day: When
    count: int
    highest: float


@dataclass(frozen=True)
class Warm:
    """A trip that got warmer than it may for some minutes; ``plan``: minutes until the emergency plan, None: none."""

    day: When
    minutes: int
    plan: int | None = None


@dataclass(frozen=True)
class Happening:
    """One incident."""

    id: str
    day: When
    told: When
    kind: str
    weight: str


@dataclass(frozen=True)
class Leave:
    """The exit of a vendor: when its data were handed over."""

    handed_over: When


@dataclass(frozen=True)
class Vendor:
    """One vendor. ``hours`` is the promised time from order to result; shares are percent.

    ``abnormal`` names the analyte that stays above its range in one patient. ``trips``: it states one trip a day.
    """

    id: str
    name: str
    service_kind: str
    volume: Monthly
    hours: int
    nodes: dict[str, str]
    late: Monthly
    items: tuple[ServiceItem, ...]
    staff: tuple[Member, ...]
    places: tuple[Place, ...]
    rejected: Monthly = 0
    untold: Monthly = 0
    declined: Monthly = 0
    urgent: Monthly = 0
    read_again: Monthly = 0
    discordant: Monthly = 0
    answers: Monthly = 0
    unhappy: Monthly = 6
    complaints: Monthly = 0
    waits_for_workdays: bool = False
    cold: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    incidents: tuple[Happening, ...] = ()
    shift: Shift | None = None
    altered: Changed | None = None
    amended: Changed | None = None
    uncertified: Uncertified | None = None
    abnormal: str = ""
    gap: Gap | None = None
    excursion: Excursion | None = None
    trips: bool = False
    warm: tuple[Warm, ...] = ()
    exit: Leave | None = None


@dataclass(frozen=True)
class Holding:
    """One share or post; ``last`` is the last day on which it is held."""

    holder: str
    name: str
    kind: str
    company: str
    role: str
    first: str
    share: int | None = None
    last: str = ""


@dataclass(frozen=True)
class Relative:
    """One declared relative."""

    a: str
    b: str
    relation: str
    declared: When
    recused: When | None = None


@dataclass(frozen=True)
class Story:
    """One entry of the answer key.

    The word holiday stands for the longest holiday of the period, run for the first and the third of the results of
    one patient that lie out of range.
    """

    vendor: str
    story: str
    verdict: Literal["planted", "harmless"]
    first: When | Literal["holiday", "run"]
    known: When | Literal["holiday", "run"]
    note: str


@dataclass(frozen=True)
class Told:
    """All of the file."""

    vendors: tuple[Vendor, ...]
    ownership: tuple[Holding, ...]
    kinship: tuple[Relative, ...]
    stories: tuple[Story, ...]


@cache
def told() -> Told:
    """Read the file once."""
    text = resources.files("zhunsheng.generator").joinpath("data", "vendors.yaml").read_text("utf-8")
    return TypeAdapter(Told).validate_python(from_yaml(text))


def in_month(figure: Monthly, month: int) -> int:
    """Return a figure of a month; after the months that are told the first one holds again."""
    if isinstance(figure, int):
        return figure
    return figure[month] if month < len(figure) else figure[0]


def day_of(months: list[Month], when: When) -> date:
    """Return the date of a day told."""
    month, day = when
    return months[month].last_date if day == 0 else months[month].start + timedelta(days=day - 1)
