"""DUP_CLAIM (T31): one invoice is settled a second time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Settlement

PATTERN = Pattern(
    name="dup_settlement",
    template="T31",
    zh="同一票据重复结算",
    en="Invoice settled twice",
    kind="person",
    facts=("settlement", "encounter"),
    columns=(
        BindingColumn(
            "compares",
            "text",
            "parameter",
            "invoice: code and number alone; invoice_total: and the total",
            codes=("invoice", "invoice_total"),
        ),
    ),
    reasons={
        "invoice_again": (
            "票据 {actual} 已在结算 {expected} 中使用",
            "Invoice {actual} was already settled in {expected}",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    known = {stay.encounter_id for stay in case.stays}
    for row in bindings.rows:
        groups: dict[tuple[Any, ...], list[Settlement]] = {}
        for one in sorted(case.settlements, key=lambda each: (each.settled_on, each.settlement_id)):
            if one.invoice_code and one.invoice_number and one.encounter_id in known:
                total = one.total_fen if row.compares == "invoice_total" else 0
                groups.setdefault((one.invoice_code, one.invoice_number, total), []).append(one)
        for first, *again in groups.values():
            for one in again:
                if row.valid_from <= one.settled_on < row.valid_to:
                    yield from _told(row, first, one)


def _told(row: Any, first: Settlement, again: Settlement) -> Iterator[Hit]:
    said = (Verdict(row.verdict), "invoice_again", first.settlement_id, f"{again.invoice_code} {again.invoice_number}")
    hit = Hit.of_stay(row, again.settlement_id, again.encounter_id, said, again.total_fen)
    yield hit
    if first.encounter_id != again.encounter_id:
        yield hit._replace(role="other", row_id=first.encounter_id, amount_fen=0)
