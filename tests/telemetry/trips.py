"""Trips and readings that tests of the judgement share."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from zhunsheng.book.telemetry import load_detectors, load_regimes
from zhunsheng.telemetry.plans import TripPlan
from zhunsheng.telemetry.sets import table
from zhunsheng.telemetry.wire import Reading

BOOK = Path(__file__).resolve().parents[2] / "rulebook"
REGIMES = load_regimes(BOOK)
COLD = REGIMES["cold_2_8"]
LIMITS = COLD.on(date(2026, 11, 1))
DETECTORS = load_detectors(BOOK)
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def plan(minutes=120, **given):
    values = {
        "org": "V1", "device": "L1", "regime": "cold_2_8", "setting": "transport", "starts": START,
        "ends": START + minutes * MINUTE, "ended": START + minutes * MINUTE, "calibrated_on": date(2026, 3, 1),
    }  # fmt: skip
    return TripPlan(**(values | given))


def reading(minute, seq, boot="a", device="L1", **values):
    sound = {key: float(value) if type(value) is int else value for key, value in values.items()}
    return Reading("V1", device, "reading", boot, seq, START + minute * MINUTE, sound)


def told(temperatures, every=5, **values):
    """Readings of a temperature each so many minutes, from the start on."""
    return [reading(n * every, n, temperature=float(c), **values) for n, c in enumerate(temperatures)]


def rows(readings, delay=timedelta(seconds=1)):
    return table(readings, [one.at + delay for one in readings])
