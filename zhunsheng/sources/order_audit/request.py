"""Reads a national request into orders in plain form, and says of every value which national field it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import fen_from_yuan
from zhunsheng.kernel.quantity import plain

#: People of one message: each is judged while the asker waits.
MOST_PATIENTS = 20
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
#: A place in the plain form, and for each the place in the message that it came from.
Path = tuple[Any, ...]
Places = dict[Path, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One national field: what it becomes, whether it must be there, its codes, the group of its rows."""

    zh: str
    to: str = ""
    required: bool = False
    codes: dict[str, Any] | None = None
    group: str = ""
    form: str = ""
    fellow: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One order in plain form. ``places`` leads from a place in it to the place in the message."""

    form: dict[str, Any]
    places: Places
    person: str
    encounter: str
    rows: dict[str, tuple[str, str]]

    def field(self, place: Path) -> str:
        """Return the national name of a place of the plain form: the group where the field itself is missing."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.places:
                return self.places[place[:length]]
        return "input"


@dataclass(frozen=True, slots=True)
class Request:
    """What a message of 3101 or 3102 asks. ``rules`` limits the answer to some rules; empty asks for all."""

    message: dict[str, Any]
    orders: tuple[Asked, ...]
    rules: frozenset[str]
    task: str


@dataclass(frozen=True, slots=True)
class Responses:
    """What a message of 3103 says of reminders: id, kind, reason."""

    message: dict[str, Any]
    given: tuple[tuple[str, str, str], ...]


@cache
def mapping() -> dict[str, Any]:
    """Return the mapping file; groups as Field by name."""
    text = resources.files("zhunsheng.sources.order_audit").joinpath("mapping.yaml").read_text("utf-8")
    told = yaml.safe_load(text)
    told["groups"] = {
        group: {
            name: Field(**{("fellow" if key == "or" else key): value for key, value in said.items()})
            for name, said in fields.items()
        }
        for group, fields in told["groups"].items()
    }
    return dict(told)


def audit_request(body: bytes, infno: str) -> Request:
    """Read a message of 3101 or 3102. Raises Problem ZS741, which names the field at fault."""
    message, data = _opened(body, infno, "data")
    moment = mapping()["reply"]["moments"][infno]
    rules = _texts(data.get("rule_ids"), "input.data.rule_ids")
    patients = list(_rows(data, "data", "patient_dtos", "input.data"))
    if len(patients) > MOST_PATIENTS:
        raise Problem(
            "ZS741", field="input.data.patient_dtos", reason=f"至多 {MOST_PATIENTS} 人 at most {MOST_PATIENTS}"
        )
    orders = tuple(_order(row, place, moment) for row, place in patients)
    if not orders:
        raise Problem("ZS741", field="input.data.patient_dtos", reason="必填 required")
    return Request(message, orders, frozenset(rules), str(data.get("task_id") or ""))


def response_request(body: bytes, infno: str = "3103") -> Responses:
    """Read a message of 3103. Raises Problem ZS741."""
    message, data = _opened(body, infno, "response")
    given = []
    for row, place in _rows(data, "response", "warns", "input.data"):
        _checked(row, "warning", place)
        kind = _code(mapping()["groups"]["warning"]["dspo_way"], row["dspo_way"], f"{place}.dspo_way")
        given.append((str(row["warn_rslt_id"]), str(kind), str(row.get("dspo_way_rea") or "")))
    if not given:
        raise Problem("ZS741", field="input.data.warns", reason="必填 required")
    return Responses(message, tuple(given))


def _opened(body: bytes, infno: str, group: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return envelope and data of a message. Numbers are kept as the text that was sent."""
    try:
        message = json.loads(body.decode("utf-8"), parse_float=str, parse_int=str)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Problem("ZS741", field="-", reason=f"不是 JSON（no JSON）：{type(error).__name__}") from error
    _check_characters(body, message)
    _checked(message, "envelope", "")
    if message["infno"] != infno:
        raise Problem("ZS741", field="infno", reason=f"应为 {infno}（{infno} is needed）")
    data = message["input"].get("data") if isinstance(message["input"], dict) else None
    extra = set(message["input"]) - {"data"} if isinstance(message["input"], dict) else set()
    if extra:
        raise Problem("ZS741", field=f"input.{min(extra)[:60]}", reason="未知字段 unknown field")
    _checked(data, group, "input.data")
    return message, data  # type: ignore[return-value]


def _check_characters(body: bytes, message: Any) -> None:
    """Raise Problem ZS741 for half a character (an escape such as ``\\ud800`` alone), which nothing can store."""
    if _SURROGATE.search(body):
        try:
            json.dumps(message, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise Problem("ZS741", field="-", reason="不成对的代理字符 half a character") from error


def _checked(row: Any, group: str, place: str) -> None:
    """Raise Problem ZS741 for a row that is no object, has an unknown field or lacks a required one."""
    if not isinstance(row, dict):
        raise Problem("ZS741", field=place or "-", reason="应为对象 an object is needed")
    known, at = mapping()["groups"][group], f"{place}." if place else ""
    for name, value in row.items():
        if name not in known:
            raise Problem("ZS741", field=f"{at}{name[:60]}", reason="未知字段 unknown field")
        field = known[name]
        nested = field.group or name in ("input", "rule_ids", "fsi_his_data_dto")
        if not nested and not isinstance(value, str | bool | None):
            raise Problem("ZS741", field=f"{at}{name}", reason="应为文本或数字 text or a number is needed")
    for name, field in known.items():
        if field.required and row.get(name) in (None, "", []):
            raise Problem("ZS741", field=f"{at}{name}", reason="必填 required")


def _rows(row: dict[str, Any], group: str, name: str, place: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the checked rows of a group below a row, each with its place. An empty text is an empty list."""
    found = row.get(name)
    if found in (None, ""):
        return
    at = f"{place}.{name}"
    inner = mapping()["groups"][group][name].group
    for number, one in enumerate(found if isinstance(found, list) else [found]):
        _checked(one, inner, f"{at}[{number}]")
        yield one, f"{at}[{number}]"


def _texts(value: Any, place: str) -> list[str]:
    if value in (None, ""):
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Problem("ZS741", field=place, reason="应为文本列表 a list of texts is needed")
    return [one for one in value if one]


def _order(patient: dict[str, Any], place: str, moment: str) -> Asked:
    places: Places = {}
    person = _facts(patient, "patient", "person", place, ("person",), places)
    form: dict[str, Any] = {"moment": moment, "person": person, "lines": []}
    past: dict[str, list[Any]] = {"encounters": [], "lines": []}
    rows: dict[str, tuple[str, str]] = {}
    current = patient["curr_mdtrt_id"]
    for stay, at in _rows(patient, "patient", "fsi_encounter_dtos", place):
        own = stay["mdtrt_id"] == current and "encounter" not in form
        path: Path = ("encounter",) if own else ("history", "encounters", len(past["encounters"]))
        encounter = _encounter(stay, at, path, places)
        if own:
            form["encounter"] = encounter
        else:
            past["encounters"].append(encounter)
        for line, line_at in _rows(stay, "encounter", "fsi_order_dtos", at):
            ordered = own and _is_current(line, line_at)
            held = form["lines"] if ordered else past["lines"]
            line_path = ("lines", len(held)) if ordered else ("history", "lines", len(past["lines"]))
            fact = _line(line, line_at, line_path, places, stay)
            rows[fact["line_id"]] = stay["mdtrt_id"], line["rx_id"]
            held.append(fact)
        for _ in _rows(stay, "encounter", "fsi_operation_dtos", at):
            pass  # checked, and no input of a rule
    if "encounter" not in form:
        raise Problem("ZS741", field=f"{place}.curr_mdtrt_id", reason="就诊信息集合中没有该就诊 no such encounter")
    form["history"] = past
    return Asked(form, places, patient["patn_id"], current, rows)


def _encounter(stay: dict[str, Any], at: str, path: Path, places: Places) -> dict[str, Any]:
    encounter = _facts(stay, "encounter", "encounter", at, path, places)
    encounter["diagnoses"] = [
        _facts(row, "diagnosis", "diagnosis", place, (*path, "diagnoses", number), places)
        for number, (row, place) in enumerate(_rows(stay, "encounter", "fsi_diagnose_dtos", at))
    ]
    return encounter


def _line(line: dict[str, Any], at: str, path: Path, places: Places, stay: dict[str, Any]) -> dict[str, Any]:
    fact = _facts(line, "line", "line", at, path, places)
    fact["line_id"] = f"{stay['medins_id']}-{line['rx_id']}"  # as imports name a line: institution, dash, number
    fact["encounter_id"] = stay["mdtrt_id"]
    scope = _in_scope(line, at)
    if scope is not None:
        fact["in_scope"] = scope
    return fact


def _in_scope(line: dict[str, Any], at: str) -> str | None:
    """Return what of a line lies within policy scope, None where a part is not stated."""
    stated = [line.get(name) for name in ("sumamt", "ownpay_amt", "selfpay_amt")]
    if any(one in (None, "") for one in stated):
        return None
    fen = []
    for name, text in zip(("sumamt", "ownpay_amt", "selfpay_amt"), stated, strict=True):
        try:
            fen.append(fen_from_yuan(str(text)))
        except Problem as problem:
            raise Problem("ZS741", field=f"{at}.{name}", reason=str(problem)) from problem
    left = fen[0] - fen[1] - fen[2]
    if left < 0:
        raise Problem("ZS741", field=f"{at}.selfpay_amt", reason="自费与自付之和大于总费用 the parts exceed sumamt")
    return plain(left, 2)


def _facts(row: dict[str, Any], group: str, fact: str, at: str, path: Path, places: Places) -> dict[str, Any]:
    """Return the fields of a row that become a fact, noting where each came from."""
    found: dict[str, Any] = {}
    places[path] = at
    for name, field in mapping()["groups"][group].items():
        target, _, column = field.to.partition(".")
        value = row.get(name)
        if target != fact or value in (None, "") or (field.fellow and column in found):
            continue
        value = _code(field, value, f"{at}.{name}")
        places[*path, column] = f"{at}.{name}"
        if value != "":
            found[column] = _formed(field.form, value)
    return found


def _formed(form: str, value: Any) -> Any:
    """Return a day without the time that some systems write behind it."""
    return value[:10] if form == "day" and isinstance(value, str) else value


def _code(field: Field, value: Any, at: str) -> Any:
    if field.codes is None:
        return value
    if value not in field.codes:
        raise Problem("ZS741", field=at, reason=f"未知代码 unknown code: {str(value)[:60]}")
    return field.codes[value]


def _is_current(line: dict[str, Any], at: str) -> bool:
    flag = line.get("curr_drord_flag")
    field = mapping()["groups"]["line"]["curr_drord_flag"]
    return True if flag in (None, "") else bool(_code(field, flag, f"{at}.curr_drord_flag"))
