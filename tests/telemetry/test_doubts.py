"""Series that no honest sensor makes, each with an honest one beside it; drift with its false alarms counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.telemetry.trips import DETECTORS, START, reading, rows
from zhunsheng.telemetry.doubts import copies, doubts
from zhunsheng.telemetry.drift import drift
from zhunsheng.telemetry.series import series

RULE, HOLD = DETECTORS.doubtful, 600.0


def noisy(count, seed=1):
    return np.round(5 + np.random.default_rng(seed).normal(0, 0.2, count), 1)


def told(celsius, every=2, doors=None, boot=None, device="L1"):
    doors = [False] * len(celsius) if doors is None else doors
    boot = ["a"] * len(celsius) if boot is None else boot
    found = [
        reading(n * every, n, boot=boot[n], device=device, temperature=float(celsius[n]), door=bool(doors[n]))
        for n in range(len(celsius))
    ]
    return series(rows(found))


def kinds(one):
    return {doubt.kind for doubt in doubts(one, RULE, HOLD)}


@given(st.integers(0, 10_000))
@settings(max_examples=times(60), deadline=None)
def test_an_honest_sensor_is_never_doubted(seed):
    assert kinds(told(noisy(400, seed))) == set()


@pytest.mark.parametrize(("readings", "doubted"), [(61, True), (60, False)])
def test_two_hours_without_one_changed_digit(readings, doubted):
    celsius = noisy(200)
    celsius[50 : 50 + readings] = 4.6
    celsius[[49, 50 + readings]] = 5.5
    assert ("flat" in kinds(told(celsius))) is doubted


@pytest.mark.parametrize(("steps", "moves", "doubted"), [(6, 0.0, True), (4, 0.0, False), (6, 0.4, False)])
def test_air_that_does_not_notice_an_open_door(steps, moves, doubted):
    celsius, doors = noisy(100), np.zeros(100, dtype=bool)
    doors[40 : 40 + steps] = True
    celsius[40 : 40 + steps] = 4.7 + np.linspace(0, moves, steps)
    assert ("still" in kinds(told(celsius, doors=doors))) is doubted


@pytest.mark.parametrize(("length", "doubted"), [(24, True), (23, False)])
def test_a_block_that_occurs_again(length, doubted):
    celsius = noisy(200)
    celsius[120 : 120 + length] = celsius[20 : 20 + length]
    celsius[[119, 120 + length]] = 9.5
    found = [doubt for doubt in doubts(told(celsius), RULE, HOLD) if doubt.kind == "copied"]
    assert bool(found) is doubted
    assert not found or found[0].figure == length


def test_a_jump_that_no_load_can_make_unless_the_probe_or_the_door_explains_it():
    celsius = noisy(60)
    celsius[30:] += 7
    assert "jump" in kinds(told(celsius))
    assert "jump" not in kinds(told(celsius, boot=["a"] * 30 + ["b"] * 30))
    assert "jump" not in kinds(told(celsius, doors=np.arange(60) == 30))


def test_values_of_another_device_are_told_with_its_name():
    one, other = told(noisy(100, 1)), told(noisy(100, 2), device="L2")
    assert copies({"L1": one, "L2": other}, RULE) == {}
    lent = told(np.concatenate((noisy(30, 3), noisy(70, 1))), device="L3")
    found = copies({"L1": one, "L2": other, "L3": lent}, RULE)
    assert [doubt.other for doubt in found["L3"]][:1] == ["L1"]
    assert set(found) == {"L3"}


def fridge(days, slope, seed, step=0.0):
    """A fridge read each half hour whose days differ by weather, as days do."""
    rng = np.random.default_rng(seed)
    weather = np.repeat(rng.normal(0, 0.12, days), 48)
    celsius = 5 + weather + rng.normal(0, 0.15, days * 48) + np.repeat(np.arange(days) * slope, 48)
    celsius[days * 24 :] += step
    boots = ["a"] * (days * 24) + ["b" if step else "a"] * (days * 24)
    return told(np.round(celsius, 1), every=30, boot=boots)


def test_a_slow_drift_is_found_both_ways_and_measured():
    for slope in (0.06, -0.06):
        found = drift(fridge(21, slope, 3), DETECTORS.drifting)
        assert found.moved == pytest.approx(slope * 20, abs=0.35)
        assert found.days == 22, "it began in the afternoon"


def test_a_new_probe_a_short_series_and_a_small_drift_are_none():
    assert drift(fridge(20, 0.0, 3, step=0.8), DETECTORS.drifting) is None
    assert drift(fridge(12, 0.2, 3), DETECTORS.drifting) is None
    assert drift(fridge(21, 0.02, 3), DETECTORS.drifting) is None


def test_honest_fridges_do_not_drift():
    accused = [seed for seed in range(times(100)) if drift(fridge(21, 0.0, seed), DETECTORS.drifting)]
    assert accused == []


def test_nothing_said_is_nothing_doubted():
    one = series(rows([reading(n, n, door=True) for n in range(5)]))
    assert doubts(one, RULE, HOLD) == []
    assert drift(one, DETECTORS.drifting) is None
    assert START.tzinfo
