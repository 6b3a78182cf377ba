"""Reads a generated import folder the plain way, without the product's readers: rows by national names."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import openpyxl

from zhunsheng.generator.tables import headers

KINDS = ("setlinfo", "diseinfo", "oprninfo", "feedetail", "drord", "exerecd", "device", "facility", "death")


def parsed(path: Path) -> list[list[str]]:
    """Return the cells of a CSV file, header first."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    return list(csv.reader(text.splitlines()))


def national(kind: str, row: list[str]) -> list[str]:
    """Return national column names for a header of either language."""
    back = {chinese: name for name, chinese in headers(kind).items()}
    return [back.get(cell, cell) for cell in row]


@dataclass
class CountyFiles:
    """One generated folder; broken rows are left out as an import would."""

    out: Path

    @cached_property
    def broken(self) -> set[tuple[str, int]]:
        return {(row["file"], int(row["row"])) for row in self.table(self.out / "bad_rows.csv")}

    @cached_property
    def key(self) -> list[dict[str, str]]:
        return self.table(self.out / "answer_key.csv")

    def table(self, path: Path) -> list[dict[str, str]]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def rows(self, kind: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for path in sorted((self.out / "import").glob(f"*_{kind}.csv")):
            head, *body = parsed(path)
            names = national(kind, head)
            whole = (cells for n, cells in enumerate(body, 2) if (path.name, n) not in self.broken)
            found += [dict(zip(names, cells, strict=True)) for cells in whole]
        return found + list(self._workbooks(kind))

    def _workbooks(self, kind: str) -> Iterator[dict[str, str]]:
        for path in sorted((self.out / "import").glob("*.xlsx")):
            for sheet in openpyxl.load_workbook(path).worksheets:
                head, *body = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
                if head == list(headers(kind).values()):
                    yield from (dict(zip(national(kind, head), cells, strict=True)) for cells in body)

    @cached_property
    def settlements(self) -> list[dict[str, str]]:
        return self.rows("setlinfo")

    @cached_property
    def fees(self) -> list[dict[str, str]]:
        return self.rows("feedetail")


@dataclass(frozen=True)
class Fee:
    """A charge line net of refunds."""

    line_id: str
    encounter: str
    person: str
    institution: str
    department: str
    item: str
    day: date
    at: datetime | None
    quantity: Decimal
    price: Decimal


def net_fees(files: CountyFiles) -> list[Fee]:
    """Return the lines that remain after refunds, with what remains of each."""
    back: dict[tuple[str, str], Decimal] = {}
    for row in files.fees:
        if row["init_feedetl_sn"]:
            key = (row["fixmedins_code"], row["init_feedetl_sn"])
            back[key] = back.get(key, Decimal(0)) + Decimal(row["cnt"])
    made = []
    for row in files.fees:
        left = Decimal(row["cnt"]) + back.get((row["fixmedins_code"], row["feedetl_sn"]), Decimal(0))
        if left > 0 and not row["init_feedetl_sn"]:
            made.append(_fee(row, left))
    return made


def _fee(row: dict[str, str], left: Decimal) -> Fee:
    text = row["fee_ocur_time"]
    return Fee(
        line_id=f"{row['fixmedins_code']}-{row['feedetl_sn']}",
        encounter=row["mdtrt_id"],
        person=row["psn_no"],
        institution=row["fixmedins_code"],
        department=row["bilg_dept_codg"],
        item=row["med_list_codg"],
        day=date.fromisoformat(text[:10]),
        at=datetime.fromisoformat(text) if len(text) > 10 else None,
        quantity=left,
        price=Decimal(row["pric"]),
    )
