"""ITEM_REQUIRES_ITEM (T13): an item is charged without any of those that it goes with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern, Stay

PATTERN = Pattern(
    name="item_requires_item",
    template="T13",
    zh="项目须有配套",
    en="Item that goes with another",
    kind="person",
    facts=("line", "encounter"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the item"),
        BindingColumn("need_set", "text", "knowledge", "name of what it goes with; one item of the set suffices"),
        BindingColumn("need_code", "text", "knowledge", "an item of the set"),
        BindingColumn(
            "time_window",
            "text",
            "either",
            "day: at any institution on that day; encounter: in the same encounter, for a stay the whole stay",
            codes=("day", "encounter"),
        ),
    ),
    index=("item_code",),
    reasons={
        "needed_absent": (
            "未见配套的{expected}",
            "Not accompanied by {expected}",
        ),
        "encounter_open": (
            "住院未结束，配套的{expected}可能在后，暂不能判定",
            "The stay is not over; {expected} may still come",
        ),
        "encounter_missing": (
            "就诊记录缺失，配套的{expected}是否在后不明，无法判定",
            "The encounter is not registered, so whether {expected} may still come cannot be told",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    by_day = {(line.service_date, line.item_code) for line in case.lines}
    by_stay = {(line.encounter_id, line.item_code) for line in case.lines}
    stays = {stay.encounter_id: stay for stay in case.stays}
    for line in case.lines:
        sets: dict[tuple[str, str], list[Any]] = {}
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            sets.setdefault((row.rule_id, row.need_set), []).append(row)
        for rows in sets.values():
            if not any(_met(line, row, by_day, by_stay) for row in rows):
                yield _absent(line, rows, stays.get(line.encounter_id))


def _met(line: Line, row: Any, by_day: set[Any], by_stay: set[Any]) -> bool:
    if row.time_window == "day":
        return (line.service_date, row.need_code) in by_day
    return (line.encounter_id, row.need_code) in by_stay


def _absent(line: Line, rows: list[Any], stay: Stay | None) -> Hit:
    said = min(rows, key=lambda row: row.point_id)
    verdict, reason = Verdict(min(row.verdict for row in rows)), "needed_absent"
    if any(row.time_window == "encounter" for row in rows):
        if stay is None:
            verdict, reason = Verdict.UNKNOWN, "encounter_missing"
        elif stay.visit_type == "inpatient" and stay.end_date is None:
            verdict, reason = Verdict.UNKNOWN, "encounter_open"
    hit = Hit.of_line(said, line, verdict, reason, said.need_set, "")
    return hit._replace(subject_key=f"{line.line_id}|{said.need_set}")
