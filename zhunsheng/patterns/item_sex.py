"""ITEM_SEX (T01): an item limited to one sex is charged for the other."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern

PATTERN = Pattern(
    name="item_sex",
    template="T01",
    zh="项目限定性别",
    en="Item limited to one sex",
    kind="line",
    facts=("line", "person"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the limited item"),
        BindingColumn("sex", "text", "knowledge", "the sex it is limited to", codes=("M", "F")),
    ),
    index=("item_code",),
    reasons={
        "sex_differs": (
            "项目限{expected:sex}性使用，参保人登记为{actual:sex}性",
            "The item is limited to {expected:sex}; the person is registered as {actual:sex}",
        ),
        "sex_missing": (
            "项目限{expected:sex}性使用，参保人性别未登记或登记不一致",
            "The item is limited to {expected:sex}; the person's sex is not registered, or registered in two ways",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            if case.sex == row.sex:
                continue
            verdict, reason = (Verdict(row.verdict), "sex_differs") if case.sex else (Verdict.UNKNOWN, "sex_missing")
            yield Hit.of_line(row, line, verdict, reason, row.sex, case.sex or "")
