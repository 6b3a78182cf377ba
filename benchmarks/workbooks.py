"""Importing all published workbooks of knowledge points: seconds, beside merely opening them.

    python -m benchmarks.workbooks [FOLDER]        (default: the folder of published workbooks of the shared data)

The floor is reading every cell of the same files with the same library, in the same process.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import date
from itertools import count
from pathlib import Path

from benchmarks._measure import SCRATCH, median, tell
from zhunsheng.book import load
from zhunsheng.book.workbooks import export_workbooks, import_workbooks
from zhunsheng.book.workbooks.sheets import read_sheets
from zhunsheng.kernel.home import ROOT

SHARED = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", ROOT.parent / "shared" / "data"))
DAY = date(2026, 11, 22)


def main(folder: Path) -> None:
    """Import into a fresh site each time, export again, print."""
    files = sorted(folder.glob("*.xlsx"))
    opened = median(lambda: [read_sheets(path) for path in files])
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        sites = (Path(scratch) / str(number) for number in count())
        imported = median(lambda: import_workbooks([folder], ROOT / "rulebook", next(sites), DAY))
        site = Path(scratch) / "0"
        again = median(lambda: import_workbooks([folder], ROOT / "rulebook", site, DAY))
        exported = median(lambda: export_workbooks(ROOT / "rulebook", site))
        book = load(ROOT / "rulebook", site)
    points = sum(len(one.points) for one in book.knowledge.values())
    rows = [
        (
            f"import of {len(files)} workbooks",
            f"{imported:.2f} s",
            f"reading every cell {opened:.2f} s",
        ),
        ("the same once more", f"{again:.2f} s", f"{points:,} points in the rule book"),
        ("export of all", f"{exported:.2f} s", ""),
    ]
    data = {"files": len(files), "points": points, "import_seconds": imported, "again": again, "export": exported}
    tell("workbooks", "zhunsheng bench workbooks", rows, {**data, "open_seconds": opened})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED / "two_libraries")
