"""QTY_VS_RECORD (T32): units of an item charged in an encounter exceed those of its use records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.money import part
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern
from zhunsheng.patterns.units_vs_stay import beyond

PATTERN = Pattern(
    name="units_vs_record",
    template="T32",
    zh="计费数量与使用记录",
    en="Charged units against use records",
    kind="person",
    facts=("line", "use_record"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "an item whose use is recorded"),
        BindingColumn(
            "tolerance_e4",
            "integer",
            "parameter",
            "units beyond the record that are no fault, x 10^4",
            digits=4,
            reads="tolerance",
        ),
    ),
    index=("item_code",),
    reasons={
        "over_record": (
            "本次就诊计费数量合计 {actual:e4}，使用记录合计 {expected:e4}",
            "Units charged in the encounter: {actual:e4}; units in the use records: {expected:e4}",
        ),
        "record_missing": (
            "本次就诊计费数量合计 {actual:e4}，未见使用记录，无法判定",
            "Units charged in the encounter: {actual:e4}; there is no use record, so it cannot be told",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    recorded: dict[tuple[str, str], int] = {}
    for record in case.use_records:
        key = record.encounter_id, record.item_code
        recorded[key] = recorded.get(key, 0) + record.quantity_e4
    billed: dict[tuple[Any, str], list[Line]] = {}
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            billed.setdefault((row, line.encounter_id), []).append(line)
    for (row, encounter), lines in billed.items():
        yield from _encounter(row, encounter, lines, recorded.get((encounter, row.item_code)))


def _encounter(row: Any, encounter: str, lines: list[Line], recorded: int | None) -> Iterator[Hit]:
    total = sum(line.quantity_e4 for line in lines)
    subject = f"{encounter}|{row.item_code}"
    if recorded is None:
        told = (row.rule_id, row.point_id, subject, Verdict.UNKNOWN, "record_missing", "", str(total))
        for line in lines:
            yield Hit(*told, "subject", "line", line.line_id, line.amount_fen)
        return
    if total <= recorded + row.tolerance_e4:
        return
    told = (row.rule_id, row.point_id, subject, Verdict(row.verdict), "over_record", str(recorded), str(total))
    for line, excess in beyond(lines, recorded):
        amount = part(line.amount_fen, excess, line.quantity_e4)
        yield Hit(*told, "subject" if excess else "other", "line", line.line_id, amount)
