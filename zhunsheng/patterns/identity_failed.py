"""QUALIFICATION (T29): the last check of identity found another person than the one insured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, IdentityCheck, Pattern

PATTERN = Pattern(
    name="identity_failed",
    template="T29",
    zh="人证核验未通过",
    en="Identity check failed",
    kind="person",
    facts=("encounter", "identity_check", "line"),
    columns=(
        BindingColumn(
            "failing", "text", "parameter", "result that tells of another person", codes=("differed", "failed")
        ),
    ),
    reasons={
        "identity_differs": (
            "{actual} 人证核验不一致，此后未见通过的核验",
            "The check of {actual} found another person, and none that passed followed",
        ),
        "check_failed": (
            "{actual} 人证核验未能完成，身份不明",
            "The check of {actual} could not be completed; the identity is not known",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    last: dict[str, IdentityCheck] = {}
    for one in sorted(case.identity_checks, key=_order):
        last[one.encounter_id] = one
    for stay in case.stays:
        check = last.get(stay.encounter_id)
        for row in bindings.on(stay.start_date) if check else ():
            if check and check.result != "matched":
                yield _told(case, check, row)


def _order(check: IdentityCheck) -> tuple[date, int, str]:
    return check.checked_on, check.checked_at or 0, check.check_id


def _told(case: Case, check: IdentityCheck, row: Any) -> Hit:
    differs = check.result == row.failing
    said = (Verdict(row.verdict), "identity_differs") if differs else (Verdict.UNKNOWN, "check_failed")
    amount = sum(line.amount_fen for line in case.lines if line.encounter_id == check.encounter_id)
    told = (*said, row.failing, check.checked_on.isoformat())
    return Hit.of_stay(row, check.encounter_id, check.encounter_id, told, amount)
