"""ORG_LEVEL (T06): an item allowed from a level of institution upwards is charged below it."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import (
    SCOPE,
    SCOPE_MISSING,
    BindingColumn,
    Bindings,
    Case,
    Hit,
    Pattern,
    as_paid,
    is_self_paid,
)

PATTERN = Pattern(
    name="org_level",
    template="T06",
    zh="项目限定机构级别",
    en="Item limited to a level of institution",
    kind="line",
    facts=("line", "institution"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the limited item"),
        BindingColumn("min_level", "integer", "either", "lowest level allowed: 1, 2 or 3"),
        SCOPE,
    ),
    index=("item_code",),
    reasons={
        "level_below": (
            "项目限{expected:level}及以上机构使用，收费机构为{actual:level}",
            "The item is limited to institutions of {expected:level} and above; the charging one has {actual:level}",
        ),
        "level_missing": (
            "项目限{expected:level}及以上机构使用，收费机构级别未登记",
            "The item is limited to institutions of {expected:level} and above; the level is not registered",
        ),
        "scope_missing": SCOPE_MISSING,
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            place = case.institution_on(line.institution_id, line.service_date)
            level = place.level if place else None
            if is_self_paid(line, row.scope) or (level is not None and int(level) >= row.min_level):
                continue
            told = (Verdict.UNKNOWN, "level_missing") if level is None else as_paid(row, line, "level_below")
            yield Hit.of_line(row, line, *told, str(row.min_level), level or "")
