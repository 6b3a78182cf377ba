"""2,000 mutated input files: an explanation or a load, never a traceback, never a hang.

    python -m benchmarks.mutations [--files 2000] [--first 0]

Seeds and kinds of damage are those of tests/sources/mutations.py; the tests take the first of them.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from types import FrameType

from tests.sources.mutations import mutant
from zhunsheng.kernel.home import Home
from zhunsheng.sources import LoadReport, load

HANG_SECONDS = 30


def faults(report: LoadReport) -> list[str]:
    """Say what is wrong with a report: rows that do not add up, a refusal without an explanation."""
    told: dict[str, set[int]] = {}
    for reject in report.store.rows():
        told.setdefault(reject.file, set()).add(reject.row)
    found = []
    for one in report.files:
        if one.rows_read != one.rows_loaded + one.rows_rejected or len(told.get(one.file, ())) != one.rows_rejected:
            found.append(f"rows do not add up: {one}")
        if (one.state == "refused") != bool(one.problem and one.problem["mend"]):
            found.append(f"no explanation: {one}")
        if one.problem and one.problem["code"] == "ZS211":
            found.append(f"not understood: {one.problem}")
    return found


def _late(_: int, __: FrameType | None) -> None:
    raise TimeoutError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    signal.signal(signal.SIGALRM, _late)
    states: Counter[str] = Counter()
    wrong, slowest = [], 0.0
    for seed in range(asked.first, asked.first + asked.files):
        with tempfile.TemporaryDirectory() as folder:
            path = mutant(seed, Path(folder))
            began = time.perf_counter()
            signal.alarm(HANG_SECONDS)
            try:
                report = load(Home(Path(folder) / "site"), [path], recorded_at=1_790_000_000)
                states.update(one.state for one in report.files)
                wrong += [f"{path.name}: {fault}" for fault in faults(report)]
            except BaseException:  # noqa: BLE001 - any exception is what is looked for
                wrong.append(f"{path.name}: {traceback.format_exc(limit=-4)}")
            finally:
                signal.alarm(0)
            slowest = max(slowest, time.perf_counter() - began)
        if seed % 50 == 0:
            sys.stderr.write(f"\r{seed - asked.first} / {asked.files}")
    for one in wrong:
        sys.stdout.write(one + "\n")
    told = {"benchmark": "mutations", "files": asked.files, "wrong": len(wrong), "slowest_seconds": round(slowest, 2)}
    sys.stdout.write(f"\n{asked.files} files: {dict(states)}, {len(wrong)} wrong, slowest {slowest:.2f} s\n")
    sys.stdout.write(json.dumps({**told, "parts": dict(states)}) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
