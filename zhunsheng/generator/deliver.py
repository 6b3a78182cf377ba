"""The files of the demo, in the ways that real exports differ.

The second month opens with a byte order mark, the third comes in GB18030 with Chinese headers, the busiest village
clinic hands in its fourth month as a workbook, and two files hold broken rows.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from zhunsheng.generator import broken, export
from zhunsheng.generator.county import VILLAGE, County
from zhunsheng.generator.months import Month
from zhunsheng.generator.people import People
from zhunsheng.generator.plants.rows import KeyRow
from zhunsheng.generator.summary import Summary
from zhunsheng.generator.tables import headers
from zhunsheng.generator.world import random_numbers

ENCODING = {1: "utf-8-sig", 2: "gb18030"}
CLINIC_MONTH = 3
#: The months whose fee detail and settlement lists hold broken rows; the last month where the demo is shorter.
BROKEN_MONTHS = {"feedetail": 4, "setlinfo": 1}
#: The folder of the vendors within the import folder.
VENDORS = "vendors"
SHEETS = {"setlinfo": "结算清单", "diseinfo": "诊断信息", "feedetail": "费用明细"}
#: A workbook states when it was made; a fixed moment keeps equal input giving equal bytes.
MADE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Delivery:
    """Where the files go. ``last`` is the number of the last month."""

    out: Path
    seed: int
    last: int
    summary: Summary
    broken_rows: list[broken.BrokenRow]

    @property
    def folder(self) -> Path:
        """The folder that an import reads."""
        return self.out / "import"


def begin(out: Path, seed: int, months: int, summary: Summary) -> Delivery:
    """Make room: what an earlier generation left in the import folder goes, so that no stale month is imported."""
    folder = out / "import"
    if (out / "summary.json").exists() and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return Delivery(out, seed, months - 1, summary, [])


def masters(delivery: Delivery, tables: dict[str, pa.Table], first: int = 0) -> None:
    """Write files that belong to no month, numbered from ``first``."""
    for number, (kind, table) in enumerate(tables.items(), first):
        file = f"{number:02d}_{kind}.csv"
        export.write_csv(delivery.folder / file, kind, table)
        delivery.summary.delivered(file, kind, table.num_rows)


def month(delivery: Delivery, month: Month, county: County, tables: dict[str, pa.Table], part: int | None) -> None:
    """Write the files of a month, or of one part of it; the first part has the workbook and the broken rows."""
    first = part in (None, 0)
    label = month.label if part is None else f"{month.label}_{part + 1:02d}"
    if month.number == CLINIC_MONTH and first:
        tables = _clinic_apart(delivery, month, county, tables)
    for kind, table in tables.items():
        file = f"{label}_{kind}.csv"
        bad: dict[int, str] = {}
        if first and month.number == min(BROKEN_MONTHS.get(kind, -1), delivery.last) and table.num_rows > 8:
            rng = random_numbers(delivery.seed, 3, month.number)
            bad, listed = broken.make(rng, kind, file, table)
            delivery.broken_rows.extend(listed)
        encoding = ENCODING.get(month.number, "utf-8")
        export.write_csv(delivery.folder / file, kind, table, encoding=encoding, bad=bad)
        delivery.summary.delivered(file, kind, table.num_rows)


def _clinic_apart(delivery: Delivery, month: Month, county: County, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Write the busiest clinic's rows as a workbook and return the tables without them."""
    setlinfo = tables["setlinfo"]
    clinics = pa.array([one.code for one in county.institutions if one.kind == VILLAGE])
    visits = setlinfo["fixmedins_code"].filter(pc.is_in(setlinfo["fixmedins_code"], value_set=clinics))
    if not len(visits):
        return tables
    clinic = max(sorted(counts := Counter(visits.to_pylist())), key=counts.__getitem__)
    encounters = setlinfo.filter(pc.equal(setlinfo["fixmedins_code"], clinic))["mdtrt_id"].combine_chunks()
    theirs = {kind: pc.is_in(table["mdtrt_id"], value_set=encounters) for kind, table in tables.items()}
    file = f"{month.label}_{clinic}.xlsx"
    sheets = {kind: tables[kind].filter(theirs[kind]) for kind in SHEETS}
    _write_workbook(delivery.folder / file, sheets)
    for kind, table in sheets.items():
        delivery.summary.delivered(file, kind, table.num_rows)
    return {kind: table.filter(pc.invert(theirs[kind])) for kind, table in tables.items()}


def _write_workbook(path: Path, tables: dict[str, pa.Table]) -> None:
    """Write a workbook with one sheet per kind, Chinese headers, every cell as text."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": MADE})
        for kind, table in tables.items():
            sheet = book.add_worksheet(SHEETS[kind])
            sheet.write_row(0, 0, list(headers(kind).values()))
            for number, column in enumerate(table.columns):
                sheet.write_column(1, number, column.to_pylist())


def vendors(delivery: Delivery, tables: dict[str, pa.Table], key: Sequence[Sequence[str]]) -> None:
    """Write the files of the vendors into a folder of their own, and their answer key beside the import folder."""
    if not tables:
        return
    (delivery.folder / VENDORS).mkdir()
    for number, (kind, table) in enumerate(tables.items()):
        # an import knows a file by its stem, whatever its folder
        file = f"{VENDORS}/{VENDORS}_{number:02d}_{kind}.csv"
        export.write_csv(delivery.folder / file, kind, table)
        delivery.summary.delivered(file, f"{VENDORS}/{kind}", table.num_rows)
    names = ("vendor_id", "story", "verdict", "service_kind", "first_day", "known_day", "note")
    _write_rows(delivery.out / "vendor_key.csv", names, key)


def answers(delivery: Delivery, told: Sequence[Sequence[str]]) -> None:
    """Write the answers of the planted schemes beside the import folder."""
    names = ("rule_id", "institution_id", "month", "practitioner_id", "item_code")
    _write_rows(delivery.out / "schemes.csv", names, told)


def end(delivery: Delivery, county: County, shares: Sequence[People], key: Sequence[KeyRow]) -> Summary:
    """Write the answer key, the list of broken rows and the summary beside the import folder."""
    numbers = np.concatenate([people.number for people in shares])
    rows = [
        (
            row.rule,
            row.kind,
            int(numbers[row.person]),
            county.institutions[row.institution].code,
            "|".join(row.rows),
            row.note,
            row.author,
            row.case,
            "|".join(row.others),
        )
        for row in key
    ]
    names = ("rule_id", "kind", "person_no", "institution_id", "rows", "note", "author", "case", "others")
    _write_rows(delivery.out / "answer_key.csv", names, rows)
    listed = [(one.file, one.row, one.column, one.why) for one in delivery.broken_rows]
    _write_rows(delivery.out / "bad_rows.csv", ("file", "row", "column", "why"), listed)
    summary = delivery.summary
    summary.broken_rows = len(listed)
    summary.planted(key)
    text = json.dumps(summary.as_dict(), ensure_ascii=False, indent=2)
    (delivery.out / "summary.json").write_text(f"{text}\n", "utf-8")
    return summary


def _write_rows(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
