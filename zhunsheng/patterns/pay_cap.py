"""PAY_CAP (T16): the amount in scope of payment of one person exceeds its cap in a day, an encounter or a year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.money import part
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Line, Pattern
from zhunsheng.patterns.windows import Member, Share, above, gathered, told

PATTERN = Pattern(
    name="pay_cap",
    template="T16",
    zh="限定支付总额",
    en="Cap of payment",
    kind="person",
    facts=("line",),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "the capped item"),
        BindingColumn("item_group", "text", "knowledge", "what is added up together"),
        BindingColumn(
            "cap_fen",
            "integer",
            "knowledge",
            "highest amount in scope in one period, fen",
            digits=2,
            reads="cap_amount",
        ),
        BindingColumn(
            "period", "text", "knowledge", "day, encounter or calendar year", codes=("day", "encounter", "year")
        ),
    ),
    index=("item_code",),
    reasons={
        "over_pay_cap": (
            "期间内纳入支付范围的金额合计 {actual:yuan} 元，限额 {expected:yuan} 元",
            "The amount in scope of the period is {actual:yuan} yuan, the cap {expected:yuan}",
        ),
        "scope_missing": (
            "已知纳入支付范围 {actual:yuan} 元，限额 {expected:yuan} 元，部分明细未载明，无法判定",
            "The amount in scope known is {actual:yuan} yuan, the cap {expected:yuan}; some lines do not state theirs",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    for (limit, slot), members in gathered(case, bindings, "item_code", _key).items():
        stated = [member for member in members if member.line.in_scope_fen is not None]
        silent = [member for member in members if member.line.in_scope_fen is None]
        total = sum(_scope(member.line) for member in stated)
        subject = f"{case.person_id}|{limit.item_group}|{slot}"
        compared = (str(limit.cap_fen), str(total))
        if total > limit.cap_fen:
            shares = [_over(member, excess) for member, excess in above(stated, limit.cap_fen, _scope)]
            shares += [Share(member, at_stake=False, amount_fen=0) for member in silent]
            yield from told(limit.rule_id, subject, shares, "over_pay_cap", compared)
        elif silent and total + sum(member.line.amount_fen for member in silent) > limit.cap_fen:
            shares = [Share(member, at_stake=True, amount_fen=member.line.amount_fen) for member in silent]
            shares += [Share(member, at_stake=False, amount_fen=0) for member in stated]
            yield from told(limit.rule_id, subject, shares, "scope_missing", compared, unknown=True)


def _key(line: Line, row: Any) -> tuple[str]:
    if row.period == "encounter":
        return (line.encounter_id,)
    return (line.service_date.isoformat() if row.period == "day" else str(line.service_date.year),)


def _scope(line: Line) -> int:
    return line.in_scope_fen or 0


def _over(member: Member, excess: int) -> Share:
    """The part of the line whose share in scope is the excess."""
    return Share(member, excess > 0, part(member.line.amount_fen, excess, _scope(member.line)) if excess else 0)
