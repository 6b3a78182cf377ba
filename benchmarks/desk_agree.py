"""The desk against the bulk run of the same facts: 10,000 last encounters as orders, their findings compared.

    python -m benchmarks.desk_agree [PEOPLE]        (default 10000)

A county is generated, imported and judged by a run; the hot store is built of it. For each person the last encounter
is the order and the rest is the stored history. Rule, subject, verdict, reason, values, rows and amounts of every
finding with a row of the order have to be those of the run, for the rules of either moment.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._measure import SCRATCH, tell
from tests.desk.county import judged, told
from zhunsheng.desk.compiled import MOMENTS
from zhunsheng.desk.judging import judge

#: Lines of the county for each person wanted.
LINES_PER_PERSON = 40


def main(people: int) -> int:
    """Compare and print; return 1 where anything differs."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    try:
        county = judged(folder, people * LINES_PER_PERSON)
        chosen = county.people[:people]
        found, rules, differ, taken = 0, set(), 0, 0.0
        for person in chosen:
            view = county.last(person)
            for moment in MOMENTS:
                began = time.perf_counter()
                answer = judge(county.compiled, view, moment, budget_ms=1e9)
                taken += time.perf_counter() - began
                seen = {(one.rule_id, one.subject_key): sorted(map(told, one.hits)) for one in answer.findings}
                differ += seen != county.bulk(view, moment)
                found += len(seen)
                rules |= {one.rule_id for one in answer.findings}
    finally:
        shutil.rmtree(folder)
    asks = len(chosen) * len(MOMENTS)
    rows = [
        (f"{asks:,} orders of {len(chosen):,} people", f"{differ} differ from the run", f"{found:,} findings"),
        ("rules that found something", str(len(rules)), ""),
        ("judging one", f"{taken / max(1, asks) * 1000:.2f} ms on average", ""),
    ]
    tell("desk_agree", "zhunsheng bench desk_agree", rows, {"people": len(chosen), "differ": differ, "findings": found})
    return int(differ > 0)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
