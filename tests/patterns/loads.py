"""Case-loads for the referees: built backwards from what a pattern needs, so that hits and near misses are common."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from zhunsheng.kernel.money import times
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns import PATTERNS, Bindings, Case
from zhunsheng.patterns.base import (
    Death,
    Department,
    Device,
    Diagnosis,
    Facility,
    Institution,
    Line,
    Order,
    Stay,
    UseRecord,
    registrations,
)

DAY = date(2026, 3, 1)
MIDNIGHT = 1_772_294_400  # 2026-03-01 00:00 in Asia/Shanghai
ITEMS = ["001", "002", "003"]
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

days = st.integers(-2, 3).map(lambda n: DAY + timedelta(days=n))
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
    "kind_cap": {"item_class": st.sampled_from(["09", "11"]), "max_kinds": st.integers(0, 2)},
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
        "drug_classes": st.sampled_from(["09", "11 09"]),
    },
    "facility_required": {
        "item_code": st.sampled_from(ITEMS),
        "register": st.sampled_from(["facility", "device"]),
        "accepted_kinds": st.sampled_from(["recovery_room", "ct_64", "ct_64 ct_128", "recovery_room dialysis_room"]),
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
    known = {"devices": draw(_devices), "facilities": draw(_facilities)}
    known |= {"institutions": registrations(draw(_institutions)), "departments": registrations(draw(_departments))}
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


@st.composite
def _case(draw: st.DrawFn, person: str) -> Case:
    born = draw(
        st.none() | st.integers(-800, 40).map(lambda n: DAY - timedelta(days=n)) | st.dates(date(1990, 1, 1), DAY)
    )
    lines = [draw(_line(person, number)) for number in range(draw(st.sampled_from([0, 3, 4, 6, 8])))]
    # twins, so that equal lines are common; siblings, so that different items of one moment are
    lines += [line._replace(line_id=f"{line.line_id}-again") for line in lines if draw(st.booleans())]
    if draw(st.booleans()):
        others = [(line, code) for line in lines for code in ITEMS[:2]]
        lines += [line._replace(line_id=f"{line.line_id}-{code}", item_code=code) for line, code in others]
    stays = [draw(_stay(person, number)) for number in range(draw(st.sampled_from([2, 3, 4, 0])))]
    diagnoses = [draw(_diagnosis(person)) for _ in range(draw(st.integers(0, 3)))]
    sex = draw(st.sampled_from([None, "M", "F"]))
    orders = [draw(_order(person, number, line)) for number, line in enumerate(lines[:5])]
    uses = [draw(_use(person, number)) for number in range(draw(st.integers(0, 4)))]
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
    )


@st.composite
def _order(draw: st.DrawFn, person: str, number: int, line: Line) -> Order:
    return Order(
        f"{person}-O{number}",
        line.encounter_id,
        person,
        draw(st.sampled_from([line.institution_id, "A"])),
        draw(st.sampled_from([line.item_code, line.item_code, None])),
        draw(st.just(line.service_date) | days),
        None,
        None,
        draw(st.none() | st.integers(1, 6)),
    )


@st.composite
def _use(draw: st.DrawFn, person: str, number: int) -> UseRecord:
    return UseRecord(
        f"{person}-U{number}",
        f"{person}-E{draw(st.integers(0, 2))}",
        person,
        draw(st.sampled_from(["A", "B"])),
        draw(st.sampled_from(ITEMS)),
        draw(days),
        draw(st.sampled_from([10_000, 20_000, 10_001])),
    )


@st.composite
def _diagnosis(draw: st.DrawFn, person: str) -> Diagnosis:
    code = draw(st.sampled_from(["J18.900", "J18.100", "I10.x00", "Z51.100"]))
    return Diagnosis(f"{person}-E{draw(st.integers(0, 2))}", code, draw(st.booleans()))


@st.composite
def _line(draw: st.DrawFn, person: str, number: int) -> Line:
    day = draw(days)
    base = MIDNIGHT + (day - DAY).days * 86_400
    moment = draw(
        st.none() | st.sampled_from([0, 3_599, 3_600, 21_599, 21_600, 82_800, 86_399]).map(lambda s: base + s)
    )
    quantity = draw(st.sampled_from([10_000, 20_000, 10_001, 240_000]))
    price = draw(st.sampled_from([1_000_000, 1_005_000, 333_333]))
    return Line(
        line_id=f"{person}-{number}",
        encounter_id=f"{person}-E{draw(st.integers(0, 2))}",
        person_id=person,
        institution_id=draw(st.sampled_from(["A", "A", "B", "C"])),
        department_id=draw(st.sampled_from([None, "D1", "D2"])),
        practitioner_id=None,
        item_code=draw(st.sampled_from(ITEMS)),
        service_date=day,
        service_at=moment,
        quantity_e4=quantity,
        unit_price_e6=price,
        amount_fen=times(price, quantity),
        item_class=draw(st.sampled_from([None, "09", "11"])),
        in_scope_fen=draw(st.sampled_from([None, 0, times(price, quantity)])),
    )


@st.composite
def _stay(draw: st.DrawFn, person: str, number: int) -> Stay:
    start = _moment(draw, -2, 3)
    # short stays leave room for a next one, long ones overlap
    first = draw(st.sampled_from([(start[0] - DAY).days, 3]))
    end = draw(st.integers(0, 3)) and _moment(draw, first, 5)
    return Stay(
        f"{person}-E{number}",
        person,
        draw(st.sampled_from(["A", "A", "B"])),
        draw(st.sampled_from([*["inpatient"] * 5, "outpatient", "pharmacy", "emergency"])),
        *start,
        *(end or (None, None)),
        draw(st.sampled_from([None, "D1", "D2"])),
        draw(st.sampled_from([None, "310", "390"])),
    )


def _moment(draw: st.DrawFn, first: int, last: int) -> tuple[date, int | None]:
    day = DAY + timedelta(days=draw(st.integers(first, last)))
    seconds = draw(st.none() | st.integers(0, 86_399))
    return day, None if seconds is None else MIDNIGHT + (day - DAY).days * 86_400 + seconds
