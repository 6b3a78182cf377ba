"""QTY_CAP (T11): the quantity of an item on one day exceeds its cap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.money import part
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="qty_cap",
    template="T11",
    zh="数量上限",
    en="Quantity cap",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the capped item"),
        BindingColumn(
            "cap_e4", "integer", "knowledge", "highest quantity on one day, x 10^4", digits=4, reads="daily_cap"
        ),
    ),
    index=("item_code",),
    reasons={
        "over_daily_cap": (
            "同一机构单日数量合计 {actual:e4}，上限 {expected:e4}",
            "The quantity of the day at one institution is {actual:e4}, the cap {expected:e4}",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    days: dict[tuple[str, str, str], list[Line]] = {}
    for line in case.lines:
        if bindings.valid("item_code", line.item_code, line.service_date):
            key = (line.institution_id, line.item_code, line.service_date.isoformat())
            days.setdefault(key, []).append(line)
    for key, lines in days.items():
        for row in bindings.valid("item_code", key[1], lines[0].service_date):
            yield from _day("|".join((case.person_id, *key)), lines, row)


def _day(subject_key: str, lines: list[Line], row: Any) -> Iterator[Hit]:
    total = sum(line.quantity_e4 for line in lines)
    if total <= row.cap_e4:
        return
    so_far = 0
    for line in sorted(lines, key=lambda one: (one.service_at or 0, one.line_id)):
        so_far += line.quantity_e4
        excess = min(line.quantity_e4, max(0, so_far - row.cap_e4))
        yield Hit(
            row.rule_id,
            row.point_id,
            subject_key,
            Verdict(row.verdict),
            "over_daily_cap",
            str(row.cap_e4),
            str(total),
            "subject" if excess else "other",
            "line",
            line.line_id,
            part(line.amount_fen, excess, line.quantity_e4),
        )
