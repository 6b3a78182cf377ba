"""Reads what is sent for an agreement. Everything sent is hostile until read; the first fault names its field."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from zhunsheng.book.clauses import Clauses
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import parse, rescale
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import parse_date

FIRST, LAST = date(1949, 10, 1), date(2099, 12, 31)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,59}")

Given = dict[str, str]


def wrong(field: str, reason: str) -> Problem:
    """Return the Problem of a field that cannot be taken."""
    return Problem("ZS671", field=field, reason=reason)


def text(field: str, value: str, *, least: int = 1, most: int = 200) -> str:
    """Return a text, trimmed. Raises Problem ZS671."""
    told = kept(value)
    if not least <= len(told) <= most:
        raise wrong(field, f"须为 {least} 至 {most} 字")
    return told


def day(field: str, value: str) -> date:
    """Return a day that leaves room for what is reckoned from it. Raises Problem ZS671."""
    try:
        found = parse_date(kept(value))
    except Problem as problem:
        raise wrong(field, "须为日期，如 2026-01-31") from problem
    if not FIRST <= found <= LAST:
        raise wrong(field, f"须在 {FIRST} 至 {LAST} 之间")
    return found


def _number(field: str, value: str, digits: int) -> int:
    told = parse(kept(value).replace(",", "").removesuffix("%"))
    found = rescale(told, digits) if told is not None else None
    if found is None or not 0 <= found <= 10**15:
        raise wrong(field, f"须为不小于 0 的数，至多 {digits} 位小数")
    return found


def clause(given: Given, asked: Clauses) -> dict[str, Any]:
    """Return the fields of a mark. Raises Problem ZS671."""
    if given.get("clause", "") not in {one.id for one in asked.clauses}:
        raise wrong("条款", "不在规则库的条款中")
    if given.get("present", "") not in ("yes", "no"):
        raise wrong("结论", "须为已约定或缺少")
    present = given["present"] == "yes"
    return {
        "clause": given["clause"],
        "present": present,
        "place": text("所在条款", given.get("place", ""), least=1 if present else 0, most=120),
        "note": text("说明", given.get("note", ""), least=0, most=1000),
    }


def promise(given: Given, asked: Clauses, kind: str) -> dict[str, Any]:
    """Return the fields of a promised value. Raises Problem ZS671."""
    found = next((one for one in asked.promises(kind) if one.id == given.get("indicator", "")), None)
    if found is None:
        raise wrong("指标", "不在规则库的指标中")
    value = _number("约定值", given.get("value", ""), 4)
    if found.unit == "%" and value > 100 * 10_000:
        raise wrong("约定值", "不得超过 100%")
    return {"indicator": found.id, "value_e4": value, "valid_from": day("生效日", given.get("valid_from", ""))}


def price(given: Given) -> dict[str, Any]:
    """Return the fields of a price of the annex. Raises Problem ZS671."""
    code = kept(given.get("item_code", ""))
    if not CODE.fullmatch(code):
        raise wrong("项目编码", "只能是字母、数字和 - _ . : /，不超过 60 位")
    return {
        "item_code": code,
        "item_name": text("项目名称", given.get("item_name", "")),
        "unit_price_e6": _number("单价", given.get("price", ""), 6),
        "valid_from": day("生效日", given.get("valid_from", "")),
        "reason": text("调整理由", given.get("reason", ""), least=0, most=500),
    }
