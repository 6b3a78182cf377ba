"""CODE_CONSISTENCY (T19): nursing is charged at a higher level than the ward recorded that day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern

LEVELS = {"3": 1, "2": 2, "1": 3, "special": 4}

PATTERN = Pattern(
    name="nursing_level",
    template="T19",
    zh="护理级别与记录",
    en="Nursing level against the record",
    kind="person",
    facts=("line", "nursing_record"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the nursing fee"),
        BindingColumn("level", "text", "knowledge", "the level it is charged for", codes=tuple(LEVELS)),
    ),
    index=("item_code",),
    reasons={
        "level_above_record": (
            "按{expected:nursing}收费，当日护理记录最高为{actual:nursing}",
            "Charged as {expected:nursing}; the highest recorded that day is {actual:nursing}",
        ),
        "record_missing": (
            "按{expected:nursing}收费，当日没有载明级别的护理记录",
            "Charged as {expected:nursing}; no nursing record of the day states a level",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    highest: dict[Any, str] = {}
    for one in case.nursing_records:
        if one.level:
            key = (one.encounter_id, one.observed_on)
            highest[key] = max(one.level, highest.get(key, "3"), key=LEVELS.__getitem__)
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            level = highest.get((line.encounter_id, line.service_date), "")
            if not level:
                yield Hit.of_line(row, line, Verdict.UNKNOWN, "record_missing", row.level, "")
            elif LEVELS[row.level] > LEVELS[level]:
                yield Hit.of_line(row, line, Verdict(row.verdict), "level_above_record", row.level, level)
