"""Conflicts of interest among 100,000 companies, chains of three levels: seconds, beside DuckDB's recursive query.

    python -m benchmarks.relations [COMPANIES]        (default 100000)

Rows lie in DuckDB, as in the serving file. Measured is the whole way: the rows above the vendors, the graph of a
day, every conflict of 500 vendors with the 1,500 people of 60 institutions and their relatives. The peer asks
DuckDB for the shares behind the same vendors alone, by a recursive query, and both must give the same shares.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date

import duckdb
import pyarrow as pa

from benchmarks._measure import tell
from zhunsheng.relations.conflict import Limits, Tie, find
from zhunsheng.relations.graph import PPM, Edge, Graph
from zhunsheng.relations.upwards import UPWARDS

DAY, LEVELS, VENDORS = date(2026, 3, 1), 3, 500
POSTS = frozenset({"director", "manager", "legal_representative"})
LIMITS = Limits(50_000, 500_000, LEVELS, POSTS | {"buyer"}, POSTS)

CHAINS = """
WITH RECURSIVE chain AS (
    SELECT company_id AS vendor_id, holder_id, CAST(share_ppm AS HUGEINT) * 1000000000000 AS share, 1 AS steps
    FROM ownership
    WHERE role = 'shareholder' AND company_id IN (FROM vendor)
    UNION ALL
    SELECT c.vendor_id, e.holder_id, c.share * e.share_ppm // 1000000, c.steps + 1
    FROM chain AS c
    INNER JOIN ownership AS e ON e.company_id = c.holder_id
    WHERE e.role = 'shareholder' AND c.steps < 3
)

SELECT vendor_id, holder_id, SUM(share) FROM chain GROUP BY vendor_id, holder_id
"""


def invented(companies: int) -> tuple[pa.Table, list[Tie]]:
    """Return holdings and posts, 1 to 4 holders per company, some of them companies, and the relatives declared."""
    dice = random.Random(20261122)
    rows: list[tuple[object, ...]] = []
    for number in range(companies):
        left = PPM
        for _ in range(dice.randint(1, 4)):
            share = dice.randint(1, left)
            left -= share
            is_company = dice.random() < 0.5
            holder = f"C{dice.randrange(companies)}" if is_company else f"P{dice.randrange(companies)}"
            rows.append((holder, f"C{number}", "shareholder", share))
            if left == 0:
                break
    rows += [(f"P{n}", f"H{n % 60}", "director", None) for n in range(1_500)]
    ties = [Tie(f"P{n % 1_500}", f"P{dice.randrange(companies)}", "sibling", None, None) for n in range(6_000)]
    rows = list({row[:3]: row for row in rows}.values())
    names = ("holder_id", "company_id", "role", "share_ppm")
    table = pa.table({name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})
    return table, ties


def edges_of(con: duckdb.DuckDBPyConnection, companies: list[str]) -> list[Edge]:
    """Return the rows above some companies, as the pages ask for them."""
    return [Edge(*row) for row in con.execute(UPWARDS, [companies, LEVELS]).fetchall()]


def main() -> None:
    """Measure three times, take the middle, check both forms against each other, and print."""
    companies = int(next((one for one in sys.argv[1:] if one.isdigit()), "100000"))
    table, ties = invented(companies)
    vendors = [f"C{number}" for number in range(VENDORS)]
    places = [f"H{number}" for number in range(60)]
    taken, found = [], []
    with duckdb.connect() as con:
        con.execute("SET threads = 2")
        con.register("given", table)
        con.execute("CREATE TABLE ownership AS SELECT *, DATE '2020-01-01' AS valid_from, "
                    "CAST(NULL AS DATE) AS valid_to, '' AS holder_name FROM given")  # fmt: skip
        for _ in range(3):
            began = time.perf_counter()
            found = find(edges_of(con, [*vendors, *places]), ties, [], vendors, places, DAY, LIMITS)
            taken.append(time.perf_counter() - began)
        con.register("vendor", pa.table({"vendor_id": vendors}))
        began = time.perf_counter()
        told = {(vendor, holder): int(share) for vendor, holder, share in con.execute(CHAINS).fetchall()}
        peer = time.perf_counter() - began
        graph = Graph(edges_of(con, vendors), DAY, LEVELS)
    mine = {(vendor, holder): held.least for vendor in vendors for holder, held in graph.behind(vendor).items()}
    if mine != told:
        raise SystemExit("the two forms differ")
    seconds = sorted(taken)[1]
    data = {"companies": companies, "rows": table.num_rows, "levels": LEVELS, "vendors": VENDORS,
            "conflicts": len(found), "seconds": round(seconds, 2), "duckdb_seconds": round(peer, 2)}  # fmt: skip
    figures = [
        ("companies, rows", f"{companies:,}, {table.num_rows:,}", ""),
        ("conflicts: rows asked for, graph built, searched", f"{len(found):,} in {seconds:.2f} s", "< 1 s"),
        ("shares behind the same vendors alone, DuckDB recursive", f"{peer:.2f} s", ""),
    ]
    tell("relations", f"python -m benchmarks.relations {companies}", figures, data)


if __name__ == "__main__":
    main()
