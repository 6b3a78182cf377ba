"""Generating the demo county at two sizes: seconds, lines per second, peak memory, beside writing the same bytes.

    python -m benchmarks.scale [LINES ...]        (default 300000 3000000)

The floor is a copy of the finished import folder to the same disk, in the same process.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks._measure import SCRATCH, START, in_child, median, peak_mib, tell
from zhunsheng.book import load
from zhunsheng.cli.county import knowledge_of
from zhunsheng.generator import generate
from zhunsheng.kernel.home import ROOT

SIZES = (300_000, 3_000_000)


def measure(lines: int) -> dict[str, Any]:
    """Generate a county of a size, then copy its files: medians of three."""
    knowledge = knowledge_of(load(ROOT / "rulebook"))
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        out, copy = Path(folder) / "county", Path(folder) / "copy"
        began = time.perf_counter()
        made = generate(out, lines=lines, months=12, start=START, knowledge=knowledge)
        first = time.perf_counter() - began
        seconds = median(lambda: generate(out, lines=lines, months=12, start=START, knowledge=knowledge))
        peak = peak_mib()
        size = sum(path.stat().st_size for path in (out / "import").iterdir())
        copying = median(lambda: shutil.copytree(out / "import", copy, dirs_exist_ok=True))
    return {
        "lines": made.lines,
        "persons": made.persons,
        "mib": round(size / 2**20, 1),
        "first_seconds": round(first, 2),
        "seconds": round(seconds, 2),
        "lines_per_second": round(made.lines / seconds),
        "peak_mib": round(peak),
        "copy_seconds": round(copying, 2),
    }


def main() -> None:
    """Measure each size in a child process of its own and print."""
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or list(SIZES)
    if "--child" in sys.argv:
        sys.stdout.write(json.dumps(measure(sizes[0])) + "\n")
        return
    told = {str(lines): in_child(__file__, str(lines), "--child") for lines in sizes}
    rows = [
        (
            f"{one['lines']:,} lines, {one['mib']} MiB",
            f"{one['seconds']} s = {one['lines_per_second']:,} lines/s, peak {one['peak_mib']} MiB",
            f"copying the files {one['copy_seconds']} s",
        )
        for one in told.values()
    ]
    tell("scale", "zhunsheng bench scale", rows, {"sizes": told})


if __name__ == "__main__":
    main()
