"""Checks of the rule book that need the patterns: examples hold, and every boundary is noticed by one.

The boundaries are derived from the rule itself - each number of a parameter or knowledge point used by an
example, each word of a set, each start date - by moving it one step (taking the word away) and asking whether any
example changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from zhunsheng.book.models import Book, Rule
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns.base import Bindings
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.examples import Outcome, expected, judged


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the linter says of a rule. ``level`` is ``error`` or ``warning``."""

    rule_id: str
    level: str
    code: str
    zh: str
    en: str


def lint(book: Book, today: date) -> list[Remark]:
    """Return all remarks on a book, worst first within each rule."""
    try:
        bindings = bind(book)
    except Problem as problem:
        message = problem.as_dict()["message"], problem.as_dict("en")["message"]
        return [Remark(str(problem.values.get("rule", "")), "error", problem.code, *(str(text) for text in message))]
    return [remark for rule in book.rules.values() for remark in _lint_rule(rule, bindings[rule.pattern], today)]


def _lint_rule(rule: Rule, bindings: Bindings, today: date) -> Iterator[Remark]:
    yield from _examples(rule, bindings)
    yield from _boundaries(rule, bindings)
    yield from _care(rule, today)


def _examples(rule: Rule, bindings: Bindings) -> Iterator[Remark]:
    for example in rule.examples:
        found = judged(rule, example, bindings)
        if found != expected(example, "P"):
            told = "; ".join(f"{o.subject} {o.verdict} {o.reasons} {o.amount_fen}" for o in found) or "-"
            yield Remark(
                rule.id,
                "error",
                "example",
                f"算例“{example.name}”得出 {told}",
                f"Example '{example.name_en}' gives {told}",
            )


def _boundaries(rule: Rule, bindings: Bindings) -> Iterator[Remark]:
    base = _all(rule, bindings)
    seen: set[str] = set()
    for label, change in _moves(rule, bindings):
        if label not in seen and _all(rule, Bindings(bindings.pattern, map(change, bindings.rows))) == base:
            yield Remark(
                rule.id,
                "error",
                "boundary",
                f"没有算例能发现边界变动：{label}",
                f"No example notices a change of {label}",
            )
        seen.add(label)


def _all(rule: Rule, bindings: Bindings) -> list[list[Outcome]]:
    return [judged(rule, example, bindings) for example in rule.examples]


def _moves(rule: Rule, bindings: Bindings) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield each boundary as a label and the change that moves it, once per distinct value of the rule."""
    own = [row for row in bindings.rows if row.rule_id == rule.id and _used(rule, row, bindings)]
    numbers = [column.name for column in bindings.pattern.columns if column.kind == "integer"]
    for name, value in sorted({(name, getattr(row, name)) for row in own for name in numbers}):
        for step in (-1, 1):
            if value + step >= 0:
                yield f"{name} {value} -> {value + step}", _number(rule.id, name, value, step)
    sets = [column.name for column in bindings.pattern.columns if column.kind == "set"]
    for name, value in sorted({(name, getattr(row, name)) for row in own for name in sets}):
        for word in value.split():
            yield f"{name} {value} - {word}", _word(rule.id, name, value, word)
    for day in sorted({row.valid_from for row in own}):
        for step in (-1, 1):
            yield f"valid_from {day} {step:+d}", _day(rule.id, "valid_from", day, step)
    for day in sorted({row.valid_to for row in own if row.valid_to != OPEN_END}):
        yield f"valid_to {day} +1", _day(rule.id, "valid_to", day, 1)


def _number(rule_id: str, name: str, value: int, step: int) -> Callable[[Any], Any]:
    def change(row: Any) -> Any:
        hit = row.rule_id == rule_id and getattr(row, name) == value
        return row._replace(**{name: value + step}) if hit else row

    return change


def _word(rule_id: str, name: str, value: str, word: str) -> Callable[[Any], Any]:
    def change(row: Any) -> Any:
        hit = row.rule_id == rule_id and getattr(row, name) == value
        return row._replace(**{name: " ".join(one for one in value.split() if one != word)}) if hit else row

    return change


def _day(rule_id: str, name: str, day: date, step: int) -> Callable[[Any], Any]:
    def change(row: Any) -> Any:
        hit = row.rule_id == rule_id and getattr(row, name) == day
        return row._replace(**{name: day + timedelta(days=step)}) if hit else row

    return change


def _used(rule: Rule, row: Any, bindings: Bindings) -> bool:
    """Whether an example charges an item of the row: the other points share their boundary with one that is used."""
    items = {line.item for example in rule.examples for line in example.lines}
    index = bindings.pattern.index
    return not index or any(getattr(row, column) in items for column in index)


def _care(rule: Rule, today: date) -> Iterator[Remark]:
    if rule.next_review < today:
        yield Remark(
            rule.id, "warning", "overdue", f"复核已于 {rule.next_review} 到期", f"Review was due {rule.next_review}"
        )
    if rule.checked_by is None:
        yield Remark(rule.id, "warning", "unchecked", "尚无第二人核对", "No second person has checked the rule")
    elif rule.checked_by == rule.authored_by:
        yield Remark(rule.id, "error", "self_checked", "编写与核对为同一人", "Author and checker are the same")
    if not any(example.known_false_positive for example in rule.examples):
        yield Remark(
            rule.id, "error", "no_false_positive", "缺少已知误判的算例", "No example of a known false positive"
        )
