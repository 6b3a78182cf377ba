"""Clocks, gaps and doubled readings of a series."""

import random
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.telemetry.trips import MINUTE, START, reading, rows
from zhunsheng.telemetry.clocks import clocks, corrected, offset_of
from zhunsheng.telemetry.gaps import gaps
from zhunsheng.telemetry.series import series
from zhunsheng.telemetry.sets import table

delays = st.lists(st.floats(0.1, 20), min_size=5, max_size=50)


@given(delays, st.floats(60, 40_000))
@settings(max_examples=times(100))
def test_a_clock_behind_is_told_to_within_the_delay_of_the_line(found, behind):
    told = offset_of(np.array(found) + behind)
    assert behind <= told <= behind + 20


@given(delays, st.floats(60, 40_000))
@settings(max_examples=times(100))
def test_a_clock_ahead_is_told_by_readings_from_the_future(found, ahead):
    told = offset_of(np.array(found) - ahead)
    assert -ahead <= told <= -ahead + 20


@given(delays)
def test_a_clock_that_is_right_is_left_alone(found):
    assert offset_of(np.array(found)) == 0


def test_bursts_tell_nothing_of_the_clock():
    assert offset_of(np.arange(50) * 300.0 + 400) is None
    assert offset_of(np.array([])) is None
    assert offset_of(np.array([500.0] * 4)) is None, "too few to tell"


@given(st.integers(0, 1000))
@settings(max_examples=times(30), deadline=None)
def test_the_order_of_arrival_and_doubled_rows_change_nothing(seed):
    readings = [reading(n * 5, n, temperature=5 + n / 10) for n in range(30)]
    moments = [one.at + timedelta(seconds=1) for one in readings]
    pairs = list(zip(readings * 2, moments * 2, strict=True))
    random.Random(seed).shuffle(pairs)
    one = series(table([pair[0] for pair in pairs], [pair[1] for pair in pairs]))
    other = series(rows(readings))
    assert (one.doubled, one.conflicts) == (30, 0)
    assert np.array_equal(one.at, other.at)
    assert np.array_equal(one.values["temperature"], other.values["temperature"])


def test_boots_are_put_right_each_by_itself():
    first = [reading(n, n, boot="a", temperature=5) for n in range(10)]
    behind = [reading(n - 600, n, boot="b", temperature=6) for n in range(10, 20)]
    moments = [START + n * MINUTE + timedelta(seconds=1) for n in range(20)]
    told = series(table(first + behind, moments))
    found = clocks(told, 600)
    assert [one.offset_s for one in found] == [0.0, pytest.approx(36_001)]
    right = corrected(told, found)
    assert right.values["temperature"].tolist() == [5.0] * 10 + [6.0] * 10
    assert np.all(np.diff(right.at) > 0)


def of(readings, minutes=60, hold=600):
    return [
        (gap.kind, gap.missing, gap.minutes)
        for gap in gaps(series(rows(readings)), START.timestamp(), (START + minutes * MINUTE).timestamp(), hold)
    ]


def test_gaps_have_their_kinds():
    steady = [reading(n * 5, n, temperature=5) for n in range(13)]
    assert of(steady) == []
    assert of([]) == [("silent", 0, 60)]
    assert of(steady[:4] + steady[8:]) == [("missing", 4, 25)]
    assert of([one for one in steady if one.seq != 5]) == [("missing", 1, 10)], "even a short hole is lost data"
    asleep = [reading(0, 0, temperature=5), *(reading(30 + n * 5, 1 + n, temperature=5) for n in range(7))]
    assert of(asleep) == [("asleep", 0, 30)]
    anew = [reading(0, 7, temperature=5), *(reading(30 + n * 5, n, boot="b", temperature=5) for n in range(7))]
    assert of(anew) == [("restart", 0, 30)]
    lost = [reading(0, 7, temperature=5), *(reading(30 + n * 5, 9 + n, boot="b", temperature=5) for n in range(7))]
    assert of(lost) == [("missing", 8, 30)]
    assert of(steady[:7]) == [("silent", 0, 30)]
    assert of(steady[6:]) == [("asleep", 0, 30)], "the first boot may have begun long before"
