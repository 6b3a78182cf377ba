"""DEPT_SET (T07): an item allowed in some departments only is ordered by another."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import (
    SCOPE,
    SCOPE_MISSING,
    BindingColumn,
    Bindings,
    Case,
    Department,
    Hit,
    Line,
    Pattern,
    as_paid,
    is_self_paid,
)

PATTERN = Pattern(
    name="dept_set",
    template="T07",
    zh="项目限定科室",
    en="Item limited to departments",
    kind="line",
    facts=("line", "department"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the limited item"),
        BindingColumn(
            "specialties",
            "set",
            "knowledge",
            "national specialty codes (caty) of the departments allowed; a code of one level holds all below it",
            least=3,
        ),
        SCOPE,
    ),
    index=("item_code",),
    reasons={
        "specialty_differs": (
            "项目限诊疗科目 {expected:codes} 使用，开单科室为{actual:pair}",
            "The item is limited to departments of specialty {expected:codes}; it was ordered by {actual:pair}",
        ),
        "department_missing": (
            "项目限诊疗科目 {expected:codes} 使用，该行未载明开单科室",
            "The item is limited to departments of specialty {expected:codes}; the line names no department",
        ),
        "specialty_missing": (
            "项目限诊疗科目 {expected:codes} 使用，开单科室 {actual} 的诊疗科目未登记",
            "The item is limited to departments of specialty {expected:codes}; that of {actual} is not registered",
        ),
        "scope_missing": SCOPE_MISSING,
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            department = case.department_on(line.institution_id, line.department_id or "", line.service_date)
            allowed = row.specialties.split()
            code = department.specialty if department else None
            if is_self_paid(line, row.scope) or (code and {code, code.split(".")[0]} & set(allowed)):
                continue
            verdict, reason, actual = _told(line, department)
            if reason == "specialty_differs":
                verdict, reason = as_paid(row, line, reason)
            yield Hit.of_line(row, line, verdict, reason, row.specialties, actual)


def _told(line: Line, department: Department | None) -> tuple[Verdict, str, str]:
    if line.department_id is None:
        return Verdict.UNKNOWN, "department_missing", ""
    if department is None or department.specialty is None:
        return Verdict.UNKNOWN, "specialty_missing", line.department_id
    return Verdict.PASS, "specialty_differs", f"{department.specialty} {department.name}"
