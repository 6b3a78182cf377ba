"""How well clues rank planted schemes in a generated county, beside a fixed limit without peers in the same run.

    python -m benchmarks.clues [LINES] [SEED] [SCHEMES]        (default 300000, seed 1, 20 of each kind)

The unit is an institution and a month. A planted one is a hit; one that no scheme of any kind touched is clean. Of each
rule: area under the ROC curve, precision among its 100 highest (and the highest precision that so many plants allow),
found leads, and false leads per 1,000 clean institution-months. The baseline takes the same figures, ranks them as they
are and leads where one exceeds mean + 3 standard deviations over all institutions and months alike.
"""

from __future__ import annotations

import csv
import shutil
import statistics
import sys
import tempfile
from bisect import bisect_left, bisect_right
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb

from benchmarks._measure import AS_OF, SCRATCH, START, tell
from zhunsheng import runs, sources
from zhunsheng.book import load
from zhunsheng.cli.county import knowledge_of
from zhunsheng.engines import duck
from zhunsheng.generator import generate
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.clues import compare, value
from zhunsheng.patterns.population import Measure

Spot = tuple[str, str]
LEADS = 100


def measure(lines: int, seed: int, schemes: int) -> list[dict[str, Any]]:
    """Generate, import and judge one county; score every rule that has schemes."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    try:
        home, knowledge = Home(folder / "var"), knowledge_of(load(ROOT / "rulebook"))
        generate(folder / "files", seed=seed, lines=lines, months=12, start=START, knowledge=knowledge, count=schemes)
        sources.load(home, [folder / "files" / "import"], recorded_at=1_793_000_000)
        runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
        with duck.connect(str(runs.current(home)), read_only=True) as con:
            return scores(con, planted(folder / "files" / "schemes.csv"))
    finally:
        shutil.rmtree(folder)


def planted(path: Path) -> dict[str, set[Spot]]:
    """Return the planted institution-months of each rule."""
    found: dict[str, set[Spot]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["rule_id"]].add((row["institution_id"], row["month"]))
    return found


def scores(con: duckdb.DuckDBPyConnection, told: dict[str, set[Spot]]) -> list[dict[str, Any]]:
    """Return one row of figures per rule with schemes."""
    touched = {spot for spots in told.values() for spot in spots}
    every = set(con.execute("SELECT institution_id, month FROM institution_month").fetchall())
    bindings = bind(load(ROOT / "rulebook"))
    rows = []
    for rule, spots in sorted(told.items()):
        found = [Measure(*row) for row in con.execute("SELECT * FROM measure WHERE rule_id = ?", [rule]).fetchall()]
        name = con.execute("SELECT pattern FROM rule WHERE rule_id = ?", [rule]).fetchone()
        pattern = PATTERNS[name[0]] if name else None
        own: dict[Spot, float] = defaultdict(lambda: -1.0)
        plain: dict[Spot, float] = defaultdict(lambda: -1.0)
        for one in found:
            plain[_spot(one)] = max(plain[_spot(one)], value(one))
        if pattern and pattern.family != "event":
            for seen in compare(sorted(found), bindings[pattern.name]):
                own[_spot(seen.measure)] = 1 - seen.p
        else:
            own.update(plain)
        query = "SELECT DISTINCT institution_id, month FROM finding WHERE rule_id = ? AND verdict <> 'unknown'"
        leads = set(con.execute(query, [rule]).fetchall())
        figures = [plain[spot] for spot in plain]
        limit = statistics.fmean(figures) + 3 * statistics.pstdev(figures)
        fixed = {spot for spot in plain if plain[spot] > limit}
        clean = every - touched
        for who, ranked, named in (("clues", own, leads), ("mean+3sd", plain, fixed)):
            rows.append({"rule": rule, "by": who} | _figures(spots, clean, ranked, named))
    return rows


def _spot(one: Measure) -> Spot:
    return one.institution_id, one.period


def _figures(spots: set[Spot], clean: set[Spot], ranked: dict[Spot, float], leads: set[Spot]) -> dict[str, Any]:
    order = sorted(spots | clean, key=lambda spot: (-ranked.get(spot, -1.0), spot))[:LEADS]
    hits = sum(spot in spots for spot in order)
    return {
        "planted": len(spots),
        "found": len(leads & spots),
        "auc": round(auc([ranked.get(s, -1.0) for s in spots], [ranked.get(s, -1.0) for s in clean]), 3),
        "precision_at_100": hits / LEADS,
        "at_most": min(len(spots), LEADS) / LEADS,
        "clean": len(clean),
        "false_per_1000_clean": round(1000 * len(leads & clean) / len(clean), 2),
    }


def auc(hits: list[float], others: list[float]) -> float:
    """Return the chance that a hit ranks above a clean one, ties as half (Mann-Whitney)."""
    ordered = sorted(others)
    above = sum(bisect_left(ordered, x) + bisect_right(ordered, x) for x in hits)
    return above / (2 * len(hits) * len(others))


def main() -> None:
    """Measure, print a table and a line of JSON."""
    numbers = [int(text) for text in sys.argv[1:]] + [300_000, 1, 20][len(sys.argv) - 1 :]
    found = measure(*numbers)
    pairs = list(zip(found[::2], found[1::2], strict=True))
    shown = [(one["rule"], _told(one), _told(plain)) for one, plain in pairs]
    tell("clues", f"python -m benchmarks.clues {' '.join(map(str, numbers))}", shown, {"rows": found})


def _told(one: dict[str, Any]) -> str:
    return (
        f"AUC {one['auc']}, P@100 {one['precision_at_100']} of {one['at_most']}, "
        f"found {one['found']}/{one['planted']}, false {one['false_per_1000_clean']}/1000 clean"
    )


if __name__ == "__main__":
    main()
