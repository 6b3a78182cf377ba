"""What every measurement shares: medians, peak memory of a child, a prepared county, one table and one JSON line."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from zhunsheng.kernel.home import ROOT, Home

SCRATCH = Path(os.environ.get("ZHUNSHENG_BENCH", "/tmp/zhunsheng-bench"))
START = date(2025, 11, 1)
AS_OF = date(2026, 10, 31)


def median(action: Callable[[], object], times: int = 3) -> float:
    """Return the median wall seconds of an action after one warm-up."""
    action()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def peak_mib() -> float:
    """Return the peak resident memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_child(name: str, *arguments: str, python: str = sys.executable) -> dict[str, Any]:
    """Run a measurement in a process of its own, so that its peak memory is its own; return its last JSON line."""
    done = subprocess.run(
        [python, "-m", f"benchmarks.{Path(name).stem}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def county(lines: int) -> Home:
    """Return a site with a generated county imported, made once per size, rule book and edition of the generator."""
    from zhunsheng import sources
    from zhunsheng.book import load
    from zhunsheng.cli.county import knowledge_of
    from zhunsheng.generator import edition, generate

    book = load(ROOT / "rulebook")
    folder = SCRATCH / f"county-{lines}-{book.digest[:12]}-{edition()[:12]}"
    home = Home(folder / "var")
    if not (folder / "whole").exists():
        generate(folder / "files", seed=1, lines=lines, months=12, start=START, knowledge=knowledge_of(book))
        sources.load(home, [folder / "files" / "import"], recorded_at=1_793_000_000)
        (folder / "whole").touch()
    return home


def tell(name: str, command: str, rows: list[tuple[str, str, str]], data: dict[str, Any]) -> None:
    """Print a table for people and one JSON line for machines."""
    shown = Table("measured", "figure", "beside", title=f"{name}   ({command})", title_justify="left")
    for row in rows:
        shown.add_row(*row)
    Console().print(shown)
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    sys.stdout.write(json.dumps({"benchmark": name, "command": command, **machine, **data}) + "\n")
