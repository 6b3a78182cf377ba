"""A run killed anywhere leaves the run before it in place, and the next one finishes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import date

import duckdb

from tests.effort import times
from tests.runs.county import WOMAN_ONLY, Line, few_rules, fill, home_at
from zhunsheng import runs
from zhunsheng.kernel.home import ROOT

CODE = """
import sys
from datetime import date
from pathlib import Path
from zhunsheng import runs
from zhunsheng.kernel.home import Home
print("ready", flush=True)
runs.execute(Home(Path(sys.argv[1])), Path(sys.argv[2]), as_of=date(2026, 3, 31), finished_at=1)
"""


def start(home):
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(home.root), str(few_rules())], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_killed_run_leaves_nothing_half_visible(tmp_path):
    home = home_at(tmp_path)
    people = {f"P{n}": ("M", date(1980, 1, 1)) for n in range(50)}
    lines = [Line(f"L{n}", f"P{n % 50}", WOMAN_ONLY) for n in range(2_000)]
    fill(home, people, lines)
    first, began = start(home), time.monotonic()
    first.wait(60)
    whole = time.monotonic() - began
    kept = runs.current(home)
    draw = random.Random(20261122)
    attempts = times(12)
    for attempt in range(attempts):
        fill(home, people, lines[: 1_000 + attempt])
        process = start(home)
        time.sleep(draw.random() * whole)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        shown = runs.current(home)
        with duckdb.connect(str(shown), read_only=True) as con:
            count = con.execute("SELECT COUNT(*) FROM finding WHERE rule_id = 'fund/sex-limited-service'").fetchone()[0]
        # the run before, or this one in full
        assert (shown == kept) or count == 1_000 + attempt
        kept = shown
    runs.execute(home, few_rules(), as_of=date(2026, 3, 31), finished_at=1)
    with duckdb.connect(str(runs.current(home)), read_only=True) as con:
        count = con.execute("SELECT COUNT(*) FROM finding WHERE rule_id = 'fund/sex-limited-service'").fetchone()
        assert count == (1_000 + attempts - 1,)
    assert list(home.runs.glob(".*.part")) == []
