"""COURSE_DAYS (T10): an item is used on more days, or over a longer span, than one course, stay or year allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from zhunsheng.patterns.base import SCOPE, BindingColumn, Bindings, Case, Hit, Line, Pattern, is_self_paid
from zhunsheng.patterns.windows import Member, Share, gathered, told

PATTERN = Pattern(
    name="course_days",
    template="T10",
    zh="疗程天数",
    en="Days of a course",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the limited item"),
        BindingColumn(
            "item_group", "text", "knowledge", "what is counted together: codes of one name", reads="item_name"
        ),
        BindingColumn("max_days", "integer", "either", "most days of use in one course, stay or year"),
        BindingColumn(
            "period",
            "text",
            "either",
            "stay: one encounter; course: uses without a break longer than gap_days; unstated: counted like a course; "
            "year: calendar year",
            codes=("stay", "course", "unstated", "year"),
            reads="course_scope period",
        ),
        BindingColumn(
            "gap_days",
            "integer",
            "parameter",
            "longest step in days between two uses of one course",
            only=("period", ("course", "unstated")),
        ),
        BindingColumn(
            "min_interval",
            "integer",
            "either",
            "fewest days from one day of use to the next; silent: any",
            reads="period_days",
            absent="0",
        ),
        BindingColumn(
            "counts",
            "text",
            "parameter",
            "days: days with a use; span: all days from the first use on",
            codes=("days", "span"),
        ),
        BindingColumn(
            "reach",
            "text",
            "parameter",
            "whether one institution is looked at or all where the person was",
            codes=("institution", "person"),
        ),
        SCOPE,
    ),
    index=("item_code",),
    reasons={
        "days_over": (
            "使用 {actual} 天，上限为{expected:within}",
            "Used on {actual} days; the limit is {expected:within}",
        ),
        "span_over": (
            "首次至末次使用历时 {actual} 天，上限为{expected:within}",
            "From first to last use {actual} days; the limit is {expected:within}",
        ),
        "interval_short": (
            "距上一使用日 {actual} 天，间隔应不短于 {expected} 天",
            "{actual} days after the day of use before it; the interval is to be at least {expected}",
        ),
        "scope_missing": (
            "使用天数或间隔不符，但有明细未载明政策范围内金额，无法判定是否纳入基金结算",
            "Days or interval do not agree, but a line does not state its share within policy scope",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for (limit, _, stay), found in gathered(case, bindings, "item_code", _key).items():
        members = [member for member in found if not is_self_paid(member.line, limit.scope)]
        days = sorted({member.line.service_date for member in members})
        steps = {day: (day - before).days for before, day in pairwise(days)}
        for held in _windows(limit, days, steps):
            own = [member for member in members if member.line.service_date in set(held)]
            label = stay or (str(held[0].year) if limit.period == "year" else held[0].isoformat())
            subject = f"{case.person_id}|{limit.item_group}|{label}"
            for short, reason, compared in (_too_long(limit, held), _too_soon(limit, held, steps)):
                unknown = limit.scope == "paid" and any(member.line.in_scope_fen is None for member in own)
                shares = [_share(member, member.line.service_date in short) for member in own]
                said = "scope_missing" if unknown else reason
                yield from told(limit.rule_id, subject, shares, said, compared, unknown=unknown)


def _key(line: Line, row: Any) -> tuple[str, str]:
    place = line.institution_id if row.reach == "institution" else ""
    return place, line.encounter_id if row.period == "stay" else ""


def _windows(limit: Any, days: list[date], steps: dict[date, int]) -> Iterator[list[date]]:
    """Cut the days of use into years or courses; a stay is one window."""
    window = days[:1]
    for before, day in pairwise(days):
        by_year = limit.period == "year" and day.year != before.year
        by_gap = limit.period in ("course", "unstated") and steps[day] > limit.gap_days
        if by_year or by_gap:
            yield window
            window = []
        window.append(day)
    if window:
        yield window


def _too_long(limit: Any, held: list[date]) -> tuple[set[date], str, tuple[str, str]]:
    """Return the days beyond the limit, the reason and what is compared."""
    lasted = {day: nth for nth, day in enumerate(held, start=1)}
    if limit.counts == "span":
        lasted = {day: (day - held[0]).days + 1 for day in held}
    beyond = {day for day in held if lasted[day] > limit.max_days}
    reason = "days_over" if limit.counts == "days" else "span_over"
    return beyond, reason, (f"{limit.max_days} {limit.period}", str(lasted[held[-1]]))


def _too_soon(limit: Any, held: list[date], steps: dict[date, int]) -> tuple[set[date], str, tuple[str, str]]:
    """Return the days that follow the one before too soon, the reason and what is compared."""
    short = {day: steps[day] for day in held if steps.get(day, limit.min_interval) < limit.min_interval}
    return set(short), "interval_short", (str(limit.min_interval), str(min(short.values(), default=0)))


def _share(member: Member, at_stake: bool) -> Share:
    return Share(member, at_stake, member.line.amount_fen if at_stake else 0)
