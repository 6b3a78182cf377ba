"""Worked examples: turned into cases, judged, compared. They are the tests of a rule and the text of its page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from zhunsheng.book.models import Example, ExampleLine, ExampleOrder, ExampleStay, ExampleUse, Rule
from zhunsheng.kernel.money import fen_from_yuan, times
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.quantity import scaled
from zhunsheng.patterns import JUDGES, POPULATIONS, clues
from zhunsheng.patterns.base import (
    Bindings,
    Case,
    Death,
    Department,
    Device,
    Diagnosis,
    Facility,
    Hit,
    Institution,
    Line,
    Order,
    Stay,
    UseRecord,
)
from zhunsheng.patterns.example_loads import load_of, when


@dataclass(frozen=True, slots=True, order=True)
class Outcome:
    """One finding in the terms of an example: subject rows, verdict, reasons, amount in fen."""

    subject: tuple[str, ...]
    verdict: str
    reasons: tuple[str, ...]
    amount_fen: int


def case_of(example: Example, person_id: str) -> Case:
    """Return the facts of an example; row ids are prefixed with the person so that examples share one load."""
    return Case(
        person_id=person_id,
        sex=example.person.sex,
        birth_date=example.person.birth_date,
        lines=tuple(_line(line, person_id) for line in example.lines),
        stays=tuple(_stay(stay, person_id) for stay in example.stays),
        diagnoses=tuple(
            Diagnosis(f"{person_id}/{stay.id}", code, not place)
            for stay in example.stays
            for place, code in enumerate(stay.diagnoses)
        ),
        institutions=tuple(
            Institution(f"{person_id}/{one.id}", one.kind, one.level, one.region) for one in example.institutions
        ),
        departments=tuple(
            Department(f"{person_id}/{one.institution}", one.id, one.name, one.specialty) for one in example.departments
        ),
        orders=tuple(_order(order, person_id) for order in example.orders),
        use_records=tuple(_use(use, person_id) for use in example.uses),
        devices=tuple(
            Device(f"{person_id}/{one.institution}", one.kind, one.valid_from, one.valid_to) for one in example.devices
        ),
        facilities=tuple(
            Facility(f"{person_id}/{one.institution}", one.kind, one.valid_from, one.valid_to)
            for one in example.facilities
        ),
        deaths=tuple(Death(person_id, day) for day in example.person.died_on),
    )


def expected(example: Example, person_id: str) -> list[Outcome]:
    """Return what an example must give, sorted."""
    return sorted(
        Outcome(
            tuple(sorted(f"{person_id}/{row}" for row in one.subject)),
            one.verdict,
            tuple(sorted(one.reasons)),
            fen_from_yuan(one.amount),
        )
        for one in example.expect
    )


def outcomes(hits: Iterable[Hit]) -> list[Outcome]:
    """Return the findings that hits add up to, by the rules of runs/assemble: worst verdict, each row once."""
    groups: dict[tuple[str, str], list[Hit]] = defaultdict(list)
    for hit in hits:
        groups[hit.rule_id, hit.subject_key].append(hit)
    return sorted(_outcome(group) for group in groups.values())


def judged(rule: Rule, example: Example, bindings: Bindings, person_id: str = "P") -> list[Outcome]:
    """Return what the one-person form says of an example for this rule."""
    return outcomes(hit for hit in hits_of(rule, example, bindings, person_id) if hit.rule_id == rule.id)


def hits_of(rule: Rule, example: Example, bindings: Bindings, person_id: str) -> list[Hit]:
    """Return the hits of the Python form on an example: of one person, or of a whole load for a population rule."""
    if rule.pattern in POPULATIONS:
        return clues.judged(POPULATIONS[rule.pattern], load_of(example, person_id), bindings)
    return list(JUDGES[rule.pattern](case_of(example, person_id), bindings))


def _outcome(group: list[Hit]) -> Outcome:
    amounts: dict[str, int] = {}
    for hit in group:
        if hit.role == "subject":
            amounts[hit.row_id] = max(amounts.get(hit.row_id, 0), hit.amount_fen)
    verdict = min((Verdict(hit.verdict) for hit in group), key=lambda one: one.rank)
    return Outcome(tuple(sorted(amounts)), verdict, tuple(sorted({hit.reason for hit in group})), sum(amounts.values()))


def _line(line: ExampleLine, person_id: str) -> Line:
    quantity, price = scaled(line.quantity, 4), scaled(line.price, 6)
    day, moment = when(line.at)
    return Line(
        f"{person_id}/{line.id}",
        f"{person_id}/{line.encounter}",
        person_id,
        f"{person_id}/{line.institution}",
        line.department,
        None,
        line.item,
        day,
        moment,
        quantity,
        price,
        times(price, quantity),
        line.item_class,
        fen_from_yuan(line.in_scope) if line.in_scope is not None else None,
    )


def _stay(stay: ExampleStay, person_id: str) -> Stay:
    end_date, end_at = when(stay.end) if stay.end else (None, None)
    start_date, start_at = when(stay.start)
    return Stay(
        f"{person_id}/{stay.id}",
        person_id,
        f"{person_id}/{stay.institution}",
        stay.visit_type,
        start_date,
        start_at,
        end_date,
        end_at,
        stay.department,
        stay.insurance,
    )


def _order(order: ExampleOrder, person_id: str) -> Order:
    return Order(
        f"{person_id}/{order.id}",
        f"{person_id}/{order.encounter}",
        person_id,
        f"{person_id}/{order.institution}",
        order.item,
        order.start,
        order.stop,
        scaled(order.quantity, 4) if order.quantity is not None else None,
        order.supply_days,
    )


def _use(use: ExampleUse, person_id: str) -> UseRecord:
    return UseRecord(
        f"{person_id}/{use.id}",
        f"{person_id}/{use.encounter}",
        person_id,
        f"{person_id}/{use.institution}",
        use.item,
        use.day,
        scaled(use.quantity, 4),
    )
