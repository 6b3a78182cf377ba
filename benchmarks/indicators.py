"""A hundred indicators over 80 institutions and 36 months, one pass per table; false alarms where nothing changes.

    python -m benchmarks.indicators [LINES]     (default 30000000: ten copies of a county of 3,000,000)
    python -m benchmarks.indicators null        (alerts on series in which nothing happens, beside the nominal rate)

The facts are those of a generated county, copied until the size is reached, each copy with institutions and months of
its own. The floor counts the filled values of the columns that the indicators read, in the same process; the peer asks
one query per indicator, each grouped by institution and month, as measure by measure is usually reckoned.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import AS_OF, SCRATCH, county, median, peak_mib, tell
from zhunsheng.book import Book, load
from zhunsheng.book.indicators import Condition, Indicator
from zhunsheng.engines import duck
from zhunsheng.facts import lake
from zhunsheng.indicators import control, counting
from zhunsheng.indicators.compile import passes
from zhunsheng.indicators.plain import Counted
from zhunsheng.indicators.values import judge
from zhunsheng.kernel.home import ROOT
from zhunsheng.runs import serving

M, WANTED, PLACES = 3_000_000, 100, 80
TABLES = {"charge_line": ("service_date",), "encounter": ("start_date", "end_date"), "settlement": ("settled_on",)}
EMPLOYEES = Condition(column="insurance_kind", equals="310")


def hundred(book: Book) -> Book:
    """Return a book of a hundred indicators over charges, settlements and stays: its own, and those of employees."""
    own = [one for one in book.indicators.values() if one.table in ("charge", "settled", "stay", "encounter")]
    more = [
        one.model_copy(update={"id": f"{one.id}_employees", "universe": (*one.universe, EMPLOYEES)})
        for one in own
        if EMPLOYEES.column not in one.columns
    ]
    return book.model_copy(update={"indicators": {one.id: one for one in (own + more + _older(own))[:WANTED]}})


def _older(own: list[Indicator]) -> list[Indicator]:
    residents = Condition(column="insurance_kind", equals="390")
    return [one.model_copy(update={"id": f"{one.id}_residents", "universe": (*one.universe, residents)})
            for one in own if residents.column not in one.columns]  # fmt: skip


def enlarge(con: Any, copies: int) -> None:
    """Copy the facts, each copy with other institutions and, one after another, another of three years."""
    place = f"'H' || LPAD(CAST(HASH(institution_id, k % 4) % {PLACES} AS VARCHAR), 10, '0') AS institution_id"
    keys = ", ".join(f"{key} || '-' || k AS {key}" for key in ("encounter_id", "person_id"))
    for name, days in TABLES.items():
        earlier = [f"CAST({day} - TO_MONTHS(CAST(12 * (k % 3) AS INTEGER)) AS DATE) AS {day}" for day in days]
        changed = ", ".join([place, keys, *earlier])
        con.execute(f"CREATE TABLE big AS SELECT t.* REPLACE ({changed}) FROM {name} AS t, RANGE({copies}) AS r(k)")
        con.execute(f"DROP TABLE {name}; ALTER TABLE big RENAME TO {name}")


def measure(lines: int) -> dict[str, Any]:
    """Count a hundred indicators, then the floor and the peer, then judge anew."""
    home, book = county(min(lines, M)), hundred(load(ROOT / "rulebook"))
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        con = duck.connect(str(Path(folder) / "facts.duckdb"), memory=duck.budget())
        snapshot = lake.latest(home)
        assert snapshot is not None
        serving.load_facts(con, home, snapshot, AS_OF)
        enlarge(con, max(1, round(lines / M)))
        duck.create_peers(con)
        began = time.perf_counter()
        counting.count(con, book)
        whole = time.perf_counter() - began
        todo = passes(book.indicators.values())
        rows = {p.table: con.execute(f"SELECT COUNT(*) FROM {p.table}").fetchone()[0] for p in todo}
        each = {
            " ".join(filter(None, (p.table, *p.subject[1:], p.key))): _timed(con, counting.text(p, book)) for p in todo
        }
        floor = sum(_floor(con, table, todo) for table in rows)
        alone = sum(_timed(con, counting.text(p, book)) for one in book.indicators.values() for p in passes([one]))
        stored = con.execute("SELECT * FROM indicator_count").fetchall()
        con.close()
    met = sum(rows[p.table] for p in todo)
    return {
        "lines": rows["charge"], "rows_met": met, "indicators": len(book.indicators), "passes": len(todo),
        "counts_kept": len(stored), "institutions": len({row[3] for row in stored}),
        "months": len({row[4] for row in stored}), "seconds_with_wide_tables_and_peers": round(whole, 2),
        "seconds": round(sum(each.values()), 2), "by_pass": {name: round(taken, 2) for name, taken in each.items()},
        "rows_per_second": round(met / sum(each.values())), "floor_seconds": round(floor, 2),
        "one_query_each_seconds": round(alone, 2), "peak_mib": round(peak_mib()), **rejudge(book, stored),
    }  # fmt: skip


def _timed(con: Any, text: str) -> float:
    began = time.perf_counter()
    con.execute(text).fetchall()
    return time.perf_counter() - began


def _floor(con: Any, table: str, todo: list[Any]) -> float:
    """Count the filled values of every column that the indicators of a table read, once per table."""
    read = {c for p in todo if p.table == table for one in p.indicators for c in (*one.columns, one.date, *p.subject)}
    return _timed(con, f"SELECT {', '.join(f'COUNT({column})' for column in sorted(read))} FROM {table}")


def rejudge(book: Book, stored: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Judge the kept counts anew after a target has changed: of one indicator, and of all of them."""
    kept = [Counted(*row) for row in stored]
    one = next(i for i in book.indicators.values() if i.targets)
    target = one.targets[0].model_copy(update={"value": "50"})
    changed = one.model_copy(update={"targets": (target,)})
    mine = [c for c in kept if c.indicator_id == one.id]
    seconds = median(lambda: [judge(changed, c, kind="hospital", level="2") for c in mine])
    everything = median(lambda: [judge(book.indicators[c.indicator_id], c, kind="hospital", level="2") for c in kept])
    return {"rejudged": len(mine), "rejudge_seconds": round(seconds, 4), "rejudge_all_seconds": round(everything, 2)}


def null() -> dict[str, Any]:
    """Return alerts per indicator, subject and year on series in which nothing changes, by kind of figure."""
    draw, subjects, months = np.random.default_rng(20261123), 2000, 36
    found = {}
    for name, (upper, lower, share) in _kinds(draw, subjects, months).items():
        alarms = judged = 0
        for place in range(subjects):
            for month in range(12, months):
                start = max(0, month - control.MOST_MONTHS)
                a, b = upper[place, start : month + 1], lower[place, start : month + 1]
                said = control.scaled(a / b, by_ratio=True) if share is None else control.counted(a, b, share=share)
                alarms += said[2] > said[3]
                judged += 1
        found[name] = round(12 * alarms / judged, 4)
    return {
        "nominal": round(12 * control.NOMINAL, 4),
        "subjects": subjects,
        "months": months - 12,
        "alarms_per_year": found,
    }


def _kinds(
    draw: np.random.Generator, subjects: int, months: int
) -> dict[str, tuple[np.ndarray, np.ndarray, bool | None]]:
    shape = (subjects, months)
    size = draw.integers(150, 450, shape).astype(float)
    few = draw.integers(20, 60, shape).astype(float)
    own = draw.beta(0.9 * 60, 0.1 * 60, shape)  # every month has a share of its own
    return {
        "share 10 % of 150-450": (draw.binomial(size.astype(int), 0.1).astype(float), size, True),
        "share 2 % of 20-60": (draw.binomial(few.astype(int), 0.02).astype(float), few, True),
        "share 10 %, months that differ": (draw.binomial(size.astype(int), 1 - own).astype(float), size, True),
        "rate 5 in 100": (draw.poisson(size * 0.05).astype(float), size, False),
        "mean, normal": (draw.normal(100, 10, shape), np.ones(shape), None),
        "mean, skewed": (draw.lognormal(4.6, 0.2, shape), np.ones(shape), None),
    }


def _told(data: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    size = f"{data['lines']:,} lines, {data['institutions']} institutions, {data['months']} months"
    yield (
        f"{data['indicators']} indicators, {size}",
        f"{data['seconds']} s = {data['rows_per_second']:,} rows/s",
        f"floor {data['floor_seconds']} s",
    )
    yield "one query per indicator", f"{data['one_query_each_seconds']} s", ""
    yield (
        "with wide tables and peers",
        f"{data['seconds_with_wide_tables_and_peers']} s",
        f"peak {data['peak_mib']} MiB",
    )
    yield (
        f"judging {data['rejudged']:,} values anew",
        f"{data['rejudge_seconds']} s",
        f"all {data['counts_kept']:,}: {data['rejudge_all_seconds']} s",
    )


def main() -> None:
    """Print the figures, or with ``null`` the false alarms."""
    if "null" in sys.argv:
        data = null()
        rows = [
            (name, f"{rate} a year", f"nominal {data['nominal']}") for name, rate in data["alarms_per_year"].items()
        ]
        tell("indicators null", "python -m benchmarks.indicators null", rows, data)
        return
    lines = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 10 * M)
    data = measure(lines)
    tell("indicators", "zhunsheng bench indicators", list(_told(data)), data)


if __name__ == "__main__":
    main()
