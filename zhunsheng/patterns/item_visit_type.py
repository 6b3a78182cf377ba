"""ITEM_VISIT_TYPE (T05): an item allowed in some kinds of encounter only is charged in another."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import (
    SCOPE,
    SCOPE_MISSING,
    BindingColumn,
    Bindings,
    Case,
    Hit,
    Pattern,
    as_paid,
    is_self_paid,
)

PATTERN = Pattern(
    name="item_visit_type",
    template="T05",
    zh="项目限定就医方式",
    en="Item limited to kinds of encounter",
    kind="line",
    facts=("line", "encounter"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the limited item"),
        BindingColumn(
            "allowed_visits",
            "set",
            "either",
            "the kinds of encounter in which it is allowed",
            codes=("outpatient", "emergency", "inpatient", "pharmacy", "internet"),
        ),
        SCOPE,
    ),
    index=("item_code",),
    reasons={
        "visit_type_differs": (
            "项目限{expected:visits}使用，本次就诊为{actual:visits}",
            "The item is limited to {expected:visits}; it was charged in {actual:visits}",
        ),
        "encounter_missing": (
            "项目限{expected:visits}使用，未见该行所属的就诊记录",
            "The item is limited to {expected:visits}; the encounter of the line is not on record",
        ),
        "scope_missing": SCOPE_MISSING,
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    kinds = {stay.encounter_id: stay.visit_type for stay in case.stays}
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            kind = kinds.get(line.encounter_id)
            if is_self_paid(line, row.scope) or kind in row.allowed_visits.split():
                continue
            told = as_paid(row, line, "visit_type_differs") if kind else (Verdict.UNKNOWN, "encounter_missing")
            yield Hit.of_line(row, line, *told, row.allowed_visits, kind or "")
