"""Reads what is sent for a vendor's file. Everything sent is hostile until read; the first fault names its field."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.db.models import QuerySet

from zhunsheng.book.vendors import Kinds
from zhunsheng.casework.vendors.policies import check_code
from zhunsheng.casework.vendors.states import Answer
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import fen_from_yuan
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.typed import FIRST, Typed

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,39}")
RATINGS = ("AAA", "AA", "A", "B", "C")

Given = dict[str, str]


_TYPED = Typed("ZS653", most=120)
wrong, text, _day = _TYPED.wrong, _TYPED.text, _TYPED.day


def _code(field: str, value: str) -> str:
    told = kept(value)
    if not CODE.fullmatch(told):
        raise wrong(field, "只能是字母、数字和 - _ . : /，不超过 40 位")
    return told


def _end(given: Given, since: date) -> date | None:
    if not kept(given.get("valid_to", "")):
        return None
    until = _day("失效日期", given["valid_to"])
    if until <= since:
        raise wrong("失效日期", "须晚于生效日期")
    return until


def once(known: QuerySet[Any], field: str) -> None:
    """Raise Problem ZS653 where what is sent stands in the file already: sent twice, it is told and nothing breaks."""
    if known.exists():
        raise wrong(field, "该日起的记录已在档案中")


def _whole(field: str, value: str) -> int:
    told = kept(value)
    if not re.fullmatch(r"[0-9]{1,12}", told):
        raise wrong(field, "须为不小于 0 的整数")
    return int(told)


def vendor(given: Given) -> dict[str, Any]:
    """Return the fields of a vendor. Raises Problem ZS653."""
    code = kept(given.get("code", "")).upper()
    check_code(code)
    revenue = kept(given.get("revenue", "")).replace(",", "")
    try:
        fen = fen_from_yuan(revenue) if revenue else None
    except Problem as problem:
        raise wrong("上年营业收入", "须为精确到分的金额") from problem
    if fen is not None and fen < 0:
        raise wrong("上年营业收入", "不得为负数")
    return {
        "institution_id": code,
        "name": text("名称", given.get("name", "")),
        "name_en": text("英文名称", given.get("name_en", ""), least=0, most=160),
        "legal_representative": text("法定代表人", given.get("legal_representative", ""), least=0, most=60),
        "yearly_revenue_fen": fen,
    }


def paper(given: Given, book: Kinds) -> dict[str, Any]:
    """Return the fields of a paper. Raises Problem ZS653."""
    kind = given.get("kind", "")
    if kind not in book.documents:
        raise wrong("证照种类", "不在规则库的种类中")
    about, since = book.documents[kind].about, _day("生效日期", given.get("valid_from", ""))
    subject = _code("人员或设备编码", given.get("subject", "")) if about != "vendor" else ""
    return {
        "kind": kind,
        "subject": subject,
        "number": text("编号", given.get("number", "")),
        "licensed": text("许可范围", given.get("licensed", ""), least=0, most=1000),
        "issuer": text("发证机关", given.get("issuer", "")),
        "valid_from": since,
        "valid_to": _end(given, since),
    }


def person(given: Given, year: int) -> dict[str, Any]:
    """Return the fields of a person. Raises Problem ZS653."""
    since = _day("到岗日期", given.get("valid_from", ""))
    hours = kept(given.get("hours", ""))
    return {
        "practitioner_id": _code("人员编码", given.get("practitioner_id", "")),
        "name": text("姓名", given.get("name", ""), most=60),
        "profession": text("专业", given.get("profession", ""), most=40),
        "title": text("职称", given.get("title", ""), least=0, most=40),
        "role": _code("岗位", given["role"]) if given.get("role") else "",
        "trained": {str(year): _whole("培训学时", hours)} if hours else {},
        "valid_from": since,
        "valid_to": _end(given, since),
    }


def device(given: Given) -> dict[str, Any]:
    """Return the fields of a device. Raises Problem ZS653."""
    since = _day("启用日期", given.get("valid_from", ""))
    return {
        "device_id": _code("设备编码", given.get("device_id", "")),
        "name": text("名称", given.get("name", "")),
        "model": text("型号", given.get("model", ""), least=0),
        "role": _code("用途", given["role"]) if given.get("role") else "",
        "valid_from": since,
        "valid_to": _end(given, since),
    }


def fact(given: Given, book: Kinds, today: date) -> dict[str, Any]:
    """Return the fields of a dated value: a fact of the rule book or a measure of a criterion. Raises ZS653."""
    kind, on = given.get("kind", ""), _day("截至日期", given.get("on", ""))
    if on > today:
        raise wrong("截至日期", "不得晚于今日")
    found: dict[str, Any] = {"kind": kind, "on": on, "source": text("来源", given.get("source", ""), least=2, most=300)}
    criteria = {one.id: one for each in book.kinds for one in each.capability}
    if kind in criteria:
        return found | _measured(given, share=criteria[kind].kind == "share")
    if kind not in book.facts:
        raise wrong("事项", "不在规则库的事项中")
    value = given.get("value", "")
    rating = book.facts[kind].kind == "rating"
    if value not in (RATINGS if rating else Answer.values):
        raise wrong("结果", "不在可选项中")
    return found | {"value": value} | ({"year": _year(given, today)} if rating else {})


def _year(given: Given, today: date) -> int:
    year = _whole("年度", given.get("year", ""))
    if not FIRST.year <= year <= today.year:
        raise wrong("年度", f"须在 {FIRST.year} 至 {today.year} 之间")
    return year


def _measured(given: Given, *, share: bool) -> dict[str, int]:
    numerator = _whole("分子", given.get("numerator", ""))
    if not share:
        return {"numerator": numerator}
    denominator = _whole("分母", given.get("denominator", ""))
    if denominator == 0 or numerator > denominator:
        raise wrong("分母", "须大于 0 且不小于分子")
    return {"numerator": numerator, "denominator": denominator}
