"""Reads what a form sends for a step, by the types and limits of its life-cycle. Everything sent is hostile until read.

Values come as text, or as lists of text for codes, people, bodies and attachments, and are kept as JSON: an amount in
yuan as integer fen, a date as ISO text, a person by the number of the account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from zhunsheng.book.cycles import Input
from zhunsheng.casework.bodies.models import Body, DutyName, User
from zhunsheng.casework.bodies.scope import held, prefix
from zhunsheng.casework.cases.library import laws
from zhunsheng.casework.cases.words import named, said
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import fen_from_yuan, yuan
from zhunsheng.kernel.quantity import parse, plain, rescale
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import parse_date

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
#: Who can be named as an officer of a case: these duties in the body that handles it.
OFFICERS = (DutyName.REVIEWER, DutyName.HEAD, DutyName.OFFICER)
#: Rows of a plan: its day, and fen per account under the name of the account.
ON = "on"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a field is read within: the body that handles the case, the day, and the files that the case holds."""

    body: Body
    day: date
    files: frozenset[str] = frozenset()


def officers(body: Body, day: date) -> QuerySet[User]:
    """Return who can be named as an officer of a body's cases on a day."""
    holding = body.duties.on(day).filter(name__in=OFFICERS).values("user")
    return User.objects.filter(body=body, is_active=True, pk__in=holding)


def read(inputs: Iterable[Input], given: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """Return the fields of a step, checked. Raises Problem ZS906 for the first that is wrong, missing or unknown."""
    wanted = {one.id: one for one in inputs}
    for name in given:
        if name not in wanted:
            raise Problem("ZS906", field=name[:40], reason=said("不是这一步的字段", "is no field of this step"))
    found = {}
    for name, one in wanted.items():
        value = given.get(name)
        if value is None or value in ("", [], ()) or (isinstance(value, str) and not kept(value)):
            if one.required:
                raise _wrong(one, "必填", "is required")
            continue
        found[name] = READERS[one.kind](one, value, setting)
    return found


def _wrong(one: Input, zh: str, en: str) -> Problem:
    return Problem("ZS906", field=named(one), reason=said(zh, en))


def _one(one: Input, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(one, "须为文字", "must be text")
    return kept(value)


def _many(one: Input, value: Any) -> list[str]:
    listed = value.split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(part, str | int) for part in listed):
        raise _wrong(one, "须为列表", "must be a list")
    found = list(dict.fromkeys(kept(str(part)) for part in listed))
    return _within(one, found, len(found), "项", "entries")


def _within(one: Input, value: Any, size: int, zh: str, en: str, show: Callable[[int], str] = str) -> Any:
    low, high = one.least, one.most
    if (low is not None and size < low) or (high is not None and size > high):
        least, most = show(low or 0), show(high) if high is not None else "∞"
        raise _wrong(one, f"须为 {least} 至 {most} {zh}", f"takes {least} to {most} {en}")
    return value


def _text(one: Input, value: Any, _setting: Setting) -> str:
    text = _one(one, value)
    return str(_within(one, text, len(text), "字", "characters"))


def _code(one: Input, value: Any, _setting: Setting) -> str:
    text = _one(one, value)
    if not CODE.fullmatch(text):
        raise _wrong(one, "只能是字母、数字和 - _ . : /", "takes letters, digits and - _ . : / alone")
    return text


def _codes(one: Input, value: Any, setting: Setting) -> list[str]:
    return [_code(one, part, setting) for part in _many(one, value)]


def _amount(one: Input, value: Any, _setting: Setting) -> int:
    text = _one(one, value)
    try:
        fen = fen_from_yuan(text.replace(",", ""))
    except Problem as problem:
        raise _wrong(one, "须为精确到分的金额", "must be an amount exact to the fen") from problem
    return int(_within(one, fen, fen, "元", "yuan", yuan))


def _integer(one: Input, value: Any, _setting: Setting) -> int:
    text = _one(one, value)
    if not re.fullmatch(r"-?[0-9]{1,12}", text):
        raise _wrong(one, "须为整数", "must be a whole number")
    return int(_within(one, int(text), int(text), "", ""))


def _multiple(one: Input, value: Any, _setting: Setting) -> int:
    """So many times, kept in 1/10000: ``1.5`` -> 15000."""
    number = parse(_one(one, value))
    found = rescale(number, 4) if number is not None else None
    if found is None:
        raise _wrong(one, "须为倍数，至多四位小数", "must be a multiple with at most four decimals")
    return int(_within(one, found, found, "倍", "times", lambda e4: plain(e4, 4)))


def _plan(one: Input, value: Any, setting: Setting) -> list[dict[str, Any]]:
    """Rows of a day and amounts in yuan by account; rows in which nothing is typed are left out."""
    if not isinstance(value, list | tuple) or not all(isinstance(row, dict) for row in value):
        raise _wrong(one, "须为分期表", "must be a table of instalments")
    typed = [row for row in value if any(kept(str(cell)) for cell in row.values())]
    found = []
    for number, row in enumerate(typed, start=1):
        if not all(isinstance(cell, str) and re.fullmatch(r"[a-z_]{1,40}", key) for key, cell in row.items()):
            raise _wrong(one, "须为分期表", "must be a table of instalments")
        part = one.model_copy(update={"zh": f"{one.zh}第 {number} 期", "en": f"{one.en} {number}"})
        days = part.model_copy(update={"when": "future", "least": None, "most": None})
        sums = part.model_copy(update={"least": 0, "most": None})
        read_ = {ON: _date(days, row.get(ON, ""), setting)}
        found.append(read_ | {key: _amount(sums, cell or "0", setting) for key, cell in row.items() if key != ON})
    return list(_within(one, found, len(found), "期", "instalments"))


def _date(one: Input, value: Any, setting: Setting) -> str:
    try:
        day = parse_date(_one(one, value))
    except Problem as problem:
        raise _wrong(one, "须为日期，如 2026-03-01", "must be a date such as 2026-03-01") from problem
    if one.when == "past" and day > setting.day:
        raise _wrong(one, "不得晚于今日", "cannot lie after today")
    if one.when == "future" and day <= setting.day:
        raise _wrong(one, "须晚于今日", "must lie after today")
    return day.isoformat()


def _choice(one: Input, value: Any, _setting: Setting) -> str:
    text = _one(one, value)
    if text not in one.choices:
        raise _wrong(one, "不在可选项中", "is none of the choices")
    return text


def _several(one: Input, value: Any, _setting: Setting) -> list[str]:
    listed = _many(one.model_copy(update={"least": None, "most": None}), value)
    if not set(listed) <= set(one.choices):
        raise _wrong(one, "不在可选项中", "is none of the choices")
    return [key for key in one.choices if key in listed]


def _article(one: Input, value: Any, _setting: Setting) -> str:
    """An article is written ``instrument/article`` or ``instrument/article/item``, and the book of law holds it."""
    parts = _one(one, value).split("/")
    instrument = laws().get(parts[0])
    article = instrument.articles.get(parts[1]) if instrument and len(parts) in (2, 3) else None
    if article is None or (len(parts) == 3 and parts[2] not in article.items):
        raise _wrong(one, "法规库中没有这一条款", "is not in the book of law")
    return "/".join(parts)


def _people(one: Input, value: Any, setting: Setting) -> list[int]:
    listed = _many(one, value)
    numbers = sorted({int(part) for part in listed if re.fullmatch(r"[0-9]{1,18}", part)})
    held = set(officers(setting.body, setting.day).filter(pk__in=numbers).values_list("pk", flat=True))
    if held != set(numbers) or len(numbers) < len(listed):
        raise _wrong(
            one,
            "须为承办单位现任的执法人员、审核员或负责人",
            "must be officers, reviewers or heads of the handling body",
        )
    return list(_within(one, numbers, len(numbers), "人", "people"))


def _files(one: Input, value: Any, setting: Setting) -> list[str]:
    listed = _many(one, value)
    if not set(listed) <= setting.files:
        raise _wrong(one, "须先把文件添加到本事项", "must name files that were added to this case")
    return listed


def named_bodies(body: Body, kinds: Iterable[str]) -> list[Body]:
    """Return the bodies of some kinds around a body: of its region, of one above or below, consortia that it sees."""
    seen, own = held(body), prefix(body.region)

    def near(one: Body) -> bool:
        if one.institution_code:
            return seen is None or one.institution_code in seen
        other = prefix(one.region)
        return other.startswith(own) or own.startswith(other)

    return [one for one in Body.objects.filter(kind__in=tuple(kinds)) if near(one)]


def _bodies(one: Input, value: Any, setting: Setting) -> list[int]:
    listed = _many(one.model_copy(update={"least": None, "most": None}), value)
    known = {str(body.pk): body.pk for body in named_bodies(setting.body, one.of)}
    if not set(listed) <= known.keys():
        raise _wrong(one, "须为本地区可选的单位", "must name bodies of the region that may be chosen")
    return list(_within(one, sorted(known[text] for text in listed), len(listed), "个", "bodies"))


READERS: dict[str, Callable[[Input, Any, Setting], Any]] = {
    "text": _text,
    "code": _code,
    "codes": _codes,
    "amount": _amount,
    "integer": _integer,
    "multiple": _multiple,
    "several": _several,
    "plan": _plan,
    "date": _date,
    "choice": _choice,
    "article": _article,
    "people": _people,
    "attachment": _files,
    "bodies": _bodies,
}
