"""The six rules over a county of a given size: lines per second, peak memory, multiple of one scan of the columns.

    python -m benchmarks.rules [LINES]        (default 3000000)

The floor is one scan of the columns that the patterns read, from the same storage, in the same process.
"""

from __future__ import annotations

import json
import sys
import time

import duckdb

from benchmarks._measure import AS_OF, county, in_child, median, peak_mib, tell
from zhunsheng import runs
from zhunsheng.book import load
from zhunsheng.engines import duck
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.bind import bind

COLUMNS = [
    "person_id",
    "encounter_id",
    "institution_id",
    "department_id",
    "item_code",
    "service_date",
    "service_at",
    "net_quantity_e4",
    "unit_price_e6",
    "net_amount_fen",
]


def measure(lines: int) -> dict[str, object]:
    """Judge a prepared county, pattern by pattern, and scan its columns."""
    home = county(lines)
    began = time.perf_counter()
    manifest = runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
    whole_run = time.perf_counter() - began
    bindings = bind(load(ROOT / "rulebook"))
    with duck.connect(str(runs.current(home)), read_only=True) as serving:
        scan = median(lambda: serving.execute(_scan()).fetchall())
    with duck.connect() as con:
        con.execute(f"ATTACH '{runs.current(home)}' AS facts (READ_ONLY)")
        for table in ("line", "person", "encounter"):
            con.execute(f"CREATE VIEW {table} AS SELECT * FROM {_source(table)}")
        duck.load_bindings(con, bindings)
        each = {name: median(lambda p=p: con.execute(p.sql).fetchall()) for name, p in PATTERNS.items()}
    judged = manifest.counts["judged_lines"]
    return {
        "lines": manifest.counts["lines"],
        "findings": manifest.counts["findings"],
        "seconds_by_pattern": {name: round(taken, 3) for name, taken in each.items()},
        "rules_seconds": round(sum(each.values()), 3),
        "lines_per_second": round(judged / sum(each.values())),
        "scan_seconds": round(scan, 3),
        "scans": round(sum(each.values()) / scan, 1),
        "whole_run_seconds": round(whole_run, 2),
        "peak_mib": round(peak_mib()),
    }


def _scan() -> str:
    return f"SELECT {', '.join(f'MAX({column})' for column in COLUMNS)} FROM charge_line"


def _source(table: str) -> str:
    if table != "line":
        return f"facts.{table}"
    return (
        "(SELECT line_id, encounter_id, person_id, institution_id, department_id, practitioner_id, item_code, "
        "service_date, service_at, net_quantity_e4 AS quantity_e4, unit_price_e6, net_amount_fen AS amount_fen "
        "FROM facts.charge_line WHERE net_quantity_e4 > 0 AND currency IS NULL)"
    )


def main() -> None:
    """Measure in a child process and print."""
    lines = next((int(a) for a in sys.argv[1:] if a.isdigit()), 3_000_000)
    if "--child" in sys.argv:
        sys.stdout.write(json.dumps(measure(lines)) + "\n")
        return
    county(lines)
    told = in_child(__file__, str(lines), "--child")
    rows = [
        (
            "six rules",
            f"{told['lines_per_second']:,} lines/s",
            f"{told['rules_seconds']} s over {told['lines']:,} lines",
        ),
        ("one scan of the columns read", f"{told['scan_seconds']} s", f"the rules take {told['scans']} scans"),
        ("whole run, serving file included", f"{told['whole_run_seconds']} s", f"peak {told['peak_mib']} MiB"),
    ]
    rows += [
        (name, f"{taken} s", f"{taken / told['scan_seconds']:.1f} scans")
        for name, taken in told["seconds_by_pattern"].items()
    ]
    tell("rules", f"zhunsheng bench rules   # {lines:,} lines, duckdb {duckdb.__version__}", rows, told)


if __name__ == "__main__":
    main()
