"""QUALIFICATION (T29): an item may be prescribed by holders of some professional titles alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="title_required",
    template="T29",
    zh="限定处方人职称",
    en="Title required of the prescriber",
    kind="line",
    facts=("line", "practice"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the item"),
        BindingColumn("titles", "set", "either", "professional titles, any of which may prescribe it"),
    ),
    index=("item_code",),
    reasons={
        "title_lacking": (
            "处方人职称为{actual}，该项目限{expected:codes}",
            "The prescriber's title is {actual}; the item is for {expected:codes}",
        ),
        "title_missing": (
            "该项目限{expected:codes}，处方人当日的执业登记或职称不详",
            "The item is for {expected:codes}; registration or title of the prescriber on the day is not known",
        ),
        "prescriber_missing": (
            "该项目限{expected:codes}，费用未载明处方人",
            "The item is for {expected:codes}; the line names no prescriber",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            yield from _line(case, line, row)


def _line(case: Case, line: Line, row: Any) -> Iterator[Hit]:
    held = sorted(
        one.title
        for one in case.practices
        if one.practitioner_id == line.practitioner_id
        and one.institution_id == line.institution_id
        and one.title
        and one.valid_from <= line.service_date
        and (one.valid_to is None or line.service_date < one.valid_to)
    )
    if line.practitioner_id is None:
        yield Hit.of_line(row, line, Verdict.UNKNOWN, "prescriber_missing", row.titles, "")
    elif not held:
        yield Hit.of_line(row, line, Verdict.UNKNOWN, "title_missing", row.titles, "")
    elif not set(held) & set(row.titles.split(" ")):
        yield Hit.of_line(row, line, Verdict(row.verdict), "title_lacking", row.titles, held[0])
