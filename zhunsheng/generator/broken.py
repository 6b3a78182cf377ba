"""Broken rows as exports bring them, so that a reject report has something to say. Good rows stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from numpy.random import Generator

#: By file kind: column, value (None repeats the number of an earlier row), why.
FAULTS: dict[str, tuple[tuple[str, str | None, str], ...]] = {
    "feedetail": (
        ("fee_ocur_time", "2026-02-30 10:15:00", "日期不存在"),
        ("det_item_fee_sumamt", "12.345", "金额超过两位小数"),
        ("med_list_codg", "", "缺少医疗目录编码"),
        ("feedetl_sn", None, "明细流水号与前面的行重复"),
        ("cnt", "一盒", "数量不是数字"),
    ),
    "setlinfo": (
        ("gend", "7", "性别代码不在值域内"),
        ("brdy", "1962-02-30", "日期不存在"),
        ("medfee_sumamt", "88.005", "金额超过两位小数"),
        ("psn_no", "", "缺少人员编号"),
        ("begntime", "2025-11-31 09:00:00", "日期不存在"),
    ),
}
COUNTS = {"feedetail": 40, "setlinfo": 20}
#: Columns that get a number of their own, so that a broken row repeats no key by accident.
KEYS = {"feedetail": ("feedetl_sn",), "setlinfo": ("mdtrt_id", "setl_id")}


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """One broken row: its file, row number (the header being 1), national column name and why it is broken."""

    file: str
    row: int
    column: str
    why: str


def make(rng: Generator, kind: str, file: str, table: pa.Table) -> tuple[dict[int, str], list[BrokenRow]]:
    """Return broken rows as text by row number, and their list. They stand in the second half of the file."""
    count = min(COUNTS[kind], table.num_rows // 4)
    half = table.num_rows // 2
    places = sorted(int(n) for n in rng.choice(table.num_rows - half, size=count, replace=False) + half)
    texts: dict[int, str] = {}
    listed = []
    for number, place in enumerate(places):
        column, value, why = FAULTS[kind][number % len(FAULTS[kind])]
        row = place + 2 + number
        texts[row] = _row(kind, table, int(rng.integers(0, half)), number, column, value)
        listed.append(BrokenRow(file, row, column, why))
    return texts, listed


def _row(kind: str, table: pa.Table, like: int, number: int, column: str, value: str | None) -> str:
    """Return a row like an earlier one, with one fault."""
    cells = {name: table[name][like].as_py() or "" for name in table.column_names}
    repeated = cells[column]
    for key in KEYS[kind]:
        cells[key] = f"{cells[key][:6]}{10 ** (len(cells[key]) - 6) - 1 - number}"
    if kind == "feedetail":
        cells["init_feedetl_sn"] = ""
    cells[column] = repeated if value is None else value
    return ",".join(cells.values())
