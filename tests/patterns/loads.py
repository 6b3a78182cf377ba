"""Case-loads for the referees: built backwards from what a pattern needs, so that hits and near misses are common."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.patterns.rows import (
    DAY,
    ITEMS,
    a_check,
    a_diagnosis,
    a_line,
    a_nursing,
    a_procedure,
    a_settlement,
    a_stay,
    an_order,
    an_use,
    days,
)
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns import PATTERNS, Bindings, Case
from zhunsheng.patterns.base import (
    Death,
    Department,
    Device,
    Facility,
    Institution,
    Licence,
    PaymentStatus,
    Practice,
    registrations,
)

#: What is registered of the institutions and departments that lines name, at times anew; C never is.
PLACES = (("A", "B"), ("hospital",), (None, "1", "2", "3"), ("330781", "330781", None))
PARTS = (
    ("A", "D1", "呼吸内科", "A03.01"),
    ("A", "D1", "急诊科", "A20"),
    ("A", "D1", "待登记科", None),
    ("A", "D2", "待登记科", None),
    ("A", "D2", "中医科", "A50"),
    ("B", "D1", "骨科", "A04.03"),
)

verdicts = st.sampled_from(["violation", "suspected"])
COLUMNS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "item_sex": {"item_code": st.sampled_from(ITEMS), "sex": st.sampled_from("MF")},
    "item_age": {
        "item_code": st.sampled_from(ITEMS),
        "min_age": st.integers(0, 3),
        "max_age": st.integers(0, 30),
        "age_unit": st.sampled_from(["year", "month", "day"]),
    },
    "mutex_pair": {
        "main_code": st.just(ITEMS[0]),
        "sub_code": st.sampled_from(ITEMS[1:]),
        "time_window": st.sampled_from(["day", "encounter", "6h", "hour"]),
        "transfer_day": st.sampled_from(["refer", "judge"]),
    },
    "qty_cap": {
        "item_code": st.sampled_from(ITEMS),
        "cap_e4": st.sampled_from([0, 10_000, 15_000, 30_000, 240_000]),
        "period": st.sampled_from(["hour", "day", "encounter", "rolling", "rolling"]),
        "period_days": st.integers(1, 4),
        "counts": st.sampled_from(["quantity", "lines"]),
        "reach": st.sampled_from(["institution", "person"]),
    },
    "kind_cap": {
        "item_class": st.sampled_from(["09", "11"]),
        "max_kinds": st.integers(0, 2),
        "visit_types": st.sampled_from(["", "inpatient", "outpatient inpatient"]),
    },
    "course_days": {
        "item_code": st.sampled_from(ITEMS),
        "item_group": st.sampled_from(["g1", "g1", "g2"]),
        "max_days": st.integers(0, 3),
        "period": st.sampled_from(["stay", "course", "unstated", "year"]),
        "gap_days": st.integers(1, 2),
        "min_interval": st.integers(0, 3),
        "counts": st.sampled_from(["days", "span"]),
        "reach": st.sampled_from(["institution", "person"]),
        "scope": st.sampled_from(["paid", "all", "all"]),
    },
    "item_requires_item": {
        "item_code": st.sampled_from(ITEMS[:2]),
        "need_set": st.sampled_from(["n1", "n1", "n2"]),
        "need_code": st.sampled_from(ITEMS[1:]),
        "time_window": st.sampled_from(["day", "encounter"]),
    },
    "price_ceiling": {
        "item_code": st.sampled_from(ITEMS),
        "region": st.sampled_from(["", "3307", "3308"]),
        "level": st.sampled_from(["", "2", "3"]),
        "ceiling_e6": st.sampled_from([333_332, 333_333, 1_000_000, 1_004_999]),
    },
    "tiered_price": {
        "item_code": st.sampled_from(ITEMS[:2]),
        "incision_group": st.sampled_from(["g1", "g1", "g1", "g2"]),
        "second_percent": st.sampled_from([50, 50, 100]),
        "full_price_e6": st.sampled_from([0, 333_333, 1_000_000]),
    },
    "pay_cap": {
        "item_code": st.sampled_from(ITEMS),
        "item_group": st.sampled_from(["g1", "g1", "g2"]),
        "cap_fen": st.sampled_from([0, 100, 150, 2_400]),
        "period": st.sampled_from(["day", "encounter", "year"]),
    },
    "bundle_split": {
        "bundle_code": st.just(ITEMS[0]),
        "bundle_name": st.just("n"),
        "part_code": st.sampled_from(ITEMS[1:]),
        "min_parts": st.integers(1, 2),
        "counts": st.sampled_from(["parts", "units"]),
        "time_window": st.sampled_from(["day", "encounter"]),
        "bundle_price_fen": st.sampled_from([0, 100, 133, 2_400]),
    },
    "dup_claim": {"time_window": st.sampled_from(["moment", "day"])},
    "item_requires_dx": {
        "item_code": st.sampled_from(ITEMS),
        "dx_codes": st.sampled_from(["J18", "I10 J18.1", "Z51.100 I10.x", "M17"]),
        "within_days": st.integers(0, 4),
        "scope": st.sampled_from(["paid", "all"]),
    },
    "item_requires_prior": {
        "item_code": st.sampled_from(ITEMS[:2]),
        "prior_codes": st.sampled_from(["003", "003 002", "001"]),
        "within_days": st.integers(1, 4),
        "scope": st.sampled_from(["paid", "all"]),
    },
    "item_visit_type": {
        "item_code": st.sampled_from(ITEMS),
        "allowed_visits": st.sampled_from(["inpatient", "outpatient", "emergency inpatient", "pharmacy"]),
        "scope": st.sampled_from(["paid", "all"]),
    },
    "org_level": {
        "item_code": st.sampled_from(ITEMS),
        "min_level": st.integers(1, 3),
        "scope": st.sampled_from(["paid", "all"]),
    },
    "dept_set": {
        "item_code": st.sampled_from(ITEMS),
        "specialties": st.sampled_from(["A03", "A04.03", "A05 A03.01", "A50"]),
        "scope": st.sampled_from(["paid", "all"]),
    },
    "insurance_type": {
        "item_code": st.sampled_from(ITEMS),
        "insurance_kinds": st.sampled_from(["410", "310", "390 510"]),
    },
    "not_payable": {"item_code": st.sampled_from(ITEMS), "refused": st.sampled_from(["always", "alone"])},
    "overlap": {"tolerance_hours": st.sampled_from([0, 6, 24])},
    "date_in_stay": {
        "edge": st.sampled_from(["before", "after", "death"]),
        "tolerance_days": st.integers(0, 2),
        "drug_tolerance_days": st.integers(0, 2),
    },
    "readmission": {
        "interval_days": st.integers(1, 4),
        "shared_characters": st.sampled_from([0, 1, 3]),
        "planned_categories": st.sampled_from(["Z51", "Z51 I10", "Z49"]),
    },
    "visit_in_stay": {
        "allowed_types": st.sampled_from(["emergency", "emergency pharmacy", "outpatient"]),
        "first_days": st.integers(0, 1),
        "last_days": st.integers(0, 1),
    },
    "after_death": {"tolerance_days": st.integers(0, 1)},
    "units_vs_stay": {"item_code": st.sampled_from(ITEMS), "unit_group": st.sampled_from(["bed", "nursing"])},
    "units_vs_record": {"item_code": st.sampled_from(ITEMS), "tolerance_e4": st.sampled_from([0, 1, 10_000])},
    "supply_days": {
        "visit_type": st.sampled_from(["outpatient", "inpatient", "inpatient", "emergency"]),
        "item_code": st.sampled_from(["", "", *ITEMS]),
        "max_days": st.integers(0, 4),
        "ordered": st.sampled_from(["any_day", "last_day"]),
        "fee_classes": st.sampled_from(["09", "11 09"]),
    },
    "code_person": {
        "code": st.sampled_from(["J18", "I10", "I10", "J18.9", "Z51", "68.4"]),
        "register": st.sampled_from(["diagnosis", "diagnosis", "diagnosis", "procedure"]),
        "asks": st.sampled_from(["sex", "age"]),
        "sex": st.sampled_from("MF"),
        "min_age": st.integers(0, 3),
        "max_age": st.integers(0, 30),
        "age_unit": st.sampled_from(["year", "month", "day"]),
    },
    "code_requires": {
        "code": st.sampled_from(["J18", "I10", "Z51", "J18", "I10", "68.4"]),
        "register": st.sampled_from([*["diagnosis"] * 8, "procedure"]),
        "needs": st.sampled_from(["item", "diagnosis"]),
        "need_codes": st.sampled_from(["001", "002 003", "J18", "Z51", "Z49 001"]),
    },
    "event_frequency": {
        "visit_types": st.sampled_from(["inpatient", "inpatient outpatient", "outpatient pharmacy emergency"]),
        "item_class": st.sampled_from(["", "", "09"]),
        "period_days": st.integers(1, 5),
        "max_events": st.integers(1, 2),
        "reach": st.sampled_from(["institution", "person"]),
    },
    "contraindication": {
        "item_code": st.sampled_from(ITEMS),
        "dx_codes": st.sampled_from(["J18", "I", "I10 J18.9", "Z49", "O Z51"]),
    },
    "drug_pair": {
        "first_code": st.sampled_from(ITEMS),
        "second_code": st.sampled_from(ITEMS),
        "time_window": st.sampled_from(["day", "encounter"]),
    },
    "dose_range": {
        "item_code": st.sampled_from(ITEMS),
        "daily_max_e4": st.sampled_from([10_000, 20_000, 6_667]),
        "factor_percent": st.sampled_from([50, 100, 150]),
    },
    "dup_therapy": {
        "item_code": st.sampled_from(ITEMS[:2]),
        "drug_class": st.sampled_from(["k1", "k1", "k1", "k1", "k1", "k2"]),
        "max_drugs": st.sampled_from([1, 1, 1, 2]),
    },
    "title_required": {
        "item_code": st.sampled_from(ITEMS),
        "titles": st.sampled_from(["主任医师", "主任医师 副主任医师", "主治医师"]),
    },
    "practitioner_valid": {
        "barring": st.sampled_from(["suspended", "suspended terminated"]),
        "exempt": st.sampled_from(["emergency", "emergency outpatient", ""]),
    },
    "identity_failed": {"failing": st.sampled_from(["differed", "failed"])},
    "nursing_level": {"item_code": st.sampled_from(ITEMS), "level": st.sampled_from(["special", "1", "2", "3"])},
    "dup_settlement": {"compares": st.sampled_from(["invoice", "invoice_total"])},
    "prophylaxis": {
        "item_code": st.sampled_from(ITEMS),
        "op_codes": st.sampled_from(["68.", "47.", "68. 47."]),
        "max_days": st.integers(0, 1),
    },
    "low_standard": {
        "max_days": st.integers(0, 2),
        "treat_classes": st.sampled_from(["05 06", "09"]),
        "check_classes": st.sampled_from(["03 04", "11", "09 11"]),
        "check_percent": st.sampled_from([0, 50, 100]),
        "min_score": st.integers(1, 4),
    },
    "idle_bed": {"idle_days": st.integers(1, 2), "quiet_classes": st.sampled_from(["01 07", "09", "09 11"])},
    "data_quality": {
        "checks": st.sampled_from(
            ["amount_mismatch class_missing", "principal_missing principal_twice", "class_missing principal_twice"]
        )
    },
    "facility_required": {
        "item_code": st.sampled_from(ITEMS),
        "register": st.sampled_from(["facility", "device", "licence"]),
        "accepted_kinds": st.sampled_from(
            ["recovery_room", "A03.01 A04", "ct_64 ct_128", "recovery_room dialysis_room"]
        ),
    },
}


@st.composite
def bindings(draw: st.DrawFn, name: str) -> Bindings:
    """Rows of one pattern: several rules, several points, periods that begin or end near the lines."""
    pattern = PATTERNS[name]
    rows = []
    for number in range(draw(st.integers(1, 4))):
        start = draw(days)
        end = draw(st.just(OPEN_END) | st.integers(1, 4).map(lambda n, s=start: s + timedelta(days=n)))
        values = [draw(COLUMNS[name][column.name]) for column in pattern.columns]
        rule = draw(st.sampled_from(["R1", "R2"]))
        rows.append(pattern.row(rule, f"p{number}", draw(verdicts), start, end, *values))
    return Bindings(pattern, rows)


@st.composite
def cases(draw: st.DrawFn) -> list[Case]:
    """A few people with lines and stays crowded into a few days, missing values included."""
    people = [draw(_case(f"P{number}")) for number in range(draw(st.integers(1, 3)))]
    known = {"devices": draw(_devices), "facilities": draw(_facilities), "licences": draw(_licences)}
    known |= {"institutions": registrations(draw(_institutions)), "departments": registrations(draw(_departments))}
    known |= {"practices": draw(_practices), "payment_statuses": draw(_decisions)}
    return [replace(case, **known) for case in people]


#: What the institutions registered, one of them at times nothing at all; periods begin or end near the lines.
_periods = st.tuples(days, st.none() | st.integers(4, 6).map(lambda n: DAY + timedelta(days=n)))
_institutions = st.lists(
    st.builds(
        lambda *told: Institution(*told[:-1], told[-1][0], told[-1][1] or OPEN_END),
        *(st.sampled_from(known) for known in PLACES),
        _periods,
    ),
    max_size=5,
)
_departments = st.lists(
    st.builds(
        lambda stated, period: Department(*stated, period[0], period[1] or OPEN_END),
        st.sampled_from(PARTS),
        _periods,
    ),
    max_size=5,
)
_devices = st.lists(
    st.builds(
        lambda place, kind, period: Device(place, kind, *period),
        st.sampled_from("AB"),
        st.sampled_from(["ct_16", "ct_64", "ct_128"]),
        _periods,
    ),
    max_size=3,
).map(tuple)
_facilities = st.lists(
    st.builds(
        lambda place, kind, period: Facility(place, kind, *period),
        st.sampled_from("AB"),
        st.sampled_from(["recovery_room", "dialysis_room", "other"]),
        _periods,
    ),
    max_size=3,
).map(tuple)
_practices = st.lists(
    st.builds(
        lambda who, place, title, period: Practice(who, place, title, *period),
        st.sampled_from(["DR1", "DR2"]),
        st.sampled_from("AB"),
        st.sampled_from([None, "主任医师", "主治医师", "医师"]),
        _periods,
    ),
    max_size=4,
).map(tuple)
_decisions = st.lists(
    st.builds(
        lambda who, status, period, decision: PaymentStatus(who, status, *period, decision),
        st.sampled_from(["DR1", "DR2"]),
        st.sampled_from(["suspended", "terminated"]),
        _periods,
        st.sampled_from(["", "ZG2026-00001", "ZG2026-00002"]),
    ),
    max_size=2,
).map(tuple)
_licences = st.lists(
    st.builds(
        lambda place, kind, period: Licence(place, kind, *period),
        st.sampled_from("AB"),
        st.sampled_from(["A03.01", "A04", "B01"]),
        _periods,
    ),
    max_size=3,
).map(tuple)


@st.composite
def _case(draw: st.DrawFn, person: str) -> Case:
    born = draw(
        st.none() | st.integers(-800, 40).map(lambda n: DAY - timedelta(days=n)) | st.dates(date(1990, 1, 1), DAY)
    )
    lines = [draw(a_line(person, number)) for number in range(draw(st.sampled_from([0, 3, 4, 6, 8])))]
    # twins, so that equal lines are common; siblings, so that different items of one moment are
    lines += [line._replace(line_id=f"{line.line_id}-again") for line in lines if draw(st.booleans())]
    if draw(st.booleans()):
        others = [(line, code) for line in lines for code in ITEMS[:2]]
        lines += [line._replace(line_id=f"{line.line_id}-{code}", item_code=code) for line, code in others]
    stays = [draw(a_stay(person, number)) for number in range(draw(st.sampled_from([2, 3, 4, 0])))]
    diagnoses = [draw(a_diagnosis(person)) for _ in range(draw(st.sampled_from([0, 4, 6, 8])))]
    sex = draw(st.sampled_from([None, "M", "F"]))
    orders = [draw(an_order(person, number, line)) for number, line in enumerate(lines[:5])]
    nursing = [draw(a_nursing(person, n)) for n in range(draw(st.integers(0, 3)))]
    checks = [draw(a_check(person, n)) for n in range(draw(st.integers(0, 3)))]
    settled = [draw(a_settlement(person, n)) for n in range(draw(st.sampled_from([0, 4, 5, 6])))]
    procedures = [draw(a_procedure(person, n)) for n in range(draw(st.integers(0, 2)))]
    uses = [draw(an_use(person, number)) for number in range(draw(st.integers(0, 4)))]
    deaths = draw(st.lists(days, max_size=2))
    return Case(
        person,
        sex,
        born,
        tuple(lines),
        tuple(stays),
        tuple(diagnoses),
        orders=tuple(orders),
        use_records=tuple(uses),
        deaths=tuple(Death(person, day) for day in deaths),
        procedures=tuple(procedures),
        nursing_records=tuple(nursing),
        identity_checks=tuple(checks),
        settlements=tuple(settled),
    )
