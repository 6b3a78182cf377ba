"""QTY_CAP (T11): the quantity of an item in an hour, a day, an encounter or a rolling period exceeds its cap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from zhunsheng.kernel.money import part
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import at
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="qty_cap",
    template="T11",
    zh="数量上限",
    en="Quantity cap",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the capped item"),
        BindingColumn(
            "cap_e4",
            "integer",
            "either",
            "highest quantity in one period, x 10^4",
            digits=4,
            reads="daily_cap period_cap cap",
        ),
        BindingColumn(
            "period",
            "text",
            "either",
            "clock hour, day, encounter (for a stay: the whole stay), or any period_days days in a row",
            codes=("hour", "day", "encounter", "rolling"),
        ),
        BindingColumn("period_days", "integer", "either", "days of the rolling period", only=("period", ("rolling",))),
        BindingColumn("counts", "text", "parameter", "what is added up", codes=("quantity", "lines")),
        BindingColumn(
            "reach",
            "text",
            "parameter",
            "whether a rolling period looks at one institution or at all where the person was",
            codes=("institution", "person"),
            only=("period", ("rolling",)),
        ),
    ),
    index=("item_code",),
    reasons={
        "over_daily_cap": (
            "同一机构单日数量合计 {actual:e4}，上限 {expected:e4}",
            "The quantity of the day at one institution is {actual:e4}, the cap {expected:e4}",
        ),
        "over_hourly_cap": (
            "同一机构同一小时合计 {actual:e4}，上限 {expected:e4}",
            "The quantity of one clock hour at one institution is {actual:e4}, the cap {expected:e4}",
        ),
        "over_encounter_cap": (
            "同一次就诊合计 {actual:e4}，上限 {expected:e4}",
            "The quantity of one encounter is {actual:e4}, the cap {expected:e4}",
        ),
        "over_rolling_cap": (
            "连同此前合计 {actual:e4}，上限为{expected:rolling}",
            "With those before it the quantity is {actual:e4}; the cap is {expected:rolling}",
        ),
        "time_missing": (
            "当日合计 {actual:e4}，每小时上限 {expected:e4}，服务时间不全，无法判定",
            "The quantity of the day is {actual:e4}, the cap of an hour {expected:e4}; a service time is missing",
        ),
    },
)

REASONS = {"day": "over_daily_cap", "hour": "over_hourly_cap", "encounter": "over_encounter_cap"}


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    found: dict[tuple[Any, str], list[Line]] = {}
    for line in sorted(case.lines, key=lambda one: (one.service_date, one.service_at or 0, one.line_id)):
        for row in bindings.valid("item_code", line.item_code, line.service_date):
            place = "" if row.period == "rolling" and row.reach == "person" else line.institution_id
            found.setdefault((row, place), []).append(line)
    for (row, _), lines in found.items():
        if row.period == "rolling":
            yield from _rolling(row, lines)
        else:
            yield from _slots(row, lines)


def _slots(row: Any, lines: list[Line]) -> Iterator[Hit]:
    slots: dict[str, list[Line]] = {}
    for line in lines:
        slots.setdefault(_slot(row.period, line), []).append(line)
    for slot, shared in slots.items():
        if slot:
            yield from _above(row, slot, shared)
    for day in sorted({line.service_date for line in slots.get("", ())}):
        yield from _untimed(row, [line for line in lines if line.service_date == day])


def _slot(period: str, line: Line) -> str:
    """Return the name of the hour, day or encounter of a line; empty where the hour is not known."""
    if period == "encounter":
        return line.encounter_id
    if period == "day":
        return line.service_date.isoformat()
    return "" if line.service_at is None else f"{line.service_date}T{at(line.service_at).hour:02}"


def _above(row: Any, slot: str, lines: list[Line]) -> Iterator[Hit]:
    total = sum(_units(row, line) for line in lines)
    if total <= row.cap_e4:
        return
    so_far = 0
    for line in lines:
        own = _units(row, line)
        so_far += own
        excess = min(own, max(0, so_far - row.cap_e4))
        said = (Verdict(row.verdict), REASONS[row.period], str(row.cap_e4), str(total))
        yield _hit(row, slot, line, said, part(line.amount_fen, excess, own) if excess else None)


def _untimed(row: Any, lines: list[Line]) -> Iterator[Hit]:
    """What a day holds in all could lie in one hour while times are missing."""
    total = sum(_units(row, line) for line in lines)
    for line in lines if total > row.cap_e4 else ():
        if line.service_at is None:
            said = (Verdict.UNKNOWN, "time_missing", str(row.cap_e4), str(total))
            yield _hit(row, f"{line.service_date}T?", line, said, line.amount_fen)


def _rolling(row: Any, lines: list[Line]) -> Iterator[Hit]:
    for place, line in enumerate(lines):
        first = line.service_date - timedelta(days=row.period_days - 1)
        before = [one for one in lines[:place] if one.service_date >= first]
        own = _units(row, line)
        total = own + sum(_units(row, one) for one in before)
        if total > row.cap_e4:
            excess = min(own, total - row.cap_e4)
            expected = f"{row.cap_e4} {row.period_days}"
            said = (Verdict(row.verdict), "over_rolling_cap", expected, str(total))
            subject = f"{line.institution_id}|{line.item_code}|{line.line_id}"
            yield _hit(row, "", line, said, part(line.amount_fen, excess, own), subject)
            for one in before:
                yield _hit(row, "", one, said, None, subject)


def _units(row: Any, line: Line) -> int:
    return line.quantity_e4 if row.counts == "quantity" else 10_000


def _hit(
    row: Any, slot: str, line: Line, said: tuple[Verdict, str, str, str], amount: int | None, subject: str = ""
) -> Hit:
    key = f"{line.person_id}|{subject or f'{line.institution_id}|{line.item_code}|{slot}'}"
    role = "other" if amount is None else "subject"
    return Hit(row.rule_id, row.point_id, key, *said, role, "line", line.line_id, amount or 0)
