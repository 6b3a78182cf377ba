"""QUALIFICATION (T29): the prescriber was not registered, or the payment qualification was suspended or terminated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="practitioner_valid",
    template="T29",
    zh="人员资质",
    en="Qualification of the prescriber",
    kind="person",
    facts=("line", "practice", "payment_status"),
    columns=(BindingColumn("barring", "set", "parameter", "decisions that bar payment"),),
    reasons={
        "barred": (
            "处方人的支付资格在服务当日处于{actual:decisions}",
            "On the day of service the payment qualification of the prescriber was {actual:decisions}",
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
    for line in case.lines:
        if line.practitioner_id is None:
            continue
        for row in bindings.on(line.service_date):
            yield from _line(case, line, row, known)


def _line(case: Case, line: Line, row: Any, known: set[str]) -> Iterator[Hit]:
    key = "|".join((case.person_id, line.practitioner_id or "", line.institution_id, line.service_date.isoformat()))
    decisions = sorted(
        one.status
        for one in case.payment_statuses
        if one.practitioner_id == line.practitioner_id
        and one.status in row.barring.split(" ")
        and one.valid_from <= line.service_date
        and (one.valid_to is None or line.service_date < one.valid_to)
    )
    registered = any(
        one.practitioner_id == line.practitioner_id
        and one.institution_id == line.institution_id
        and one.valid_from <= line.service_date
        and (one.valid_to is None or line.service_date < one.valid_to)
        for one in case.practices
    )
    if decisions:
        told = (Verdict(row.verdict), "barred", "", decisions[-1])
    elif line.practitioner_id not in known:
        told = (Verdict.UNKNOWN, "register_missing", "", "")
    elif not registered:
        told = (Verdict(row.verdict), "not_registered", "", "")
    else:
        return
    yield Hit.of_line(row, line, *told)._replace(subject_key=f"{key}|{told[1]}")
