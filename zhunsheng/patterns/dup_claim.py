"""DUP_CLAIM (T31): a charge with the same natural key is claimed again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern

PATTERN = Pattern(
    name="dup_claim",
    template="T31",
    zh="重复申报",
    en="Claimed twice",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn(
            "time_window",
            "text",
            "parameter",
            "moment: equal lines must share their service time; day: sharing the day suffices",
            codes=("moment", "day"),
        ),
    ),
    reasons={
        "same_moment": (
            "与 {expected} 的项目、时间、数量、单价相同，共 {actual} 行",
            "Same item, moment, quantity and price as {expected}; {actual} lines in all",
        ),
        "same_day": (
            "与 {expected} 的项目、日期、数量、单价相同，共 {actual} 行",
            "Same item, day, quantity and price as {expected}; {actual} lines in all",
        ),
        "time_missing": (
            "当日有 {actual} 行项目、数量、单价相同，服务时间不全，无法判定是否重复",
            "{actual} lines of the day share item, quantity and price; a service time is missing",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    days: dict[tuple[str, str, int, int], list[Line]] = {}
    for line in case.lines:
        key = (line.item_code, line.service_date.isoformat(), line.quantity_e4, line.unit_price_e6)
        days.setdefault(key, []).append(line)
    for key, lines in days.items():
        if len(lines) < 2:
            continue
        subject = "|".join((case.person_id, *(str(part) for part in key)))
        for row in bindings.on(lines[0].service_date):
            if row.time_window == "day":
                yield from _equal(f"{subject}|day", lines, row, "same_day")
            else:
                yield from _by_moment(subject, lines, row)


def _by_moment(subject: str, lines: list[Line], row: Any) -> Iterator[Hit]:
    moments: dict[int, list[Line]] = {}
    for line in lines:
        if line.service_at is not None:
            moments.setdefault(line.service_at, []).append(line)
    for moment, equal in moments.items():
        if len(equal) > 1:
            yield from _equal(f"{subject}|{moment}", equal, row, "same_moment")
    if any(line.service_at is None for line in lines):
        yield from _untimed(f"{subject}|?", lines, row)


def _equal(subject: str, lines: list[Line], row: Any, reason: str) -> Iterator[Hit]:
    first = min(line.line_id for line in lines)
    again = [line for line in lines if line.line_id != first]
    yield from _told(subject, lines, again, (Verdict(row.verdict), reason, first), row)


def _untimed(subject: str, lines: list[Line], row: Any) -> Iterator[Hit]:
    # where every line lacks its time the first one stands, and the others are in question
    kept = min(line.line_id for line in lines) if all(line.service_at is None for line in lines) else ""
    again = [line for line in lines if line.service_at is None and line.line_id != kept]
    yield from _told(subject, lines, again, (Verdict.UNKNOWN, "time_missing", ""), row)


def _told(
    subject: str, lines: list[Line], again: list[Line], said: tuple[Verdict, str, str], row: Any
) -> Iterator[Hit]:
    """One subject per institution: nobody answers for a line that another institution charged."""
    verdict, reason, first = said
    for institution in sorted({line.institution_id for line in again}):
        for line in lines:
            own = line in again and line.institution_id == institution
            role, amount = ("subject", line.amount_fen) if own else ("other", 0)
            yield Hit(
                row.rule_id,
                row.point_id,
                f"{subject}|{institution}",
                verdict,
                reason,
                first,
                str(len(lines)),
                role,
                "line",
                line.line_id,
                amount,
            )
