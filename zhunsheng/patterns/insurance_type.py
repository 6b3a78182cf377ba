"""INSURANCE_TYPE (T08): an item payable by some kinds of insurance only is settled from another."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import SCOPE_MISSING, BindingColumn, Bindings, Case, Hit, Pattern

PATTERN = Pattern(
    name="insurance_type",
    template="T08",
    zh="项目限定险种",
    en="Item payable by some kinds of insurance only",
    kind="line",
    facts=("line", "encounter"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the limited item"),
        BindingColumn("insurance_kinds", "set", "either", "national codes (hi_type) of the kinds that pay for it"),
    ),
    index=("item_code",),
    reasons={
        "insurance_differs": (
            "项目限{expected:insurance}支付，本次就诊险种为{actual:insurance}",
            "The item is payable by {expected:insurance} only; this encounter has {actual:insurance}",
        ),
        "insurance_missing": (
            "项目限{expected:insurance}支付，未见本次就诊的险种",
            "The item is payable by {expected:insurance} only; the insurance of the encounter is not stated",
        ),
        "scope_missing": SCOPE_MISSING,
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    kinds = {stay.encounter_id: stay.insurance_kind for stay in case.stays}
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            kind = kinds.get(line.encounter_id)
            if line.in_scope_fen == 0 or kind in row.insurance_kinds.split():
                continue
            verdict, reason = Verdict(row.verdict), "insurance_differs"
            if kind is None or line.in_scope_fen is None:
                verdict, reason = Verdict.UNKNOWN, "insurance_missing" if kind is None else "scope_missing"
            yield Hit.of_line(row, line, verdict, reason, row.insurance_kinds, kind or "")
