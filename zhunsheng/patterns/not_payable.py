"""NOT_PAYABLE (T09): an item that the fund does not pay for is settled within policy scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="not_payable",
    template="T09",
    zh="不予支付的项目",
    en="Item that the fund does not pay for",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the item"),
        BindingColumn(
            "refused",
            "text",
            "parameter",
            "always: never paid; alone: not paid where all items of its kind in the prescription are listed",
            codes=("always", "alone"),
        ),
    ),
    index=("item_code",),
    reasons={
        "paid": (
            "项目不予支付，却有 {actual:yuan} 元纳入政策范围",
            "The fund does not pay for the item, yet {actual:yuan} yuan lie within policy scope",
        ),
        "paid_alone": (
            "处方所含 {expected} 味均属单独使用不予支付者，本项却有 {actual:yuan} 元纳入政策范围",
            "None of its {expected} pieces is paid for alone, yet {actual:yuan} yuan lie within policy scope",
        ),
        "scope_missing": (
            "项目不予支付，但该行未载明政策范围内金额，无法判定是否纳入基金结算",
            "The fund does not pay for the item, and the line does not state its share within policy scope",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    together: dict[tuple[str, str], set[str]] = {}
    for line in case.lines:
        together.setdefault((line.encounter_id, line.service_date.isoformat()), set()).add(line.item_code)
    for line in case.lines:
        codes = together[line.encounter_id, line.service_date.isoformat()]
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            if line.in_scope_fen != 0:
                yield from _refused(line, row, codes, bindings)


def _refused(line: Line, row: Any, codes: set[str], bindings: Bindings) -> Iterator[Hit]:
    # the first letter of a national code is its kind: T herbal pieces, X and Z drugs, C consumables
    pieces = [code for code in codes if code[0] == line.item_code[0]]
    if row.refused == "alone" and not all(_listed(code, row, line, bindings) for code in pieces):
        return
    count = str(len(pieces)) if row.refused == "alone" else ""
    if line.in_scope_fen is None:
        yield Hit.of_line(row, line, Verdict.UNKNOWN, "scope_missing", count, "")
        return
    reason = "paid_alone" if row.refused == "alone" else "paid"
    yield Hit.of_line(row, line, Verdict(row.verdict), reason, count, str(line.in_scope_fen))


def _listed(code: str, row: Any, line: Line, bindings: Bindings) -> bool:
    found = bindings.valid("item_code", code, line.service_date)
    return any(one.rule_id == row.rule_id and one.refused == "alone" for one in found)
