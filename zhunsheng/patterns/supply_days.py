"""COURSE_DAYS (T10): an order supplies a drug for more days than a kind of visit allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern

PATTERN = Pattern(
    name="supply_days",
    template="T10",
    zh="开药天数上限",
    en="Most days of supply",
    kind="person",
    facts=("line", "encounter", "medical_order"),
    columns=(
        BindingColumn(
            "visit_type",
            "text",
            "parameter",
            "the kind of visit",
            codes=("outpatient", "emergency", "inpatient", "pharmacy", "internet"),
        ),
        BindingColumn("max_days", "integer", "parameter", "most days that an order may supply"),
    ),
    reasons={
        "supply_over": (
            "医嘱用药 {actual} 天，该就医方式上限 {expected} 天",
            "The order supplies {actual} days; this kind of visit allows {expected}",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    kinds = {stay.encounter_id: stay.visit_type for stay in case.stays}
    longest: dict[tuple[str, str | None], int] = {}
    for one in case.orders:
        key = (one.encounter_id, one.item_code)
        longest[key] = max(longest.get(key, 0), one.supply_days or 0)
    for line in case.lines:
        days = longest.get((line.encounter_id, line.item_code), 0)
        for row in bindings.on(line.service_date) if days else ():
            if kinds.get(line.encounter_id) == row.visit_type and days > row.max_days:
                yield _told(row, line, days)


def _told(row: Any, line: Any, days: int) -> Hit:
    return Hit.of_line(row, line, Verdict(row.verdict), "supply_over", str(row.max_days), str(days))
