"""ITEM_REQUIRES_DX (T03): an item is charged and no diagnosis of the person gives the reason for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import (
    SCOPE,
    SCOPE_MISSING,
    BindingColumn,
    Bindings,
    Case,
    Hit,
    Line,
    Pattern,
    as_paid,
    is_self_paid,
)

PATTERN = Pattern(
    name="item_requires_dx",
    template="T03",
    zh="项目须有诊断",
    en="Item that needs a diagnosis",
    kind="person",
    facts=("line", "encounter", "diagnosis"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the item"),
        BindingColumn("dx_codes", "set", "knowledge", "beginnings of diagnosis codes, one of which is needed", least=3),
        BindingColumn(
            "within_days",
            "integer",
            "either",
            "how many days before the service other encounters count; 0: the encounter of the line alone",
        ),
        SCOPE,
    ),
    index=("item_code",),
    reasons={
        "dx_absent": (
            "项目须有诊断 {expected:codes}，本次就诊诊断为 {actual:first}，回溯期内亦无符合的诊断",
            "The item needs a diagnosis of {expected:codes}; the encounter has {actual:first}, and no earlier one fits",
        ),
        "dx_missing": (
            "项目须有诊断 {expected:codes}，本次就诊未见任何诊断",
            "The item needs a diagnosis of {expected:codes}; the encounter has no diagnosis at all",
        ),
        "scope_missing": SCOPE_MISSING,
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    found: dict[str, set[str]] = {}
    for one in case.diagnoses:
        found.setdefault(one.encounter_id, set()).add(one.code)
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            if is_self_paid(line, row.scope) or _met(case, line, row, found):
                continue
            own = sorted(found.get(line.encounter_id, ()))
            verdict, reason = as_paid(row, line, "dx_absent") if own else (Verdict.UNKNOWN, "dx_missing")
            yield Hit.of_line(row, line, verdict, reason, row.dx_codes, f"{own[0]} {len(own)}" if own else "")


def _met(case: Case, line: Line, row: Any, found: dict[str, set[str]]) -> bool:
    """Whether a diagnosis of the line's encounter, or of one that touches the days before it, is of the set."""
    seen = {line.encounter_id}
    if row.within_days:
        first = line.service_date - timedelta(days=row.within_days)
        seen |= {
            stay.encounter_id
            for stay in case.stays
            if stay.start_date <= line.service_date and (stay.end_date or stay.start_date) >= first
        }
    wanted = tuple(row.dx_codes.split())
    return any(code.startswith(wanted) for encounter in seen for code in found.get(encounter, ()))
