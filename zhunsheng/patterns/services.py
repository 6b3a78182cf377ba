"""What patterns about vendors read (orders, nodes, results, controls, papers) and how they say what they found.

A vendor is an institution, so a finding of its services names it as one. Row ids begin with the vendor, because
numbers of orders are unique within a vendor only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import Bindings, Hit


class ServiceOrder(NamedTuple):
    """An order of a vendor (columns of facts.service_order); moments in epoch seconds."""

    vendor_id: str
    order_id: str
    service_kind: str
    institution_id: str
    person_id: str | None
    item_code: str | None
    ordered_on: date
    due_at: int | None
    done_at: int | None
    told: bool | None
    declined: bool | None
    state: str | None

    @property
    def key(self) -> str:
        """Its row id."""
        return f"{self.vendor_id}|{self.order_id}"

    @property
    def is_finished(self) -> bool:
        """Whether it was done: an open, refused or cancelled order has missed nothing."""
        return self.state == "done" or (self.state is None and self.done_at is not None)


class ServiceEvent(NamedTuple):
    """A node of the course of an order (columns of facts.service_event)."""

    vendor_id: str
    event_id: str
    order_id: str | None
    service_kind: str | None
    node: str
    happened_at: int | None
    happened_on: date
    practitioner_id: str | None


class Result(NamedTuple):
    """One version of one value of a report (columns of facts.result); values x 10^4.

    ``q_digest_changed``: the same version came twice with different digests.
    """

    vendor_id: str
    order_id: str
    analyte: str
    version: int
    person_id: str | None
    item_code: str | None
    value_e4: int | None
    low_e4: int | None
    high_e4: int | None
    reported_at: int | None
    reported_on: date
    practitioner_id: str | None
    reason: str | None
    digest: str | None
    q_digest_changed: bool | None

    @property
    def key(self) -> str:
        """Its row id."""
        return f"{self.vendor_id}|{self.order_id}|{self.analyte}|{self.version}"


class QcRun(NamedTuple):
    """One measurement of a control (columns of facts.qc_run); values x 10^4."""

    vendor_id: str
    device_id: str
    analyte: str
    level: str
    run_id: str
    run_at: int | None
    run_on: date
    value_e4: int
    mean_e4: int | None
    sd_e4: int | None
    lot: str | None
    accepted: bool | None

    @property
    def key(self) -> str:
        """Its row id."""
        return f"{self.vendor_id}|{self.device_id}|{self.analyte}|{self.level}|{self.run_id}"


class SecondReading(NamedTuple):
    """A second reading of a report (columns of facts.second_reading); ``concordant`` is None while undecided."""

    vendor_id: str
    order_id: str
    reviewed_on: date
    concordant: bool | None


class VendorStaff(NamedTuple):
    """A certificate of a person of a vendor and its days (columns of facts.vendor_staff)."""

    vendor_id: str
    practitioner_id: str
    certificate_kind: str
    valid_from: date
    valid_to: date | None


class Training(NamedTuple):
    """A course that a person of a vendor attended (columns of facts.training); hours x 10^4."""

    vendor_id: str
    practitioner_id: str
    held_on: date
    course: str
    hours_e4: int | None
    organiser: str | None
    passed: bool | None


class VendorScope(NamedTuple):
    """An item that a vendor is licensed for and its days (columns of facts.vendor_scope)."""

    vendor_id: str
    item_code: str
    valid_from: date
    valid_to: date | None


#: Fact tables by name: the part of a load that holds their rows, and the kind of row.
SERVED: dict[str, tuple[str, Any]] = {
    "service_order": ("service_orders", ServiceOrder),
    "service_event": ("service_events", ServiceEvent),
    "result": ("results", Result),
    "qc_run": ("qc_runs", QcRun),
    "second_reading": ("second_readings", SecondReading),
    "vendor_staff": ("vendor_staff", VendorStaff),
    "training": ("trainings", Training),
    "vendor_scope": ("vendor_scopes", VendorScope),
}


class Said(NamedTuple):
    """What is said of a subject: reason code and the two values that are compared."""

    reason: str
    expected: str = ""
    actual: str = ""


def found(row: Any, key: str, said: Said, place: tuple[str, str], role: str = "subject") -> Hit:
    """Return a hit of a rule's row; ``place`` is kind and id of the row involved. A clue states no money."""
    return Hit(row.rule_id, row.point_id, key, Verdict(row.verdict), *said, role, *place, 0)


def untold(row: Any, row_id: str, said: Said) -> Hit:
    """Return the hit of what cannot be told: of a place and a period (population.place), once."""
    return Hit(row.rule_id, row.point_id, row_id, Verdict.UNKNOWN, *said, "subject", "institution", row_id, 0)


def gaps(seen: Iterable[tuple[Any, str, str]]) -> Iterator[Hit]:
    """Yield one unknown per rule, place and reason, saying of how many; ``seen``: binding row, row id, reason."""
    counted: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row, row_id, reason in seen:
        counted[row.rule_id, row_id, reason].append(row)
    for (_, row_id, reason), rows in counted.items():
        yield untold(min(rows, key=lambda one: str(one.point_id)), row_id, Said(reason, "", str(len(rows))))


def no_measures(_load: Any, _bindings: Bindings) -> Iterator[Any]:
    """Yield nothing: a pattern of the family ``rows`` counts its candidates by ``<pattern>.count.sql`` alone."""
    return iter(())
