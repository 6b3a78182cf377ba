"""QTY_VS_RECORD (T32): a bed is kept for days on which nothing was ordered, recorded or charged but the bed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Stay

PATTERN = Pattern(
    name="idle_bed",
    template="T32",
    zh="挂床",
    en="Bed kept without care",
    kind="person",
    facts=("encounter", "line", "medical_order", "use_record", "nursing_record"),
    columns=(
        BindingColumn("idle_days", "integer", "parameter", "fewest days in a row without any care"),
        BindingColumn("quiet_classes", "set", "parameter", "classes of charges that are no care, such as the bed"),
    ),
    reasons={
        "idle": (
            "{actual:span}期间没有医嘱、记录和诊疗费用，连续 {expected} 天即为线索",
            "No order, record or charge for care {actual:span}; {expected} days in a row make a lead",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for stay in case.stays:
        if stay.visit_type == "inpatient" and stay.end_date is not None:
            for row in bindings.on(stay.start_date):
                yield from _stay(case, stay, row)


def _stay(case: Case, stay: Stay, row: Any) -> Iterator[Hit]:
    days = sorted(_days(case, stay, row))
    for before, after in pairwise(days):
        if (after - before).days - 1 >= row.idle_days:
            said = (Verdict(row.verdict), "idle", str(row.idle_days), f"{before.isoformat()} {after.isoformat()}")
            own = [line for line in case.lines if line.encounter_id == stay.encounter_id]
            amount = sum(line.amount_fen for line in own if before < line.service_date < after)
            yield Hit.of_stay(row, f"{stay.encounter_id}|{before.isoformat()}", stay.encounter_id, said, amount)


def _days(case: Case, stay: Stay, row: Any) -> set[date]:
    """Return the days of the stay with care, its first and last among them."""
    quiet = row.quiet_classes.split(" ")
    days = {
        line.service_date
        for line in case.lines
        if line.encounter_id == stay.encounter_id and line.item_class not in quiet
    }
    for order in case.orders:
        if order.encounter_id == stay.encounter_id:
            days |= {order.ordered_on} | ({order.stopped_on} if order.stopped_on else set())
    days |= {one.performed_on for one in case.use_records if one.encounter_id == stay.encounter_id}
    days |= {one.observed_on for one in case.nursing_records if one.encounter_id == stay.encounter_id}
    last = stay.end_date or stay.start_date
    return {day for day in days if stay.start_date < day < last} | {stay.start_date, last}
