"""The form over many devices gives the excursions of the form over one."""

import random
from dataclasses import astuple

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.telemetry.trips import LIMITS, MINUTE, START, reading, rows
from zhunsheng.telemetry.scan import scan
from zhunsheng.telemetry.series import series
from zhunsheng.telemetry.temperature import expose


def excursions(table):
    """Return what the form over one device finds, device by device."""
    found = []
    for device in sorted(set(table["device"].to_pylist())):
        at, celsius = series(table.filter(np.array(table["device"].to_pylist()) == device)).of("temperature")
        found += [(device, *astuple(one)) for one in expose(at, celsius, LIMITS, LIMITS.hold_seconds("transport"))[1]]
    return found


def scanned(table):
    con = duckdb.connect()
    con.register("reading", table)
    rows = scan(con, LIMITS, "transport").to_pylist()
    seconds = [[row[name] and row[name].timestamp() for name in ("since", "last_out", "cleared")] for row in rows]
    rest = [(row["extreme"], row["minutes"], row["sure_minutes"]) for row in rows]
    return [(row["device"], *when, *values) for row, when, values in zip(rows, seconds, rest, strict=True)]


def assert_alike(table):
    mine, theirs = scanned(table), excursions(table)
    assert [row[:4] for row in mine] == [row[:4] for row in theirs]
    for one, other in zip(mine, theirs, strict=True):
        assert one[4:] == pytest.approx(other[4:], abs=1e-6)


step = st.tuples(
    st.sampled_from([1, 5, 5, 10, 11, 400]), st.one_of(st.floats(-2, 12), st.sampled_from([2.0, 7.7, 8.0]))
)


@given(st.lists(step, min_size=1, max_size=40), st.lists(step, min_size=1, max_size=40))
@settings(max_examples=times(60), deadline=None)
def test_both_forms_find_the_same_excursions(one, other):
    readings = []
    for device, steps in (("L1", one), ("L2", other)):
        minute = 0
        for seq, (wait, celsius) in enumerate(steps):
            minute += wait
            readings.append(reading(minute, seq, device=device, temperature=celsius))
    random.Random(len(readings)).shuffle(readings)
    assert_alike(rows(readings))


def test_an_excursion_over_midnight_is_one():
    late = (START.replace(hour=23, minute=50) - START) / MINUTE
    readings = [reading(late + 5 * n, n, temperature=9.0 if 1 <= n <= 4 else 5.0) for n in range(8)]
    assert_alike(rows(readings))
    assert len(scanned(rows(readings))) == 1


def test_nodes_and_readings_without_temperature_are_left_out():
    table = rows([reading(0, 0, temperature=9.0), reading(5, 1, door=True), reading(9, 2, temperature=9.0)])
    assert_alike(table)
    assert scanned(table)[0][5] == pytest.approx(9.0)
