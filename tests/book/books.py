"""What the tests of workbooks share: the rule book, the day, and a writer of workbooks."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import openpyxl

from zhunsheng.kernel.home import ROOT

BOOK = ROOT / "rulebook"
TODAY = date(2026, 11, 22)
PUBLISHED = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", ROOT.parent / "shared" / "data")) / "two_libraries"


def save(path, sheets):
    """Write sheets, given as rows by name, with a writer that is not the one under test; return the path."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    book.save(path)
    return path
