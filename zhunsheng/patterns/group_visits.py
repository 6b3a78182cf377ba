"""OUTLIER_PATTERN (T33), group visits: the same people at the same place on exactly the same days of a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern, Stay
from zhunsheng.patterns.clues import row_of
from zhunsheng.patterns.population import EVIDENCE, Load, Measure, Outlier, month

PATTERN = Pattern(
    name="group_visits",
    template="T33",
    zh="结伴就医",
    en="Visiting in groups",
    kind="population",
    facts=("encounter", "diagnosis", "institution"),
    columns=(
        BindingColumn("min_people", "integer", "parameter", "people of a group"),
        BindingColumn("min_days", "integer", "parameter", "days of the month on which they all visit"),
        BindingColumn(
            "planned_categories", "set", "parameter", "categories of diagnosis whose visits are planned", absent=""
        ),
    ),
    reasons={
        "together": (
            "{actual:word1} 人本月均在同样的 {actual:word2} 天就诊，达到 {expected:word1} 人、{expected:word2} 天",
            "{actual:word1} people came on {actual:word2} equal days; {expected:word1} on {expected:word2} are enough",
        ),
    },
    family="event",
    counts="denominator",
)
#: Place and month; the days of a person as bits.
Spot = tuple[str, str]


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per institution and month how many of the frequent visitors come in groups."""
    for row in bindings.rows:
        for (place, period), people in _masks(load, row).items():
            sizes = _sizes(people)
            grouped = sum(size for size in sizes.values() if size >= row.min_people)
            named = (row.rule_id, row.point_id, "institution", place, place, period, "", load.group(place, period))
            yield Measure(*named, grouped, len(people), len(people), "")


def judge(load: Load, bindings: Bindings, found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the hits: one per group, with the first of its visits."""
    for one in found:
        row = row_of(one, bindings)
        if one.numerator:
            people = _masks(load, row)[one.institution_id, one.period]
            for mask, size in _sizes(people).items():
                if size >= row.min_people:
                    yield from _group(load, row, one, mask, {p for p, days in people.items() if days == mask})


def _group(load: Load, row: Any, one: Measure, mask: int, people: set[str]) -> Iterator[Hit]:
    told = (one.rule_id, one.point_id, f"{one.row_id}{mask}", Verdict(row.verdict), "together")
    said = (f"{row.min_people} {row.min_days}", f"{len(people)} {mask.bit_count()}")
    yield Hit(*told, *said, "subject", "institution", one.row_id, 0)
    spot = one.institution_id, one.period
    mine = [s for s in _visits(load, row) if (s.institution_id, month(s.start_date)) == spot and s.person_id in people]
    for stay in sorted(mine, key=lambda stay: (stay.start_date, stay.encounter_id))[:EVIDENCE]:
        yield Hit(*told, *said, "other", "encounter", stay.encounter_id, 0)


def _visits(load: Load, row: Any) -> Iterator[Stay]:
    """Yield the visits of months in which a rule holds that are not planned."""
    planned = {d.encounter_id for d in load.diagnoses if f" {d.code[:3]} " in f" {row.planned_categories} "}
    for stay in load.stays:
        first = stay.start_date.replace(day=1)
        held = row.valid_from <= first < row.valid_to
        if held and stay.visit_type != "inpatient" and stay.encounter_id not in planned:
            yield stay


def _masks(load: Load, row: Any) -> dict[Spot, dict[str, int]]:
    """Return by place and month the days of each person who came on days enough, as bits."""
    masks: dict[Spot, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for stay in _visits(load, row):
        masks[stay.institution_id, month(stay.start_date)][stay.person_id] |= 1 << (stay.start_date.day - 1)
    often = {spot: {p: m for p, m in people.items() if m.bit_count() >= row.min_days} for spot, people in masks.items()}
    return {spot: people for spot, people in often.items() if people}


def _sizes(people: dict[str, int]) -> dict[int, int]:
    sizes: dict[int, int] = defaultdict(int)
    for mask in people.values():
        sizes[mask] += 1
    return sizes
