"""BUNDLE_SPLIT (T17): parts of a bundle are charged one by one where the bundle is to be charged once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern
from zhunsheng.patterns.windows import Share, above, gathered, told

UNIT_E4 = 10_000
PATTERN = Pattern(
    name="bundle_split",
    template="T17",
    zh="分解收费",
    en="Split charging",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("bundle_code", "text", "knowledge", "the bundle that is to be charged once"),
        BindingColumn("bundle_name", "text", "knowledge", "its name"),
        BindingColumn("part_code", "text", "knowledge", "one of its parts"),
        BindingColumn("min_parts", "integer", "either", "fewest parts that make the bundle"),
        BindingColumn(
            "counts",
            "text",
            "parameter",
            "parts: different items; units: how often any of them was charged",
            codes=("parts", "units"),
        ),
        BindingColumn("time_window", "text", "either", "window", codes=("day", "encounter")),
        BindingColumn(
            "bundle_price_fen",
            "integer",
            "knowledge",
            "price of the bundle; silent: not known, all parts are at stake",
            digits=2,
            reads="bundle_price",
            absent="0",
        ),
    ),
    index=("part_code",),
    reasons={
        "charged_in_parts": (
            "应按“{expected}”一次收取，实际分 {actual} 项收取",
            'To be charged once as "{expected}", charged as {actual} parts',
        ),
        "charged_by_unit": (
            "应按“{expected}”一次收取，实际逐次收取，共 {actual:e4} 次",
            'To be charged once as "{expected}", charged one by one, {actual:e4} in all',
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    charged = {(one.item_code, one.institution_id, slot) for one in case.lines for slot in (_day(one), _stay(one))}
    for (limit, place, slot), members in gathered(case, bindings, "part_code", _key).items():
        lines = [member.line for member in members]
        by_unit = limit.counts == "units"
        parts = sum(line.quantity_e4 for line in lines) if by_unit else len({line.item_code for line in lines})
        few = parts < limit.min_parts * (UNIT_E4 if by_unit else 1)
        if few or (limit.bundle_code, place, slot) in charged or sum(map(_amount, lines)) <= limit.bundle_price_fen:
            continue
        shares = [Share(one, excess > 0, excess) for one, excess in above(members, limit.bundle_price_fen, _amount)]
        subject = f"{case.person_id}|{limit.bundle_code}|{slot}"
        reason = "charged_by_unit" if by_unit else "charged_in_parts"
        yield from told(limit.rule_id, subject, shares, reason, (limit.bundle_name, str(parts)))


def _key(line: Line, row: Any) -> tuple[str, str]:
    return line.institution_id, _day(line) if row.time_window == "day" else _stay(line)


def _day(line: Line) -> str:
    return f"day {line.service_date}"


def _stay(line: Line) -> str:
    return f"encounter {line.encounter_id}"


def _amount(line: Line) -> int:
    return line.amount_fen
