"""CONTRAINDICATION (T26): an item is charged although a recorded disease or condition forbids it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern

PATTERN = Pattern(
    name="contraindication",
    template="T26",
    zh="禁忌症",
    en="Contraindication",
    kind="person",
    facts=("line", "diagnosis"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the item"),
        BindingColumn("dx_codes", "set", "either", "beginnings of diagnosis codes that forbid it", least=1),
    ),
    index=("item_code",),
    reasons={
        "forbidden": (
            "本次就诊有诊断 {actual}，属该项目的禁忌（{expected:codes}）",
            "The encounter has diagnosis {actual}, which forbids the item ({expected:codes})",
        ),
        "dx_missing": (
            "该项目禁忌 {expected:codes}，本次就诊未见任何诊断",
            "The item is forbidden with {expected:codes}; the encounter has no diagnosis at all",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    found: dict[str, set[str]] = {}
    for one in case.diagnoses:
        found.setdefault(one.encounter_id, set()).add(one.code)
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            own = found.get(line.encounter_id)
            met = min((code for code in own or () if code.startswith(_wanted(row))), default="")
            if own is None:
                yield Hit.of_line(row, line, Verdict.UNKNOWN, "dx_missing", row.dx_codes, "")
            elif met:
                yield Hit.of_line(row, line, Verdict(row.verdict), "forbidden", row.dx_codes, met)


def _wanted(row: Any) -> tuple[str, ...]:
    return tuple(row.dx_codes.split(" "))
