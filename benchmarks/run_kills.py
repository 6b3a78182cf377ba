"""Kill runs at random points: pages show the run before or the new one in full, and the next run finishes.

python -m benchmarks.run_kills [--kills 100] [--seed 1] [--lines 20000]
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import time

import duckdb

from benchmarks._measure import AS_OF, county, tell
from zhunsheng import runs
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.runs import store

_CHILD = """
import sys
from datetime import date
from pathlib import Path
from zhunsheng import runs
from zhunsheng.kernel.home import ROOT, Home
print("ready", flush=True)
runs.execute(Home(Path(sys.argv[1])), ROOT / "rulebook", as_of=date.fromisoformat(sys.argv[2]), finished_at=0)
"""


def start(home: Home, as_of: str) -> subprocess.Popen[str]:
    """Start a run in a process of its own and wait until it is about to begin."""
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(home.root), as_of], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    child.stdout.readline()
    return child


def digest(home: Home) -> str:
    """Return the result digest of the run that pages show, read from its serving file."""
    with duckdb.connect(str(runs.current(home)), read_only=True) as con:
        findings = con.execute("SELECT COUNT(*) FROM finding").fetchone()[0]
        manifest = runs.manifest(home, store.current_id(home) or "")
    if findings != manifest["counts"]["findings"]:
        return f"broken: {findings} of {manifest['counts']['findings']} findings"
    return str(manifest["result_digest"])


def main() -> None:
    """Kill, look, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=20_000)
    asked = parser.parse_args()
    home, draw = county(asked.lines), random.Random(asked.seed)
    days = ("2026-08-31", AS_OF.isoformat())
    truth = {}
    taken = []
    for day in days:  # what each of the two runs gives when nobody disturbs it
        child = start(home, day)
        began = time.perf_counter()
        child.wait()
        taken.append(time.perf_counter() - began)
        truth[day] = digest(home)
    counts = {"kills": 0, "finished_before_kill": 0, "half_visible": 0, "lost": 0}
    for number in range(asked.kills):
        day = days[number % 2]
        before = store.current_id(home)
        # the file is built anew each time: what a run of the same input left is taken away, unless pages show it
        for one in runs.manifests(home):
            if one["as_of"] == day and one["run_id"] != before:
                (store.folder(home, one["run_id"]) / store.SERVING).unlink(missing_ok=True)
        child = start(home, day)
        time.sleep(draw.random() * max(taken))
        counts["finished_before_kill"] += child.poll() is not None
        child.send_signal(signal.SIGKILL)
        child.wait()
        counts["kills"] += 1
        counts["half_visible"] += digest(home) not in truth.values()
        start(home, day).wait()
        counts["lost"] += digest(home) != truth[day]
    left = len(list(home.runs.glob(".*.part")))
    rows = [
        ("runs killed", f"{counts['kills']}", f"{counts['finished_before_kill']} had ended before the kill"),
        ("half-visible results", f"{counts['half_visible']}", "pages showed the run before or the new one in full"),
        ("results lost or changed", f"{counts['lost']}", "the next run gave the undisturbed digest"),
        ("leftovers", f"{left}", f"a run takes {max(taken):.1f} s"),
    ]
    tell(
        "run_kills",
        f"zhunsheng bench run_kills   # {asked.kills} kills, seed {asked.seed}",
        rows,
        {**counts, "left": left},
    )
    if counts["half_visible"] or counts["lost"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
