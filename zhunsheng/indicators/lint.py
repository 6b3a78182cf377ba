"""What the linter says of indicators: examples that come to something else, and changes that no example would notice.

The changes are derived from the definition: a bound moved by one, a value dropped from a set, a test turned round or
left out, a column no longer needed. An indicator that reads the same afterwards shows a boundary that nothing holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from zhunsheng.book.indicators import Condition, Count, Gives, Indicator, Worked
from zhunsheng.book.lint import Remark
from zhunsheng.book.models import Book
from zhunsheng.facts.table import Kind
from zhunsheng.facts.wide import COUNTED
from zhunsheng.indicators.lists import held
from zhunsheng.indicators.plain import Lists, Row, count

#: The day of an example that states none.
USUAL_DAY = date(2026, 3, 5)


def lint(book: Book, today: date) -> list[Remark]:
    """Return what waits for a person in the indicators of a book, errors first within each."""
    return [remark for one in book.indicators.values() for remark in about(one, lambda said: held(book, said), today)]


def about(one: Indicator, lists: Lists, today: date) -> Iterator[Remark]:
    """Say what is wrong or waits in one indicator."""
    for example in one.examples:
        if (found := tried(one, example, lists)) != example.gives:
            told = ", ".join(f"{name} {value}" for name, value in found.model_dump().items())
            yield _remark(one, "error", "example_fails", f"算例“{example.name}”得出 {told}", f"Example gives {told}")
    for zh, en, changed in changes(one):
        if all(tried(changed, example, lists) == tried(one, example, lists) for example in one.examples):
            yield _remark(one, "error", "boundary_untested", f"没有算例会发现：{zh}", f"No example would notice: {en}")
    for cite in one.cites.values():
        if cite.certainty == "to_verify":
            yield _remark(one, "warning", "cite_to_verify", f"“{cite.zh}”待对照原文", f"'{cite.en}' is to be checked")
    for target in one.targets:
        if target.ground == "local":
            told = target.value or f"{target.low}–{target.high}"
            yield _remark(one, "warning", "local_target", f"目标 {told} 为本地默认，待确认", f"Target {told} is a local default")
    if one.overdue(today):
        yield _remark(one, "warning", "overdue", f"复核已于 {one.next_review} 到期", f"Review was due {one.next_review}")


def rows(one: Indicator, example: Worked) -> list[Row]:
    """Return the rows of an example in full: the usual row, what it varies, empty where neither says anything."""
    empty: dict[str, Any] = dict.fromkeys(COUNTED[one.table].names)
    usual = {**empty, **{name: "一" for name in ("institution_id", "vendor_id") if name in empty}, one.date: USUAL_DAY}
    return [{**usual, **one.usual, **row} for row in example.rows]


def tried(one: Indicator, example: Worked, lists: Lists) -> Gives:
    """Return what an example comes to, all its subjects and months together."""
    counted = count(one, rows(one, example), lists)
    names = tuple(Gives.model_fields)
    return Gives(**{name: sum(getattr(each, name) for each in counted) for name in names})


def changes(one: Indicator) -> Iterator[tuple[str, str, Indicator]]:
    """Yield the smallest changes of a definition, each in words of both languages."""
    for part in ("universe", "exclusions"):
        said: tuple[Condition, ...] = getattr(one, part)
        for other, zh, en in _changed(one, said):
            yield zh, en, one.model_copy(update={part: other})
    for part in ("numerator", "denominator"):
        count: Count | None = getattr(one, part)
        if count is None:
            continue
        for other, zh, en in _changed(one, count.where):
            yield zh, en, one.model_copy(update={part: count.model_copy(update={"where": other})})
    for name in one.needs:
        left = tuple(other for other in one.needs if other != name)
        yield f"不再要求 {name}", f"{name} no longer needed", one.model_copy(update={"needs": left})


def _changed(one: Indicator, said: tuple[Condition, ...]) -> Iterator[tuple[tuple[Condition, ...], str, str]]:
    for place, condition in enumerate(said):
        rest = said[:place], said[place + 1 :]
        yield (*rest[0], *rest[1]), f"去掉 {condition.column} 的条件", f"the test of {condition.column} left out"
        for changed, zh, en in _variants(one, condition):
            yield (*rest[0], changed, *rest[1]), f"{condition.column} {zh}", f"{condition.column} {en}"


def _variants(one: Indicator, said: Condition) -> Iterator[tuple[Condition, str, str]]:
    for name in ("any_of", "none_of", "starts"):
        values: tuple[Any, ...] = getattr(said, name)
        for value in values if len(values) > 1 else ():
            left = tuple(other for other in values if other != value)
            yield said.model_copy(update={name: left}), f"去掉 {value}", f"without {value}"
    for name in ("at_least", "at_most"):
        bound = getattr(said, name)
        for step in (-1, 1) if bound is not None else ():
            yield said.model_copy(update={name: bound + step}), f"界限 {bound + step}", f"bound {bound + step}"
    if said.not_above or said.above:
        step = -1 if said.not_above else 1
        if COUNTED[one.table].column(said.column).kind is not Kind.DATE or said.plus:
            for by in (step, -step):
                yield said.model_copy(update={"plus": said.plus + by}), f"宽限 {said.plus + by}", f"plus {said.plus + by}"


def _remark(one: Indicator, level: Any, code: str, zh: str, en: str) -> Remark:
    return Remark("indicator", one.id, level, code, zh, en)
