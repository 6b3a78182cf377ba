"""CODE_CONSISTENCY (T19): the main diagnosis or the main operation stands without what goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Stay

PATTERN = Pattern(
    name="code_requires",
    template="T19",
    zh="编码须有依据",
    en="Code that needs evidence",
    kind="person",
    facts=("encounter", "diagnosis", "procedure", "line"),
    columns=(
        BindingColumn("code", "text", "knowledge", "beginning of the code, three characters or more"),
        BindingColumn("register", "text", "parameter", "whose main code it is", codes=("diagnosis", "procedure")),
        BindingColumn("needs", "text", "parameter", "what must stand beside it", codes=("item", "diagnosis")),
        BindingColumn(
            "need_codes", "set", "knowledge", "items, or beginnings of principal diagnoses; one of them suffices"
        ),
    ),
    index=("code",),
    reasons={
        "evidence_absent": (
            "编码 {actual} 应有 {expected:codes} 之一，本次就诊未见",
            "Code {actual} goes with one of {expected:codes}; the encounter has none",
        ),
        "encounter_open": (
            "住院未结束，编码 {actual} 所需的 {expected:codes} 可能在后，暂不能判定",
            "The stay is not over; {expected:codes} for code {actual} may still come",
        ),
        "principal_missing": (
            "编码 {actual} 应有主要诊断 {expected:codes} 之一，本次就诊未见主要诊断",
            "Code {actual} goes with a principal diagnosis of {expected:codes}; none is stated",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    principal: dict[str, set[str]] = {}
    for one in case.diagnoses:
        if one.is_principal:
            principal.setdefault(one.encounter_id, set()).add(one.code)
    charged = {(line.encounter_id, line.item_code) for line in case.lines}
    for stay in sorted(case.stays, key=lambda stay: stay.encounter_id):
        own = principal.get(stay.encounter_id, set())
        coded = {("diagnosis", code) for code in own}
        coded |= {
            ("procedure", one.code)
            for one in case.procedures
            if one.encounter_id == stay.encounter_id and one.sequence == 1
        }
        for register, code in sorted(coded):
            for row in _rows(bindings, stay, register, code):
                reason = _reason(row, stay, own, charged)
                if reason:
                    told = Verdict(row.verdict) if reason == "evidence_absent" else Verdict.UNKNOWN
                    said = (told, reason, row.need_codes, code)
                    yield Hit.of_stay(row, f"{stay.encounter_id}|{code}", stay.encounter_id, said)


def _rows(bindings: Bindings, stay: Stay, register: str, code: str) -> Iterator[Any]:
    for length in range(3, len(code) + 1):
        for row in bindings.valid("code", code[:length], stay.start_date):
            if row.register == register:
                yield row


def _reason(row: Any, stay: Stay, principal: set[str], charged: set[tuple[str, str]]) -> str:
    """Return why the code does not hold, or nothing."""
    needed = row.need_codes.split(" ")
    if row.needs == "item":
        if any((stay.encounter_id, code) in charged for code in needed):
            return ""
        return "encounter_open" if stay.visit_type == "inpatient" and stay.end_date is None else "evidence_absent"
    if not principal:
        return "principal_missing"
    return "" if any(code.startswith(tuple(needed)) for code in principal) else "evidence_absent"
