"""ITEM_REQUIRES_ITEM (T13) over a stay: written conditions of an admission without need, counted openly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern, Stay

PATTERN = Pattern(
    name="low_standard",
    template="T13",
    zh="低标准入院",
    en="Admission without need",
    kind="person",
    facts=("encounter", "line", "procedure"),
    columns=(
        BindingColumn("max_days", "integer", "parameter", "a stay of at most so many days counts as short"),
        BindingColumn("treat_classes", "set", "parameter", "classes of charges that are treatment"),
        BindingColumn("check_classes", "set", "parameter", "classes of charges that are tests"),
        BindingColumn("check_percent", "integer", "parameter", "share of tests from which they prevail"),
        BindingColumn("min_score", "integer", "parameter", "how many of the four conditions make a lead"),
    ),
    reasons={
        "low_standard": (
            "符合 {actual:conditions}，{expected} 项即为线索",
            "Meets {actual:conditions}; {expected} make a lead",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    operated = {one.encounter_id for one in case.procedures}
    for stay in case.stays:
        lines = [line for line in case.lines if line.encounter_id == stay.encounter_id]
        for row in bindings.on(stay.start_date) if lines else ():
            met = _met(stay, lines, row, stay.encounter_id in operated)
            if len(met) >= row.min_score:
                said = (Verdict(row.verdict), "low_standard", str(row.min_score), " ".join(met))
                amount = sum(line.amount_fen for line in lines)
                yield Hit.of_stay(row, stay.encounter_id, stay.encounter_id, said, amount)


def _met(stay: Stay, lines: list[Line], row: Any, operated: bool) -> list[str]:
    """Return the conditions that a closed stay meets; none of a stay that is open or no stay."""
    if stay.visit_type != "inpatient" or stay.end_date is None:
        return []
    checks = sum(line.amount_fen for line in lines if line.item_class in row.check_classes.split(" "))
    total = sum(line.amount_fen for line in lines)
    told = {
        "short": (stay.end_date - stay.start_date).days <= row.max_days,
        "no_operation": not operated,
        "no_treatment": not any(line.item_class in row.treat_classes.split(" ") for line in lines),
        "tests": total > 0 and checks * 100 >= total * row.check_percent,
    }
    return [name for name, holds in told.items() if holds]
