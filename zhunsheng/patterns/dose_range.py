"""DOSE_RANGE (T27): what was ordered per day lies above the highest daily dose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Order, Pattern

PATTERN = Pattern(
    name="dose_range",
    template="T27",
    zh="日剂量上限",
    en="Highest daily dose",
    kind="person",
    facts=("line", "medical_order"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the drug"),
        BindingColumn(
            "daily_max_e4",
            "integer",
            "knowledge",
            "most per day, in the unit of the order",
            digits=4,
            reads="daily_max",
        ),
        BindingColumn("factor_percent", "integer", "parameter", "share of the dose from which it is reported"),
    ),
    index=("item_code",),
    reasons={
        "dose_over": (
            "医嘱折合每日用量超过上限 {expected:e4}（数量与天数：{actual:per_day}）",
            "The order comes to more per day than {expected:e4} (quantity and days: {actual:per_day})",
        ),
        "order_missing": (
            "每日上限 {expected:e4}，未见该药品的医嘱，无法判定",
            "The most per day is {expected:e4}; there is no order of the drug",
        ),
        "dose_missing": (
            "每日上限 {expected:e4}，医嘱未载明数量或天数，无法判定",
            "The most per day is {expected:e4}; an order states no quantity or no days",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    orders: dict[tuple[str, str], list[Order]] = {}
    for order in case.orders:
        orders.setdefault((order.encounter_id, order.item_code or ""), []).append(order)
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            hit = _line(line, row, orders.get((line.encounter_id, line.item_code), []))
            if hit:
                yield hit


def _line(line: Line, row: Any, orders: list[Order]) -> Hit | None:
    expected = str(row.daily_max_e4)
    over = [order for order in orders if _is_over(order, row)]
    if over:
        worst = min(over, key=lambda one: one.order_id)
        actual = f"{worst.quantity_e4} {worst.supply_days}"
        return Hit.of_line(row, line, Verdict(row.verdict), "dose_over", expected, actual)
    if not orders:
        return Hit.of_line(row, line, Verdict.UNKNOWN, "order_missing", expected, "")
    if any(order.quantity_e4 is None or not order.supply_days for order in orders):
        return Hit.of_line(row, line, Verdict.UNKNOWN, "dose_missing", expected, "")
    return None


def _is_over(order: Order, row: Any) -> bool:
    if order.quantity_e4 is None or not order.supply_days:
        return False
    return bool(order.quantity_e4 * 100 > row.daily_max_e4 * row.factor_percent * order.supply_days)
