"""PRICE_CEILING (T14): a unit price lies above the ceiling of the region, the level of the institution and the day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.money import times
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Institution, Line, Pattern

PATTERN = Pattern(
    name="price_ceiling",
    template="T14",
    zh="限定单价",
    en="Price ceiling",
    kind="line",
    facts=("line", "institution"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the priced item"),
        BindingColumn(
            "region", "text", "knowledge", "leading digits of the region in which it holds; silent: all", absent=""
        ),
        BindingColumn("level", "text", "knowledge", "level of institution; silent: all", absent=""),
        BindingColumn(
            "ceiling_e6", "integer", "knowledge", "highest unit price in yuan, x 10^6", digits=6, reads="ceiling"
        ),
    ),
    index=("item_code",),
    reasons={
        "above_ceiling": (
            "单价 {actual:e6} 元，最高 {expected:e6} 元",
            "The unit price is {actual:e6} yuan, the ceiling {expected:e6}",
        ),
        "level_missing": (
            "单价 {actual:e6} 元，某一级别的最高价为 {expected:e6} 元，机构级别不明，无法判定",
            "The unit price is {actual:e6} yuan, the ceiling of one level {expected:e6}; the level is not known",
        ),
        "region_missing": (
            "单价 {actual:e6} 元，某一地区的最高价为 {expected:e6} 元，机构所在地区不明，无法判定",
            "The unit price is {actual:e6} yuan, the ceiling of one region {expected:e6}; the region is not known",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            if line.unit_price_e6 > row.ceiling_e6:
                yield from _above(line, row, case.institution_on(line.institution_id, line.service_date))


def _above(line: Line, row: Any, place: Institution | None) -> Iterator[Hit]:
    region, level = (place.region, place.level) if place else (None, None)
    if (region is not None and not region.startswith(row.region)) or (row.level and level not in (None, row.level)):
        return
    verdict, reason = Verdict(row.verdict), "above_ceiling"
    if row.region and region is None:
        verdict, reason = Verdict.UNKNOWN, "region_missing"
    elif row.level and level is None:
        verdict, reason = Verdict.UNKNOWN, "level_missing"
    hit = Hit.of_line(row, line, verdict, reason, str(row.ceiling_e6), str(line.unit_price_e6))
    yield hit._replace(amount_fen=max(0, line.amount_fen - times(row.ceiling_e6, line.quantity_e4)))
