"""Reads prose parameters by the stated phrases of ``layouts.yaml``. What no phrase knows is not guessed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from zhunsheng.book.workbooks.layouts import Layouts, Phrase, Prose

DIGITS = {char: value for value, char in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}
NUMBER = r"(?:\d+|[一二两三四五六七八九十])"
DAYS = rf"{NUMBER}(?:天|日|周|个月|年)"
UNITS = {"天": 1, "日": 1, "周": 7}
YEAR = 365


class Read(NamedTuple):
    """What a text gave: values by column, whether a person should confirm, whether something was not understood."""

    values: dict[str, str]
    confirm: bool = False
    waiting: bool = False


def read(text: str, prose: Prose, layouts: Layouts) -> Read:
    """Read a text by the phrases of a heading. With ``rest: wait`` every clause must be known."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    values: dict[str, str] = {}
    confirm = waiting = False
    for clause in filter(None, re.split(r"[,;。:、]", plain)):
        found = _clause(clause, prose, layouts)
        if found is None:
            waiting = waiting or prose.rest == "wait"
            continue
        clash = any(values.get(column, value) != value for column, value in found.values.items())
        confirm, values = confirm or found.confirm or clash, found.values | values
    return Read(values, confirm, waiting or (prose.rest == "wait" and not values))


def _clause(clause: str, prose: Prose, layouts: Layouts) -> Read | None:
    for name in prose.phrases:
        phrase = layouts.phrases[name]
        match = (
            _pattern(phrase.text).fullmatch(clause) if prose.rest == "wait" else _pattern(phrase.text).search(clause)
        )
        if match and (found := _values(phrase, match.groupdict())):
            return found
    return None


def _values(phrase: Phrase, groups: dict[str, str]) -> Read | None:
    numbers = {column: _number(text) for column, text in groups.items()}
    if any(number is None for number, _ in numbers.values()):
        return None
    confirm = phrase.confirm or any(rounded for _, rounded in numbers.values())
    return Read({**{column: str(number) for column, (number, _) in numbers.items()}, **phrase.also}, confirm)


def _number(text: str) -> tuple[int | None, bool]:
    """Return a number, in days where it has a unit, and whether the unit is one that people count differently."""
    digits = re.match(NUMBER, text)
    if digits is None:
        return None, False
    count = DIGITS.get(digits[0]) or int(digits[0])
    unit = text[digits.end() :]
    if unit == "年":
        return count * YEAR, True
    if unit == "个月":
        return (count // 12 * YEAR, True) if count % 12 == 0 else (None, False)
    return count * UNITS.get(unit, 1), False


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace("{days}", DAYS).replace("{n}", NUMBER))
