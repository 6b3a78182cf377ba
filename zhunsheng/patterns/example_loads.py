"""Worked examples of population rules: turned into whole loads, every id prefixed with the name of the example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from zhunsheng.book.worked import Example, ExampleLoad, ExampleVisitLine, ExampleVisits
from zhunsheng.kernel.money import times
from zhunsheng.kernel.quantity import scaled
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.patterns.base import Diagnosis, Institution, Line, Stay, UseRecord
from zhunsheng.patterns.example_services import services_of
from zhunsheng.patterns.population import Contact, Load, PriceFiling, StockMove, TraceCode
from zhunsheng.patterns.times import when

#: Lines of a visit, each with its quantity (x 10^4) and unit price (yuan x 10^6).
Priced = list[tuple[ExampleVisitLine, int, int]]


@dataclass
class _Rows:
    """The rows of a load while it is put together."""

    lines: list[Line] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    trace_codes: list[TraceCode] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)


def load_of(example: Example, name: str) -> Load:
    """Return the facts of an example of a population rule."""
    told = example.load or ExampleLoad()
    rows = _Rows()
    for visits in told.visits:
        starts = [when(text) for text in visits.days]
        priced = [(line, scaled(line.quantity, 4), scaled(line.price, 6)) for line in visits.lines]
        for person in range(1, visits.people + 1):
            owner = f"{name}/{visits.id}.{person}"
            for day, start in enumerate(starts, 1):
                _visit(rows, visits, priced, (owner, f".{day}", name), _later(start, visits, person))
    return Load(
        **{key: tuple(found) for key, found in vars(rows).items()},
        institutions=tuple(Institution(f"{name}/{i.id}", i.kind, i.level, i.region) for i in told.institutions),
        use_records=tuple(_services(told, name)),
        price_filings=tuple(
            PriceFiling(f"{name}/{p.vendor}", p.item, scaled(p.price, 6), p.valid_from, p.valid_to) for p in told.prices
        ),
        stock_moves=tuple(
            StockMove(f"{name}/{m.id}", f"{name}/{m.institution}", m.item, m.day, m.kind, scaled(m.quantity, 4))
            for m in told.moves
        ),
        **services_of(told.vendors, name),
    )


def _later(start: tuple[date, int | None], visits: ExampleVisits, person: int) -> tuple[date, int | None]:
    day, at = start
    if at is None:
        return day, None
    at += 60 * visits.minutes * (person - 1)
    return datetime.fromtimestamp(at, SHANGHAI).date(), at


def _visit(
    rows: _Rows, visits: ExampleVisits, priced: Priced, names: tuple[str, str, str], start: tuple[date, int | None]
) -> None:
    person, number, name = names
    encounter, place = f"{person}{number}", f"{name}/{visits.institution}"
    end = start[0] + timedelta(days=visits.nights or 0)
    about: tuple[Any, ...] = (visits.department, "310", visits.practitioner)
    kind = "inpatient" if visits.nights is not None and visits.visit_type == "outpatient" else visits.visit_type
    rows.stays.append(Stay(encounter, person, place, kind, *start, end, None, *about))
    rows.diagnoses += [Diagnosis(encounter, code, not n) for n, code in enumerate(visits.diagnoses)]
    rows.contacts.append(Contact(encounter, person, place, visits.phone or f"{person}-phone", visits.account))
    for line, quantity, price in priced:
        line_id, fen = f"{encounter}.{line.id}", times(price, quantity)
        charged: tuple[Any, ...] = (*start, quantity, price, fen, line.item_class, fen)
        who = (visits.department, visits.practitioner)
        rows.lines.append(Line(line_id, encounter, person, place, *who, line.item, *charged))
        if line.code:
            code = f"{name}/{line.code}"
            read = (f"{line_id}-T", encounter, person, place, line_id, line.item, code, start[0])
            rows.trace_codes.append(TraceCode(*read))


def _services(told: ExampleLoad, name: str) -> Iterator[UseRecord]:
    for one in told.services:
        day, at = when(one.at)
        owner = f"{name}/{one.person}"
        amount = scaled(one.quantity, 4)
        yield UseRecord(
            f"{name}/{one.id}", f"{owner}.1", owner, f"{name}/{one.institution}", one.item, day, amount, at,
            one.practitioner,
        )  # fmt: skip
