"""READMIT_INTERVAL (T22): admitted again to the same institution within a few days of the discharge."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Stay
from zhunsheng.patterns.overlap import earliest

PATTERN = Pattern(
    name="readmission",
    template="T22",
    zh="再入院间隔",
    en="Interval to the next admission",
    kind="person",
    facts=("encounter", "diagnosis", "line"),
    columns=(
        BindingColumn("interval_days", "integer", "parameter", "days from discharge that an admission must keep"),
        BindingColumn(
            "shared_characters",
            "integer",
            "parameter",
            "leading characters that both principal diagnoses share: 3 is a category, 1 a letter, 0 any diagnosis",
        ),
        BindingColumn(
            "planned_categories", "set", "parameter", "categories of principal diagnosis whose stays are planned"
        ),
    ),
    reasons={
        "readmitted": (
            "距上次出院 {actual} 天再次入院，间隔应不少于 {expected} 天",
            "Admitted again {actual} days after the discharge; the interval is {expected} days",
        ),
        "diagnosis_missing": (
            "距上次出院 {actual} 天再次入院，缺少主要诊断，无法判定（间隔 {expected} 天）",
            "Admitted again after {actual} days; a principal diagnosis is missing (interval {expected} days)",
        ),
        "end_missing": (
            "上次住院未见出院时间，无法判定间隔（应不少于 {expected} 天）",
            "The stay before has no discharge, so the interval of {expected} days cannot be told",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    principal: dict[str, str] = {}
    for one in case.diagnoses:
        if one.is_principal:
            principal[one.encounter_id] = min(one.code, principal.get(one.encounter_id, one.code))
    places: dict[str, list[Stay]] = {}
    for stay in case.stays:
        if stay.visit_type == "inpatient":
            places.setdefault(stay.institution_id, []).append(stay)
    for stays in places.values():
        stays.sort(key=lambda stay: (earliest(stay.start_date, stay.start_at), stay.encounter_id))
        for before, again in pairwise(stays):
            for row in bindings.on(again.start_date):
                yield from _pair(case, before, again, principal, row)


def _pair(case: Case, before: Stay, again: Stay, principal: dict[str, str], row: Any) -> Iterator[Hit]:
    code = principal.get(again.encounter_id)
    if code is not None and code[:3] in row.planned_categories.split(" "):
        return
    days = (again.start_date - before.end_date).days if before.end_date is not None else None
    if days is not None and not 0 <= days < row.interval_days:
        return
    verdict, reason = Verdict.UNKNOWN, "end_missing"
    if days is not None:
        shared = {principal[one][: row.shared_characters] for one in _ids(before, again) if one in principal}
        known = code is not None and before.encounter_id in principal
        if known and len(shared) > 1:
            return
        if known:
            verdict, reason = Verdict(row.verdict), "readmitted"
        else:
            reason = "diagnosis_missing"
    subject = "|".join(_ids(before, again))
    actual = "" if days is None else str(days)
    common = (row.rule_id, row.point_id, subject, verdict, reason, str(row.interval_days), actual)
    amount = sum(line.amount_fen for line in case.lines if line.encounter_id == again.encounter_id)
    yield Hit(*common, "other", "encounter", before.encounter_id, 0)
    yield Hit(*common, "subject", "encounter", again.encounter_id, amount)


def _ids(before: Stay, again: Stay) -> tuple[str, str]:
    return before.encounter_id, again.encounter_id
