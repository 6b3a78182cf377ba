"""STOCK_BALANCE (T21): more of an item charged than opening stock, purchases and closing stock leave room for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from zhunsheng.kernel.money import part
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Line, Pattern
from zhunsheng.patterns.clues import row_of
from zhunsheng.patterns.population import EVIDENCE, Load, Measure, Outlier, StockMove, month

PATTERN = Pattern(
    name="stock_balance",
    template="T21",
    zh="进销存平衡",
    en="Charged quantity against the store",
    kind="population",
    facts=("line", "stock_move", "institution"),
    columns=(
        BindingColumn("item_code", "text", "knowledge", "an item whose store is kept by the ledger"),
        BindingColumn("tolerance_percent", "integer", "parameter", "excess in percent that is no fault"),
        BindingColumn(
            "tolerance_e4", "integer", "parameter", "excess that is no fault, x 10^4", digits=4, reads="tolerance"
        ),
    ),
    index=("item_code",),
    reasons={
        "over_stock": (
            "计费数量 {actual:e4}，期初加购进减退货、非计费耗用与期末结存为 {expected:e4}",
            "Charged: {actual:e4}; opening stock and purchases less returns, use and closing stock: {expected:e4}",
        ),
        "stock_missing": (
            "计费数量 {actual:e4}，未见该品种的进销存记录，无法判定",
            "Charged: {actual:e4}; there is no ledger of the item, so it cannot be told",
        ),
        "count_missing": (
            "计费数量 {actual:e4} 不在两次结存之间，无法判定",
            "Charged outside two statements of stock: {actual:e4}; it cannot be told",
        ),
    },
    family="event",
)
#: Institution and item.
Shelf = tuple[str, str]
_SIGN = {"purchase": 1, "return": -1, "use": -1}


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per item, institution and month of closing what was charged and what there was to charge."""
    known = {row.item_code for row in bindings.rows}
    moves, lines = _shelves(load, known)
    for shelf in sorted({*moves, *lines}):
        for period, billed, could, gap in _balances(moves.get(shelf, []), lines.get(shelf, [])):
            for row in bindings.valid("item_code", shelf[1], parse_date(f"{period}-01")):
                named = (row.rule_id, row.point_id, "institution", shelf[0], shelf[0], period, shelf[1])
                yield Measure(*named, load.group(shelf[0], period), billed, max(could, 0), 1, gap)


def judge(load: Load, bindings: Bindings, found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the hits of a whole load."""
    moves, lines = _shelves(load, {row.item_code for row in bindings.rows})
    for one in found:
        row = row_of(one, bindings)
        if one.gap or (one.numerator - row.tolerance_e4) * 100 > one.denominator * (100 + row.tolerance_percent):
            shelf = one.institution_id, one.item_code
            yield from _hits(one, row, moves.get(shelf, []), lines.get(shelf, []))


def _shelves(load: Load, known: set[str]) -> tuple[dict[Shelf, list[StockMove]], dict[Shelf, list[Line]]]:
    moves: dict[Shelf, list[StockMove]] = defaultdict(list)
    lines: dict[Shelf, list[Line]] = defaultdict(list)
    for move in load.stock_moves:
        if move.item_code in known:
            moves[move.institution_id, move.item_code].append(move)
    for line in load.lines:
        if line.item_code in known:
            lines[line.institution_id, line.item_code].append(line)
    return moves, lines


def _balances(moves: list[StockMove], lines: list[Line]) -> Iterator[tuple[str, int, int, str]]:
    """Yield (month, charged, there to charge, what is missing) of one shelf."""
    lay = _edges(moves)
    totals: dict[str, list[int]] = {}
    inside: set[str] = set()
    for first, after in pairwise(sorted(lay)):
        period = month(after - timedelta(days=1))
        total = totals.setdefault(period, [0, 0])
        total[1] += lay[first] - lay[after]
        total[1] += sum(_SIGN.get(m.kind, 0) * m.quantity_e4 for m in moves if first <= m.moved_on < after)
        within = [line for line in lines if first <= line.service_date < after]
        total[0] += sum(line.quantity_e4 for line in within)
        inside |= {line.line_id for line in within}
    for period, (billed, could) in totals.items():
        yield period, billed, could, ""
    outside = [line for line in lines if line.line_id not in inside]
    if outside:
        last = max(line.service_date for line in outside)
        gap = "count_missing" if moves else "stock_missing"
        yield month(last), sum(line.quantity_e4 for line in outside), 0, gap


def _edges(moves: list[StockMove]) -> dict[date, int]:
    """Return what lay in store at the start of each day for which that is stated; a count before an opening."""
    stated: dict[str, dict[date, int]] = {"opening": {}, "count": {}}
    for move in moves:
        if move.kind in stated:
            edge = move.moved_on + timedelta(days=move.kind == "count")
            stated[move.kind][edge] = stated[move.kind].get(edge, 0) + move.quantity_e4
    return stated["opening"] | stated["count"]


def _hits(one: Measure, row: Any, moves: list[StockMove], lines: list[Line]) -> Iterator[Hit]:
    before = {month(m.moved_on) for m in moves if m.kind in ("opening", "count") and month(m.moved_on) < one.period}
    since = max(before, default="")
    sold = [line for line in lines if since < month(line.service_date) <= one.period]
    lay = [move for move in moves if since <= month(move.moved_on) <= one.period]
    verdict, reason = (Verdict.UNKNOWN, one.gap) if one.gap else (Verdict(row.verdict), "over_stock")
    expected = "" if one.gap else str(one.denominator)
    told = (one.rule_id, one.point_id, one.row_id, verdict, reason, expected, str(one.numerator))
    total = sum(line.quantity_e4 for line in sold)
    excess = one.numerator - one.denominator
    amount = part(sum(line.amount_fen for line in sold), excess, total) if total else 0
    yield Hit(*told, "subject", "institution", one.row_id, amount)
    for line in sorted(sold, key=lambda line: (-line.quantity_e4, line.line_id))[:EVIDENCE]:
        yield Hit(*told, "other", "line", line.line_id, 0)
    for move in sorted(lay, key=lambda move: (-move.quantity_e4, move.move_id))[:EVIDENCE]:
        yield Hit(*told, "other", "stock_move", move.move_id, 0)
