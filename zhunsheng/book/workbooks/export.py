"""Exports of knowledge as workbooks: those that were imported as they were printed, the rest in the same layouts."""

from __future__ import annotations

from pathlib import Path

from zhunsheng.book.load import load
from zhunsheng.book.models import Book, ListKind, Point
from zhunsheng.book.workbooks.layouts import Layout, Layouts, read_layouts
from zhunsheng.book.workbooks.points import Row
from zhunsheng.book.workbooks.recognise import recognise
from zhunsheng.book.workbooks.sheets import Cell, Sheet, workbook_bytes
from zhunsheng.book.workbooks.store import Kept, kept_workbooks
from zhunsheng.book.workbooks.take import Key, Place, Taken, take

Points = dict[tuple[str, str, Key], Point]


def export_workbooks(rulebook: Path, site: Path, *, name: str = "", batch: str = "") -> dict[str, bytes]:
    """Return workbooks by file name: of all lists that have a layout, or of one list or batch.

    A workbook that was imported comes back cell by cell; rows whose points no longer hold as printed are left out.
    Points that stand on no such sheet come in ``<batch>.<list>.xlsx``, in the layout of their list.
    """
    book, layouts = load(rulebook, site), read_layouts(rulebook)
    laid = {layout.list for layout in layouts.layouts}
    left = {
        (known.name, point.batch, tuple(point.get(column) for column in known.kind.key)): point
        for known in book.knowledge.values()
        for point in known.points
        if known.name in laid and name in ("", known.name) and batch in ("", point.batch)
    }
    found: dict[str, bytes] = {}
    for workbook in kept_workbooks(site):
        if any(name in ("", one) and batch in ("", under) for one, under in workbook.batches.items()):
            found[workbook.file] = workbook_bytes(_as_printed(workbook, book, layouts, left))
    return found | _made(left, book, layouts)


def _as_printed(workbook: Kept, book: Book, layouts: Layouts, left: Points) -> list[Sheet]:
    """Return the sheets of an imported workbook, without rows whose points are gone; take the points off ``left``."""
    kinds = {name: known.kind for name, known in book.knowledge.items()}
    told: set[Place] = set()
    holding: set[Place] = set()
    for taken in _taken(workbook, kinds, layouts):
        name = taken.layout.list
        batch = workbook.batches.get(name, taken.layout.batch)
        present = {
            tuple(point.get(column) for column in kinds[name].key): point
            for point in book.knowledge[name].points
            if point.batch == batch
        }
        for key, printed in taken.points.items():
            told.update(printed.places)
            if key in present and _holds(present[key], printed.row, kinds[name]):
                holding.update(printed.places)
                left.pop((name, batch, key), None)
    return [
        _without(sheet, {place.row for place in told - holding if place.sheet == sheet.name})
        for sheet in workbook.sheets
    ]


def _taken(workbook: Kept, kinds: dict[str, ListKind], layouts: Layouts) -> list[Taken]:
    """Read the kept sheets again; each list has one layout."""
    matches = recognise(workbook.file, list(workbook.sheets), layouts, kinds, workbook.batches)
    return take(workbook.file, matches, kinds, layouts)


def _holds(point: Point, row: Row, kind: ListKind) -> bool:
    same = all(point.get(column.name) == row[column.name] for column in kind.columns)
    return same and (point.printed, point.reading, point.note) == (row["printed"], row["reading"], row["note"])


def _without(sheet: Sheet, rows: set[int]) -> Sheet:
    if not rows:
        return sheet
    kept = tuple(row for number, row in enumerate(sheet.rows) if number not in rows)
    return Sheet(sheet.name, kept)  # merged ranges no longer lie where they lay


def _made(left: Points, book: Book, layouts: Layouts) -> dict[str, bytes]:
    """Return a workbook for each list and batch of points that no imported sheet holds."""
    found: dict[str, bytes] = {}
    by_list = {layout.list: layout for layout in layouts.layouts}
    for name, batch in dict.fromkeys((name, batch) for name, batch, _ in left):
        points = [point for (one, under, _), point in left.items() if (one, under) == (name, batch)]
        sheets = _laid_out(by_list[name], book.knowledge[name].kind, points)
        found[f"{batch}.{name}.xlsx"] = workbook_bytes(sheets)
    return found


def _laid_out(layout: Layout, kind: ListKind, points: list[Point]) -> list[Sheet]:
    """Return points in a published layout: once for each code or, in a speaking sheet, once for each name."""
    speaking = list({point.get("item_name"): point for point in reversed(points)}.values())[::-1]
    parts = [speaking, points] if layout.coded else [points]
    counts: dict[str, int] = {}
    sheets = []
    for number, (headings, shown) in enumerate(zip(layout.sheets, parts, strict=True), start=1):
        rows: list[tuple[Cell, ...]] = [headings]
        for serial, point in enumerate(shown, start=1):
            counts[point.get("item_name")] = counts.get(point.get("item_name"), 0) + (number == 2)
            at = counts[point.get("item_name")] if number == 2 else serial
            rows.append(tuple(_printed(heading, point, at, layout, kind) for heading in headings))
        sheets.append(Sheet(f"Sheet{number}", tuple(rows)))
    return sheets


def _printed(heading: str, point: Point, serial: int, layout: Layout, kind: ListKind) -> Cell:
    """Return the cell of a point under a heading, in the words of the layout."""
    if heading == "序号":
        return float(serial)
    if heading in layout.where:
        return layout.where[heading]
    column = next((column for column, printed in layout.columns.items() if printed == heading), "")
    if column in ("printed", "note"):
        return point.printed if column == "printed" else point.note
    value = point.get(column)
    words = {code: word for word, code in reversed(layout.values.get(column, {}).items())}
    numeric = any(one.name == column and one.kind == "integer" for one in kind.columns)
    return float(value) if numeric and value else words.get(value, value)
