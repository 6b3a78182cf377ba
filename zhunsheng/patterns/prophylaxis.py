"""COURSE_DAYS (T10): a drug for prevention is given longer after an operation than its class allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="prophylaxis",
    template="T10",
    zh="围手术期预防用药",
    en="Prevention around an operation",
    kind="person",
    facts=("line", "procedure"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the drug"),
        BindingColumn("op_codes", "set", "either", "beginnings of operation codes", least=3),
        BindingColumn("max_days", "integer", "either", "days after the day of the operation on which it may be given"),
    ),
    index=("item_code",),
    reasons={
        "given_too_long": (
            "手术后第 {actual} 天仍在使用，预防用药限术后 {expected} 天内",
            "Given on day {actual} after the operation; prevention ends after day {expected}",
        ),
        "date_missing": (
            "预防用药限术后 {expected} 天内，手术日期未载明",
            "Prevention ends after day {expected}; the day of the operation is not stated",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            yield from _line(case, line, row)


def _line(case: Case, line: Line, row: Any) -> Iterator[Hit]:
    beginnings = tuple(row.op_codes.split(" "))
    done = [one for one in case.procedures if one.encounter_id == line.encounter_id and one.code.startswith(beginnings)]
    days = [one.performed_on for one in done if one.performed_on is not None]
    expected = str(row.max_days)
    if done and not days:
        yield Hit.of_line(row, line, Verdict.UNKNOWN, "date_missing", expected, "")
    elif days and (after := (line.service_date - max(days)).days) > row.max_days:
        yield Hit.of_line(row, line, Verdict(row.verdict), "given_too_long", expected, str(after))
