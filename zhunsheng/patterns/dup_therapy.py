"""DUP_THERAPY (T28): two or more drugs of one therapeutic class are charged on one day of an encounter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="dup_therapy",
    template="T28",
    zh="同类药品重复",
    en="Two drugs of one class",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the drug"),
        BindingColumn("drug_class", "text", "knowledge", "class of pharmacology it belongs to"),
        BindingColumn("max_drugs", "integer", "parameter", "most different drugs of a class on one day"),
    ),
    index=("item_code",),
    reasons={
        "class_repeated": (
            "同日已有同类（{expected}）药品 {actual:item}",
            "The class {expected} was already given that day as {actual:item}",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    days: dict[tuple[Any, ...], list[tuple[Line, Any]]] = {}
    for line in sorted(case.lines, key=lambda one: one.line_id):
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            key = (row.rule_id, row.drug_class, str(row.max_drugs), line.encounter_id, line.service_date.isoformat())
            days.setdefault(key, []).append((line, row))
    for key, told in days.items():
        yield from _day("|".join((case.person_id, *key[1:])), told)


def _day(subject: str, told: list[tuple[Line, Any]]) -> Iterator[Hit]:
    drugs = sorted({line.item_code for line, _ in told})
    row = min((row for _, row in told), key=lambda one: one.point_id)
    if len(drugs) <= row.max_drugs:
        return
    verdict = Verdict(min(one.verdict for _, one in told))
    for line in dict.fromkeys(line for line, _ in told):
        hit = Hit.of_line(row, line, verdict, "class_repeated", row.drug_class, drugs[0])
        kept = line.item_code in drugs[: row.max_drugs]
        hit = hit._replace(subject_key=subject)
        yield hit._replace(role="other", amount_fen=0) if kept else hit
