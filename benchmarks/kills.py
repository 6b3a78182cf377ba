"""Kill imports at random points and look at what is left: nothing half-visible, nothing lost, nothing doubled.

    python -m benchmarks.kills [--kills 100] [--seed 1]

Each round sends new files (a correction among them), kills the importing process with SIGKILL after a random share
of the time a whole import takes, and checks the lake as a reader would see it. Then the same files are sent again
to the end, and the lake must hold every row once.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from zhunsheng.facts import lake
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.sources.mapping import mapping

_CHILD = """
import sys
from pathlib import Path
from zhunsheng.kernel.home import Home
from zhunsheng.sources import load
print("ready", flush=True)
load(Home(Path(sys.argv[1])), [Path(sys.argv[2])], recorded_at=1_790_000_000)
"""


@dataclass
class Result:
    """What a series of kills left behind."""

    kills: int = 0
    finished_before_kill: int = 0
    half_visible: int = 0
    lost: int = 0
    doubled: int = 0
    leftovers: int = 0
    points: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.half_visible or self.lost or self.doubled or self.leftovers)


def write_files(folder: Path, round_number: int, lines: int) -> None:
    """Write two files of fee lines: one whose name stays (a correction) and one of its own per round."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = [one.name for one in mapping("settlement_list").kinds["feedetail"].fields]
    for name, start in (("corrected", 0), (f"round-{round_number:04d}", (round_number + 1) * lines)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            for number in range(start, start + lines):
                row = [f"F{number}", "", f"M{number // 9}", "", f"33{number % 99:06d}", "H1", "", "", "X1", "名称", ""]
                when = f"2026-{number % 12 + 1:02d}-01 08:00:00"
                writer.writerow([*row, when, "1", f"{round_number + 1}", f"{round_number + 1}", ""])


def held(home: Home) -> dict[str, tuple[int, int, int]]:
    """Return rows, distinct keys and fen per batch name, as a reader of the newest snapshot sees them."""
    snapshot = lake.latest(home)
    if snapshot is None:
        return {}
    names = {batch.id: batch.name for batch in snapshot.batches.values()}
    source = lake.select("charge_line", lake.files(home, snapshot, "charge_line"))
    sql = f"SELECT batch, count(*), count(DISTINCT line_id), CAST(sum(amount_fen) AS BIGINT) FROM ({source}) GROUP BY 1"
    with duckdb.connect() as connection:
        found = connection.execute(sql).fetchall()
    return {names[batch]: (rows, keys, fen) for batch, rows, keys, fen in found}


def start(home: Home, folder: Path) -> subprocess.Popen[str]:
    """Start an import and wait until its libraries are loaded."""
    command = [sys.executable, "-c", _CHILD, str(home.root), str(folder)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    return child


def unnamed_files(home: Home) -> int:
    """Count parquet files that no snapshot names."""
    named = {one for snapshot in lake.snapshots(home) for one in lake.files(home, snapshot, "charge_line")}
    folder = lake.table_path(home, "charge_line")
    return sum(str(path) not in named for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts)


def series(root: Path, kills: int, seed: int, lines: int = 3_000, tell: bool = False) -> Result:
    """Kill ``kills`` imports of one site and return what was found."""
    home, inbox, draw, result = Home(root / "site"), root / "inbox", random.Random(seed), Result()
    write_files(inbox, 0, lines)
    first, began = start(home, inbox), time.perf_counter()
    first.wait()
    whole = time.perf_counter() - began
    expected = held(home)
    for number in range(1, kills + 1):
        write_files(inbox, number, lines)
        after = dict(expected)
        after["corrected"] = (lines, lines, lines * (number + 1) * 100)
        after[f"round-{number:04d}"] = after["corrected"]
        child = start(home, inbox)
        time.sleep(draw.random() * whole)
        child.send_signal(signal.SIGKILL)
        child.wait()
        result.kills += 1
        _judge(result, held(home), expected, after)
        start(home, inbox).wait()
        _judge_end(result, held(home), after)
        result.leftovers += unnamed_files(home)
        expected = after
        if tell:
            sys.stderr.write(f"\r{number} / {kills}")
    DeltaTable(lake.table_path(home, "charge_line"))
    return result


def _judge(result: Result, seen: dict[str, object], before: dict[str, object], after: dict[str, object]) -> None:
    if seen == after:
        result.finished_before_kill += 1
    elif seen != before:
        result.half_visible += 1


def _judge_end(result: Result, seen: dict[str, tuple[int, int, int]], wanted: dict[str, tuple[int, int, int]]) -> None:
    for name, (rows, _, fen) in wanted.items():
        found = seen.get(name, (0, 0, 0))
        result.lost += found[1] < rows or found[2] != fen
        result.doubled += found[0] > rows
    result.doubled += len(set(seen) - set(wanted))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = series(Path(folder), asked.kills, asked.seed, tell=True)
    told = {
        "benchmark": "kills.import",
        "kills": result.kills,
        "finished_before_kill": result.finished_before_kill,
        "half_visible": result.half_visible,
        "lost": result.lost,
        "doubled": result.doubled,
        "leftover_files": result.leftovers,
    }
    sys.stdout.write("\n" + "\n".join(f"{name:22} {value}" for name, value in told.items()) + "\n")
    sys.stdout.write(json.dumps(told) + "\n")
    sys.exit(0 if result.clean else 1)


if __name__ == "__main__":
    main()
