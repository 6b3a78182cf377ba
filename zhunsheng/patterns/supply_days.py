"""SUPPLY_DAYS (T10): an order states more days of a drug than its kind of encounter allows, and the drug is charged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.money import part
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Order, Pattern, Stay

PATTERN = Pattern(
    name="supply_days",
    template="T10",
    zh="处方用药天数上限",
    en="Limit of days of supply",
    kind="person",
    facts=("line", "encounter", "medical_order"),
    columns=(
        BindingColumn(
            "visit_type",
            "text",
            "knowledge",
            "the kind of encounter in which it holds",
            codes=("outpatient", "emergency", "inpatient", "pharmacy", "internet"),
        ),
        BindingColumn("item_code", "text", "knowledge", "the drug it speaks of; silent: every other drug", absent=""),
        BindingColumn("max_days", "integer", "either", "most days of one order"),
        BindingColumn(
            "ordered",
            "text",
            "parameter",
            "orders of any day of the encounter, or of the day on which it ends alone: what is taken home from a stay",
            codes=("any_day", "last_day"),
        ),
        BindingColumn(
            "drug_classes",
            "set",
            "parameter",
            "fee classes of drugs: what a limit of every drug looks at (a named drug is judged in any class)",
        ),
    ),
    index=("item_code",),
    reasons={
        "over_days": (
            "医嘱用药 {actual} 天，上限为{expected:supply}",
            "The order is for {actual} days; the limit is {expected:supply}",
        ),
        "days_missing": (
            "上限为{expected:supply}，医嘱未载明用药天数，无法判定",
            "The limit is {expected:supply}; the order does not state its days",
        ),
        "encounter_missing": (
            "医嘱用药 {actual} 天，超过{expected:supply}的上限；未见所属的就诊记录，无法判定",
            "The order is for {actual} days, above the limit of {expected:supply}; its encounter is not on record",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    stays = {stay.encounter_id: stay for stay in case.stays}
    given: dict[tuple[str, ...], list[Order]] = {}
    for order in case.orders:
        if order.item_code is not None:
            given.setdefault((order.encounter_id, order.institution_id, order.item_code), []).append(order)
    found: dict[Hit, None] = {}
    for line in case.lines:
        for order in given.get((line.encounter_id, line.institution_id, line.item_code), ()):
            if order.ordered_on <= line.service_date:
                found |= dict.fromkeys(_judged(line, order, stays.get(order.encounter_id), bindings))
    yield from found


def _judged(line: Line, order: Order, stay: Stay | None, bindings: Bindings) -> Iterator[Hit]:
    own = list(_of(bindings, order.item_code or "", order, stay))
    named = {(row.rule_id, row.visit_type) for row in own}
    others = (row for row in _of(bindings, "", order, stay) if (row.rule_id, row.visit_type) not in named)
    for row in [*own, *(row for row in others if _is_drug(row, line, order))]:
        days, limit = order.supply_days, f"{row.max_days} {row.visit_type}"
        if days is None:
            yield Hit.of_line(row, line, Verdict.UNKNOWN, "days_missing", limit, "")
        elif days > row.max_days:
            verdict, reason = Verdict(row.verdict), "over_days"
            if stay is None:
                verdict, reason = Verdict.UNKNOWN, "encounter_missing"
            hit = Hit.of_line(row, line, verdict, reason, limit, str(days))
            yield hit._replace(amount_fen=part(line.amount_fen, days - row.max_days, days))


def _of(bindings: Bindings, item: str, order: Order, stay: Stay | None) -> Iterator[Any]:
    """Yield the limits of an item that an order may be bound by; without its encounter, those of every kind."""
    for row in bindings.valid("item_code", item, order.ordered_on):
        if stay is None or (
            row.visit_type == stay.visit_type and (row.ordered == "any_day" or order.ordered_on == stay.end_date)
        ):
            yield row


def _is_drug(row: Any, line: Line, order: Order) -> bool:
    """Whether the class of a line says so; where none is stated, an order in days is one of a drug."""
    if line.item_class is None:
        return order.supply_days is not None
    return line.item_class in row.drug_classes.split()
