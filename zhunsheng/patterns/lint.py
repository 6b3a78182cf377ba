"""Checks of the rule book that need the patterns: examples hold, and every boundary is noticed by one.

The boundaries are derived from the rule itself - each number of a parameter or knowledge point used by an
example, each word of a set, each start date - by moving it one step (taking the word away) and asking whether any
example changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from zhunsheng.book.lifecycle import holds
from zhunsheng.book.lint import Remark, about_book
from zhunsheng.book.models import Book, Rule
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns.base import BindingColumn, Bindings, Case
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.examples import expected, facts_of, judged_on
from zhunsheng.patterns.population import Load

Change = Callable[[Any], Any]
Tried = Callable[[Book, dict[str, Bindings]], list[Remark]]
#: A text that no code, name or number equals.
NOWHERE = "?"


def lint(book: Book, today: date, tried: Tried | None = None) -> list[Remark]:
    """Return all remarks on a book: those of its rules, then of its lists and batches.

    ``tried`` is asked for what the examples say, by whoever keeps that.
    """
    try:
        bindings = bind(book)
    except Problem as problem:
        message = problem.as_dict()["message"], problem.as_dict("en")["message"]
        about = str(problem.values.get("rule", ""))
        return [Remark("rule", about, "error", problem.code, *(str(text) for text in message))]
    return [*(tried or about_examples)(book, bindings), *about_book(book, today), *_unbound(book, bindings)]


def about_examples(book: Book, bindings: dict[str, Bindings]) -> list[Remark]:
    """Return what the examples of all rules say: nearly all the work, and the same on every day."""
    return [remark for rule in book.live.values() for remark in about_rule(rule, bindings[rule.pattern])]


def about_rule(rule: Rule, bindings: Bindings) -> Iterator[Remark]:
    """Yield the remarks on a rule: examples that do not hold, then boundaries that none of them notices.

    ``bindings``: those of its pattern, which other rules may share.
    """
    own = Bindings(bindings.pattern, (row for row in bindings.rows if row.rule_id == rule.id))
    facts = [facts_of(rule, example, "P") for example in rule.examples]
    yield from _examples(rule, facts, own)
    yield from _boundaries(rule, facts, _touched(rule, own))


def _unbound(book: Book, bindings: dict[str, Bindings]) -> Iterator[Remark]:
    """Yield the lists with points that no rule judges by. What another point has taken over is not missed."""
    bound = {row.point_id for found in bindings.values() for row in found.rows}
    for name, known in book.knowledge.items():
        hold = holds(book, name)
        idle = [p for p in known.points if p.point_id not in bound and hold[p.point_id].periods]
        if idle:
            n, all_ = len(idle), len(known.points)
            yield Remark(
                "list", name, "warning", "unbound",
                f"{all_} 个知识点中 {n} 个没有规则使用", f"{n} of {all_} points are used by no rule",
            )  # fmt: skip


def _examples(rule: Rule, facts: list[Case | Load], bindings: Bindings) -> Iterator[Remark]:
    for example, one in zip(rule.examples, facts, strict=True):
        found = judged_on(rule, one, bindings)
        if found != expected(example, "P"):
            told = "; ".join(f"{o.subject} {o.verdict} {o.reasons} {o.amount_fen}" for o in found) or "-"
            yield Remark(
                "rule",
                rule.id,
                "error",
                "example",
                f"算例“{example.name}”得出 {told}",
                f"Example '{example.name_en}' gives {told}",
            )


def _boundaries(rule: Rule, facts: list[Case | Load], bindings: Bindings) -> Iterator[Remark]:
    told = [(one, judged_on(rule, one, bindings)) for one in facts]
    seen: set[str] = set()
    for label, changes in _moves(bindings):
        if label not in seen and not any(_noticed(rule, told, _changed(bindings, change)) for change in changes):
            yield Remark(
                "rule",
                rule.id,
                "error",
                "boundary",
                f"没有算例能发现边界变动：{label}",
                f"No example notices a change of {label}",
            )
        seen.add(label)


def _noticed(rule: Rule, told: list[tuple[Any, Any]], bindings: Bindings) -> bool:
    """Whether an example says something else by changed bindings; the first that does is enough."""
    return any(judged_on(rule, facts, bindings) != base for facts, base in told)


def _changed(bindings: Bindings, change: Change) -> Bindings:
    return Bindings(bindings.pattern, map(change, bindings.rows))


def _moves(bindings: Bindings) -> Iterator[tuple[str, list[Change]]]:
    """Yield each boundary as a label and the changes that move it, once per distinct value of the rule."""
    own = bindings.rows
    for column in bindings.pattern.columns:
        values = sorted({getattr(row, column.name) for row in own if not _silent(column, row)})
        moves = _rank_moves if column.is_rank else _MOVES[column.kind]
        yield from moves(column, values, column.name in bindings.pattern.index)
    for day in sorted({row.valid_from for row in own}):
        # a population is judged month by month, by what holds on the first day of the month
        before = (day - timedelta(days=1)).replace(day=1) if bindings.pattern.is_population else day - timedelta(days=1)
        for moved in (before, day + timedelta(days=1)):
            yield f"valid_from {day} {(moved - day).days:+d}", [_swap("valid_from", day, moved)]
    for day in sorted({row.valid_to for row in own if row.valid_to != OPEN_END}):
        yield f"valid_to {day} +1", [_swap("valid_to", day, day + timedelta(days=1))]


def _number_moves(column: BindingColumn, values: list[int], _indexed: bool) -> Iterator[tuple[str, list[Change]]]:
    for value in values:
        for step in (-column.step, column.step):
            if value + step >= 0:
                yield f"{column.name} {value} -> {value + step}", [_swap(column.name, value, value + step)]


def _rank_moves(column: BindingColumn, values: list[int], _indexed: bool) -> Iterator[tuple[str, list[Change]]]:
    """Neighbours in an order change places."""
    for one, other in pairwise(values):
        swapped = {one: other, other: one}

        def change(row: Any, swapped: dict[int, int] = swapped) -> Any:
            value = getattr(row, column.name)
            return row._replace(**{column.name: swapped.get(value, value)})

        yield f"{column.name} {one} <-> {other}", [change]


def _silent(column: BindingColumn, row: Any) -> bool:
    """Whether nobody spoke: a column that may stay empty holds no boundary then."""
    may_be = column.absent is not None or column.only is not None
    return may_be and getattr(row, column.name) == column.silent


def _text_moves(column: BindingColumn, values: list[str], indexed: bool) -> Iterator[tuple[str, list[Change]]]:
    """A code must differ from one other code at least; free text as a whole from text that fits nothing.

    Text by which no candidate is found is a label that only groups: any other label would do as well.
    """
    if column.codes:
        for value in values:
            yield f"{column.name} {value}", [_swap(column.name, value, code) for code in column.codes if code != value]
    elif values and indexed:
        yield column.name, [lambda row: row._replace(**{column.name: NOWHERE})]


def _set_moves(column: BindingColumn, values: list[str], _indexed: bool) -> Iterator[tuple[str, list[Change]]]:
    """Each word of a set must be missed by some example when it is taken out."""
    for value in values:
        for word in value.split():
            left = " ".join(one for one in value.split() if one != word)
            yield f"{column.name} {value} - {word}", [_swap(column.name, value, left)]


_MOVES: dict[str, Callable[[BindingColumn, list[Any], bool], Iterator[tuple[str, list[Change]]]]] = {
    "integer": _number_moves,
    "text": _text_moves,
    "set": _set_moves,
}


def _swap(name: str, value: Any, other: Any) -> Change:
    return lambda row: row._replace(**{name: other}) if getattr(row, name) == value else row


def _touched(rule: Rule, own: Bindings) -> Bindings:
    """Return the rows whose item, class or code an example states: others share their boundary with a used one.

    A row that names no item speaks of every one.
    """
    items: set[str | None] = {""}
    for example in rule.examples:
        items |= {text for line in example.lines for text in (line.item, line.item_class)}
        if example.load:
            items |= {line.item for visits in example.load.visits for line in visits.lines}
            items |= {move.item for move in example.load.moves} | {one.item for one in example.load.services}
            items |= {order.kind for order in example.load.vendors.orders}
        coded = [code for stay in example.stays for code in stay.diagnoses] + [one.code for one in example.procedures]
        items |= {code[:length] for code in coded for length in range(len(code) + 1)}
    index = own.pattern.index
    return Bindings(
        own.pattern, (row for row in own.rows if not index or any(getattr(row, column) in items for column in index))
    )
