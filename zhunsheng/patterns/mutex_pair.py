"""MUTEX_PAIR (T12): two items that exclude each other are charged in one window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="mutex_pair",
    template="T12",
    zh="互斥项目",
    en="Items that exclude each other",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("main_code", "text", "knowledge", "the item whose content includes the other"),
        BindingColumn("sub_code", "text", "knowledge", "the item charged again"),
        BindingColumn("time_window", "text", "knowledge", "window", codes=("day", "encounter", "6h", "hour")),
        BindingColumn(
            "transfer_day",
            "text",
            "parameter",
            "refer: a day pair ordered by two departments is suspected only; judge: it is treated like any other",
            codes=("refer", "judge"),
        ),
    ),
    index=("sub_code",),
    reasons={
        "pair_same_day": (
            "与{actual:item}同日收取，其内涵已包括本项",
            "Charged on one day with {actual:item}, which includes it",
        ),
        "pair_same_encounter": (
            "与{actual:item}在同一次就诊收取，其内涵已包括本项",
            "Charged in one encounter with {actual:item}, which includes it",
        ),
        "pair_within_6h": (
            "与{actual:item}在 6 小时内收取，其内涵已包括本项",
            "Charged within six hours of {actual:item}, which includes it",
        ),
        "pair_same_hour": (
            "与{actual:item}在同一小时收取，其内涵已包括本项",
            "Charged in one clock hour with {actual:item}, which includes it",
        ),
        "pair_on_transfer_day": (
            "与{actual:item}同日由不同科室开出，可能为转科当日先后发生",
            "Charged on one day with {actual:item} by another department, perhaps on a day of transfer",
        ),
        "department_missing": (
            "与{actual:item}同日收取，开单科室不明，无法判定是否转科当日",
            "Charged on one day with {actual:item}; without the department the day of transfer cannot be told",
        ),
        "time_missing": (
            "与{actual:item}的服务时间不全，无法判定是否在同一窗口",
            "A service time is missing, so the window shared with {actual:item} cannot be told",
        ),
    },
)

SIX_HOURS = 6 * 3600
#: Asia/Shanghai is eight hours ahead of UTC all year; clock hours are counted there.
OFFSET = 8 * 3600
REASONS = {"day": "pair_same_day", "encounter": "pair_same_encounter", "6h": "pair_within_6h", "hour": "pair_same_hour"}


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person, each once however many main lines say the same."""
    yield from dict.fromkeys(_pairs(case, bindings))


def _pairs(case: Case, bindings: Bindings) -> Iterator[Hit]:
    by_code: dict[str, list[Line]] = {}
    for line in case.lines:
        by_code.setdefault(line.item_code, []).append(line)
    for sub in case.lines:
        for row in bindings.valid("sub_code", sub.item_code, sub.service_date):
            for main in by_code.get(row.main_code, ()):
                if main.institution_id == sub.institution_id:
                    yield from _pair(main, sub, row)


def _pair(main: Line, sub: Line, row: Any) -> Iterator[Hit]:
    verdict, reason = _in_window(main, sub, row)
    if verdict is Verdict.PASS:
        return
    common = (row.rule_id, row.point_id, sub.line_id, verdict, reason, row.time_window, main.item_code)
    yield Hit(*common, "subject", "line", sub.line_id, sub.amount_fen)
    yield Hit(*common, "other", "line", main.line_id, 0)


def _in_window(main: Line, sub: Line, row: Any) -> tuple[Verdict, str]:
    if row.time_window == "day":
        return _on_day(main, sub, row)
    if row.time_window == "encounter":
        together = main.encounter_id == sub.encounter_id
        return (Verdict(row.verdict), REASONS["encounter"]) if together else (Verdict.PASS, "")
    return _by_time(main, sub, row)


def _on_day(main: Line, sub: Line, row: Any) -> tuple[Verdict, str]:
    if main.service_date != sub.service_date:
        return Verdict.PASS, ""
    if row.transfer_day == "refer":
        if main.department_id is None or sub.department_id is None:
            return Verdict.UNKNOWN, "department_missing"
        if main.department_id != sub.department_id:
            return Verdict.SUSPECTED, "pair_on_transfer_day"
    return Verdict(row.verdict), REASONS["day"]


def _by_time(main: Line, sub: Line, row: Any) -> tuple[Verdict, str]:
    reach = timedelta(days=1 if row.time_window == "6h" else 0)
    if abs(main.service_date - sub.service_date) > reach:
        return Verdict.PASS, ""
    if main.service_at is None or sub.service_at is None:
        return Verdict.UNKNOWN, "time_missing"
    if row.time_window == "6h":
        together = abs(main.service_at - sub.service_at) < SIX_HOURS
    else:
        together = (main.service_at + OFFSET) // 3600 == (sub.service_at + OFFSET) // 3600
    return (Verdict(row.verdict), REASONS[row.time_window]) if together else (Verdict.PASS, "")
