"""Routes: fences, windows, stops elsewhere, corridors, speed, what nobody saw; and recorded tracks."""

import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.telemetry.trips import BOOK, DETECTORS, REGIMES, START, plan, reading, rows
from zhunsheng.book.channels import load_channels
from zhunsheng.generator.fleet import replayed
from zhunsheng.kernel.errors import Problem
from zhunsheng.telemetry.judge import judge_trip
from zhunsheng.telemetry.places import Circle, Corridor, Polygon, metres
from zhunsheng.telemetry.plans import TripPlan, read_plan
from zhunsheng.telemetry.routes import Stop, Way, route
from zhunsheng.telemetry.series import series
from zhunsheng.telemetry.wire import parse

SHARED = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", "absent"))
DRIVING = DETECTORS.driving
BEGIN = START.timestamp()
#: One hundredth of a degree of latitude in metres.
STEP = 1111.95


def drive(places, every=2, **values):
    """Readings at latitudes (hundredths of a degree north of 30) and longitude 120."""
    return [
        reading(n * every, n, latitude=30 + north / 100, longitude=120.0, **values)
        for n, north in enumerate(places)
        if north is not None
    ]


def way(**given):
    return Way(**({"corridor": Corridor(((30.0, 120.0), (31.0, 120.0)), 500)} | given))


def of(readings, plan_, minutes=60):
    return route(series(rows(readings)), plan_, DRIVING, BEGIN, BEGIN + minutes * 60)


def clinic(opens, closes, north=5):
    return Stop("clinic", Circle((30 + north / 100, 120.0), 300), BEGIN + opens * 60, BEGIN + closes * 60)


@pytest.mark.parametrize(
    ("opens", "closes", "what"), [(5, 15, "in_time"), (0, 9, "late"), (10, 20, "in_time"), (14, 20, "early")]
)
def test_a_stop_is_reached_in_its_window_or_not(opens, closes, what):
    there = drive([0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, *range(10, 30)])
    assert of(there, way(stops=(clinic(opens, closes),))).arrivals[0].what == what


def test_a_stop_that_was_never_near_is_missed_and_one_out_of_sight_unknown():
    stop = clinic(0, 30, north=5)
    east = [reading(n * 2, n, latitude=30.0, longitude=120 + n / 100) for n in range(30)]
    assert of(east, way(stops=(stop,))).arrivals[0].what == "missed"
    hidden = drive([0, 1, 2, None, None, None, None, None, None, 8, 9, *range(10, 30)])
    assert of(hidden, way(stops=(stop,))).arrivals[0].what == "unknown"
    assert of(east[:5], way(stops=(stop,)), minutes=8).arrivals[0].what == "open"
    assert of([reading(0, 0, temperature=5)], way(stops=(stop,))).arrivals[0].what == "unknown"


@pytest.mark.parametrize(("stay", "found"), [(5, 1), (4, 0)])
def test_ten_minutes_in_one_place_are_a_stop_outside(stay, found):
    places = [0, 1, 2, *[3] * stay, 3.01, 4, 5, 6]
    assert len(of(drive(places), way()).stood) == found
    harbour = Circle((30.03, 120.0), 200)
    assert of(drive(places), way(harbours=(harbour,))).stood == ()


def test_a_detour_counts_beyond_the_corridor_and_its_minutes():
    def aside(metres_):
        degrees = metres_ / (STEP * 100) / np.cos(np.radians(30))
        return [
            reading(n * 2, n, latitude=30 + n / 100, longitude=120 + (degrees if 5 <= n <= 9 else 0)) for n in range(20)
        ]

    assert of(aside(450), way()).off == ()
    found = of(aside(900), way()).off
    assert len(found) == 1
    assert found[0].minutes == 8
    assert found[0].extreme == pytest.approx(900, rel=0.01)


def test_speed_counts_after_two_minutes_by_the_device_or_by_its_positions():
    limit = way(speed_kmh=80)
    assert of(drive(range(20), speed=85.0), limit).fast[0].extreme == 85
    assert of(drive(range(20), speed=80.0), limit).fast == ()
    by_place = of(drive(range(0, 80, 4)), limit).fast
    assert by_place[0].extreme == pytest.approx(4 * STEP / 120 * 3.6, rel=0.01)


def test_what_nobody_saw_ends_a_stretch_and_hides_none_of_it():
    aside = [reading(n * 2 + (60 if n > 9 else 0), n, latitude=30 + n / 100, longitude=120.01) for n in range(20)]
    assert [spell.minutes for spell in of(aside, way(), minutes=120).off] == [18, 18]
    parked = [reading(n * 2 + (60 if n > 9 else 0), n, latitude=30.0, longitude=120.0) for n in range(20)]
    assert [spell.minutes for spell in of(parked, way(), minutes=120).stood] == [18, 18]


def test_a_place_that_cannot_be_reached_is_doubted():
    found = of(drive([0, 1, 300, 3, 4]), way())
    assert found.impossible == 2
    trip = plan(minutes=60, way=way(), expects=frozenset(("temperature", "position")))
    told = judge_trip(trip, rows(drive([0, 1, 300, 3, 4])), REGIMES["cold_2_8"], trip.ended, DETECTORS)
    assert "impossible" in {doubt.kind for doubt in told.doubts}


def test_a_stretch_out_of_sight_is_unknown():
    found = of(drive([0, 1, 2, *[None] * 8, 11, *range(12, 30)]), way())
    assert [spell.minutes for spell in found.unseen] == [18]
    assert of(drive([0, 1, 2, *[None] * 6, 9, *range(10, 30)]), way()).unseen == ()


@given(st.floats(-1.4, 1.4), st.floats(-1.4, 1.4))
@settings(max_examples=times(200))
def test_a_point_lies_in_a_square_as_its_coordinates_say(north, east):
    square = Polygon(((-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0)))
    inside = bool(square.holds(np.array([north]), np.array([east]))[0])
    if min(abs(abs(north) - 1), abs(abs(east) - 1)) > 1e-9:
        assert inside is (abs(north) < 1 and abs(east) < 1)


@given(*[st.floats(25, 45)] * 2, *[st.floats(80, 130)] * 2)
@settings(max_examples=times(200))
def test_distance_is_symmetric_and_zero_only_here(a, b, c, d):
    one, back = metres(np.array([a]), np.array([c]), b, d)[0], metres(np.array([b]), np.array([d]), a, c)[0]
    assert one == pytest.approx(back, abs=1e-6)
    assert one >= 0
    assert metres(np.array([a]), np.array([c]), a, c)[0] == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Circle((91.0, 0.0), 100),
        lambda: Circle((30.0, float("nan")), 100),
        lambda: Circle((30.0, 120.0), 0),
        lambda: Polygon(((30.0, 120.0), (30.0, 120.0), (30.1, 120.0))),
        lambda: Corridor(((30.0, 120.0),), 100),
        lambda: Corridor(((30.0, 120.0), (31.0, 120.0)), 0),
        lambda: Stop("a", Circle((30.0, 120.0), 100), 5.0, 5.0),
    ],
)
def test_places_that_are_none_are_refused(make):
    with pytest.raises(Problem) as caught:
        make()
    assert caught.value.code == "ZS873"


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)
FIELDS = (
    "org",
    "device",
    "regime",
    "setting",
    "starts",
    "ends",
    "ended",
    "calibrated_on",
    "calibrated_until",
    "expects",
    "way",
)
GOOD = {
    "org": "V1", "device": "L1", "regime": "cold_2_8", "setting": "transport", "starts": "2026-11-02T08:00:00+08:00",
    "ends": "2026-11-02T10:00:00+08:00", "expects": ["temperature"],
    "way": {"corridor": {"way": [[30, 120], [31, 120]], "width": 500}, "speed_kmh": 90, "stops": [
        {"name": "a", "fence": {"corners": [[30, 120], [30, 121], [31, 121]]}, "opens": "2026-11-02T08:00:00+08:00",
         "closes": "2026-11-02T09:00:00+08:00"}]},
}  # fmt: skip


@given(st.sampled_from(FIELDS), plain)
@settings(max_examples=times(300))
def test_a_plan_from_outside_is_read_or_refused(field, value):
    try:
        assert isinstance(read_plan(GOOD | {field: value}), TripPlan)
    except Problem as problem:
        assert problem.code == "ZS873"


def test_a_plan_is_read_whole():
    found = read_plan(GOOD)
    assert found.way.stops[0].fence.middle == pytest.approx((30 + 1 / 3, 120 + 2 / 3))
    assert found.ended is None
    assert read_plan(GOOD | {"ended": GOOD["ends"]}).until(START + timedelta(days=9)) == found.ends


@pytest.fixture(scope="module")
def tracks():
    """Recorded tracks by tracker, as replayed messages read from the wire."""
    if not (SHARED / "tracks").is_dir():
        pytest.skip("shared data is absent")
    channels = load_channels(BOOK)
    found = defaultdict(list)
    for message in replayed(SHARED / "tracks"):
        received = datetime.fromtimestamp(message.received, UTC)
        found[message.topic].extend(parse(message.topic, message.payload, received, channels))
    return dict(found)


def test_recorded_tracks_keep_to_their_own_way_and_leave_another(tracks):
    longest = sorted(tracks.values(), key=len)[-1]
    told = series(rows(longest))
    half = told.take(told.at <= np.median(told.at))
    points = tuple(zip(half.values["latitude"][::5], half.values["longitude"][::5], strict=True))
    since, until = float(half.at[0]), float(half.at[-1])
    own = route(half, Way(corridor=Corridor(points, 200)), DRIVING, since, until)
    assert own.off == ()
    assert own.kilometres > 1
    moved = tuple((lat + 0.05, lon) for lat, lon in points)
    assert route(half, Way(corridor=Corridor(moved, 200)), DRIVING, since, until).off


def test_every_recorded_track_is_read_without_a_fault(tracks):
    assert sum(map(len, tracks.values())) == 5_908
    for readings in tracks.values():
        told = series(rows(readings))
        found = route(told, Way(speed_kmh=120), DRIVING, float(told.at[0]), float(told.at[-1]))
        assert found.kilometres >= 0
        assert found.impossible <= 5, "recorded positions jump now and then; most do not"
