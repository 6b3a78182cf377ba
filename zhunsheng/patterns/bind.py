"""Binding rows: a rule's dated parameters joined to its dated knowledge points, for both forms of a pattern.

Dates act per row: where a parameter changes inside the period of a point, the point gives two rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from zhunsheng.book.lifecycle import holds
from zhunsheng.book.models import Book, Point, Rule
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import scaled
from zhunsheng.kernel.time import Period
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.base import BindingColumn, Bindings, Pattern


def bind(book: Book) -> dict[str, Bindings]:
    """Return the bindings of every pattern; a rule that waits has none. Raises Problem ZS406 (value missing), ZS407."""
    rows: dict[str, list[Any]] = {name: [] for name in PATTERNS}
    for rule in book.live.values():
        if rule.pattern not in PATTERNS:
            raise Problem("ZS407", rule=rule.id, pattern=rule.pattern)
        rows[rule.pattern].extend(_rule_rows(book, rule, PATTERNS[rule.pattern]))
    return {name: Bindings(PATTERNS[name], found) for name, found in rows.items()}


def points(book: Book, rule: Rule) -> list[Point]:
    """Return the knowledge points of a rule, in the order of its lists: those that its ``where`` takes."""
    return [
        point
        for name in rule.lists
        for point in book.knowledge[name].points
        if all(point.get(column) == text for column, text in rule.where.items())
    ]


def periods(book: Book, rule: Rule) -> dict[str, list[Period]]:
    """Return by point id when rule and point both hold: what replaced a point or is laid over it is taken out."""
    found = {key: one.periods for name in rule.lists for key, one in holds(book, name).items()}
    return {key: [both for one in held if (both := rule.period.both(one))] for key, held in found.items()}


def _rule_rows(book: Book, rule: Rule, pattern: Pattern) -> Iterator[Any]:
    hold = periods(book, rule)
    found: list[Point | None] = [None]
    if pattern.uses_knowledge:
        found = [point for point in points(book, rule) if point.reading != "waiting"]
    for point in found:
        held = hold[point.point_id] if point else [rule.period]
        for period in (part for whole in held for part in _cut(rule, whole)):
            values: dict[str, int | str] = {}
            for column in pattern.columns:
                asked = column.only is None or values[column.only[0]] in column.only[1]
                values[column.name] = _value(rule, point, column, period) if asked else column.silent
            point_id = point.point_id if point else ""
            yield pattern.row(rule.id, point_id, rule.verdict, period.start, period.end, *values.values())


def _cut(rule: Rule, held: Period) -> Iterator[Period]:
    """Yield the parts of a period within which no parameter changes."""
    days = {held.start, held.end}
    for parameter in rule.parameters:
        for value in parameter.values:
            days |= {day for day in (value.period.start, value.period.end) if day in held}
    ordered = sorted(days)
    for start, end in pairwise(ordered):
        yield Period(start, end)


def _value(rule: Rule, point: Point | None, column: BindingColumn, period: Period) -> int | str:
    names = (column.reads or column.name).split()
    text = next(filter(None, (_said(rule, point, column, name, period) for name in names)), column.absent)
    name, label = names[0], point.point_id if point else "-"
    if text is None:
        raise Problem("ZS406", rule=rule.id, pattern=rule.pattern, column=name, point=label, day=period.start)
    if column.kind == "set":
        text = " ".join(text.split())
    words = text.split() if column.kind == "set" else [text] if text else []
    if any((column.codes and word not in column.codes) or len(word) < column.least for word in words):
        raise Problem(
            "ZS406", rule=rule.id, pattern=rule.pattern, column=f"{name}={text}", point=label, day=period.start
        )
    return scaled(text, column.digits) if column.kind == "integer" else text


def _said(rule: Rule, point: Point | None, column: BindingColumn, name: str, period: Period) -> str:
    text = point.get(name) if point and column.source != "parameter" else ""
    return text or (_parameter(rule, point, name, period) if column.source != "knowledge" else "")


def _parameter(rule: Rule, point: Point | None, name: str, period: Period) -> str:
    parameter = rule.parameter(name)
    for value in parameter.values if parameter else ():
        fits = all(point is not None and point.get(key) == wanted for key, wanted in value.when.items())
        if fits and period.start in value.period:
            return str(value.value)
    return ""
