"""The trip of the demo: its cooling fails as the demo begins, and what follows can be watched within minutes."""

import json
from datetime import UTC, datetime, timedelta

from zhunsheng.book.telemetry import load_regimes
from zhunsheng.casework.trips import demo
from zhunsheng.casework.trips.models import Trip
from zhunsheng.kernel.home import ROOT

MOMENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TRIP = Trip(vendor_id="91990124MA7QH0004F", starts_at=MOMENT - demo.BEFORE)


def said(minutes):
    """What the box says so many minutes after the demo began."""
    at = MOMENT + timedelta(minutes=minutes)
    number = int((at - TRIP.starts_at).total_seconds()) // demo.EVERY
    topic, payload = demo.live_message(TRIP, number, at, MOMENT)
    assert topic == f"zs/v1/{TRIP.vendor_id}/{demo.LIVE}/reading"
    return json.loads(payload)["values"]


def test_it_is_well_before_out_of_range_at_once_and_beyond_every_limit_before_it_ends():
    limits = load_regimes(ROOT / "rulebook")["blood"].on(MOMENT.date())
    before = [said(-minutes) for minutes in range(2, 20)]
    assert all(limits.low_c <= one["temperature"] <= limits.high_c and one["power"] for one in before)
    assert not said(0)["power"]
    assert said(1)["temperature"] > limits.high_c + limits.accuracy_c
    assert said(4)["temperature"] > limits.never_above_c


def test_it_arrives_before_it_ends():
    last = said(demo.AFTER.total_seconds() / 60)
    assert (last["latitude"], last["longitude"], last["speed"]) == (*demo.TARGET, 0.0)
