"""The whole live rule book over a county of a given size: lines per second, peak memory, scans, pattern by pattern.

    python -m benchmarks.rules [LINES ...]        (default 3000000; 30000000 for the large county)

The floor is one scan of the columns that the patterns read, from the same storage, in the same process. Beside it
stand twelve of the rules hand-written in Polars over the same facts, held in memory, and the same twelve asked claim
by claim of a database, as openIMIS does, for a sample of claims; all must find the same lines.
Two sizes give the growth from the first to the second. Each pattern runs once to warm up; then the median of three runs
counts, above five million lines a single one.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchmarks import _per_claim as by_claim
from benchmarks import _polars_rules as by_hand
from benchmarks._measure import AS_OF, SCRATCH, county, in_child, median, peak_mib, tell
from zhunsheng import runs
from zhunsheng.book import load
from zhunsheng.book.models import Book
from zhunsheng.engines import duck
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.base import Bindings, Line
from zhunsheng.patterns.bind import bind
from zhunsheng.runs import serving

#: Above this size the Polars peer is left out: it holds every fact in memory.
PEER_LINES = 5_000_000
#: Claims judged one by one.
CLAIMS = 5_000


def measure(lines: int) -> dict[str, Any]:
    """Run the rule book over a prepared county, then time each pattern and one scan of the columns by themselves."""
    home = county(lines)
    stages: dict[str, float] = {}
    began = time.perf_counter()

    def note(step: str, _done: int, _total: int | None) -> None:
        stages[step] = time.perf_counter() - began

    manifest = runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0, whole=True, progress=note)
    whole, peak = time.perf_counter() - began, peak_mib()
    with serving.reopen(str(runs.current(home))) as con:
        bindings = bind(load(ROOT / "rulebook"))
        duck.load_bindings(con, bindings)
        scan = median(lambda: con.execute(_scan()).fetchall())
        times = 3 if lines <= PEER_LINES else 1
        each = {name: median(lambda n=name: collect(con, bindings[n]), times) for name in live(con)}
    rules = sum(each.values())
    return {
        "lines": manifest.counts["lines"],
        "rules": len(manifest.rules),
        "findings": manifest.counts["findings"],
        "seconds_by_pattern": {name: round(taken, 3) for name, taken in each.items()},
        "rules_seconds": round(rules, 3),
        "lines_per_second": round(manifest.counts["judged_lines"] / rules),
        "scan_seconds": round(scan, 3),
        "scans": round(rules / scan, 1),
        "stages_end_at": {name: round(end, 1) for name, end in stages.items()},
        "whole_run_seconds": round(whole, 2),
        "peak_mib": round(peak),
    }


def beside(lines: int) -> dict[str, Any]:
    """Time the patterns and the hand-written rules on twelve rules alone, over the same facts in memory."""
    home, book = county(lines), load(ROOT / "rulebook")
    twelve = book.model_copy(update={"rules": {name: book.rules[name] for name in by_hand.TWELVE}})
    with serving.reopen(str(runs.current(home))) as con:
        duck.load_bindings(con, bind(twelve))
        bindings = bind(twelve)
        ours = sum(median(lambda n=name: collect(con, bindings[n])) for name in live(con))
        found = _found(con, twelve)
        given = by_hand.Facts(**by_hand.facts(con), points=by_hand.points(twelve))
        claims = one_by_one(con, twelve, found)
    theirs = {name: median(lambda r=rule: r(given)) for name, rule in by_hand.TWELVE.items()}
    same = [name for name, rule in by_hand.TWELVE.items() if set(rule(given)["line_id"]) == found[name]]
    return {
        "lines": lines,
        "polars": pl.__version__,
        "our_seconds": round(ours, 3),
        "polars_seconds": round(sum(theirs.values()), 3),
        "polars_by_rule": {name: round(taken, 3) for name, taken in theirs.items()},
        "same_lines": len(same),
        "rules": len(theirs),
        "by_claim": claims,
    }


def one_by_one(con: duckdb.DuckDBPyConnection, twelve: Book, found: dict[str, set[str]]) -> dict[str, Any]:
    """Judge claims drawn over the whole file one after another, and compare what is found with the sets' lines."""
    drawn = "SELECT encounter_id FROM (SELECT DISTINCT encounter_id FROM line) ORDER BY md5(encounter_id) LIMIT ?"
    claims = [row[0] for row in con.execute(drawn, [CLAIMS]).fetchall()]
    con.register("claim", pl.DataFrame({"encounter_id": claims}).to_arrow())
    mine = {row[0] for row in con.execute("SELECT line_id FROM line SEMI JOIN claim USING (encounter_id)").fetchall()}
    con.unregister("claim")
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        out = by_claim.open_file(Path(folder) / "claims.sqlite", con, twelve)
        began = time.perf_counter()
        told = {pair for claim in claims for pair in by_claim.judge(out, claim)}
        taken = time.perf_counter() - began
        out.close()
    expected = {(rule, line) for rule, lines in found.items() for line in lines & mine}
    return {
        "claims": len(claims),
        "lines": len(mine),
        "claims_per_second": round(len(claims) / taken),
        "lines_per_second": round(len(mine) / taken),
        "found": len(told),
        "differ": len(told ^ expected),
    }


def ran(home: Home) -> str:
    """Return the serving file of a whole run over a prepared county; a run of the same input is not made twice."""
    runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0, whole=True)
    return str(runs.current(home))


def live(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return the patterns that the loaded bindings hold rows for."""

    def bound(pattern: Any) -> bool:
        row = con.execute(f"SELECT COUNT(*) FROM {pattern.table}").fetchone()
        return bool(row and row[0])

    return {name: pattern for name, pattern in PATTERNS.items() if bound(pattern)}


def collect(con: duckdb.DuckDBPyConnection, bindings: Bindings) -> None:
    """Gather the hits of a pattern into a fresh table, as a run does."""
    con.execute("DROP TABLE IF EXISTS measured")
    duck.create_hit_table(con, "measured")
    if bindings.pattern.is_population:
        duck.create_peers(con)
        duck.create_measure_table(con)
        duck.judge_whole(con, bindings.pattern, bindings, "measured")
    else:
        duck.collect(con, bindings.pattern, "measured")


def _found(con: duckdb.DuckDBPyConnection, book: Book) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in book.rules}
    for pattern in live(con).values():
        for hit in duck.hits(con, pattern):
            if hit.role == "subject" and hit.row_kind == "line":
                found[hit.rule_id].add(hit.row_id)
    return found


def _scan() -> str:
    return f"SELECT {', '.join(f'MAX({column})' for column in Line._fields)} FROM line"


def main() -> None:
    """Measure each size in a child process and print."""
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or [3_000_000]
    if "--child" in sys.argv:
        sys.stdout.write(json.dumps(measure(sizes[0])) + "\n")
        return
    if "--beside" in sys.argv:
        sys.stdout.write(json.dumps(beside(sizes[0])) + "\n")
        return
    told = {}
    for size in sizes:
        county(size)
        told[size] = in_child(__file__, str(size), "--child")
    rows = [row for one in told.values() for row in _rows(one)]
    if len(sizes) > 1:
        small, large = told[sizes[0]], told[sizes[-1]]
        growth = large["rules_seconds"] / small["rules_seconds"]
        rows.append(
            ("growth of the rules", f"{growth:.1f} times", f"{large['lines'] / small['lines']:.1f} times the lines")
        )
    peer = in_child(__file__, str(sizes[0]), "--beside") if sizes[0] <= PEER_LINES else None
    if peer:
        rows.append(
            (
                f"{peer['rules']} rules: ours · hand-written in Polars {peer['polars']}",
                f"{peer['our_seconds']} s · {peer['polars_seconds']} s",
                f"the same lines in {peer['same_lines']} of {peer['rules']}",
            )
        )
        one = peer["by_claim"]
        rows.append(
            (
                f"the same rules, {one['claims']:,} claims one by one from SQLite",
                f"{one['lines_per_second']:,} lines/s",
                f"{one['claims_per_second']:,} claims/s; {one['found']} lines found, {one['differ']} differ",
            )
        )
    tell("rules", f"zhunsheng bench rules   # duckdb {duckdb.__version__}", rows, {"sizes": told, "beside": peer})


def _rows(one: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (
            f"{one['rules']} rules over {one['lines']:,} lines",
            f"{one['lines_per_second']:,} lines/s",
            f"{one['rules_seconds']} s = {one['scans']} scans of the columns read ({one['scan_seconds']} s)",
        ),
        ("whole run, serving file included", f"{one['whole_run_seconds']} s", f"peak {one['peak_mib']:,} MiB"),
        *(
            (name, f"{taken} s", f"{taken / one['scan_seconds']:.1f} scans")
            for name, taken in sorted(one["seconds_by_pattern"].items(), key=lambda item: -item[1])
        ),
    ]


if __name__ == "__main__":
    main()
