"""QUALIFICATION (T29): an item needs a facility or a class of device that the institution has not registered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="facility_required",
    template="T29",
    zh="须有设施或设备",
    en="Facility or device required",
    kind="line",
    facts=("line", "facility", "device", "licence"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the item that needs it"),
        BindingColumn(
            "register", "text", "parameter", "where it must be registered", codes=("facility", "device", "licence")
        ),
        BindingColumn(
            "accepted_kinds",
            "set",
            "either",
            "kinds of facility, classes of device or specialties, any of which suffices",
        ),
    ),
    index=("item_code",),
    reasons={
        "not_registered": (
            "{actual} 该机构未登记在用的{expected:kinds}",
            "On {actual} the institution has none of these in service: {expected:kinds}",
        ),
        "register_missing": (
            "{actual} 该机构没有登记资料，无法判定是否有{expected:kinds}",
            "On {actual}: no register of the institution, so it cannot be told whether it has {expected:kinds}",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    registers: dict[tuple[str, str], list[tuple[str, date, date | None]]] = {}
    for one in case.facilities:
        registers.setdefault(("facility", one.institution_id), []).append((one.kind, one.valid_from, one.valid_to))
    for two in case.devices:
        known = (two.device_class, two.valid_from, two.valid_to)
        registers.setdefault(("device", two.institution_id), []).append(known)
    for held in case.licences:
        licensed = (held.specialty, held.valid_from, held.valid_to)
        registers.setdefault(("licence", held.institution_id), []).append(licensed)
    for line in case.lines:
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            yield from _line(line, row, registers.get((row.register, line.institution_id)))


def _line(line: Line, row: Any, register: list[tuple[str, date, date | None]] | None) -> Iterator[Hit]:
    accepted, day = row.accepted_kinds.split(" "), line.service_date
    if register is None:
        yield Hit.of_line(row, line, Verdict.UNKNOWN, "register_missing", row.accepted_kinds, day.isoformat())
    elif not any(k in accepted and start <= day and (end is None or day < end) for k, start, end in register):
        yield Hit.of_line(row, line, Verdict(row.verdict), "not_registered", row.accepted_kinds, day.isoformat())
