"""Departures of a series from its own past: worked ones, nothing after the moment, and the published series."""

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import departures as bench
from tests.telemetry.trips import DETECTORS
from zhunsheng.telemetry.departures import departures, hourly

RULE = DETECTORS.departing
HOUR = 3600.0
SHARED = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", "absent")) / "cold_chain"


def weeks(count, seed=1):
    at = np.arange(0, count * 7 * 24) * HOUR
    return at, 20 + np.sin(at / HOUR / 24 * 6.2832) + np.random.default_rng(seed).normal(0, 0.3, len(at))


def test_a_series_that_goes_on_as_before_departs_never():
    assert [departures(*weeks(12, seed), RULE) for seed in range(10)] == [[]] * 10


def test_a_fault_is_told_once_and_within_a_day():
    at, values = weeks(8)
    values[1000:1040] += 9
    found = departures(at, values, RULE)
    assert len(found) == 1
    assert 0 < found[0].since - at[1000] <= 24 * HOUR
    assert found[0].spreads > 5


def test_what_is_said_of_a_moment_uses_nothing_after_it():
    at, values = weeks(8)
    values[900:] += 9
    before = departures(at[:950], values[:950], RULE)
    assert before[0].since == departures(at, values, RULE)[0].since


def test_too_short_a_past_says_nothing_and_hours_are_means():
    assert departures(*(column[:60] for column in weeks(1)), RULE) == []
    assert departures(np.empty(0), np.empty(0), RULE) == []
    hours, means = hourly(np.array([0.0, 10.0, 3700.0]), np.array([1.0, 3.0, 5.0]))
    assert (hours.tolist(), means.tolist()) == ([0.0, 1.0], [2.0, 5.0])


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared data is absent")
def test_the_published_windows_are_found_with_fewer_false_alarms_than_a_threshold():
    for name, (at, values, windows) in bench.read(SHARED).items():
        hit, false = bench.counted([one.since for one in departures(at, values, RULE)], windows)
        plain_hit, plain_false = bench.counted(bench.joined(bench.trailing(at, values)), windows)
        assert hit >= plain_hit, name
        assert false < plain_false, name
