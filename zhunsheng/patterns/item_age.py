"""ITEM_AGE (T02): an item limited to an age band is charged for a person outside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import age
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="item_age",
    template="T02",
    zh="项目限定年龄",
    en="Item limited to an age band",
    kind="line",
    facts=("line", "person"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the limited item"),
        BindingColumn("min_age", "integer", "either", "lowest completed age, included"),
        BindingColumn("max_age", "integer", "either", "highest completed age, included"),
        BindingColumn("age_unit", "text", "either", "unit of completed age", codes=("year", "month", "day")),
    ),
    index=("item_code",),
    reasons={
        "age_outside": (
            "项目限{expected:band}使用，服务当日为{actual:age}",
            "The item is limited to ages {expected:band}; on the day of service the age was {actual:age}",
        ),
        "birth_date_missing": (
            "项目限{expected:band}使用，参保人出生日期未登记或登记不一致",
            "The item is limited to ages {expected:band}; the birth date is not registered, or registered in two ways",
        ),
        "born_after_service": (
            "出生日期 {actual} 晚于服务日期，两者必有一误",
            "The birth date {actual} is later than the day of service; one of the two is wrong",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            hit = _judge_line(case, line, row)
            if hit:
                yield hit


def _judge_line(case: Case, line: Line, row: Any) -> Hit | None:
    band = f"{row.min_age}..{row.max_age} {row.age_unit}"
    if case.birth_date is None:
        return Hit.of_line(row, line, Verdict.UNKNOWN, "birth_date_missing", band, "")
    if case.birth_date > line.service_date:
        born = case.birth_date.isoformat()
        return Hit.of_line(row, line, Verdict.UNKNOWN, "born_after_service", band, born)
    years = age(case.birth_date, line.service_date, row.age_unit)
    if row.min_age <= years <= row.max_age:
        return None
    return Hit.of_line(row, line, Verdict(row.verdict), "age_outside", band, f"{years} {row.age_unit}")
