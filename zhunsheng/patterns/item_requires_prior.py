"""ITEM_REQUIRES_PRIOR (T04): a second-line item is charged and no first-line item was used before it."""

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
    name="item_requires_prior",
    template="T04",
    zh="项目须先用一线项目",
    en="Item that needs prior use of a first-line item",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the second-line item"),
        BindingColumn("prior_codes", "set", "knowledge", "beginnings of the codes of first-line items", least=5),
        BindingColumn("within_days", "integer", "either", "how many days before the service a prior use counts"),
        SCOPE,
    ),
    index=("item_code",),
    reasons={
        "prior_absent": (
            "项目限二线使用，此前 {actual} 天内未见一线项目（编码以 {expected:codes} 开头）",
            "The item is second-line; no first-line item (codes from {expected:codes}) within {actual} days before it",
        ),
        "history_short": (
            "项目限二线使用，未见一线项目，而此人费用记录自 {actual} 起，不足以回溯全期",
            "The item is second-line and no first-line item is seen, but the person's record begins on {actual} only",
        ),
        "scope_missing": SCOPE_MISSING,
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    begins = min((line.service_date for line in case.lines), default=None)
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            first = line.service_date - timedelta(days=row.within_days)
            if is_self_paid(line, row.scope) or _used(case, line, row):
                continue
            if begins is not None and begins > first:
                yield Hit.of_line(row, line, Verdict.UNKNOWN, "history_short", row.prior_codes, begins.isoformat())
                continue
            yield Hit.of_line(row, line, *as_paid(row, line, "prior_absent"), row.prior_codes, str(row.within_days))


def _used(case: Case, line: Line, row: Any) -> bool:
    wanted = tuple(row.prior_codes.split())
    return any(
        0 < (line.service_date - one.service_date).days <= row.within_days and one.item_code.startswith(wanted)
        for one in case.lines
    )
