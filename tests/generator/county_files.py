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

KINDS = ("setlinfo", "diseinfo", "oprninfo", "feedetail", "drord", "exerecd", "device", "facility", "licdept", "death")
KINDS += ("invchg", "drugtrac", "contact")


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
        paths = sorted((self.out / "import").glob(f"*_{kind}.csv"))
        return [row for path in paths for row in self.rows_of(path)] + list(self._workbooks(kind))

    def rows_of(self, path: Path) -> list[dict[str, str]]:
        head, *body = parsed(path)
        names = national(path.stem.rpartition("_")[2], head)
        whole = (cells for n, cells in enumerate(body, 2) if (path.name, n) not in self.broken)
        return [dict(zip(names, cells, strict=True)) for cells in whole]

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
    def encounters(self) -> list[dict[str, str]]:
        """Encounters from their first start to their last end, however many settlements they have."""
        found: dict[str, dict[str, str]] = {}
        for row in self.settlements:
            known = found.setdefault(row["mdtrt_id"], dict(row))
            for name, choose in (("begntime", min), ("endtime", max), ("setl_time", max)):
                known[name] = choose(known[name], row[name])
        return list(found.values())

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
    back: dict[str, Decimal] = {}
    for row in files.fees:
        if Decimal(row["cnt"]) < 0:
            undone = row["init_feedetl_sn"] or meant(files, row)
            back[undone] = back.get(undone, Decimal(0)) + Decimal(row["cnt"])
    made = []
    for row in files.fees:
        left = Decimal(row["cnt"]) + back.get(row["feedetl_sn"], Decimal(0))
        if left > 0 and Decimal(row["cnt"]) > 0:
            made.append(_fee(row, left))
    return made


SAME = ("mdtrt_id", "psn_no", "fixmedins_code", "med_list_codg", "pric")


def meant(files: CountyFiles, refund: dict[str, str]) -> str:
    """Return the line that a refund without a name undoes: of the same encounter, item, price and quantity."""
    named = {row["init_feedetl_sn"] for row in files.fees}
    fitting = [
        row["feedetl_sn"]
        for row in files.fees
        if all(row[name] == refund[name] for name in SAME)
        and Decimal(row["cnt"]) == -Decimal(refund["cnt"])
        and row["feedetl_sn"] not in named
    ]
    return min(fitting)


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
