"""Worked examples about vendors as data: orders with their nodes, results, controls, readings, papers."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from zhunsheng.book.entry import Dated, Entry


class ExampleServiceOrder(Entry):
    """An order, or ``count`` equal ones named ``id``.1, ``id``.2 and so on; moments are days with time.

    ``nodes`` gives each node its day or moment, ``by`` who did it. ``told`` and ``declined``: None is no record.
    """

    id: str
    at: date
    due: str | None = None
    done: str | None = None
    kind: str = "laboratory"
    item: str | None = "X01"
    person: str | None = "P1"
    told: bool | None = True
    declined: bool | None = False
    state: Literal["accepted", "rejected", "cancelled", "done"] | None = "done"
    nodes: dict[str, str] = Field(default_factory=dict)
    by: dict[str, str] = Field(default_factory=dict)
    vendor: str = "A"
    count: int = 1


class ExampleResult(Entry):
    """A version of a value, released on a day or at a moment. ``changed``: it came again with another digest.

    ``many`` instead of ``value``: so many results of each value, each of an order and a person of its own.
    """

    order: str
    at: str
    analyte: str = "GLU"
    version: int = 1
    value: str | None = None
    many: dict[str, int] = Field(default_factory=dict)
    low: str | None = None
    high: str | None = None
    person: str | None = "P1"
    item: str | None = None
    by: str | None = None
    reason: str | None = None
    digest: str | None = None
    changed: bool | None = False
    vendor: str = "A"


class ExampleControls(Entry):
    """Runs of one level of a control, one a day at 07:30 from ``start``; R1 is the run of the first day.

    ``refused`` numbers the runs that the vendor itself took as out of control; without ``timed`` they state the day.
    """

    start: date
    values: tuple[str, ...]
    refused: tuple[int, ...] = ()
    first: int = 1
    device: str = "D1"
    analyte: str = "GLU"
    level: str = "1"
    mean: str | None = "10"
    sd: str | None = "1"
    lot: str | None = "L1"
    timed: bool = True
    vendor: str = "A"


class ExampleReadings(Entry):
    """So many second readings of a day that agree, differ, or are undecided."""

    id: str
    day: date
    agree: int = 0
    differ: int = 0
    undecided: int = 0
    vendor: str = "A"


class ExampleStaff(Dated):
    """A certificate of a person of a vendor."""

    id: str
    certificate: str = "none"
    vendor: str = "A"


class ExampleTraining(Entry):
    """A course of a person of a vendor; ``hours`` is None when not stated."""

    id: str
    day: date
    hours: str | None = None
    organiser: Literal["consortium", "vendor", "other"] | None = "consortium"
    passed: bool | None = True
    course: str = "C"
    vendor: str = "A"


class ExampleScope(Dated):
    """An item that a vendor is licensed for."""

    item: str = "X01"
    vendor: str = "A"


class ExampleServices(Entry):
    """What vendors of a worked example did."""

    orders: tuple[ExampleServiceOrder, ...] = ()
    results: tuple[ExampleResult, ...] = ()
    controls: tuple[ExampleControls, ...] = ()
    readings: tuple[ExampleReadings, ...] = ()
    staff: tuple[ExampleStaff, ...] = ()
    trainings: tuple[ExampleTraining, ...] = ()
    scopes: tuple[ExampleScope, ...] = ()
