"""OVERLAP (T30): an encounter begins after the registered death of the person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Stay

PATTERN = Pattern(
    name="after_death",
    template="T30",
    zh="死亡后就诊",
    en="Encounter after death",
    kind="person",
    facts=("encounter", "death", "line"),
    columns=(BindingColumn("tolerance_days", "integer", "parameter", "days after the death that are no fault"),),
    reasons={
        "after_death": (
            "{actual} 的就诊晚于登记的死亡日期 {expected}",
            "The encounter of {actual} begins after the registered death of {expected}",
        ),
        "death_disputed": (
            "{actual} 的就诊，登记的死亡日期不一致（最早 {expected}），无法判定",
            "The encounter of {actual}: statements of the day of death differ (first {expected})",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    if case.died is None:
        return
    for stay in case.stays:
        for row in bindings.on(stay.start_date):
            yield from _stay(case, case.died, stay, row)


def _stay(case: Case, died: tuple[date, date], stay: Stay, row: Any) -> Iterator[Hit]:
    if (stay.start_date - died[0]).days <= row.tolerance_days:
        return
    sure = (stay.start_date - died[1]).days > row.tolerance_days
    yield Hit(
        row.rule_id,
        row.point_id,
        stay.encounter_id,
        Verdict(row.verdict) if sure else Verdict.UNKNOWN,
        "after_death" if sure else "death_disputed",
        died[0].isoformat(),
        stay.start_date.isoformat(),
        "subject",
        "encounter",
        stay.encounter_id,
        sum(line.amount_fen for line in case.lines if line.encounter_id == stay.encounter_id),
    )
