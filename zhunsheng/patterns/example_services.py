"""Worked examples about vendors, turned into rows; vendors and persons carry the example's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from zhunsheng.book.worked_services import ExampleControls, ExampleResult, ExampleServiceOrder, ExampleServices
from zhunsheng.kernel.quantity import scaled
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns.services import (
    QcRun,
    Result,
    SecondReading,
    ServiceEvent,
    ServiceOrder,
    Training,
    VendorScope,
    VendorStaff,
)
from zhunsheng.patterns.times import when


def services_of(told: ExampleServices, name: str) -> dict[str, tuple[Any, ...]]:
    """Return the parts of a load that hold rows of vendors."""
    return {
        "service_orders": tuple(one for stated in told.orders for one in _orders(stated, name)),
        "service_events": tuple(one for stated in told.orders for one in _events(stated, name)),
        "results": tuple(one for stated in told.results for one in _results(stated, name)),
        "qc_runs": tuple(one for stated in told.controls for one in _controls(stated, name)),
        "second_readings": tuple(
            SecondReading(f"{name}/{one.vendor}", f"{one.id}{mark}{n}", one.day, concordant)
            for one in told.readings
            for mark, count, concordant in (
                ("A", one.agree, True),
                ("B", one.differ, False),
                ("C", one.undecided, None),
            )
            for n in range(count)
        ),
        "vendor_staff": tuple(
            VendorStaff(f"{name}/{one.vendor}", one.id, one.certificate, one.period.start, _end(one.period.end))
            for one in told.staff
        ),
        "trainings": tuple(
            Training(f"{name}/{one.vendor}", one.id, one.day, one.course, _e4(one.hours), one.organiser, one.passed)
            for one in told.trainings
        ),
        "vendor_scopes": tuple(
            VendorScope(f"{name}/{one.vendor}", one.item, one.period.start, _end(one.period.end)) for one in told.scopes
        ),
    }


def _end(day: Any) -> Any:
    return None if day == OPEN_END else day


def _e4(text: str | None) -> int | None:
    return None if text is None else scaled(text, 4)


def _moment(text: str | None) -> int | None:
    return None if text is None else when(text)[1]


def _ids(one: ExampleServiceOrder) -> list[str]:
    return [one.id] if one.count == 1 else [f"{one.id}.{n}" for n in range(1, one.count + 1)]


def _orders(one: ExampleServiceOrder, name: str) -> Iterator[ServiceOrder]:
    person = f"{name}/{one.person}" if one.person else None
    for key in _ids(one):
        yield ServiceOrder(
            f"{name}/{one.vendor}", key, one.kind, f"{name}/H", person, one.item, one.at, _moment(one.due),
            _moment(one.done), one.told, one.declined, one.state,
        )  # fmt: skip


def _events(one: ExampleServiceOrder, name: str) -> Iterator[ServiceEvent]:
    for key in _ids(one):
        for node, text in one.nodes.items():
            day, at = when(text)
            event = f"{key}-{node}"
            yield ServiceEvent(f"{name}/{one.vendor}", event, key, one.kind, node, at, day, one.by.get(node))


def _results(one: ExampleResult, name: str) -> Iterator[Result]:
    day, at = when(one.at)
    vendor, low, high = f"{name}/{one.vendor}", _e4(one.low), _e4(one.high)
    # a month of an analyte is thousands of results of a few values
    stated = [value for text, count in one.many.items() for value in [_e4(text)] * count]
    many: list[tuple[str, str | None, int | None]] = [
        (f"{one.order}.{n}", f"{one.order}.{n}", value) for n, value in enumerate(stated, 1)
    ]
    for order, person, value in many or [(one.order, one.person, _e4(one.value))]:
        yield Result(
            vendor, order, one.analyte, one.version, f"{name}/{person}" if person else None, one.item,
            value, low, high, at, day, one.by, one.reason, one.digest, one.changed,
        )  # fmt: skip


def _controls(one: ExampleControls, name: str) -> Iterator[QcRun]:
    for number, text in enumerate(one.values):
        day, at = when(f"{one.start + timedelta(days=number)} 07:30")
        run = number + one.first
        yield QcRun(
            f"{name}/{one.vendor}", one.device, one.analyte, one.level, f"R{run}", at if one.timed else None, day,
            scaled(text, 4), _e4(one.mean), _e4(one.sd), one.lot, run not in one.refused,
        )  # fmt: skip
