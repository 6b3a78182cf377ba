"""Live alarms: at once, once per cause, and the same checks as the judgement over the whole series."""

import pickle
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.telemetry.trips import COLD, DETECTORS, LIMITS, MINUTE, START, plan, reading, rows, told
from zhunsheng.telemetry.checks import Check
from zhunsheng.telemetry.judge import judge_trip
from zhunsheng.telemetry.places import Circle, Corridor
from zhunsheng.telemetry.routes import Stop, Way
from zhunsheng.telemetry.watch import Watch

SHARED = ("beyond", "single", "total", "kinetic", "door", "power", "missing")
SECOND = timedelta(seconds=1)


def watch(trip=None, state=None):
    return Watch(trip or plan(), LIMITS, DETECTORS.driving, state)


def fed(one, readings):
    return [alarm for reading in readings for alarm in one.feed(reading, reading.at + SECOND)]


def kinds(alarms):
    return [alarm.kind for alarm in alarms]


step = st.tuples(
    st.sampled_from([1, 2, 5, 5, 5, 9, 10, 11, 30, 45]),  # minutes since the reading before
    st.one_of(st.none(), st.floats(-3, 14), st.sampled_from([2.0, 8.0, 8.3, 7.7, 26.0, 5.0])),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, True, False]),
    st.sampled_from([1, 1, 1, 1, 2, 5]),  # steps of the sequence
    st.booleans(),  # whether it comes twice
    st.sampled_from([False] * 9 + [True]),  # whether the device starts anew
)


def course(steps):
    minute, seq, boot, found = 0, -1, 0, []
    for wait, celsius, door, power, more, twice, anew in steps:
        boot, seq = (boot + 1, -1) if anew else (boot, seq)
        minute, seq = minute + wait, seq + more
        values = {"temperature": celsius, "door": door, "power": power, "battery": 50.0}
        one = reading(
            minute, seq, boot=f"b{boot}", **{key: value for key, value in values.items() if value is not None}
        )
        found += [one, one] if twice else [one]
    return found


def assert_alike(one: Check, other: Check):
    assert (one.kind, one.answer, one.limit) == (other.kind, other.answer, other.limit)
    assert one.found == pytest.approx(other.found, abs=1e-6)


@given(st.lists(step, max_size=40), st.integers(0, 60))
@settings(max_examples=times(400), deadline=None)
def test_watch_and_judgement_give_the_same_checks(steps, after):
    readings = course(steps)
    last = readings[-1].at if readings else START
    trip = plan(minutes=2000, ended=last + after * MINUTE, expects=frozenset(("temperature", "door", "power")))
    one = watch(trip)
    half = len(readings) // 2
    fed(one, readings[:half])
    one = watch(trip, pickle.loads(pickle.dumps(one.state)))
    fed(one, readings[half:])
    as_of = last + timedelta(days=1)
    whole = judge_trip(trip, rows(readings), COLD, as_of, DETECTORS)
    assert not one.state.stale
    assert one.state.doubled == whole.doubled
    mine = {check.kind: check for check in one.checks(as_of)}
    for kind in SHARED:
        assert_alike(mine[kind], whole.check(kind))
    assert one.state.heat.count == len(whole.excursions)
    assert len(pickle.dumps(one.state)) < 12_000


@given(st.lists(step, max_size=40))
@settings(max_examples=times(200), deadline=None)
def test_a_check_that_fails_was_told_live_and_a_breach_that_was_told_fails(steps):
    readings = course(steps)
    trip = plan(minutes=2000, ended=None, expects=frozenset(("temperature", "door", "power")))
    one = watch(trip)
    alarms = set(kinds(fed(one, readings)))
    as_of = readings[-1].at if readings else START
    failed = judge_trip(trip, rows(readings), COLD, as_of + SECOND, DETECTORS).failed
    assert alarms & {"beyond", "single", "total", "door"} == failed & {"beyond", "single", "total", "door"}
    assert "power" not in failed or "power" in alarms


@given(st.lists(step, max_size=40))
@settings(max_examples=times(200), deadline=None)
def test_power_off_for_too_long_is_told_as_such_and_so_is_a_door(steps):
    readings = course(steps)
    trip = plan(minutes=2000, ended=None, expects=frozenset(("temperature", "door", "power")))
    grave = {alarm.kind for alarm in fed(watch(trip), readings) if alarm.too_long}
    failed = judge_trip(trip, rows(readings), COLD, readings[-1].at + SECOND if readings else START, DETECTORS).failed
    assert grave == failed & {"door", "power"}


def test_an_excursion_is_told_with_its_first_reading_and_once():
    one = watch()
    alarms = fed(one, told([5, 8.1, 8.4, 8.2, 5, 5, 9]))
    assert kinds(alarms) == ["excursion", "excursion"]
    assert (alarms[0].at, alarms[0].found, alarms[0].limit) == (START + 5 * MINUTE, 8.1, 8.0)
    assert alarms[0].key == f"V1/L1/excursion/{int((START + 5 * MINUTE).timestamp() * 1e6)}"
    assert fed(one, told([5, 8.1, 8.4])) == [], "what is sent again tells nothing anew"


def test_a_breach_is_told_when_it_has_lasted_too_long():
    alarms = fed(watch(), told([5, *[12] * 9]))
    assert kinds(alarms) == ["excursion", "single"]
    assert alarms[1].since == START + 5 * MINUTE
    assert alarms[1].at == START + 35 * MINUTE


def test_power_and_fault_are_told_at_once_and_a_door_after_five_minutes():
    values = [
        {"power": True, "door": False},
        {"power": False, "door": True},
        {"door": True},
        {"door": True, "fault": "E2"},
    ]
    alarms = fed(watch(), [reading(n * 4, n, temperature=5, **value) for n, value in enumerate(values)])
    assert [(alarm.kind, alarm.at) for alarm in alarms] == [
        ("power", START + 4 * MINUTE),
        ("door", START + 12 * MINUTE),
        ("fault", START + 12 * MINUTE),
    ]


def test_missing_numbers_and_silence_are_told():
    one = watch()
    assert kinds(fed(one, [reading(0, 0, temperature=5), reading(5, 4, temperature=5)])) == ["missing"]
    assert one.tick(START + 15 * MINUTE) == []
    assert kinds(one.tick(START + 16 * MINUTE)) == ["silent"]
    assert one.tick(START + 17 * MINUTE) == [], "one silence is told once"
    assert one.tick(START + 300 * MINUTE) == [], "after its end a trip is not silent"


def test_what_comes_out_of_order_leaves_the_verdict_to_the_whole_series():
    one = watch()
    fed(one, [reading(0, 0, temperature=5), reading(5, 4, temperature=5), reading(3, 2, temperature=30)])
    assert one.state.stale == "out_of_order"
    other = watch()
    other.feed(reading(0, 0, temperature=5), START + 20 * MINUTE)
    assert other.state.stale == "late_or_clock"


def test_the_way_is_watched_too():
    way = Way(
        stops=(Stop("clinic", Circle((30.0, 120.2), 300), START.timestamp(), (START + 30 * MINUTE).timestamp()),),
        corridor=Corridor(((30.0, 120.0), (30.0, 120.2)), 500),
        speed_kmh=90,
    )
    one = watch(plan(way=way))
    north = [(0, 30.0), (5, 30.02), (10, 30.03), (15, 30.02), (20, 30.0)]
    spots = [reading(m, m, latitude=lat, longitude=120.0 + m / 200, speed=100.0 if m < 6 else 40.0) for m, lat in north]
    alarms = fed(one, spots)
    assert [(alarm.kind, alarm.since) for alarm in alarms] == [
        ("missing", START), ("speed", START), ("missing", START + 5 * MINUTE), ("missing", START + 10 * MINUTE),
        ("off_route", START + 5 * MINUTE), ("missing", START + 15 * MINUTE),
    ]  # fmt: skip
    late = one.tick(START + 31 * MINUTE)
    assert [(alarm.kind, alarm.detail) for alarm in late if alarm.kind == "late"] == [("late", "clinic")]


@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 5)), max_size=30))
@settings(max_examples=times(100))
def test_invented_numbers_neither_break_a_watch_nor_make_it_grow(pairs):
    one = watch()
    for minute, (seq, boot) in enumerate(pairs):
        one.feed(reading(minute, seq, boot=str(boot), temperature=5), START)
    assert len(pickle.dumps(one.state)) < 20_000
