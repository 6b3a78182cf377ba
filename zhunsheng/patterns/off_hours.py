"""OUTLIER_PATTERN (T33), off hours: admissions at weekends or at night, beside those of peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern, Stay
from zhunsheng.patterns.population import (
    EVIDENCE,
    PEER_COLUMNS,
    PEER_REASONS,
    Load,
    Measure,
    Outlier,
    behind,
    month,
)

PATTERN = Pattern(
    name="off_hours",
    template="T33",
    zh="周末与夜间入院",
    en="Admissions at weekends and at night",
    kind="population",
    facts=("encounter", "institution"),
    columns=(
        BindingColumn("counts", "text", "parameter", "weekend: Saturday and Sunday; night", codes=("weekend", "night")),
        BindingColumn("night_from", "integer", "parameter", "first hour of the night", only=("counts", ("night",))),
        BindingColumn("night_to", "integer", "parameter", "first hour of the day", only=("counts", ("night",))),
        *PEER_COLUMNS,
    ),
    reasons={
        "stands_out": (
            "占入院人次 {actual:percent}，同类 {expected:peers}",
            "{actual:percent} of the admissions; {expected:peers}",
        ),
        "time_missing": (
            "有入院未载明时刻，无法判定",
            "Some admissions state no time, so it cannot be told",
        ),
        **PEER_REASONS,
    },
    family="rate",
)


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per institution and month how many admissions were off hours."""
    counted: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for stay in load.stays:
        for row in bindings.on(stay.start_date) if stay.visit_type == "inpatient" else ():
            found, off = (
                counted[row.rule_id, row.point_id, stay.institution_id, month(stay.start_date)],
                _off(row, stay),
            )
            found[0] += off is True
            found[1] += 1
            found[2] += off is None
    for (rule, point, place, period), (off_hours, admitted, untold) in counted.items():
        named = (rule, point, "institution", place, place, period, "", load.group(place, period))
        yield Measure(*named, off_hours, admitted, admitted, "time_missing" if untold else "")


def judge(load: Load, bindings: Bindings, _found: list[Measure], outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the first admissions off hours behind each clue."""
    for one in (one for one in outliers if one.verdict != "unknown"):
        mine = [
            stay
            for stay in load.stays
            if stay.visit_type == "inpatient"
            and (stay.institution_id, month(stay.start_date)) == (one.institution_id, one.period)
            and any(_off(row, stay) for row in bindings.on(stay.start_date) if row.rule_id == one.rule_id)
        ]
        for stay in sorted(mine, key=lambda stay: (stay.start_date, stay.encounter_id))[:EVIDENCE]:
            yield behind(one, "encounter", stay.encounter_id)


def _off(row: Any, stay: Stay) -> bool | None:
    """Whether an admission was off hours; None where its time is not stated."""
    if row.counts == "weekend":
        return stay.start_date.weekday() >= 5
    if stay.start_at is None:
        return None
    seconds = (stay.start_at + 28_800) % 86_400
    return bool(seconds >= row.night_from * 3_600 or seconds < row.night_to * 3_600)
