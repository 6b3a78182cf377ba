"""Says in words what a finding compares: reason sentences with their values formatted for people."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.quantity import plain
from zhunsheng.patterns import PATTERNS

VERDICTS = {
    Verdict.VIOLATION: ("明确违规", "Clear violation"),
    Verdict.SUSPECTED: ("可疑", "Suspected"),
    Verdict.UNKNOWN: ("不明", "Unknown"),
    Verdict.PASS: ("合格", "Pass"),
}
_SEX = {"M": ("男", "men"), "F": ("女", "women"), "": ("不明", "unknown")}
_UNITS = {"year": ("周岁", "years"), "month": ("个月", "months"), "day": ("天", "days")}
_PERIODS = {
    "stay": ("单次住院", "in one stay"),
    "course": ("一个疗程", "in one course"),
    "unstated": ("一个疗程", "in one course"),
    "year": ("一个自然年", "in one calendar year"),
}
_PLACE = re.compile(r"\{(expected|actual)(?::(\w+))?\}")


def sentence(
    pattern: str, reason: str, expected: str, actual: str, language: str = "zh", items: Mapping[str, str] | None = None
) -> str:
    """Return the sentence of a reason code with its values. ``items`` gives names to item codes.

    Raises KeyError for a pattern or reason that does not exist.
    """
    side = 1 if language == "en" else 0
    values = {"expected": expected, "actual": actual}
    template = PATTERNS[pattern].reasons[reason][side]
    return _PLACE.sub(lambda found: _value(found.group(2), values[found.group(1)], side, items or {}), template)


def _value(kind: str | None, text: str, side: int, items: Mapping[str, str]) -> str:
    if kind == "sex":
        return _SEX[text][side]
    if kind == "band":
        return _band(text, side)
    if kind == "age":
        number, unit = text.split(" ")
        return f"{number} {_UNITS[unit][side]}"
    if kind in ("e4", "e6"):
        return plain(int(text), int(kind[1]))
    if kind == "yuan":
        return yuan(int(text))
    if kind == "rolling":
        return _rolling(text, side)
    if kind == "within":
        return _within(text, side)
    if kind == "hours":
        return plain(int(text) * 100 // 3600, 2)
    if kind == "item":
        return f"{items[text]}（{text}）" if text in items and side == 0 else items.get(text, text)
    return text


def _rolling(text: str, side: int) -> str:
    cap, days = text.split(" ")
    return f"连续 {days} 天内 {plain(int(cap), 4)}" if side == 0 else f"{plain(int(cap), 4)} in any {days} days"


def _within(text: str, side: int) -> str:
    days, period = text.split(" ")
    return f"{_PERIODS[period][0]} {days} 天" if side == 0 else f"{days} days {_PERIODS[period][1]}"


def _band(text: str, side: int) -> str:
    limits, unit = text.split(" ")
    low, high = limits.split("..")
    word = _UNITS[unit][side]
    return f"{low} 至 {high} {word}" if side == 0 else f"{low} to {high} {word}"
