"""OVERLAP (T30) of a clinician: services that need one person wholly, for two people at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern, UseRecord
from zhunsheng.patterns.population import Load, Measure, Outlier, month, place

PATTERN = Pattern(
    name="clinician_overlap",
    template="T30",
    zh="同一人员时段冲突",
    en="One clinician in two places",
    kind="population",
    facts=("use_record", "institution"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "a service that takes its clinician wholly"),
        BindingColumn("min_minutes", "integer", "knowledge", "least time that it takes"),
    ),
    index=("item_code",),
    reasons={
        "two_at_once": (
            "前一例尚未满最短时长即为另一人开始操作，重叠至少 {actual} 分钟（本项最短 {expected} 分钟）",
            "Begun before the service for another can have ended: {actual} minutes overlap (this one takes {expected})",
        ),
        "time_missing": (
            "本月有 {actual} 天为多人操作而未载明时刻，无法判定",
            "On {actual} days of the month several people were served without a stated time; it cannot be told",
        ),
    },
    family="event",
)
Done = list[tuple[Any, UseRecord]]


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per clinician, institution and month how many such services were performed."""
    counted: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for row, one in _done(load, bindings):
        counted[row.rule_id, one.practitioner_id or "", one.institution_id, month(one.performed_on)].append(
            row.point_id
        )
    for (rule, doctor, at, period), points in counted.items():
        named = (rule, min(points), "practitioner", doctor, at, period, "", load.group(at, period))
        yield Measure(*named, len(points), 1, 1, "")


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the hits: each service that begins inside another, and each month with days that cannot be told."""
    days: dict[tuple[str, str, date], Done] = defaultdict(list)
    for row, one in _done(load, bindings):
        days[row.rule_id, one.practitioner_id or "", one.performed_on].append((row, one))
    for done in days.values():
        for row, late in done:
            yield from _inside(row, late, done)
    yield from _untold(days)


def _done(load: Load, bindings: Bindings) -> Done:
    return [
        (row, one)
        for one in load.use_records
        if one.practitioner_id is not None
        for row in bindings.valid("item_code", one.item_code, one.performed_on)
    ]


def _inside(row: Any, late: UseRecord, done: Done) -> Iterator[Hit]:
    overlaps = []
    for other, early in done:
        if late.performed_at is None or early.performed_at is None or early.person_id == late.person_id:
            continue
        until = early.performed_at + 60 * other.min_minutes
        first = (early.performed_at, early.record_id) < (late.performed_at, late.record_id)
        if first and until > late.performed_at:
            overlaps.append((-((until - late.performed_at + 59) // 60), early.record_id, early.encounter_id))
    if overlaps:
        minutes, _, before = min(overlaps)
        told = (row.rule_id, row.point_id, late.record_id, Verdict(row.verdict), "two_at_once")
        said = (str(row.min_minutes), str(-minutes))
        at = place(late.institution_id, month(late.performed_on), "", late.practitioner_id or "")
        yield Hit(*told, *said, "subject", "practitioner", at, 0)
        for encounter in (late.encounter_id, before):
            yield Hit(*told, *said, "other", "encounter", encounter, 0)


def _untold(days: dict[tuple[str, str, date], Done]) -> Iterator[Hit]:
    months: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (rule, doctor, day), done in days.items():
        for at in {one.institution_id for _, one in done}:
            here = [(row, one) for row, one in done if one.institution_id == at]
            if len({one.person_id for _, one in here}) > 1 and any(one.performed_at is None for _, one in here):
                months[rule, place(at, month(day), "", doctor)].append(min(row.point_id for row, _ in here))
    for (rule, row_id), points in months.items():
        told = (rule, min(points), row_id, Verdict.UNKNOWN, "time_missing", "", str(len(points)))
        yield Hit(*told, "subject", "practitioner", row_id, 0)
