"""DATE_IN_STAY (T20): a charge lies before the admission, after the discharge or after the registered death."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern, Stay

PATTERN = Pattern(
    name="date_in_stay",
    template="T20",
    zh="计费日期与住院时间",
    en="Charge date within the stay",
    kind="person",
    facts=("line", "encounter", "death"),
    columns=(
        BindingColumn(
            "edge",
            "text",
            "parameter",
            "before: ahead of the admission; after: past the discharge; death: past the registered death",
            codes=("before", "after", "death"),
        ),
        BindingColumn("tolerance_days", "integer", "parameter", "days beyond the edge that are no fault"),
        BindingColumn("drug_tolerance_days", "integer", "parameter", "the same for drugs, such as those taken home"),
    ),
    reasons={
        "before_admission": (
            "费用日期 {actual} 早于入院日期 {expected}",
            "The charge of {actual} lies before the admission of {expected}",
        ),
        "after_discharge": (
            "费用日期 {actual} 晚于出院日期 {expected}",
            "The charge of {actual} lies after the discharge of {expected}",
        ),
        "after_death": (
            "费用日期 {actual} 晚于登记的死亡日期 {expected}",
            "The charge of {actual} lies after the registered death of {expected}",
        ),
        "class_missing": (
            "费用日期 {actual}，界限 {expected}，费用类别不明，无法判定是否在药品容差之内",
            "The charge of {actual} lies beyond {expected}; without its class the tolerance for drugs cannot be told",
        ),
        "death_disputed": (
            "费用日期 {actual}，登记的死亡日期不一致（最早 {expected}），无法判定",
            "The charge of {actual}: statements of the day of death differ (first {expected}), so it cannot be told",
        ),
        "encounter_missing": (
            "费用日期 {actual}，未见所属就诊，无法判定是否在住院期间",
            "The charge of {actual} has no encounter on record, so it cannot be told whether it lies within",
        ),
    },
)
#: National classes of drugs: western, herbal pieces, prepared Chinese medicine.
DRUGS = frozenset({"09", "10", "11"})
_REASON = {"before": "before_admission", "after": "after_discharge", "death": "after_death"}


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    stays = {stay.encounter_id: stay for stay in case.stays}
    for line in case.lines:
        for row in bindings.on(line.service_date):
            yield from _line(case, line, stays.get(line.encounter_id), row)


def _line(case: Case, line: Line, stay: Stay | None, row: Any) -> Iterator[Hit]:
    day = line.service_date
    if row.edge == "death" and (case.died is None or day <= case.died[0]):
        return
    if stay is None:
        yield Hit.of_line(row, line, Verdict.UNKNOWN, "encounter_missing", "", day.isoformat())
        return
    beyond = _beyond(case, day, stay, row.edge)
    if beyond is None:
        return
    least, most, edge = beyond
    tolerances = _tolerances(line, row)
    if least > max(tolerances):
        yield Hit.of_line(row, line, Verdict(row.verdict), _REASON[row.edge], edge.isoformat(), day.isoformat())
    elif most > min(tolerances):
        reason = "class_missing" if least == most else "death_disputed"
        yield Hit.of_line(row, line, Verdict.UNKNOWN, reason, edge.isoformat(), day.isoformat())


def _beyond(case: Case, day: date, stay: Stay, edge: str) -> tuple[int, int, date] | None:
    """Return the fewest and the most days beyond the edge, and the edge; None where it does not apply."""
    if edge == "death":
        # an encounter that began after the death is the subject of another pattern, with all its lines
        if case.died is None or stay.start_date > case.died[0]:
            return None
        first, last = case.died
        return (day - last).days, (day - first).days, first
    if stay.visit_type != "inpatient":
        return None
    if edge == "before":
        days = (stay.start_date - day).days
        return days, days, stay.start_date
    if stay.end_date is None:
        return None
    days = (day - stay.end_date).days
    return days, days, stay.end_date


def _tolerances(line: Line, row: Any) -> tuple[int, ...]:
    if line.item_class is None:
        return row.tolerance_days, row.drug_tolerance_days
    return (row.drug_tolerance_days if line.item_class in DRUGS else row.tolerance_days,)
