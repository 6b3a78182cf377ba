"""Rows of generated case-loads: lines, stays, diagnoses, orders and records crowded into a few days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from zhunsheng.kernel.money import times
from zhunsheng.patterns.base import (
    Diagnosis,
    IdentityCheck,
    Line,
    NursingRecord,
    Order,
    Procedure,
    Settlement,
    Stay,
    UseRecord,
)

DAY = date(2026, 3, 1)
MIDNIGHT = 1_772_294_400  # 2026-03-01 00:00 in Asia/Shanghai
ITEMS = ["001", "002", "003"]
days = st.integers(-2, 3).map(lambda n: DAY + timedelta(days=n))


@st.composite
def an_order(draw: st.DrawFn, person: str, number: int, line: Line) -> Order:
    return Order(
        f"{person}-O{number}",
        line.encounter_id,
        person,
        draw(st.sampled_from([line.institution_id, line.institution_id, "A"])),
        draw(st.sampled_from([line.item_code, line.item_code, line.item_code, None])),
        draw(st.just(line.service_date) | days),
        None,
        draw(st.sampled_from([None, 20_000, 20_001, 30_000])),
        draw(st.sampled_from([None, 0, 1, 2, 3, 4, 6])),
    )


@st.composite
def a_nursing(draw: st.DrawFn, person: str, number: int) -> NursingRecord:
    level = draw(st.sampled_from([None, "3", "2", "1", "special"]))
    return NursingRecord(f"{person}-N{number}", f"{person}-E{draw(st.integers(0, 2))}", person, "A", draw(days), level)


@st.composite
def a_check(draw: st.DrawFn, person: str, number: int) -> IdentityCheck:
    moment = draw(st.none() | st.sampled_from([MIDNIGHT, MIDNIGHT + 60]))
    result = draw(st.sampled_from(["matched", "differed", "failed"]))
    encounter = f"{person}-E{draw(st.integers(0, 2))}"
    return IdentityCheck(f"{person}-C{number}", encounter, person, "A", draw(days), moment, result)


@st.composite
def a_settlement(draw: st.DrawFn, person: str, number: int) -> Settlement:
    return Settlement(
        f"{person}-S{number}",
        f"{person}-E{draw(st.sampled_from([0, 1, 1, 3]))}",
        person,
        draw(st.sampled_from("AB")),
        draw(days),
        draw(st.sampled_from([100, 100, 200])),
        draw(st.sampled_from(["K", "K", "K", None])),
        draw(st.sampled_from(["1", "1", "2", None])),
    )


@st.composite
def a_procedure(draw: st.DrawFn, person: str, number: int) -> Procedure:
    code = draw(st.sampled_from(["68.4001", "47.0100"]))
    day = draw(st.none() | days)
    return Procedure(f"{person}-E{draw(st.integers(0, 2))}", draw(st.integers(1, 2)), code, day)


@st.composite
def an_use(draw: st.DrawFn, person: str, number: int) -> UseRecord:
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
def a_diagnosis(draw: st.DrawFn, person: str) -> Diagnosis:
    code = draw(st.sampled_from(["J18.900", "J18.100", "I10.x00", "Z51.100"]))
    return Diagnosis(f"{person}-E{draw(st.integers(0, 2))}", code, draw(st.sampled_from([True, True, False])))


@st.composite
def a_line(draw: st.DrawFn, person: str, number: int) -> Line:
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
        practitioner_id=draw(st.sampled_from([None, "DR1", "DR2", "DR3"])),
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
def a_stay(draw: st.DrawFn, person: str, number: int) -> Stay:
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
