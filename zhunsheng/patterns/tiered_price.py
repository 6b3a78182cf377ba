"""TIERED_PRICE (T15): of several operations through one incision, a further one is charged above its share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.money import part, times
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="tiered_price",
    template="T15",
    zh="主次手术折价",
    en="Discount of further operations",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the operation"),
        BindingColumn("incision_group", "text", "knowledge", "operations that go through one incision"),
        BindingColumn(
            "second_percent", "integer", "parameter", "share of the full price for the second and further operations"
        ),
        BindingColumn(
            "full_price_e6",
            "integer",
            "either",
            "full unit price of the operation by the local price list, yuan x 10^6; silent: not known",
            digits=6,
            reads="full_price",
            absent="0",
            step=10_000,
        ),
    ),
    index=("item_code",),
    reasons={
        "not_discounted": (
            "与{actual:item}经同一切口，应按全价的 {expected}% 以内计收",
            "Through one incision with {actual:item}; at most {expected} % of its full price may be charged",
        ),
        "full_price_missing": (
            "与{actual:item}经同一切口，应按 {expected}% 折价，本项全价未登记，无法判定是否已折价",
            "Through one incision with {actual:item}, to be charged at {expected} %; its full price is not registered",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    together: dict[tuple[str, ...], list[tuple[Line, Any]]] = {}
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            day = line.service_date.isoformat()
            key = (row.rule_id, row.incision_group, line.institution_id, line.encounter_id, day)
            together.setdefault(key, []).append((line, row))
    for found in together.values():
        main = min(found, key=lambda one: (-one[0].unit_price_e6, one[0].line_id))[0]
        for line, row in found:
            if line.item_code != main.item_code:
                yield from _further(line, row, main)


def _further(line: Line, row: Any, main: Line) -> Iterator[Hit]:
    # a quantity below one is a way of writing the discount: the operation is still one
    full = times(row.full_price_e6, max(line.quantity_e4, 10_000))
    excess = line.amount_fen - part(full, row.second_percent, 100)
    verdict, reason = Verdict(row.verdict), "not_discounted"
    if not row.full_price_e6:
        verdict, reason = Verdict.UNKNOWN, "full_price_missing"
        excess = part(line.amount_fen, max(0, 100 - row.second_percent), 100)
    elif excess <= 0:
        return
    hit = Hit.of_line(row, line, verdict, reason, str(row.second_percent), main.item_code)
    yield hit._replace(amount_fen=excess)
    yield hit._replace(role="other", row_id=main.line_id, amount_fen=0)
