"""KIND_CAP (T11): more kinds of one class of item are charged on one day than a prescription should hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="kind_cap",
    template="T11",
    zh="种类上限",
    en="Cap of kinds",
    kind="person",
    facts=("line", "encounter"),
    columns=(
        BindingColumn("item_class", "text", "parameter", "class of item that is counted (national fee class)"),
        BindingColumn("max_kinds", "integer", "parameter", "most different items of one encounter and day"),
        BindingColumn("visit_types", "set", "parameter", "kinds of encounter that are judged; empty: all", absent=""),
    ),
    index=("item_class",),
    reasons={
        "too_many_kinds": (
            "同一次就诊单日共 {actual} 种，上限 {expected} 种",
            "{actual} kinds on one day of the encounter; the limit is {expected}",
        ),
        "encounter_missing": (
            "单日共 {actual} 种，上限 {expected} 种；就诊记录缺失，就医方式不明",
            "{actual} kinds on one day, the limit is {expected}; the encounter is not registered",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    days: dict[tuple[Any, str, str, str], list[Line]] = {}
    visits = {stay.encounter_id: stay.visit_type for stay in case.stays}
    for line in sorted(case.lines, key=lambda one: (one.service_at or 0, one.line_id)):
        for row in bindings.valid("item_class", line.item_class or "", line.service_date):
            key = (row, line.institution_id, line.encounter_id, line.service_date.isoformat())
            days.setdefault(key, []).append(line)
    for (row, *parts), lines in days.items():
        subject = "|".join((case.person_id, row.item_class, *parts))
        visit = visits.get(lines[0].encounter_id)
        if not row.visit_types:
            yield from _day(row, subject, lines, (Verdict(row.verdict), "too_many_kinds"))
        elif visit is None:
            yield from _day(row, subject, lines, (Verdict.UNKNOWN, "encounter_missing"))
        elif visit in row.visit_types.split(" "):
            yield from _day(row, subject, lines, (Verdict(row.verdict), "too_many_kinds"))


def _day(row: Any, subject: str, lines: list[Line], said: tuple[Verdict, str]) -> Iterator[Hit]:
    kinds: dict[str, int] = {}
    for line in lines:
        kinds.setdefault(line.item_code, len(kinds) + 1)
    if len(kinds) <= row.max_kinds:
        return
    common = (row.rule_id, row.point_id, subject, *said)
    for line in lines:
        beyond = kinds[line.item_code] > row.max_kinds
        role, amount = ("subject", line.amount_fen) if beyond else ("other", 0)
        yield Hit(*common, str(row.max_kinds), str(len(kinds)), role, "line", line.line_id, amount)
