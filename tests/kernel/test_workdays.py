"""Working days of China by literal dates of the published notices, and what holds for any dates.

Sources: the notices of the General Office of the State Council on the holidays of 2025 and of 2026.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.kernel.workdays import (
    PUBLISHED_FROM,
    PUBLISHED_UNTIL,
    Count,
    Due,
    Workday,
    add_workdays,
    workday,
    workdays_between,
)

PUBLISHED = st.dates(PUBLISHED_FROM, PUBLISHED_UNTIL - timedelta(days=1))

MAKE_UP_DAYS = [
    *(date(2025, m, d) for m, d in [(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)]),
    *(date(2026, m, d) for m, d in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]),
]
HOLIDAYS = [
    *(date(2025, 1, 28) + timedelta(days=i) for i in range(8)),
    *(date(2025, 5, 1) + timedelta(days=i) for i in range(5)),
    *(date(2025, 10, 1) + timedelta(days=i) for i in range(8)),
    *(date(2026, 1, 1) + timedelta(days=i) for i in range(3)),
    *(date(2026, 2, 15) + timedelta(days=i) for i in range(9)),
    *(date(2026, 10, 1) + timedelta(days=i) for i in range(7)),
]


@pytest.mark.parametrize("day", MAKE_UP_DAYS, ids=str)
def test_people_work_on_make_up_days(day):
    assert day.weekday() >= 5
    assert workday(day) == Workday(is_working=True, provisional=False)


@pytest.mark.parametrize("day", HOLIDAYS, ids=str)
def test_people_rest_on_holidays(day):
    assert workday(day) == Workday(is_working=False, provisional=False)


def test_plain_weeks():
    assert workday(date(2026, 3, 6)).is_working  # Friday
    assert not workday(date(2026, 3, 7)).is_working  # Saturday
    assert workday(date(2026, 10, 8)).is_working  # the first Thursday after National Day
    assert workday(date(2026, 9, 30)).is_working


def test_ten_working_days_over_national_day_2025():
    # 29 and 30 September, 9, 10, 11 (make-up Saturday), 13, 14, 15, 16 and 17 October
    assert add_workdays(date(2025, 9, 28), 10) == Due(date(2025, 10, 17), provisional=False)
    assert workdays_between(date(2025, 9, 29), date(2025, 10, 18)) == Count(10, provisional=False)


def test_ten_working_days_over_national_day_2026():
    # 28, 29 and 30 September, 8, 9, 10 (make-up Saturday), 12, 13, 14 and 15 October
    assert add_workdays(date(2026, 9, 25), 10) == Due(date(2026, 10, 15), provisional=False)
    assert add_workdays(date(2026, 10, 15), -10) == Due(date(2026, 9, 28) - timedelta(days=4), provisional=False)


def test_beyond_the_published_calendar_the_answer_is_provisional():
    assert workday(PUBLISHED_UNTIL) == Workday(PUBLISHED_UNTIL.weekday() < 5, provisional=True)
    assert workday(PUBLISHED_FROM - timedelta(days=1)).provisional
    last = PUBLISHED_UNTIL - timedelta(days=1)
    assert not add_workdays(last - timedelta(days=7), 1).provisional
    assert add_workdays(last, 1).provisional
    assert add_workdays(date(2150, 1, 1), 5) == Due(date(2150, 1, 8), provisional=True)  # Thursday to Thursday
    assert workdays_between(last, PUBLISHED_UNTIL + timedelta(days=1)).provisional
    assert not workdays_between(last, PUBLISHED_UNTIL).provisional


def test_no_days_to_count():
    rest_day = date(2026, 10, 1)
    assert add_workdays(rest_day, 0) == Due(rest_day, provisional=False)
    assert workdays_between(rest_day, rest_day) == Count(0, provisional=False)
    assert workdays_between(rest_day, rest_day - timedelta(days=9)) == Count(0, provisional=False)


@given(PUBLISHED, st.integers(1, 60))
def test_the_day_reached_is_a_working_day_and_counts_back(start, n):
    due = add_workdays(start, n)
    assert workday(due.day).is_working
    assert workdays_between(start + timedelta(days=1), due.day + timedelta(days=1)).days == n
    assert workdays_between(start + timedelta(days=1), due.day).days == n - 1


@given(PUBLISHED, st.integers(0, 200), st.integers(0, 200))
def test_counts_of_adjoining_periods_add_up(first, days, more):
    middle = first + timedelta(days=days)
    last = middle + timedelta(days=more)
    parts = workdays_between(first, middle).days + workdays_between(middle, last).days
    assert parts == workdays_between(first, last).days
