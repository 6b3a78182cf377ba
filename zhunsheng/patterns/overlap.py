"""OVERLAP (T30): two stays of one person overlap by more than a tolerance. The later one is the subject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Stay

PATTERN = Pattern(
    name="overlap",
    template="T30",
    zh="时间重叠",
    en="Overlap in time",
    kind="person",
    facts=("encounter", "line"),
    columns=(BindingColumn("tolerance_hours", "integer", "parameter", "hours of overlap that a transfer may take"),),
    reasons={
        "stays_overlap": (
            "两次住院重叠至少 {actual:hours} 小时，容差 {expected} 小时",
            "The stays overlap by at least {actual:hours} hours; the tolerance is {expected}",
        ),
        "end_missing": (
            "有住院未见出院时间，无法判定是否重叠（容差 {expected} 小时）",
            "A stay has no discharge, so the overlap cannot be told (tolerance {expected} hours)",
        ),
        "time_missing": (
            "只有日期，重叠在 0 至 {actual:hours} 小时之间，容差 {expected} 小时，无法判定",
            "Days alone: the overlap lies between 0 and {actual:hours} hours, the tolerance is {expected}",
        ),
    },
)

DAY = 86_400
#: Midnight of 1970-01-01 in Asia/Shanghai, in epoch seconds.
MIDNIGHT = -8 * 3600
EPOCH = date(1970, 1, 1)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    stays = [stay for stay in case.stays if stay.visit_type == "inpatient"]
    stays.sort(key=lambda stay: (earliest(stay.start_date, stay.start_at), stay.encounter_id))
    for earlier, later in combinations(stays, 2):
        for row in bindings.on(later.start_date):
            yield from _pair(case, earlier, later, row)


def _pair(case: Case, earlier: Stay, later: Stay, row: Any) -> Iterator[Hit]:
    tolerance = row.tolerance_hours * 3600
    # each moment is known only between two bounds when the source states a day
    start_lo = earliest(later.start_date, later.start_at)
    start_hi = max(latest(stay.start_date, stay.start_at) for stay in (earlier, later))
    ends = [(stay.end_date, stay.end_at) for stay in (earlier, later) if stay.end_date is not None]
    lo = min((earliest(*end) for end in ends), default=0) - start_hi
    hi = min((latest(*end) for end in ends), default=0) - start_lo
    if len(ends) < 2:
        if ends and hi <= tolerance:
            return  # the stay that did end was over before the other began
        verdict, reason, actual = Verdict.UNKNOWN, "end_missing", ""
    elif lo > tolerance:
        verdict, reason, actual = Verdict(row.verdict), "stays_overlap", str(lo)
    elif hi > tolerance:
        verdict, reason, actual = Verdict.UNKNOWN, "time_missing", str(hi)
    else:
        return
    subject = f"{earlier.encounter_id}|{later.encounter_id}"
    common = (row.rule_id, row.point_id, subject, verdict, reason, str(row.tolerance_hours), actual)
    yield Hit(*common, "other", "encounter", earlier.encounter_id, 0)
    yield Hit(*common, "subject", "encounter", later.encounter_id, _charged(case, earlier, later))


def _charged(case: Case, earlier: Stay, later: Stay) -> int:
    """Charges of the later stay on days when both stays ran; nothing while an end is unknown."""
    if earlier.end_date is None or later.end_date is None:
        return 0
    last = min(earlier.end_date, later.end_date)
    return sum(
        line.amount_fen
        for line in case.lines
        if line.encounter_id == later.encounter_id and later.start_date <= line.service_date <= last
    )


def earliest(day: date, moment: int | None) -> int:
    """Return the moment, or the first second of a day whose moment is not stated."""
    return moment if moment is not None else (day - EPOCH).days * DAY + MIDNIGHT


def latest(day: date, moment: int | None) -> int:
    """Return the moment, or the end of a day whose moment is not stated."""
    return moment if moment is not None else (day - EPOCH).days * DAY + MIDNIGHT + DAY
