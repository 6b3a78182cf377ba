"""Lights on planted stories, on look-alikes and on vendor-years in which nothing is wrong.

    python -m benchmarks.lights [VENDOR_YEARS]        (default 1000)

The generator tells the stories and knows nothing of lights. Monthly counts are made here in plain SQL over the facts;
each story is set beside the day on which it became knowable by the key. Null years are drawn by chance alone: every
yellow and red light on them is false.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks._measure import AS_OF, tell
from zhunsheng.book import load as load_book
from zhunsheng.book.lights import load_lights
from zhunsheng.cli.county import knowledge_of
from zhunsheng.facts import lake
from zhunsheng.generator import generate
from zhunsheng.generator.vendors import null_years
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.kernel.time import month_start
from zhunsheng.lights.causes import Lit, evaluate
from zhunsheng.lights.values import Event, Value
from zhunsheng.sources import load

REPORTS = "('laboratory', 'pathology', 'imaging', 'tele_ecg', 'remote_diagnosis', 'ai_diagnosis')"
#: A share: its rows, the day that names the month, what counts, and what leaves a row unknown.
DUE = "due_at IS NOT NULL AND state NOT IN ('rejected', 'cancelled')"
SHARES = {
    "vendors/report_late": ("service_order", f"service_kind IN {REPORTS} AND {DUE}", "ordered_on", "done_at > due_at"),
    "vendors/delivery_late": (
        "service_order",
        f"service_kind = 'logistics' AND {DUE}",
        "ordered_on",
        "done_at > due_at",
    ),
    "vendors/sample_acceptance": (
        "service_order",
        "service_kind IN ('laboratory', 'pathology') AND state IS DISTINCT FROM 'cancelled'",
        "ordered_on",
        "state <> 'rejected'",
    ),
    "vendors/complaint_satisfaction": ("complaint", "TRUE", "received_on", "satisfied"),
    "vendors/orders": ("service_order", "state IS DISTINCT FROM 'cancelled'", "ordered_on", "TRUE"),
    "vendors/test_accuracy": ("reviewed", "service_kind = 'laboratory'", "reviewed_on", "concordant"),
    "vendors/diagnostic_concordance": ("reviewed", "service_kind <> 'laboratory'", "reviewed_on", "concordant"),
} | {
    f"vendors/satisfaction_{name}": ("survey_answer", "respondent = 'patient'", "answered_on", f"{name} >= 4")
    for name in ("attitude", "professional", "waiting", "cost")
}
REVIEWED = (
    "CREATE VIEW reviewed AS SELECT r.*, o.service_kind FROM second_reading r "
    "LEFT JOIN service_order o USING (vendor_id, order_id)"
)
#: Which light answers which story; the other stories are told by findings and papers, not by lights.
ANSWERS = {"misdiagnosis_rising": "concordance", "late_rising": "late_deliveries", "leak_at_exit": "data_leak"}
HARMLESS = ("holiday_backlog", "new_analyser")


def values(con: duckdb.DuckDBPyConnection) -> list[Value]:
    """Return the monthly counts of every vendor."""
    con.execute(REVIEWED)
    found = []
    for name, (table, where, day, counts) in SHARES.items():
        rows = con.execute(
            f"SELECT vendor_id, date_trunc('month', {day})::DATE, COUNT(*) FILTER ({counts}), "
            f"COUNT(*) FILTER (({counts}) IS NOT NULL), COUNT(*) FILTER (({counts}) IS NULL) "
            f"FROM {table} WHERE {where} GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        found += [Value(name, *row) for row in rows]
    return found


def over(tables: dict[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """Return a connection with the tables as views."""
    con = duckdb.connect()
    for name, table in tables.items():
        con.register(name, table)
    return con


#: Of the register of a null vendor: people, devices, and the share of each that comes or goes in a month by chance.
PEOPLE, DEVICES = (20, 0.03), (8, 0.02)
#: Results of a null month, the share within reference, and how far vendors differ by whom they test.
RESULTS, WITHIN, MIX = 300, 0.9, 0.01


def by_chance(count: int, first: date, months: int, seed: int = 1) -> tuple[list[Value], list[Event]]:
    """Return of null vendors the changes of staff and devices, and shares within reference, which peers are held to."""
    rng, told, happened = np.random.default_rng([seed, 51]), [], []
    for vendor in (f"N{n:06d}" for n in range(1, count + 1)):
        usual = min(1.0, rng.normal(WITHIN, MIX))
        for month in (month_start(first, n) for n in range(months)):
            value = int(rng.binomial(RESULTS, usual))
            told.append(Value("vendors/within_reference", vendor, month, value, RESULTS))
            for kind, (whole, share) in (("staff_left", PEOPLE), ("devices_changed", DEVICES)):
                if part := int(rng.binomial(whole, share)):
                    known = month_start(month, 1)
                    happened.append(Event(f"{month:%Y-%m}", vendor, kind, "", month, known, share=(part, whole)))
    return told, happened


def null(count: int) -> dict[str, Any]:
    """Return how many false lights null vendor-years raise, by colour and by light."""
    con = over(null_years(count, seed=1))
    told, happened = by_chance(count, date(2025, 11, 1), 12)
    told += values(con)
    began = time.perf_counter()
    lits = evaluate(load_lights(ROOT / "rulebook").values(), told, happened, date(2026, 11, 1))
    taken = time.perf_counter() - began
    colours = Counter(one.colour for one in lits)
    return {
        "vendor_years": count,
        **{f"{colour}_per_vendor_year": colours[colour] / count for colour in ("blue", "yellow", "red")},
        "by_light": dict(sorted(Counter(one.light_id for one in lits).items())),
        "judged_values": len(told),
        "judged_events": len(happened),
        "seconds": round(taken, 2),
    }


def stories(out: Path) -> dict[str, Any]:
    """Return for each planted story the day it was knowable and the day its light came on; what look-alikes raised."""
    generate(out / "made", lines=60_000, knowledge=knowledge_of(load_book(ROOT / "rulebook")))
    home = Home(out / "site")
    load(home, [out / "made" / "import"], recorded_at=0)
    snapshot, con = lake.latest(home), duckdb.connect()
    for name in ("service_order", "second_reading", "survey_answer", "complaint", "incident"):
        con.execute(f"CREATE VIEW {name} AS {lake.select(name, lake.files(home, snapshot, name))}")
    known = "SELECT incident_id, vendor_id, kind, weight, occurred_on, COALESCE(reported_on, occurred_on) FROM incident"
    events = [Event(*row) for row in con.execute(known).fetchall()]
    lits = evaluate(load_lights(ROOT / "rulebook").values(), values(con), events, month_start(AS_OF, 1))
    with (out / "made" / "vendor_key.csv").open(encoding="utf-8", newline="") as file:
        key = {row["story"]: row for row in csv.DictReader(file)}
    told = {story: _beside(key[story], light, lits) for story, light in ANSWERS.items()}
    return {"stories": told, "harmless": {one: _raised(key[one], lits) for one in HARMLESS},
            "all": sorted(f"{one.subject_id} {one.light_id} {one.colour} {one.came_on}" for one in lits)}  # fmt: skip


def _beside(row: dict[str, str], light: str, lits: list[Lit]) -> dict[str, Any]:
    days = [one.came_on for one in lits if one.subject_id == row["vendor_id"] and one.light_id == f"vendors/{light}"]
    known = date.fromisoformat(row["known_day"])
    first = min(days, default=None)
    return {"knowable": str(known), "light": str(first), "days": (first - known).days if first else None}


def _raised(row: dict[str, str], lits: list[Lit]) -> list[str]:
    """Return the lights that came on for a vendor from the day of its look-alike on."""
    since = month_start(date.fromisoformat(row["first_day"]))
    return [one.light_id for one in lits if one.subject_id == row["vendor_id"] and one.since >= since]


def main() -> None:
    """Measure, print a table and one line of JSON."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        found = {"null": null(count), **stories(Path(folder))}
    rows = [
        (story, f"light on {one['light']}", f"knowable on {one['knowable']}") for story, one in found["stories"].items()
    ]
    rows += [(story, ", ".join(raised) or "no light", "none wanted") for story, raised in found["harmless"].items()]
    for colour in ("blue", "yellow", "red"):
        rows.append((f"false {colour} per vendor-year", f"{found['null'][f'{colour}_per_vendor_year']:.4f}", ""))
    tell("Lights", f"python -m benchmarks.lights {count}", rows, found)


if __name__ == "__main__":
    main()
