"""A trip judged by its readings: worked examples on both sides of each limit."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.telemetry.trips import COLD, DETECTORS, LIMITS, MINUTE, REGIMES, START, plan, reading, rows, told
from zhunsheng.kernel.errors import Problem
from zhunsheng.telemetry.judge import judge_trip
from zhunsheng.telemetry.sets import READINGS, empty, table
from zhunsheng.telemetry.temperature import mean_kinetic, share_above

WAVE = [5.0, 5.2, 5.1, 4.9, 5.3, 4.8]


def judge(readings, trip=None, as_of=None, delay=timedelta(seconds=1), **given):
    trip = trip or plan(**given)
    table = readings if hasattr(readings, "schema") else rows(readings, delay)
    return judge_trip(trip, table, COLD, as_of or trip.ended + 60 * MINUTE, DETECTORS)


def wave(count):
    return [WAVE[n % len(WAVE)] + n % 7 / 100 for n in range(count)]


def test_a_quiet_trip_passes_with_every_check_known():
    found = judge(told(wave(25)))
    assert found.verdict.value is True
    assert not found.failed and not found.unknowns
    assert (found.readings, found.late, found.doubled, found.excursions, found.gaps) == (25, 0, 0, (), ())


def test_no_reading_at_all_is_unknown_and_never_a_pass():
    found = judge(empty())
    assert found.verdict.value is None
    assert {"single", "total", "kinetic", "missing", "clock"} <= found.unknowns


def test_an_excursion_is_measured_along_the_straight_line_between_readings():
    # 5 -> 9 within five minutes crosses 8 after 3.75; 9 -> 9 for five; 9 -> 5 comes back after 1.25
    found = judge(told([5, 9, 9, 5, *wave(21)]))
    one = found.excursions[0]
    assert one.minutes == pytest.approx(1.25 + 5 + 1.25)
    assert one.sure_minutes == pytest.approx(0.625 + 5 + 0.625)
    assert (one.since, one.extreme) == ((START + 5 * MINUTE).timestamp(), 9.0)
    assert one.cleared == (START + 15 * MINUTE).timestamp()
    assert not found.failed, "an excursion that ends by itself is no breach"
    assert found.unknowns == {"interval"}, "outside it is to record more often than under way"


@pytest.mark.parametrize(("every", "value"), [(2, True), (4, True), (5, None), (30, None)])
def test_what_was_recorded_too_seldom_while_out_of_range_is_no_pass(every, value):
    out = [reading(60 + n * every, 12 + n, temperature=9.0 + n / 10) for n in range(2)]
    last = int((out[-1].at - START) / MINUTE)
    after = [reading(last + 2 + n * 5, 14 + n, temperature=c) for n, c in enumerate(wave(5))]
    answer = judge([*told(wave(12)), *out, *after], minutes=last + 22).check("interval").answer
    assert answer.value is value


def test_lost_readings_say_nothing_of_how_often_it_recorded():
    values = [reading(n * 2, n, temperature=9.0 if 20 <= n < 30 else WAVE[n % 6]) for n in range(61)]
    found = judge([one for one in values if not 22 <= one.seq < 26])
    assert found.check("interval").answer.value is True
    assert judge(empty()).check("interval").answer.reason == "no_temperature"


@pytest.mark.parametrize(("lost", "value"), [((), None), ((25,), True)])
def test_a_tracker_that_tells_its_place_in_between_records_no_more_often(lost, value):
    there = {"latitude": 30.0, "longitude": 120.0}
    warm = {25: 9.0}
    told_of = [
        reading(n * 2.5, n + 1, **({"temperature": warm.get(n + 1, WAVE[n % 6] + n / 100)} if n % 2 == 0 else there))
        for n in range(49)
    ]
    answer = judge([one for one in told_of if one.seq - 1 not in lost]).check("interval").answer
    assert answer.value is value


@pytest.mark.parametrize(("pause", "value"), [(4, True), (9, None)])
def test_a_restart_while_out_of_range_is_no_record(pause, value):
    before = [*told(wave(12)), reading(60, 12, temperature=9.0)]
    after = [reading(60 + pause, 0, boot="b", temperature=9.1)]
    after += [reading(62 + pause + 5 * n, n + 1, boot="b", temperature=c) for n, c in enumerate(wave(5))]
    answer = judge(before + after, minutes=82 + pause).check("interval").answer
    assert answer.value is value


@pytest.mark.parametrize(("minutes", "value"), [(64, True), (66, None)])
def test_silence_after_a_last_reading_out_of_range_acquits_nobody(minutes, value):
    found = judge([*told(wave(12)), reading(60, 12, temperature=9.0)], minutes=minutes)
    assert found.check("interval").answer.value is value
    assert found.check("missing").answer.value is True


def hours_at(celsius, minutes, before=4, total=25):
    """Readings each five minutes that stay at a temperature for so long, the way there and back lasting no time."""
    first = before * 5
    inside = [reading(n * 5, n, temperature=wave(25)[n]) for n in range(before)]
    out = [reading(first + n * 5, before + n, temperature=celsius) for n in range(minutes // 5 + 1)]
    rest = range(before + len(out), total)
    return inside + out + [reading(n * 5, n, temperature=wave(25)[n]) for n in rest]


@pytest.mark.parametrize(("minutes", "value"), [(20, True), (45, False)])
def test_one_excursion_may_last_so_long_and_no_longer(minutes, value):
    found = judge(hours_at(12.0, minutes), minutes=150)
    assert found.check("single").answer.value is value


def test_the_last_minute_of_a_single_excursion_is_allowed():
    steps = [reading(0, 0, temperature=5.0), reading(5, 1, temperature=5.0), reading(5.0, 2, temperature=12.0)]
    for minutes, value in ((30, True), (31, False)):
        flat = [reading(5 + m, 3 + m, temperature=12.0) for m in range(1, minutes + 1)]
        end = [reading(5 + minutes, 100, temperature=5.0)]
        rest = [reading(10 + minutes + 5 * n, 101 + n, temperature=c) for n, c in enumerate(wave(10))]
        check = judge([*steps, *flat, *end, *rest], minutes=85).check("single")
        assert check.found == pytest.approx(minutes)
        assert check.answer.value is value


def test_several_short_excursions_add_up():
    up = [5, 5, 12, 12, 12, 12, 5, 5]
    found = judge(told(up * 4), minutes=160)
    assert len(found.excursions) == 4
    assert found.check("single").answer.value is True
    assert found.check("total").answer.value is False


def test_noise_at_the_limit_within_the_accuracy_of_the_sensor_is_not_known_to_be_out():
    found = judge(told([8.1, 8.3, 8.2, 8.4] * 8), minutes=155)
    assert found.check("single").answer.value is None
    assert found.check("single").answer.reason == "within_accuracy"
    assert not found.failed


def test_an_excursion_ends_only_well_within_the_range():
    found = judge(told([5, 8.2, 7.9, 8.1, 7.8, 8.05, 7.6, *wave(18)]))
    assert len(found.excursions) == 1
    assert found.excursions[0].cleared == (START + 30 * MINUTE).timestamp()


def test_the_edge_itself_is_within():
    found = judge(told([8.0, 2.0] * 13, every=5))
    assert found.excursions == ()
    assert found.exposure.out_minutes == 0


def test_frost_for_one_reading_is_a_breach():
    assert judge(told([5, 1.9, *wave(23)])).check("beyond").answer.value is True
    assert judge(told([5, 0.0, *wave(23)])).check("beyond").answer.value is True
    found = judge(told([5, -0.1, *wave(23)]))
    assert found.check("beyond").answer.reason == "never_below"
    assert found.verdict.value is False


def test_unknown_time_is_unknown_and_no_excursion_goes_on_through_it():
    hot = [reading(0, 0, temperature=5), reading(5, 1, temperature=9), reading(60, 2, temperature=9)]
    rest = [reading(65 + 5 * n, 3 + n, temperature=c) for n, c in enumerate(wave(12))]
    found = judge(hot + rest)
    assert found.unknown_minutes == 55
    assert [one.cleared for one in found.excursions] == [None, (START + 65 * MINUTE).timestamp()]
    assert found.check("missing").answer.reason == "silent"
    assert found.verdict.value is None
    assert [gap.kind for gap in found.gaps] == ["asleep"]


def test_missing_numbers_are_lost_data_and_asleep_is_not():
    found = judge(
        [reading(0, 0, temperature=5), *(reading(60 + 5 * n, 20 + n, temperature=5 + n / 9) for n in range(13))]
    )
    assert [(gap.kind, gap.missing) for gap in found.gaps] == [("missing", 19)]
    assert found.check("missing").answer.reason == "data_missing"


def test_a_logger_that_falls_silent_is_unknown_from_then_on():
    found = judge(told(wave(9)))
    assert [gap.kind for gap in found.gaps] == ["silent"]
    assert found.unknown_minutes == 80
    assert found.verdict.value is None


def test_doubled_readings_count_once_and_contradicting_ones_raise_a_doubt():
    readings = told(wave(25))
    same = judge(rows(readings + readings))
    assert (same.readings, same.doubled) == (25, 25)
    assert same.verdict.value is True
    other = judge(rows([*readings, reading(10, 2, temperature=30.0)], delay=timedelta(seconds=2)))
    assert other.doubts[0].kind == "conflict"
    assert other.verdict.value is None


@pytest.mark.parametrize(("minutes", "value"), [(5, True), (10, False)])
def test_a_door_may_stand_open_for_five_minutes(minutes, value):
    open_for = range(4, 4 + minutes // 5)
    readings = [reading(5 * n, n, temperature=c, door=n in open_for) for n, c in enumerate(wave(25))]
    found = judge(readings, expects=frozenset(("temperature", "door")))
    assert found.check("door").answer.value is value
    assert [spell.minutes for spell in found.doors] == [minutes]


def test_a_door_that_never_says_anything_is_unknown_only_where_it_is_expected():
    assert judge(told(wave(25)), expects=frozenset(("temperature", "door"))).check("door").answer.value is None
    assert judge(told(wave(25))).check("door") is None


@pytest.mark.parametrize(("steps", "value"), [(2, True), (3, False)])
def test_power_may_be_off_for_ten_minutes(steps, value):
    readings = [reading(5 * n, n, temperature=c, power=not 3 <= n < 3 + steps) for n, c in enumerate(wave(25))]
    assert judge(readings, expects=frozenset(("temperature", "power"))).check("power").answer.value is value


@pytest.mark.parametrize(
    ("on", "value"), [(date(2025, 11, 2), True), (date(2025, 11, 1), False), (None, None), (date(2026, 12, 1), None)]
)
def test_calibration_holds_for_a_year_its_last_day_included(on, value):
    assert judge(told(wave(25)), calibrated_on=on).check("calibration").answer.value is value


@pytest.mark.parametrize(
    ("until", "value", "reason"),
    [(date(2026, 11, 3), True, "within"), (date(2026, 11, 2), False, "expired"),
     (date(2026, 3, 1), False, "calibration_failed")],
)  # fmt: skip
def test_calibration_holds_no_longer_than_its_certificate_and_not_at_all_where_it_failed(until, value, reason):
    answer = judge(told(wave(25)), calibrated_until=until).check("calibration").answer
    assert (answer.value, answer.reason) == (value, reason)


@pytest.mark.parametrize("channel", ["door", "power"])
def test_one_word_of_a_channel_does_not_acquit_the_whole_trip(channel):
    quiet = channel == "power"
    one = [reading(5 * n, n, temperature=c, **({channel: quiet} if n == 0 else {})) for n, c in enumerate(wave(25))]
    check = judge(one, expects=frozenset(("temperature", channel))).check(channel)
    assert (check.answer.value, check.answer.reason) == (None, f"{channel}_unseen")
    wrong = [
        reading(5 * n, n, temperature=c, **({channel: not quiet} if n < 4 else {})) for n, c in enumerate(wave(25))
    ]
    assert judge(wrong, expects=frozenset(("temperature", channel))).check(channel).answer.value is False


def test_a_clock_behind_is_put_right_and_said():
    behind = rows(told(wave(25))).to_pylist()
    for one in behind:
        one["at"] -= timedelta(hours=3)

    found = judge(pa.Table.from_pylist(behind, READINGS))
    assert found.clocks[0].offset_s == pytest.approx(3 * 3600 + 1)
    assert found.check("clock").answer.reason == "clock_off"
    assert found.check("single").answer.value is True
    assert found.unknown_minutes == 0


def test_late_data_changes_the_judgement_and_is_no_clock_that_is_off():
    readings = told(wave(25))
    arrival = [one.at + timedelta(seconds=1) if n < 8 else START + 110 * MINUTE for n, one in enumerate(readings)]
    arrival = [max(moment, one.at) for moment, one in zip(arrival, readings, strict=True)]
    late = table(readings, arrival)
    before = judge(late, as_of=START + 100 * MINUTE)
    assert (before.readings, before.check("missing").answer.value) == (8, None)
    after = judge(late)
    assert after.verdict.value is True
    assert (after.late, after.clocks[0].offset_s) == (12, 0.0)
    assert judge(late).as_dict() == after.as_dict() != before.as_dict()


def test_a_whole_boot_that_came_late_leaves_the_clock_untold():
    readings = told(wave(25))
    found = judge(table(readings, START + 150 * MINUTE), as_of=START + 160 * MINUTE)
    assert found.check("clock").answer.reason == "clock_not_told"


def test_limits_are_those_of_the_day_and_plans_are_checked():
    with pytest.raises(Problem) as caught:
        judge(told(wave(5)), plan(starts=START.replace(year=2019), ends=START, ended=START, calibrated_on=None))
    assert caught.value.code == "ZS871"
    with pytest.raises(Problem) as caught:
        plan(ends=START)
    assert caught.value.code == "ZS873"
    with pytest.raises(Problem):
        judge_trip(plan(regime="blood"), empty(), COLD, START, DETECTORS)
    with pytest.raises(Problem):
        plan(starts=START.replace(tzinfo=None))
    with pytest.raises(Problem):
        plan(expects=frozenset(("smell",)))


def test_mean_kinetic_temperature_as_worked_by_hand():
    # three equal times at 2, 8 and 25 degrees, 10000 K over each: 36.3438, 35.5682, 33.5402;
    # mean of the exponentials e^-33.5402 x (0.0606 + 0.1316 + 1) / 3 = e^-34.4630; 10000 / 34.4630 = 290.166 K
    assert mean_kinetic(np.array([2.0, 8.0, 25.0])) == pytest.approx(17.016, abs=0.001)
    assert mean_kinetic(np.array([5.0, 5.0])) == pytest.approx(5.0)
    assert mean_kinetic(np.array([])) is None


celsius = st.lists(st.floats(-30, 45, allow_nan=False), min_size=1, max_size=40)


@given(celsius, st.integers(0, 39), st.floats(0, 10))
@settings(max_examples=times(200))
def test_mean_kinetic_temperature_lies_between_and_rises_with_every_value(values, place, more):
    here = mean_kinetic(np.array(values))
    assert min(values) - 1e-6 <= here <= max(values) + 1e-6
    assert here >= np.mean(values) - 1e-6, "warmth weighs more than cold"
    values[place % len(values)] += more
    assert mean_kinetic(np.array(values)) >= here - 1e-9


@given(st.floats(-20, 20), st.floats(-20, 20), st.floats(-20, 20))
@settings(max_examples=times(200))
def test_a_share_of_a_line_above_and_below_a_limit_make_a_whole(first, second, limit):
    one, two = np.array([first]), np.array([second])
    above = share_above(one, two, limit)[0]
    below = share_above(-one, -two, -limit)[0]
    assert 0 <= above <= 1
    assert above + below == pytest.approx(0 if first == second == limit else 1)


def test_every_regime_has_limits_and_an_excursion_can_end_in_each():
    assert set(REGIMES) == {"cold_2_8", "store_2_10", "frozen", "blood", "platelets", "room"}
    assert LIMITS.hold_seconds("transport") == 600
    assert LIMITS.hold_seconds("store") == 3600
    assert LIMITS.cite_of("low_c") == "label"
    assert LIMITS.cite_of("every_minutes") == "gsp"
