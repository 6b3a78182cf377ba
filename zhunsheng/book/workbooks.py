"""Published workbooks of knowledge points: recognised by their header, read row by row into the site's own lists.

Totals, footers and blank rows are recognised; a row that does not fit is named with sheet, row and column.
The points lie in ``home.book/knowledge`` and are laid over the seed of the repository.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from zhunsheng.book.models import ListKind
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import write_whole

TAIL = ("batch", "valid_from", "valid_to", "note")
TOTALS = ("合计", "备注", "总计")


@dataclass(frozen=True, slots=True)
class SheetResult:
    """What one sheet gave: rows read, points new to the site, points that were known."""

    file: str
    sheet: str
    list: str
    rows: int
    new: int
    known: int


@dataclass(slots=True)
class ImportResult:
    """What an import of workbooks gave."""

    sheets: list[SheetResult] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return sheets and remarks as plain data."""
        return asdict(self)


Row = dict[str, str]


def import_workbooks(paths: list[Path], rulebook: Path, site: Path, *, dry_run: bool = False) -> ImportResult:
    """Read workbooks into the site's knowledge. Unknown sheets and wrong rows are remarks; the rest is taken."""
    layouts = yaml.safe_load((rulebook / "knowledge" / "layouts.yaml").read_text("utf-8"))
    kinds = yaml.safe_load((rulebook / "knowledge" / "lists.yaml").read_text("utf-8"))
    lists = {name: ListKind.model_validate(kind) for name, kind in kinds.items()}
    result = ImportResult()
    held = {name: _held(site / "knowledge" / f"{name}.csv") for name in lists}
    for path in _files(paths):
        try:
            _read_file(path, layouts, lists, held, result)
        except Problem as problem:
            result.remarks.append({"file": path.name, "place": "", **problem.as_dict()})
    if not dry_run:
        for name, rows in held.items():
            if rows:
                write_whole(site / "knowledge" / f"{name}.csv", _csv(lists[name], rows))
    return result


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.xlsx")) if path.is_dir() else [path]


def _held(path: Path) -> dict[tuple[str, ...], Row]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {_key(row): row for row in csv.DictReader(file)}


def _key(row: Row) -> tuple[str, ...]:
    return tuple(value for name, value in sorted(row.items()) if not name.endswith("_name") and name not in TAIL[1:])


def _read_file(
    path: Path,
    layouts: list[dict[str, Any]],
    lists: dict[str, ListKind],
    held: dict[str, dict[tuple[str, ...], Row]],
    result: ImportResult,
) -> None:
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # a broken workbook raises whatever its zip or XML raises
        raise Problem("ZS408", file=path.name, reason=type(error).__name__) from error
    known = 0
    for sheet in workbook.worksheets:
        rows = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        layout = next((one for one in layouts if rows and _fits(one, rows)), None)
        if layout is None:
            continue
        known += 1
        kind = lists[layout["list"]]
        read = list(_rows(rows, layout, kind, path.name, sheet.title, result))
        fresh = {_key(row): row for row in read}
        target = held[layout["list"]]
        new = [key for key in fresh if key not in target]
        target |= fresh
        result.sheets.append(
            SheetResult(path.name, sheet.title, layout["list"], len(read), len(new), len(fresh) - len(new))
        )
    if not known:
        found = " / ".join("、".join(filter(None, _first_row(sheet))) or "空" for sheet in workbook.worksheets)
        wanted = " / ".join("、".join(one["header"]) for one in layouts)
        raise Problem("ZS409", file=path.name, found=found, expected=wanted)


def _fits(layout: dict[str, Any], rows: list[list[str]]) -> bool:
    header = [cell for cell in rows[0] if cell]
    if header != layout["header"]:
        return False
    conditions = layout.get("where", {}).items()
    return all(len(rows) > 1 and rows[1][rows[0].index(column)] == value for column, value in conditions)


def _rows(
    rows: list[list[str]], layout: dict[str, Any], kind: ListKind, file: str, sheet: str, result: ImportResult
) -> Iterator[Row]:
    header = rows[0]
    for number, cells in enumerate(rows[1:], start=2):
        filled = [cell for cell in cells if cell]
        if not filled or (len(filled) == 1 and filled[0].startswith(TOTALS)):
            continue
        row = _row(dict(zip(header, cells, strict=False)), layout, kind)
        wrong = _wrong(row, kind)
        if wrong:
            problem = Problem("ZS405", file=file, row=number, column=wrong[0], reason=wrong[1])
            result.remarks.append({"file": file, "place": f"{sheet}!{number}", **problem.as_dict()})
        else:
            yield row


def _row(cells: Row, layout: dict[str, Any], kind: ListKind) -> Row:
    row = dict.fromkeys(("batch", *(column.name for column in kind.columns), *TAIL[1:]), "")
    row["batch"] = layout["batch"]
    for name, column in layout["columns"].items():
        printed = cells.get(column, "")
        row[name] = layout.get("values", {}).get(name, {}).get(printed, printed)
    return row


def _wrong(row: Row, kind: ListKind) -> tuple[str, str] | None:
    for column in kind.columns:
        text = row[column.name]
        if column.required and not text:
            return column.name, "空"
        if text and column.kind == "integer" and not text.isdigit():
            return column.name, f"不是整数：{text}"
        if text and column.codes and text not in column.codes:
            return column.name, f"不在 {'、'.join(column.codes)} 之内：{text}"
    return None


def _csv(kind: ListKind, rows: dict[tuple[str, ...], Row]) -> bytes:
    text = io.StringIO()
    names = ["batch", *(column.name for column in kind.columns), *TAIL[1:]]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[key] for key in sorted(rows))
    return text.getvalue().encode()


def _first_row(sheet: Any) -> list[str]:
    return next(([_text(cell) for cell in row] for row in sheet.iter_rows(max_row=1, values_only=True)), [])


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()
