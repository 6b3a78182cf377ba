"""Sheets in and out, cell by cell. A cell is text, a number or a truth value; an empty one is empty text."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from zhunsheng.kernel.errors import Problem

Cell = str | float | bool
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
#: A workbook of knowledge points is small; what unpacks to more is no such workbook.
MOST_BYTES = 200 * 1024**2


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as printed: its rows from the first, and merged ranges as (row, column, row, column) from zero."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()


def read_sheets(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook. Raises Problem ZS408 when it cannot be opened."""
    try:
        _check_size(path)
        book = CalamineWorkbook.from_path(str(path))
        return [_sheet(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
    except Exception as error:  # a broken workbook raises whatever its zip or XML raises
        raise Problem("ZS408", file=path.name, reason=f"{type(error).__name__} {error}"[:120]) from error


def _check_size(path: Path) -> None:
    """Refuse what unpacks to far more than it should before anything unpacks it."""
    with zipfile.ZipFile(path) as packed:
        size = sum(entry.file_size for entry in packed.infolist())
    if size > MOST_BYTES:
        raise ValueError(f"{size} bytes unpacked")


def _sheet(name: str, sheet: Any) -> Sheet:
    rows = tuple(tuple(_cell(cell) for cell in row) for row in sheet.to_python(skip_empty_area=False))
    merged = tuple((*start, *end) for start, end in sheet.merged_cell_ranges or ())
    return Sheet(name, rows, merged)


def _cell(cell: Any) -> Cell:
    return cell if isinstance(cell, str | float | bool) else float(cell) if isinstance(cell, int) else str(cell)


def text_of(cell: Cell) -> str:
    """Return a cell as text: whole numbers without a point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def workbook_bytes(sheets: list[Sheet]) -> bytes:
    """Return sheets as an xlsx workbook. Equal sheets give equal bytes on any day."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": _EPOCH})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for number, row in enumerate(sheet.rows):
            for column, cell in enumerate(row):
                _write(page, number, column, cell)
        for first, left, last, right in sheet.merged:
            _merge(page, sheet, first, left, last, right)
    book.close()
    return target.getvalue()


def _write(page: Any, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, bool):
        page.write_boolean(row, column, cell)
    elif isinstance(cell, float):
        page.write_number(row, column, cell)
    elif cell:
        page.write_string(row, column, cell)


def _merge(page: Any, sheet: Sheet, first: int, left: int, last: int, right: int) -> None:
    """Merge a range; its cells keep what they hold."""
    page.merge_range(first, left, last, right, "")
    for number in range(first, min(last + 1, len(sheet.rows))):
        for column, cell in enumerate(sheet.rows[number][left : right + 1], start=left):
            _write(page, number, column, cell)
