"""STAFF_CERTIFICATE: a node or signature by somebody whose certificate did not hold on the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier, month, place
from zhunsheng.patterns.services import Said, VendorStaff, found, gaps, no_measures, untold

PATTERN = Pattern(
    name="staff_certificate",
    template="T29",
    zh="服务当日证书无效",
    en="Certificate not valid on the day",
    kind="population",
    facts=("service_order", "service_event", "result", "vendor_staff"),
    columns=(
        BindingColumn("service_kind", "text", "knowledge", "kind of service"),
        BindingColumn("node", "text", "knowledge", "node of its course; signed: the signature of a report"),
        BindingColumn("certificates", "set", "knowledge", "kinds of certificate, of which one must hold"),
    ),
    reasons={
        "certificate_invalid": (
            "{actual} 服务当日没有有效的 {expected:certificates}",
            "{actual} held no valid {expected:certificates} on the day of the service",
        ),
        "staff_unknown": (
            "人员 {actual} 没有登记，无法判定资质",
            "{actual} is not registered, so that no certificate can be told",
        ),
        "who_missing": (
            "{actual} 个应持证环节没有记录由谁完成",
            "{actual} steps that need a certificate do not say who did them",
        ),
    },
    index=("service_kind",),
    family="rows",
)
measures = no_measures


class _Act(NamedTuple):
    vendor_id: str
    order_id: str
    service_kind: str | None
    node: str
    day: date
    practitioner_id: str | None


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the orders that somebody without a valid certificate worked on, and what cannot be told."""
    staff: dict[tuple[str, str], list[VendorStaff]] = defaultdict(list)
    for one in load.vendor_staff:
        staff[one.vendor_id, one.practitioner_id].append(one)
    hits, unclear = set(), []
    for act in sorted(_acts(load), key=str):
        for row in bindings.valid("service_kind", act.service_kind or "", act.day):
            if row.node != act.node:
                continue
            who, period = act.practitioner_id, month(act.day)
            held = staff.get((act.vendor_id, who or ""), [])
            if who is None:
                unclear.append((row, place(act.vendor_id, period), "who_missing"))
            elif not held:
                hits.add(untold(row, place(act.vendor_id, period, "", who), Said("staff_unknown", "", who)))
            elif not any(one.certificate_kind in row.certificates.split() and _holds(one, act.day) for one in held):
                where = ("service_order", f"{act.vendor_id}|{act.order_id}")
                said = Said("certificate_invalid", row.certificates, who)
                hits.add(found(row, f"{act.vendor_id}|{who}|{period}", said, where))
    yield from hits
    yield from gaps(unclear)


def _acts(load: Load) -> set[_Act]:
    """Return who did which node of which order, and who signed, once each."""
    kinds = {(one.vendor_id, one.order_id): one.service_kind for one in load.service_orders}
    nodes = {
        _Act(e.vendor_id, e.order_id, kinds[e.vendor_id, e.order_id], e.node, e.happened_on, e.practitioner_id)
        for e in load.service_events
        if e.order_id is not None and (e.vendor_id, e.order_id) in kinds
    }
    signed = {
        _Act(r.vendor_id, r.order_id, kinds[r.vendor_id, r.order_id], "signed", r.reported_on, r.practitioner_id)
        for r in load.results
        if (r.vendor_id, r.order_id) in kinds
    }
    return nodes | signed


def _holds(one: VendorStaff, day: date) -> bool:
    return one.valid_from <= day and (one.valid_to is None or day < one.valid_to)
