"""OVERLAP (T30): an outpatient visit or a purchase at a pharmacy is settled while the person lies in a hospital."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Stay

PATTERN = Pattern(
    name="visit_in_stay",
    template="T30",
    zh="住院期间另有就诊",
    en="A visit during a stay",
    kind="person",
    facts=("encounter", "line"),
    columns=(
        BindingColumn("allowed_types", "set", "parameter", "kinds of visit that may fall into a stay"),
        BindingColumn("first_days", "integer", "parameter", "days from the admission on that are not judged"),
        BindingColumn("last_days", "integer", "parameter", "days up to the discharge that are not judged"),
    ),
    reasons={
        "visit_in_stay": (
            "{actual} 的就诊在住院期间（{expected}）",
            "The visit of {actual} falls into a stay ({expected})",
        ),
        "end_missing": (
            "{actual} 的就诊晚于一次住院的入院，该次住院（{expected}）未见出院时间，无法判定",
            "The visit of {actual} follows an admission ({expected}) without a discharge, so it cannot be told",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    stays = [stay for stay in case.stays if stay.visit_type == "inpatient"]
    for visit in case.stays:
        for row in bindings.on(visit.start_date) if visit.visit_type != "inpatient" else ():
            if visit.visit_type not in row.allowed_types.split(" "):
                for stay in stays:
                    yield from _pair(case, stay, visit, row)


def _pair(case: Case, stay: Stay, visit: Stay, row: Any) -> Iterator[Hit]:
    day = visit.start_date
    if day < stay.start_date + timedelta(days=row.first_days):
        return
    if stay.end_date is None:
        verdict, reason = Verdict.UNKNOWN, "end_missing"
    elif day <= stay.end_date - timedelta(days=row.last_days):
        verdict, reason = Verdict(row.verdict), "visit_in_stay"
    else:
        return
    subject = f"{stay.encounter_id}|{visit.encounter_id}"
    until = stay.end_date.isoformat() if stay.end_date else ""
    held = f"{stay.start_date.isoformat()}..{until}"
    common = (row.rule_id, row.point_id, subject, verdict, reason, held, day.isoformat())
    amount = sum(line.amount_fen for line in case.lines if line.encounter_id == visit.encounter_id)
    yield Hit(*common, "other", "encounter", stay.encounter_id, 0)
    yield Hit(*common, "subject", "encounter", visit.encounter_id, amount)
