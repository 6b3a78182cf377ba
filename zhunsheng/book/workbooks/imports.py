"""Imports of published workbooks: first a plan, which writes nothing, then the writing of that plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from zhunsheng.book.load import load
from zhunsheng.book.models import Batch, ListKind
from zhunsheng.book.workbooks.batches import Citation, Filed, file_under
from zhunsheng.book.workbooks.changes import Comparison, Key, compare
from zhunsheng.book.workbooks.layouts import Layouts, read_layouts
from zhunsheng.book.workbooks.points import Row
from zhunsheng.book.workbooks.recognise import recognise
from zhunsheng.book.workbooks.sheets import read_sheets
from zhunsheng.book.workbooks.store import Change, Kept, write
from zhunsheng.book.workbooks.take import Taken, take
from zhunsheng.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class SheetResult:
    """What one layout of a workbook gave: data rows read, points, of these to confirm and waiting for a person."""

    file: str
    sheets: tuple[str, ...]
    list: str
    batch: str
    citation: str
    rows: int
    points: int
    confirm: int
    waiting: int


@dataclass(slots=True)
class Plan:
    """What an import would do. Remarks name rows and files that are left out, notices what a person should know."""

    kinds: dict[str, ListKind]
    sheets: list[SheetResult] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    rows: dict[tuple[str, str], dict[Key, Row]] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)

    def changes(self, *, remove: bool) -> list[Change]:
        """Return what is written; points that are gone are taken out only where that is asked for."""
        return [
            Change(
                one.list,
                one.batch,
                tuple(self.rows[one.list, one.batch].values()),
                tuple(found.key for found in one.differences if remove and found.kind == "gone"),
            )
            for one in self.comparisons
        ]

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """Return the report as plain data, with at most so many differences of each list."""
        return {
            "sheets": [asdict(sheet) for sheet in self.sheets],
            "remarks": self.remarks,
            "notices": self.notices,
            "diff": [
                {
                    "list": one.list,
                    "batch": one.batch,
                    **{kind: one.count(kind) for kind in ("new", "changed", "gone")},
                    "same": one.same,
                    "points": [asdict(found) for found in sorted(one.differences, key=_telling)[:most]],
                }
                for one in self.comparisons
            ],
        }


def _telling(found: Any) -> tuple[int, Key]:
    """Order differences: what changes and goes before what is new."""
    return ("changed", "gone", "new").index(found.kind), found.key


def plan_import(
    paths: list[Path], rulebook: Path, site: Path, today: date, *, stated: Citation | None = None, only: str = ""
) -> Plan:
    """Read workbooks and say what importing them would change. Nothing is written.

    ``stated`` names the batch where file name and layout do not; ``only`` allows the layouts of one list. A workbook
    that cannot be read is a remark and the others are planned. Raises Problem ZS4xx when the rule book is broken.
    """
    book = load(rulebook, site)
    layouts = read_layouts(rulebook)
    kinds = {name: known.kind for name, known in book.knowledge.items()}
    plan = Plan(kinds)
    for path in _files(paths):
        try:
            _plan_file(path, layouts, kinds, book.batches, plan, (stated, only, today))
        except Problem as problem:
            plan.remarks.append({"file": path.name, "sheet": "", "row": None, **problem.as_dict()})
    plan.comparisons = [compare(book.knowledge[name], batch, rows) for (name, batch), rows in plan.rows.items()]
    return plan


def import_workbooks(
    paths: list[Path],
    rulebook: Path,
    site: Path,
    today: date,
    *,
    dry_run: bool = False,
    remove: bool = False,
    stated: Citation | None = None,
    only: str = "",
) -> Plan:
    """Plan an import and, unless it is a dry run, write it into the site's knowledge."""
    plan = plan_import(paths, rulebook, site, today, stated=stated, only=only)
    if not dry_run:
        write_plan(plan, site, remove=remove)
    return plan


def write_plan(plan: Plan, site: Path, *, remove: bool) -> None:
    """Write a plan into the site's knowledge; points that are gone are taken out only with ``remove``."""
    write(site, plan.kinds, plan.changes(remove=remove), plan.batches, plan.kept)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.xlsx")) if path.is_dir() else [path]


def _plan_file(
    path: Path,
    layouts: Layouts,
    kinds: dict[str, ListKind],
    known: dict[str, Batch],
    plan: Plan,
    how: tuple[Citation | None, str, date],
) -> None:
    stated, only, today = how
    sheets = read_sheets(path)
    taken = take(path.name, recognise(path.name, sheets, layouts, kinds, (only,) if only else ()), kinds, layouts)
    filed = [file_under(path.name, one.layout, known, stated, today) for one in taken]
    for one, under in zip(taken, filed, strict=True):
        _add(plan, path.name, one, under)
    batches = {one.layout.list: under.batch for one, under in zip(taken, filed, strict=True)}
    plan.kept.append(Kept(path.name, batches, tuple(sheets)))


def _add(plan: Plan, file: str, taken: Taken, under: Filed) -> None:
    rows = {key: printed.row | {"batch": under.batch} for key, printed in taken.points.items()}
    readings = [row["reading"] for row in rows.values()]
    plan.sheets.append(
        SheetResult(
            file,
            taken.sheets,
            taken.layout.list,
            under.batch,
            under.citation,
            taken.rows,
            len(rows),
            readings.count("confirm"),
            readings.count("waiting"),
        )
    )
    plan.rows.setdefault((taken.layout.list, under.batch), {}).update(rows)
    plan.remarks += taken.remarks
    if under.entry:
        plan.batches[under.batch] = under.entry
    if under.notice:
        plan.notices.append({"file": file, **under.notice.as_dict()})
