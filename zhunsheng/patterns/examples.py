"""Worked examples: turned into cases, judged, compared. They are the tests of a rule and the text of its page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhunsheng.book.entry import Dated
from zhunsheng.book.models import Rule
from zhunsheng.book.worked import (
    Example,
    ExampleCheck,
    ExampleLine,
    ExampleNursing,
    ExampleOrder,
    ExampleSettlement,
    ExampleStay,
    ExampleUse,
)
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
    IdentityCheck,
    Institution,
    Licence,
    Line,
    NursingRecord,
    Order,
    PaymentStatus,
    Practice,
    Procedure,
    Settlement,
    Stay,
    UseRecord,
    registrations,
)
from zhunsheng.patterns.example_loads import load_of
from zhunsheng.patterns.population import Load
from zhunsheng.patterns.times import when


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
            Diagnosis(f"{person_id}/{stay.id}", code, place < stay.principals)
            for stay in example.stays
            for place, code in enumerate(stay.diagnoses)
        ),
        orders=tuple(_order(order, person_id) for order in example.orders),
        use_records=tuple(_use(use, person_id) for use in example.uses),
        deaths=tuple(Death(person_id, day) for day in example.person.died_on),
        procedures=_procedures(example, person_id),
        nursing_records=tuple(_nursing(one, n, person_id) for n, one in enumerate(example.nursing)),
        identity_checks=tuple(_check(one, person_id) for one in example.checks),
        settlements=tuple(_settlement(one, person_id) for one in example.settlements),
        **_registers(example, person_id),
    )


def _registers(example: Example, person_id: str) -> dict[str, Any]:
    """Return what the example has registered of institutions and practitioners, by the field of a case."""
    return {
        "institutions": registrations(
            Institution(f"{person_id}/{one.id}", one.kind, one.level, one.region, *_days(one))
            for one in example.institutions
        ),
        "departments": registrations(
            Department(f"{person_id}/{one.institution}", one.id, one.name, one.specialty, *_days(one))
            for one in example.departments
        ),
        "devices": tuple(
            Device(f"{person_id}/{one.institution}", one.kind, one.valid_from, one.valid_to) for one in example.devices
        ),
        "facilities": tuple(
            Facility(f"{person_id}/{one.institution}", one.kind, one.valid_from, one.valid_to)
            for one in example.facilities
        ),
        "licences": tuple(
            Licence(f"{person_id}/{one.institution}", one.kind, one.valid_from, one.valid_to)
            for one in example.licences
        ),
        "practices": tuple(
            Practice(f"{person_id}/{one.id}", f"{person_id}/{one.institution}", one.title, one.valid_from, one.valid_to)
            for one in example.practitioners
        ),
        "payment_statuses": tuple(
            PaymentStatus(f"{person_id}/{one.practitioner}", one.status, one.valid_from, one.valid_to)
            for one in example.decisions
        ),
    }


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
    return judged_on(rule, facts_of(rule, example, person_id), bindings)


def judged_on(rule: Rule, facts: Case | Load, bindings: Bindings) -> list[Outcome]:
    """Return what the one-person form says of the facts of an example for this rule."""
    return outcomes(hit for hit in _hits(rule, facts, bindings) if hit.rule_id == rule.id)


def hits_of(rule: Rule, example: Example, bindings: Bindings, person_id: str) -> list[Hit]:
    """Return the hits of the Python form on an example: of one person, or of a whole load for a population rule."""
    return _hits(rule, facts_of(rule, example, person_id), bindings)


def facts_of(rule: Rule, example: Example, person_id: str) -> Case | Load:
    """Return the facts of an example: of one person, or a whole load for a population rule."""
    return (load_of if rule.pattern in POPULATIONS else case_of)(example, person_id)


def _hits(rule: Rule, facts: Any, bindings: Bindings) -> list[Hit]:
    if rule.pattern in POPULATIONS:
        return clues.judged(POPULATIONS[rule.pattern], facts, bindings)
    return list(JUDGES[rule.pattern](facts, bindings))


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
        f"{person_id}/{line.practitioner}" if line.practitioner else None,
        line.item,
        day,
        moment,
        quantity,
        price,
        times(price, quantity) if line.amount is None else fen_from_yuan(line.amount),
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


def _procedures(example: Example, person_id: str) -> tuple[Procedure, ...]:
    """Return the operations of an example, numbered within their encounter."""
    counted: dict[str, int] = defaultdict(int)
    found = []
    for one in example.procedures:
        counted[one.encounter] += 1
        found.append(Procedure(f"{person_id}/{one.encounter}", counted[one.encounter], one.code, one.day))
    return tuple(found)


def _nursing(one: ExampleNursing, number: int, person_id: str) -> NursingRecord:
    return NursingRecord(
        f"{person_id}/N{number}",
        f"{person_id}/{one.encounter}",
        person_id,
        f"{person_id}/{one.institution}",
        one.day,
        one.level,
    )


def _check(check: ExampleCheck, person_id: str) -> IdentityCheck:
    return IdentityCheck(
        f"{person_id}/{check.id}",
        f"{person_id}/{check.encounter}",
        person_id,
        f"{person_id}/{check.institution}",
        *when(check.at),
        check.result,
    )


def _settlement(one: ExampleSettlement, person_id: str) -> Settlement:
    code, number = one.invoice.split(" ") if one.invoice else (None, None)
    return Settlement(
        f"{person_id}/{one.id}",
        f"{person_id}/{one.encounter}",
        person_id,
        f"{person_id}/{one.institution}",
        one.day,
        fen_from_yuan(one.total),
        f"{person_id}/{code}" if code else None,
        number,
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


def _days(one: Dated) -> tuple[date, date]:
    return one.period.start, one.period.end
