"""PAIR_INTERACTION (T25): two drugs that must not meet are charged in the same window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="drug_pair",
    template="T25",
    zh="配伍与相互作用",
    en="Drugs that must not meet",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("first_code", "text", "knowledge", "one drug"),
        BindingColumn("second_code", "text", "knowledge", "the drug that must not be added"),
        BindingColumn(
            "time_window",
            "text",
            "either",
            "day: on that day at any institution; encounter: on that day in the same encounter",
            codes=("day", "encounter"),
        ),
    ),
    index=("second_code",),
    reasons={
        "pair_met": (
            "与 {expected:item}（{actual}）同用，二者不宜同用",
            "Given together with {expected:item} ({actual}); the two should not meet",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    days: dict[Any, str] = {}
    for line in case.lines:
        for key in (_key("day", line), _key("encounter", line)):
            days[key, line.item_code] = min(line.line_id, days.get((key, line.item_code), line.line_id))
    for line in case.lines:
        for row in bindings.valid("second_code", line.item_code, line.service_date):
            other = days.get((_key(row.time_window, line), row.first_code))
            if other and other != line.line_id:
                hit = Hit.of_line(row, line, Verdict(row.verdict), "pair_met", row.first_code, other)
                hit = hit._replace(subject_key=f"{line.line_id}|{row.first_code}")
                yield hit
                yield hit._replace(role="other", row_id=other, amount_fen=0)


def _key(window: str, line: Line) -> tuple[str, ...]:
    day = line.service_date.isoformat()
    return (window, day) if window == "day" else (window, day, line.encounter_id)
