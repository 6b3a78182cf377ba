"""Says in words what a finding compares: reason sentences with their values formatted for people."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
_KINDS = {
    "recovery_room": ("麻醉恢复室", "recovery room"),
    "admixture_centre": ("静脉用药调配中心", "IV admixture centre"),
    "operating_room": ("手术室", "operating room"),
    "intensive_care": ("重症监护病房", "intensive care unit"),
    "newborn_ward": ("新生儿病房", "newborn ward"),
    "dialysis_room": ("血液透析室", "dialysis room"),
    "ct_16": ("16 排及以下 CT", "CT of up to 16 slices"),
    "ct_64": ("64 排 CT", "CT of 64 slices"),
    "ct_128": ("128 排及以上 CT", "CT of 128 slices or more"),
    "mr_15": ("1.5T 磁共振", "MR of 1.5 T"),
    "mr_30": ("3.0T 磁共振", "MR of 3.0 T"),
    "dsa": ("数字减影血管造影机", "angiography system"),
    "linac": ("直线加速器", "linear accelerator"),
    "pet_ct": ("PET/CT", "PET/CT"),
    "dialysis": ("血液透析机", "dialysis machine"),
    "other": ("其他", "other"),
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
    if kind == "e4":
        return plain(int(text), 4)
    if kind == "hours":
        return plain(int(text) * 100 // 3600, 2)
    if kind == "kinds":
        return ("、", ", ")[side].join(_KINDS[one][side] for one in text.split(" "))
    if kind == "item":
        return f"{items[text]}（{text}）" if text in items and side == 0 else items.get(text, text)
    return text


def _band(text: str, side: int) -> str:
    limits, unit = text.split(" ")
    low, high = limits.split("..")
    word = _UNITS[unit][side]
    return f"{low} 至 {high} {word}" if side == 0 else f"{low} to {high} {word}"
