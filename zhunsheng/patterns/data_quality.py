"""DATA_QUALITY (T18): a line or a stay lacks what it must state, or contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern, Stay

PATTERN = Pattern(
    name="data_quality",
    template="T18",
    zh="信息完整与一致",
    en="Complete and consistent data",
    kind="person",
    facts=("line", "encounter", "diagnosis"),
    columns=(
        BindingColumn(
            "checks",
            "set",
            "parameter",
            "what is checked",
            codes=("amount_mismatch", "class_missing", "principal_missing", "principal_twice"),
        ),
    ),
    reasons={
        "amount_mismatch": (
            "金额与单价乘数量相差超过 1 分",
            "The amount differs from price times quantity by more than one fen",
        ),
        "class_missing": ("费用类别未载明", "The class of the charge is not stated"),
        "principal_missing": ("已出院而没有主要诊断", "Discharged without a principal diagnosis"),
        "principal_twice": ("主要诊断有 {actual} 个", "There are {actual} principal diagnoses"),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    principal: dict[str, set[str]] = {}
    for one in case.diagnoses:
        if one.is_principal:
            principal.setdefault(one.encounter_id, set()).add(one.code)
    for line in case.lines:
        found = _line(line)
        for row in bindings.on(line.service_date) if found else ():
            for reason in found:
                if reason in row.checks.split(" "):
                    hit = Hit.of_line(row, line, Verdict(row.verdict), reason, "", "")
                    yield hit._replace(subject_key=f"{line.line_id}|{reason}")
    for stay in case.stays:
        reason, actual = _stay(stay, len(principal.get(stay.encounter_id, ())))
        for row in bindings.on(stay.start_date) if reason else ():
            if reason in row.checks.split(" "):
                said = (Verdict(row.verdict), reason, "", actual)
                yield Hit.of_stay(row, f"{stay.encounter_id}|{reason}", stay.encounter_id, said)


def _line(line: Line) -> list[str]:
    exact = line.unit_price_e6 * line.quantity_e4
    found = ["amount_mismatch"] if abs(line.amount_fen * 100_000_000 - exact) > 100_000_000 else []
    return found if line.item_class else [*found, "class_missing"]


def _stay(stay: Stay, principals: int) -> tuple[str, str]:
    """Return what is wrong with a stay, and the number that shows it; nothing of visits and open stays."""
    if principals > 1:
        return "principal_twice", str(principals)
    closed = stay.visit_type == "inpatient" and stay.end_date is not None
    return ("principal_missing", "0") if closed and not principals else ("", "")
