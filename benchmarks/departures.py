"""Departures of two published, labelled temperature series from their own past, beside plain thresholds.

    python -m benchmarks.departures

The series and the labelled windows are those of the Numenta anomaly benchmark (a machine, a room). A window is found
where an event begins in it; an event that begins in none is a false alarm. The thresholds join what lies within 48
hours, as the detector does. *Hindsight* knows the mean of the whole series; *trailing* knows the past three weeks.
The shipped figures were chosen on these two series; *across* chooses them on one and counts on the other.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from datetime import UTC, datetime
from itertools import pairwise, product
from pathlib import Path

import numpy as np

from benchmarks._measure import tell
from zhunsheng.book.telemetry import Departing, load_detectors
from zhunsheng.kernel.home import ROOT
from zhunsheng.telemetry.departures import departures
from zhunsheng.telemetry.series import Floats

NAMES = ("ambient", "machine")
MONTH = 30.44 * 86_400
QUIET = 48 * 3600.0
#: What a choice of figures may be: hours of past, hours averaged, hundredths of a spread.
CHOICES = tuple(product((168, 336, 504), (6, 12, 24), (300, 400, 500, 600)))
Series = tuple[Floats, Floats, list[tuple[float, float]]]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def read(folder: Path) -> dict[str, Series]:
    """Return times, values in degrees Celsius and labelled windows of each series."""
    labels = json.loads((folder / "combined_windows.json").read_text("utf-8"))
    found = {}
    for name in NAMES:
        file = f"{name}_temperature_system_failure.csv"
        with (folder / file).open(encoding="utf-8") as rows:
            told = [(moment(row["timestamp"]), (float(row["value"]) - 32) / 1.8) for row in csv.DictReader(rows)]
        at, values = np.array(sorted(told)).T
        windows = [(moment(first), moment(last)) for first, last in labels[f"realKnownCause/{file}"]]
        found[name] = at, values, windows
    return found


def counted(events: list[float], windows: list[tuple[float, float]]) -> tuple[int, int]:
    """Return how many windows hold the beginning of an event, and how many events begin in none."""
    hit = sum(any(first <= event <= last for event in events) for first, last in windows)
    return hit, sum(not any(first <= event <= last for first, last in windows) for event in events)


def joined(at: Floats) -> list[float]:
    """Return the first of each row of moments no further apart than the quiet time."""
    return [float(at[0]), *(float(b) for a, b in pairwise(at) if b - a > QUIET)] if len(at) else []


def trailing(at: Floats, values: Floats, days: float = 21.0) -> Floats:
    """Return the moments that lie three standard deviations off the mean of the past three weeks."""
    sums, squares = (np.concatenate(([0.0], np.cumsum(values**power))) for power in (1, 2))
    first = np.searchsorted(at, at - days * 86_400)
    here = np.arange(len(at))
    count = np.maximum(here - first, 1)
    mean = (sums[here] - sums[first]) / count
    spread = np.sqrt(np.maximum((squares[here] - squares[first]) / count - mean**2, 0))
    return at[(count > 48) & (np.abs(values - mean) > 3 * spread)]


def events(series: Series, rule: Departing) -> list[float]:
    return [one.since for one in departures(series[0], series[1], rule)]


def best(series: Series, rule: Departing) -> Departing:
    """Return the choice that finds most windows of a series, with the fewest false alarms among those."""

    def rank(one: Departing) -> tuple[int, int]:
        hit, false = counted(events(series, one), series[2])
        return -hit, false

    named = ("past_hours", "smooth_hours", "spreads_e2")
    return min((rule.model_copy(update=dict(zip(named, one, strict=True))) for one in CHOICES), key=rank)


def main() -> None:
    folder = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", str(ROOT.parent / "shared/data"))) / "cold_chain"
    if not folder.is_dir():
        sys.exit("ZHUNSHENG_SHARED_DATA does not hold cold_chain")
    told, rule = read(folder), load_detectors(ROOT / "rulebook").departing
    ways = {
        "shipped": lambda name: events(told[name], rule),
        "across": lambda name: events(told[name], best(told[NAMES[1 - NAMES.index(name)]], rule)),
        "hindsight 3 sd": lambda name: joined(
            told[name][0][np.abs(told[name][1] - told[name][1].mean()) > 3 * told[name][1].std()]
        ),
        "trailing 3 sd": lambda name: joined(trailing(*told[name][:2])),
    }
    rows, data = [], {}
    for name, (at, _, windows) in told.items():
        months = float(at[-1] - at[0]) / MONTH
        for way, found in ways.items():
            hit, false = counted(found(name), windows)
            rows.append((f"{name}: {way}", f"{hit} of {len(windows)} windows", f"{false / months:.2f} false a month"))
            data[f"{name} {way}"] = {"found": hit, "windows": len(windows), "false": false, "months": round(months, 2)}
    tell("departures", "python -m benchmarks.departures", rows, {"figures": data})


if __name__ == "__main__":
    main()
