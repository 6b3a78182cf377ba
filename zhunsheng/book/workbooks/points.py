"""From rows of a sheet to rows of a knowledge list: totals, footers and blanks left out, faults named cell by cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from zhunsheng.book.models import ListColumn, ListKind
from zhunsheng.book.workbooks.layouts import Layout, Layouts, fold
from zhunsheng.book.workbooks.prose import read
from zhunsheng.book.workbooks.sheets import Cell, Sheet, text_of

TAIL = ("valid_from", "valid_to", "printed", "reading", "note")
#: What a line below the data begins with: a total or a remark to readers.
FOOTER = re.compile(r"(合计|总计|小计|共计|备注|注|说明|附注|来源)([:：\s]|\d|$)")
CODE = re.compile(r"[0-9A-Z][0-9A-Z.\-]*")
Row = dict[str, str]


class Fault(NamedTuple):
    """Why a row cannot be taken: column of the list, what the cell holds, and the code of the error."""

    column: str
    value: str
    code: str


class Made(NamedTuple):
    """A row of the list and what is wrong with it."""

    row: Row
    faults: list[Fault]


def columns_of(kind: ListKind) -> tuple[str, ...]:
    """Return the columns of a list's file, in order."""
    return ("batch", *(column.name for column in kind.columns), *TAIL)


def data_rows(sheet: Sheet, header: int) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Yield (row from zero, cells) below a header, without blanks, totals, footers and repeated headers."""
    titles = [fold(text_of(cell)) for cell in sheet.rows[header]]
    for number, row in enumerate(sheet.rows[header + 1 :], start=header + 1):
        filled = [text_of(cell).strip() for cell in row if text_of(cell).strip()]
        if not filled or (fold(text_of(row[0])) == titles[0] and [fold(text_of(cell)) for cell in row] == titles):
            continue
        if not (len(filled) <= max(2, len(titles) // 2) and FOOTER.match(filled[0])):
            yield number, row


def point_row(place: dict[str, int], cells: tuple[Cell, ...], layout: Layout, kind: ListKind, layouts: Layouts) -> Made:
    """Return the list row of one sheet row, with its faults. Headings that the sheet lacks are left empty."""

    def cell(heading: str) -> Cell:
        at = place.get(layouts.heading(heading))
        return cells[at] if at is not None and at < len(cells) else ""

    row = dict.fromkeys(columns_of(kind), "")
    faults: list[Fault] = []
    for column in kind.columns:
        heading = layout.columns.get(column.name)
        if heading:
            row[column.name], fault = _value(column, cell(heading), layout.values.get(column.name, {}))
            faults += [Fault(column.name, text_of(cell(heading)), fault)] if fault else []
    for name in ("printed", "note"):
        if name in layout.columns:
            row[name] = text_of(cell(layout.columns[name])).strip()
    _read_prose(row, {one.source: text_of(cell(one.source)) for one in layout.prose}, layout, layouts)
    _complete(row, layout, kind)
    faults += [
        Fault(heading, text_of(cell(heading)), "ZS421")
        for heading, value in layout.where.items()
        if fold(text_of(cell(heading))) not in ("", fold(value))
    ]
    return Made(row, faults)


def _value(column: ListColumn, cell: Cell, words: dict[str, str]) -> tuple[str, str]:
    """Return the value of a cell and the code of what is wrong with it, empty when nothing is."""
    text = text_of(cell).strip()
    if not text:
        return "", ""
    if column.kind == "code":
        return _code(cell, text)
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if column.kind == "integer":
        return (str(int(plain)), "") if re.fullmatch(r"[0-9]{1,9}", plain) else ("", "ZS422")
    if words:
        known = {fold(word): code for word, code in words.items()}
        return (known[fold(text)], "") if fold(text) in known else ("", "ZS421")
    if column.codes:
        return (plain, "") if plain in column.codes else ("", "ZS421")
    return text, ""


def _code(cell: Cell, text: str) -> tuple[str, str]:
    """Return a national code. One that a spreadsheet turned into a number has lost zeros and digits: it is refused."""
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if isinstance(cell, float) or not CODE.fullmatch(code):
        return "", "ZS423"
    return code, ""


def _read_prose(row: Row, texts: dict[str, str], layout: Layout, layouts: Layouts) -> None:
    for prose in layout.prose:
        found = read(texts[prose.source], prose, layouts)
        clash = any(row.get(column) and row[column] != value for column, value in found.values.items())
        filled = any(not row.get(column) for column in found.values)
        for column, value in found.values.items():
            if column in row and (prose.over or not row[column]):
                row[column] = value
        if found.waiting:
            row["reading"] = "waiting"
        elif not row["reading"] and (clash or (found.confirm and filled)):
            row["reading"] = "confirm"


def _complete(row: Row, layout: Layout, kind: ListKind) -> None:
    """Fill in what the layout leaves to a default, and mark what a person has to settle."""
    row |= {name: value for name, value in layout.defaults.items() if not row[name]}
    if not row["reading"] and any(not row[column] for column in layout.confirm_without):
        row["reading"] = "confirm"
    if row["reading"] == "waiting":  # nothing of a text that was understood in part is bound
        told = {column.name for column in kind.columns if layout.columns.get(column.name)}
        for column in kind.columns:
            if column.name not in told:
                row[column.name] = ""


def missing(row: Row, kind: ListKind) -> list[Fault]:
    """Return the required columns that a row leaves empty. A row that waits may leave open what it waits for."""
    needed = (column for column in kind.columns if column.required)
    if row["reading"] == "waiting":
        needed = (column for column in needed if column.name in kind.key or column.name.endswith("_name"))
    return [Fault(column.name, "", "ZS420") for column in needed if not row[column.name]]
