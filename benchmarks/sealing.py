"""Rows of evidence carried from the database of a site into its log, sealed by three witnesses: rows a second.

    python -m benchmarks.sealing [CASES]        (default 5000, some four rows each)

The whole way: the sequencer process reads the outbox through Django, makes keys, has each leaf signed by the signer of
its body over HTTP, writes tiles, and has heads cosigned. Beside it stands what the log itself takes when leaves come
signed (``benchmarks.evidence``).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._measure import tell
from benchmarks._site import environment
from benchmarks.case_kills import WAITING, Site
from zhunsheng.kernel.home import ROOT, Home

LOG = """
import django
django.setup()
from zhunsheng.casework.seals.demo import make_demo_log
from zhunsheng.kernel.home import home
make_demo_log(home())
"""


def waiting(home: Home) -> int:
    """Return how many rows the log does not hold yet."""
    done = subprocess.run(
        [sys.executable, "-c", WAITING], cwd=ROOT, env=environment(home), check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def main() -> None:
    """Fill, serve, wait until all is in the log, and print."""
    cases = next((one for one in sys.argv[1:] if one.isdigit()), "5000")
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "site")
        for command in (["-m", "benchmarks._crowd", cases], ["-c", LOG]):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment(home), check=True, capture_output=True)
        rows, site = waiting(home), Site(home)
        began = time.perf_counter()
        site.start()
        try:
            left = rows
            while left and time.perf_counter() - began < 900:
                time.sleep(2)
                left = waiting(home)
        finally:
            site.stop()
    seconds = time.perf_counter() - began
    data = {"rows": rows, "seconds": round(seconds, 1), "rows_per_second": round((rows - left) / seconds), "left": left}
    figures = [
        ("rows", f"{rows:,}", ""),
        ("rows a second", f"{data['rows_per_second']:,}", "start of the site included"),
    ]
    tell("sealing", f"python -m benchmarks.sealing {cases}", figures, data)


if __name__ == "__main__":
    main()
