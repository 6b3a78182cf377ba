"""Devices, certificates, calibrations, places, contacts and trip plans out of a CSV file: all of its rows or none.

Which of them a file holds is told by its heading. Each fault names row, column, what was there, and what mends it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.devices import actions as register
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.outbox.actions import deed
from zhunsheng.casework.trips import actions
from zhunsheng.kernel.errors import Problem

#: Bytes and rows of one file.
MOST_BYTES, MOST_ROWS = 2 * 1024 * 1024, 5000
#: Faults that are listed; the count is of all.
SHOWN = 100
_ORG = {"所属机构代码": "institution_id", "设备编号": "device_id"}
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the columns of its heading by the names of the forms, those that it must have, and its writer."""

    zh: str
    en: str
    columns: Mapping[str, str]
    optional: frozenset[str]
    write: Callable[[User, Row], Any]


def _on(write: Callable[[User, Any, Row], Any]) -> Callable[[User, Row], Any]:
    """Return the writer of something of a device that a row names. Raises Problem ZS886."""

    def written(actor: User, row: Row) -> Any:
        found = devices.held_by(row["institution_id"].strip(), row["device_id"].strip())
        if found is None:
            raise Problem("ZS886", device=row["device_id"][:64], day=row.get("valid_from") or row.get("done_on") or "-")
        return write(actor, found, row)

    return written


KINDS: dict[str, Kind] = {
    "device": Kind(
        "设备登记", "Devices",
        _ORG | {"设备种类": "kind", "名称": "name", "型号": "model", "服务种类": "service_kind", "贮运条件": "regime",
                "启用日期": "valid_from", "停用日期": "valid_to"},
        frozenset({"型号", "服务种类", "贮运条件", "停用日期"}), register.add_device,
    ),
    "calibration": Kind(
        "校准登记", "Calibrations",
        _ORG | {"校准日期": "done_on", "失效日期": "valid_to", "证书编号": "number", "校准机构": "issuer",
                "校准结论": "passed"},
        frozenset(), _on(register.add_calibration),
    ),
    "certificate": Kind(
        "设备证书", "Certificates of devices",
        _ORG | {"证书指纹": "fingerprint", "生效日期": "valid_from", "失效日期": "valid_to"},
        frozenset(), _on(register.add_certificate),
    ),
    "assignment": Kind(
        "安装位置", "Where devices are mounted", _ORG | {"安装位置": "place", "自何日起": "valid_from"},
        frozenset(), _on(register.assign),
    ),
    "contact": Kind(
        "应急联系人", "Contacts",
        {"所属机构代码": "institution_id", "职责": "role", "姓名": "name", "电话": "phone", "呼叫次序": "position",
         "自何日起": "valid_from"},
        frozenset({"呼叫次序"}), register.add_contact,
    ),
    "plan": Kind(
        "运输计划", "Trip plans",
        {"运输单号": "number", "供应商代码": "vendor_id", "收货机构代码": "institution_id", "设备编号": "device_id",
         "货品": "goods", "启运时间": "starts_at", "计划到达时间": "ends_at", "停靠点": "stops", "贮运条件": "regime",
         "服务种类": "service_kind", "委托单号": "orders", "路线": "way", "路线宽度": "width", "限速": "speed",
         "停车点": "harbours"},
        frozenset({"停靠点", "贮运条件", "服务种类", "委托单号", "路线", "路线宽度", "限速", "停车点"}),
        actions.plan_trip,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row (the heading is row 1): its column, the reason, and what mends it."""

    row: int
    column: str
    value: str
    code: str
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file. With a fault nothing of it was taken."""

    file: str
    kind: str
    rows: int
    faults: tuple[Fault, ...]
    count: int

    @property
    def taken(self) -> bool:
        """Whether all rows were taken."""
        return not self.count

    @property
    def problem(self) -> Problem | None:
        """What is told of a file with faults; None of one that was taken."""
        return Problem("ZS893", file=self.file, count=self.count) if self.count else None


class _Undone(Exception):
    """Takes back what the good rows of a file with a fault wrote."""


def take(actor: User, file: str, data: bytes) -> Report:
    """Take a file whole, or nothing of it with its faults. Raises Problem ZS892 for what is no such file."""
    kind, rows = read(file, data)
    faults: list[Fault] = []
    with suppress(_Undone):
        _taken(actor, KINDS[kind], rows, faults)
    return Report(file, kind, len(rows), tuple(faults[:SHOWN]), len(faults))


@deed
def _taken(actor: User, kind: Kind, rows: list[Row], faults: list[Fault]) -> None:
    for number, row in enumerate(rows, 2):
        try:
            _one(actor, kind, row)
        except Problem as problem:
            faults.append(_fault(kind, number, row, problem))
    if faults:
        raise _Undone


@deed
def _one(actor: User, kind: Kind, row: Row) -> None:
    kind.write(actor, row)


def read(file: str, data: bytes) -> tuple[str, list[Row]]:
    """Return which kind of file it is and its rows by the names of the forms. Raises Problem ZS892."""
    name = file[:120]
    if len(data) > MOST_BYTES:
        raise Problem("ZS892", file=name, reason=said(f"超过 {MOST_BYTES // 1024} KB", "too large"))
    table = list(_parsed(name, data))
    head = [cell.strip() for cell in table[0]] if table else []
    kind = next((key for key, one in KINDS.items() if _fits(one, head)), None)
    if kind is None:
        raise Problem("ZS892", file=name, reason=said("表头与任何一种登记表都不相符", "its heading is that of no kind"))
    for number, row in enumerate(table[1:], 2):
        if any(cell.strip() for cell in row[len(head) :]):
            told = said(f"第 {number} 行多于表头的 {len(head)} 列", f"row {number} has more than {len(head)} columns")
            raise Problem("ZS892", file=name, reason=told)
    body = [row for row in table[1:] if any(cell.strip() for cell in row)]
    if not 0 < len(body) <= MOST_ROWS:
        raise Problem("ZS892", file=name, reason=said(f"须有 1 至 {MOST_ROWS} 行", f"takes 1 to {MOST_ROWS} rows"))
    columns = [KINDS[kind].columns[cell] for cell in head]
    return kind, [dict.fromkeys(columns, "") | dict(zip(columns, row, strict=False)) for row in body]


def _fits(kind: Kind, head: list[str]) -> bool:
    told = set(head)
    return len(told) == len(head) and set(kind.columns) - kind.optional <= told <= set(kind.columns)


def _parsed(name: str, data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            reason = said("不是 UTF-8 或者 GB18030 文本", "is no text in UTF-8 or GB18030")
            raise Problem("ZS892", file=name, reason=reason) from error
    try:
        yield from csv.reader(io.StringIO(text), strict=True)
    except csv.Error as error:
        reason = said("引号或者分隔符有误", "quotes or separators are wrong")
        raise Problem("ZS892", file=name, reason=reason) from error


def _fault(kind: Kind, number: int, row: Row, problem: Problem) -> Fault:
    """Return the fault of a row. Its column is the one that the Problem names as its field, where it names one."""
    field = str(problem.values.get("field", ""))
    names = {told: told for told in kind.columns}
    column = names.get(field, field)
    value = row.get(kind.columns.get(column, ""), "")
    reason, mend = problem_words(problem)
    return Fault(number, column, value[:80], problem.code, reason, mend)


def problem_words(problem: Problem) -> tuple[str, str]:
    """Return what a Problem says and what mends it, in the language of the reader."""
    told = problem.as_dict("en" if (get_language() or "").startswith("en") else "zh")
    return str(told["message"]), str(told["mend"])
