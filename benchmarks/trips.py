"""Judging of readings: the scan of excursions over many devices, trips judged whole, readings watched live.

    python -m benchmarks.trips [ROWS]        (default 10,000,000; the figure of docs/benchmarks.md is of 100,000,000)

Readings of a thousand fridges each five minutes lie in Parquet by day, as closed days do; one day of a device in fifty
goes out of range. The floor beside the scan reads the same files and counts what is out of range in numpy, without
order, excursions or durations.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks._measure import SCRATCH, median, peak_mib, tell
from zhunsheng.book.telemetry import Detectors, load_detectors, load_regimes
from zhunsheng.kernel.home import ROOT
from zhunsheng.telemetry.drift import drift
from zhunsheng.telemetry.judge import judge_trip
from zhunsheng.telemetry.plans import TripPlan
from zhunsheng.telemetry.scan import scan
from zhunsheng.telemetry.series import Series
from zhunsheng.telemetry.sets import READINGS
from zhunsheng.telemetry.watch import Watch
from zhunsheng.telemetry.wire import Reading

DEVICES, EVERY = 1000, 300
A_DAY = 86_400 // EVERY
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
BAD = 50
#: Fridges in which nothing is wrong.
NULLS = 2000


def day(number: int) -> pa.Table:
    """Return one day of all devices, in the order of the devices."""
    rng = np.random.default_rng([7, number])
    rows = DEVICES * A_DAY
    celsius = np.round(5 + 0.6 * np.sin(np.arange(rows) / 9.0) + rng.normal(0, 0.1, rows), 1)
    for device in np.flatnonzero(rng.integers(0, BAD, DEVICES) == 0):
        first = device * A_DAY + int(rng.integers(20, A_DAY - 40))
        celsius[first : first + int(rng.integers(2, 18))] += rng.uniform(3.5, 8)
    at = np.tile(np.arange(A_DAY, dtype=np.int64) * EVERY, DEVICES) + int(FIRST.timestamp()) + number * 86_400
    names = pa.array([f"L-{device:04d}" for device in range(DEVICES)])
    which = pa.array(np.repeat(np.arange(DEVICES, dtype=np.int32), A_DAY))
    known = {
        "org": pa.array(np.repeat("V1", rows)),
        "device": pa.DictionaryArray.from_arrays(which, names).cast(pa.string()),
        "boot": pa.array(np.repeat("a", rows)),
        "seq": pa.array(np.tile(np.arange(A_DAY, dtype=np.int64), DEVICES) + number * A_DAY),
        "kind": pa.array(np.repeat("reading", rows)),
        "at": pa.array(at * 1_000_000).cast(pa.timestamp("us", "UTC")),
        "received_at": pa.array(at * 1_000_000 + 900_000).cast(pa.timestamp("us", "UTC")),
        "temperature": pa.array(celsius),
    }
    columns = [known.get(field.name, pa.nulls(rows, field.type)) for field in READINGS]
    return pa.table(columns, schema=READINGS)


def files(rows: int) -> list[Path]:
    """Return the files of so many rows, made once."""
    days = max(1, round(rows / (DEVICES * A_DAY)))
    folder = SCRATCH / f"readings-{DEVICES}-{EVERY}"
    folder.mkdir(parents=True, exist_ok=True)
    found = [folder / f"{number:04d}.parquet" for number in range(days)]
    for number, path in enumerate(found):
        if not path.exists():
            pq.write_table(day(number), path.with_suffix(".part"), compression="zstd")
            path.with_suffix(".part").rename(path)
    return found


def floor(paths: list[Path]) -> int:
    """Count readings out of range in numpy, file by file."""
    found = 0
    for path in paths:
        celsius = pq.read_table(path, columns=["temperature"])["temperature"].to_numpy()
        found += int(((celsius < 2) | (celsius > 8)).sum())
    return found


def false_drifts(detectors: Detectors) -> int:
    """Return how many honest fridges, read each half hour for three weeks, are called drifting."""
    found, count = 0, 21 * 48
    at = FIRST.timestamp() + np.arange(count) * 1800.0
    none = np.zeros(count, dtype=np.int64)
    for number in range(NULLS):
        rng = np.random.default_rng([11, number])
        celsius = np.round(5 + np.repeat(rng.normal(0, 0.12, 21), 48) + rng.normal(0, 0.15, count), 1)
        told = Series(at, at, none, np.arange(count), ("a",), {"temperature": celsius})
        found += drift(told, detectors.drifting) is not None
    return found


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    paths = files(rows)
    total = sum(pq.read_metadata(path).num_rows for path in paths)
    regime, detectors = load_regimes(ROOT / "rulebook")["cold_2_8"], load_detectors(ROOT / "rulebook")
    limits = regime.on(date(2026, 1, 1))
    con = duckdb.connect()
    con.execute("SET memory_limit = '3GB'")
    con.from_parquet([str(path) for path in paths]).create_view("reading")
    times = 3 if rows <= 20_000_000 else 1
    scanned = median(lambda: scan(con, limits, "store"), times)
    excursions = scan(con, limits, "store").num_rows
    plain = median(lambda: floor(paths), times)
    judged, watched = _trips(regime, detectors)
    false = false_drifts(detectors)
    shown = [
        (f"scan of {total:,} readings", f"{total / scanned / 1e6:.1f} M readings/s", f"{excursions:,} excursions"),
        (
            "the same files, counted in numpy",
            f"{total / plain / 1e6:.1f} M readings/s",
            f"{floor(paths):,} readings out",
        ),
        ("a trip of 180 readings judged whole", f"{judged:,.0f} trips/s", ""),
        ("readings watched live", f"{watched:,.0f} readings/s", "one core"),
        (
            "honest fridges over three weeks called drifting",
            f"{false} of {NULLS:,}",
            "days differ by weather, sd 0.12 °C",
        ),
        ("peak memory", f"{peak_mib():,.0f} MiB", ""),
    ]
    data = {"rows": total, "scan_s": round(scanned, 3), "floor_s": round(plain, 3), "excursions": excursions}
    data |= {"false_drifts": false, "honest_fridges": NULLS}
    data |= {"trips_per_s": round(judged), "watched_per_s": round(watched), "peak_mib": round(peak_mib())}
    tell("trips", f"python -m benchmarks.trips {rows}", shown, data)


def _trips(regime: object, detectors: object) -> tuple[float, float]:
    """Return trips judged and readings watched in a second."""
    readings = day(0).slice(0, 180)
    given = {"org": "V1", "device": "L-0000", "regime": "cold_2_8", "setting": "transport"}
    plan = TripPlan(**given, starts=FIRST, ends=FIRST + timedelta(hours=15), ended=FIRST + timedelta(hours=15))
    as_of = FIRST + timedelta(days=2)
    taken = median(lambda: [judge_trip(plan, readings, regime, as_of, detectors) for _ in range(50)])
    one = [
        Reading("V1", "L-0000", "reading", "a", seq, FIRST + timedelta(minutes=5 * seq), {"temperature": 5.0})
        for seq in range(180)
    ]
    watch = Watch(plan, plan.limits(regime), detectors.driving)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < 2:
        watch = Watch(plan, watch.limits, watch.driving)
        for reading in one:
            watch.feed(reading, reading.at)
        count += len(one)
    return 50 / taken, count / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
