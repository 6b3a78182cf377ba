"""OUTLIER_PATTERN (T33), workload: more visits in one day than one clinician can see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern, Stay
from zhunsheng.patterns.clues import row_of
from zhunsheng.patterns.population import EVIDENCE, Load, Measure, Outlier, month

PATTERN = Pattern(
    name="workload",
    template="T33",
    zh="医师工作量",
    en="Workload of a clinician",
    kind="population",
    facts=("encounter", "institution"),
    columns=(BindingColumn("max_visits", "integer", "parameter", "visits of one day that one clinician can see"),),
    reasons={
        "too_many": (
            "本月单日最多接诊 {actual} 人次，上限 {expected} 人次",
            "Up to {actual} visits were seen on one day of the month; the limit is {expected}",
        ),
    },
    family="event",
)
VISITS = ("outpatient", "emergency", "internet")


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per clinician, institution and month the visits of the busiest day."""
    for (doctor, place, period), days in _days(load).items():
        for row in bindings.on(parse_date(f"{period}-01")):
            named = (row.rule_id, row.point_id, "practitioner", doctor, place, period, "", load.group(place, period))
            yield Measure(*named, max(map(len, days.values())), 1, 1, "")


def judge(load: Load, bindings: Bindings, found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the hits: clinician and month, and visits of the days beyond the limit, the busiest first."""
    met = _days(load)
    for one in found:
        row = row_of(one, bindings)
        if row is None or one.numerator <= row.max_visits:
            continue
        told = (one.rule_id, one.point_id, one.row_id, Verdict(row.verdict), "too_many")
        said = (str(row.max_visits), str(one.numerator))
        yield Hit(*told, *said, "subject", "practitioner", one.row_id, 0)
        days = met[one.subject_id, one.institution_id, one.period]
        over = [(-len(stays), day, stay.encounter_id) for day, stays in days.items() for stay in stays]
        for _, _, encounter in [seen for seen in sorted(over) if -seen[0] > row.max_visits][:EVIDENCE]:
            yield Hit(*told, *said, "other", "encounter", encounter, 0)


def _days(load: Load) -> dict[tuple[str, str, str], dict[date, list[Stay]]]:
    """Return visits by clinician, institution, month and day."""
    found: dict[tuple[str, str, str], dict[date, list[Stay]]] = defaultdict(lambda: defaultdict(list))
    for stay in load.stays:
        if stay.practitioner_id is not None and stay.visit_type in VISITS:
            key = stay.practitioner_id, stay.institution_id, month(stay.start_date)
            found[key][stay.start_date].append(stay)
    return found
