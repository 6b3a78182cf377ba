"""The site's own knowledge: rows of lists, batches and the sheets they were read from, below ``<site>/knowledge``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zhunsheng.book.models import ListKind
from zhunsheng.book.workbooks.points import Row, columns_of
from zhunsheng.book.workbooks.sheets import Sheet
from zhunsheng.kernel.files import canonical, locked, write_whole
from zhunsheng.kernel.ids import identity

#: What names a row of a list's file: batch, key and the day from which it holds where that differs from its batch.
HeldKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A workbook as imported: its name, the batch of each list and all its sheets cell by cell."""

    file: str
    batches: dict[str, str]
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What an import writes into one list: rows that come and keys that go, all of one batch."""

    list: str
    batch: str
    rows: tuple[Row, ...]
    gone: tuple[tuple[str, ...], ...] = ()


def write(
    site: Path, kinds: dict[str, ListKind], changes: list[Change], batches: dict[str, Any], kept: list[Kept]
) -> None:
    """Write an import. Each file is whole or as before; the same import again changes nothing."""
    folder = site / "knowledge"
    with locked(site / "knowledge.lock"):
        if batches:
            known = _batches(folder / "batches.yaml") | batches
            text = yaml.safe_dump(known, allow_unicode=True, sort_keys=True)
            write_whole(folder / "batches.yaml", text.encode())
        for workbook in kept:
            write_whole(folder / "sheets" / f"{identity(workbook.file)}.json", _plain(workbook))
        for name in dict.fromkeys(change.list for change in changes):
            _write_list(folder / f"{name}.csv", kinds[name], [one for one in changes if one.list == name])


def kept_workbooks(site: Path) -> list[Kept]:
    """Return the workbooks that the site imported, by file name."""
    found = (json.loads(path.read_bytes()) for path in (site / "knowledge" / "sheets").glob("*.json"))
    return sorted((_kept(data) for data in found), key=lambda workbook: workbook.file)


def _kept(data: dict[str, Any]) -> Kept:
    sheets = (
        Sheet(one["name"], tuple(map(tuple, one["rows"])), tuple(map(tuple, one["merged"]))) for one in data["sheets"]
    )
    return Kept(data["file"], data["batches"], tuple(sheets))


def _plain(workbook: Kept) -> bytes:
    sheets = [{"name": one.name, "rows": one.rows, "merged": one.merged} for one in workbook.sheets]
    return canonical({"file": workbook.file, "batches": workbook.batches, "sheets": sheets})


def _batches(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text("utf-8")) or {}) if path.exists() else {}


def _write_list(path: Path, kind: ListKind, changes: list[Change]) -> None:
    held = dict(_held(path, kind))
    for change in changes:
        for key in change.gone:
            held.pop((change.batch, *key, ""), None)
        for row in change.rows:
            held[_held_key(row, kind)] = row
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(kind, held), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(held[key] for key in sorted(held))
    write_whole(path, text.getvalue().encode())


def _columns(kind: ListKind, held: dict[HeldKey, Row]) -> list[str]:
    """The columns of a list, then any that rows held by the site have beyond them."""
    return list(dict.fromkeys([*columns_of(kind), *(name for row in held.values() for name in row)]))


def _held(path: Path, kind: ListKind) -> Iterator[tuple[HeldKey, Row]]:
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield _held_key(row, kind), row


def _held_key(row: Row, kind: ListKind) -> HeldKey:
    return (row["batch"], *(row[column] for column in kind.key), row.get("valid_from") or "")
