"""Reads what is sent for an agreement. Everything sent is hostile until read; the first fault names its field."""

from __future__ import annotations

import re
from typing import Any

from zhunsheng.book.clauses import Clauses
from zhunsheng.kernel.quantity import parse, rescale
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.typed import Typed

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,59}")

Given = dict[str, str]


_TYPED = Typed("ZS671", most=200)
wrong, text, day = _TYPED.wrong, _TYPED.text, _TYPED.day


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
