"""How fast the rules about vendors judge, beside the floor of reading the rows once, and their false alarms.

Run: ``python -m benchmarks.vendor_rules [vendor-years]``. Rows are null years: vendors with whom
nothing is wrong, drawn with plain chance. What the rules of trends say of them is a false alarm; single late orders and
controls out by chance are there and are told rightly.
"""

from __future__ import annotations

import sys
import time
from datetime import date
from typing import Any

import pyarrow as pa

from zhunsheng.book import load
from zhunsheng.engines import duck
from zhunsheng.generator.vendors import null_years
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.population import Load
from zhunsheng.patterns.services import SERVED


def load_years(con: Any, years: int) -> int:
    """Create the tables of vendors from null years, columns that they lack empty; return the number of rows."""
    duck.load_whole(con, Load())
    made = null_years(years)
    for name in SERVED.keys() & made.keys():
        rows: pa.Table = made[name]
        con.register("incoming", rows)
        con.execute(f"INSERT INTO {name} BY NAME SELECT {', '.join(_own(con, name, rows))} FROM incoming")
        con.unregister("incoming")
    return sum(made[name].num_rows for name in SERVED.keys() & made.keys())


def _own(con: Any, name: str, rows: pa.Table) -> list[str]:
    columns = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
    return [column for column in rows.column_names if column in columns]


def main(years: int) -> None:
    """Print seconds and false alarms by pattern, rows per second beside the floor."""
    book = load(ROOT / "rulebook").judging(date(2026, 12, 31))
    bound = bind(book)
    with duck.connect() as con:
        total = load_years(con, years)
        duck.load_bindings(con, {name: one for name, one in bound.items() if PATTERNS[name].family in ("rows", "past")})
        start = time.perf_counter()
        for name in SERVED:
            con.execute(f"SELECT COUNT(DISTINCT t) FROM {name} AS t").fetchone()
        floor = time.perf_counter() - start
        spent = 0.0
        for name, pattern in PATTERNS.items():
            if pattern.family in ("rows", "past") and bound[name].rows:
                start = time.perf_counter()
                found = duck.whole_hits(con, pattern, bound[name])
                seconds = time.perf_counter() - start
                spent += seconds
                told = {(hit.rule_id, hit.subject_key) for hit in found if hit.verdict != "unknown"}
                print(f"{name:20} {seconds:7.2f} s  {len(told):8,} findings  {len(told) / years:8.3f} a vendor-year")
    print(f"{total:,} rows, {total / spent:,.0f} rows/s; reading them once {total / floor:,.0f} rows/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
