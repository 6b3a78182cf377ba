"""QUALIFICATION (T29): the prescriber was not registered, or the payment qualification was suspended or terminated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern, PaymentStatus, Practice

PATTERN = Pattern(
    name="practitioner_valid",
    template="T29",
    zh="人员资质",
    en="Qualification of the prescriber",
    kind="person",
    facts=("line", "encounter", "practice", "payment_status"),
    columns=(
        BindingColumn("barring", "set", "parameter", "decisions that bar payment"),
        BindingColumn("exempt", "set", "parameter", "kinds of visits that may be emergency rescue"),
    ),
    reasons={
        "barred": (
            "处方人的支付资格在服务当日处于{actual:decisions}{expected:ruling}",
            "On the day of service the payment qualification of the prescriber was {actual:decisions}{expected:ruling}",
        ),
        "barred_emergency": (
            "处方人的支付资格在服务当日处于{actual:decisions}{expected:ruling}；急救、抢救除外，本次为急诊，须由人认定",
            "The payment qualification was {actual:decisions}{expected:ruling}; a person says if it was rescue",
        ),
        "not_registered": (
            "处方人在服务当日未在本机构登记执业",
            "On the day of service the prescriber was not registered at the institution",
        ),
        "register_missing": (
            "执业登记中没有该处方人，无法判定其资质",
            "The register does not know the prescriber, so the qualification cannot be told",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    known = {one.practitioner_id for one in case.practices}
    visits = {stay.encounter_id: stay.visit_type for stay in case.stays}
    for line in case.lines:
        if line.practitioner_id is None:
            continue
        for row in bindings.on(line.service_date):
            yield from _line(case, line, row, known, visits.get(line.encounter_id))


def _line(case: Case, line: Line, row: Any, known: set[str], visit: str | None) -> Iterator[Hit]:
    key = "|".join((case.person_id, line.practitioner_id or "", line.institution_id, line.service_date.isoformat()))
    barring = [one for one in case.payment_statuses if one.status in row.barring.split(" ") and _holds(one, line)]
    registered = any(one.institution_id == line.institution_id and _holds(one, line) for one in case.practices)
    if not barring and registered:
        return
    standing = "not_registered" if line.practitioner_id in known else "register_missing"
    reason = standing if not barring else "barred"
    if barring and visit in row.exempt.split(" "):
        reason = standing if standing == "not_registered" and not registered else "barred_emergency"
    verdict = Verdict.UNKNOWN if reason in ("register_missing", "barred_emergency") else Verdict(row.verdict)
    told = ("", "")
    if reason.startswith("barred"):
        told = (max(one.decision for one in barring), max(one.status for one in barring))
    yield Hit.of_line(row, line, verdict, reason, *told)._replace(subject_key=f"{key}|{reason}")


def _holds(one: PaymentStatus | Practice, line: Line) -> bool:
    """Whether a dated row is about the prescriber of a line and holds on its day."""
    ends = one.valid_to is not None and one.valid_to <= line.service_date
    return one.practitioner_id == line.practitioner_id and one.valid_from <= line.service_date and not ends
