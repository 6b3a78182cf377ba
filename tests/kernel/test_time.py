"""Time: half-open periods, ages in completed units, Asia/Shanghai throughout."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.kernel import time
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import OPEN_END, Period

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
PERIODS = st.tuples(DAYS, DAYS).filter(lambda p: p[0] != p[1]).map(lambda p: Period(min(p), max(p)))


def months_counted_one_by_one(birth: date, day: date) -> int:
    """Count monthly birthdays passed, walking the calendar; a missing day is reached on the first of the next month."""
    months, year, month = 0, birth.year, birth.month
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        try:
            reached = date(year, month, birth.day)
        except ValueError:
            reached = date(year, month + 1, 1) if month < 12 else date(year + 1, 1, 1)
        if reached > day:
            return months
        months += 1


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.integers(0, 15_000))
def test_ages_agree_with_counting_birthdays(birth, lived):
    day = birth + timedelta(days=lived)
    months = months_counted_one_by_one(birth, day)
    assert time.age(birth, day, "month") == months
    assert time.age(birth, day, "year") == months // 12
    assert time.age(birth, day, "day") == lived


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2008, 3, 15), date(2026, 3, 14), 17),
        (date(2008, 3, 15), date(2026, 3, 15), 18),
    ],
)
def test_years_on_both_sides_of_a_birthday(birth, day, years):
    assert time.completed_years(birth, day) == years


def test_an_unknown_unit_of_age_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="months"):
        time.age(date(2000, 1, 1), date(2001, 1, 1), "months")


@given(PERIODS, DAYS)
def test_a_period_holds_its_start_and_not_its_end(period, day):
    assert period.start in period
    assert period.end not in period
    assert (day in period) == (period.start <= day <= period.end - timedelta(days=1))


@given(PERIODS, PERIODS)
def test_the_common_days_of_two_periods(one, other):
    both = one.both(other)
    assert one.meets(other) == other.meets(one) == (both is not None)
    if both is not None:
        assert both.start in one and both.start in other
        assert both.end - timedelta(days=1) in one and both.end - timedelta(days=1) in other
        assert both == other.both(one)


def test_periods_that_touch_share_no_day():
    january, february = Period(date(2026, 1, 1), date(2026, 2, 1)), Period(date(2026, 2, 1), date(2026, 3, 1))
    assert not january.meets(february)
    assert january.both(february) is None
    assert date(2099, 1, 1) in Period(date(2026, 1, 1))
    assert Period(date(2026, 1, 1)).end == OPEN_END


@pytest.mark.parametrize("end", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_period_that_holds_no_day_is_refused(end):
    with pytest.raises(Problem) as caught:
        Period(date(2026, 1, 1), end)
    assert caught.value.code == "ZS106"
    assert "2026-01-01" in caught.value.kind.message("en", caught.value.values)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01",
        "20260301",
        "2026/3/1",
        " 2026-3-1 ",
        "2026-03-01 08:30:00",
        "2026-3-1 8:30",
        "2026-03-01T08:30:00Z",
    ],
)
def test_reads_the_usual_ways_to_write_a_day(text):
    assert time.parse_date(text) == date(2026, 3, 1)


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "26-03-01", "2026-03-01x", "2026-03/01", "２０２６-03-01", "2026030", "一月"]
)
def test_refuses_what_is_no_day(text):
    with pytest.raises(Problem) as caught:
        time.parse_date(text)
    assert caught.value.code == "ZS105"


@given(DAYS)
def test_a_printed_day_reads_back(day):
    assert time.parse_date(day.isoformat()) == day
    assert time.parse_date(f"{day:%Y%m%d}".rjust(8, "0")) == day


@given(st.integers(0, 4_000_000_000))
def test_epoch_seconds_and_moments_meet(seconds):
    moment = time.at(seconds)
    assert time.epoch_seconds(moment) == seconds
    assert moment.utcoffset() is not None


def test_moments_are_shown_in_shanghai():
    assert time.at(0).isoformat() == "1970-01-01T08:00:00+08:00"
    assert time.epoch_seconds(datetime(2026, 3, 1, tzinfo=UTC)) == 1_772_323_200
    with pytest.raises(ValueError, match="time zone"):
        time.epoch_seconds(datetime(2026, 3, 1))  # noqa: DTZ001 - the naive moment is the point
    assert time.now().tzinfo is time.SHANGHAI


def test_months_and_days():
    assert time.month_of(date(2026, 3, 31)) == "2026-03"
    assert time.days_between(date(2026, 2, 27), date(2026, 3, 2)) == [
        date(2026, 2, 27),
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]
    assert time.days_between(date(2026, 3, 2), date(2026, 3, 2)) == []
