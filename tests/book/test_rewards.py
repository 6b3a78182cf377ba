"""Rewards to the fen: worked amounts, properties over any value, and schemes that are refused with their line."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.book.rewards import about_schemes, load_schemes, parted, read_scheme, reward_of, scheme_on
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT

DAY = date(2026, 11, 22)
PATH = ROOT / "rulebook" / "reward_schemes" / "local_default.yaml"
SCHEME = read_scheme(PATH.read_text("utf-8"), PATH.name)
VALUES = st.integers(min_value=0, max_value=100_000_000_000)
SUBJECTS, GRADES = st.sampled_from(["institution", "individual"]), st.sampled_from(["first", "second", "third"])


@pytest.mark.parametrize(
    ("value", "subject", "grade", "amount", "limit"),
    [
        (0, "institution", "first", 20_000, "floor"),
        (1_000_000, "institution", "first", 20_000, ""),  # 10,000 yuan at 2 % is the floor itself
        (999_999, "institution", "first", 20_000, ""),  # 19,999.98 fen, rounded once, half up
        (50_000_000, "institution", "first", 1_000_000, ""),
        (50_000_001, "institution", "first", 1_000_000, ""),
        (60_000_000, "institution", "first", 1_400_000, ""),
        (60_000_000, "institution", "second", 980_000, ""),
        (300_000, "individual", "first", 50_000, "floor"),
        (30_000_000, "individual", "third", 1_200_000, ""),
        (100_000_000_000, "individual", "first", 20_000_000, "cap"),
    ],
)
def test_worked_amounts(value, subject, grade, amount, limit):
    found = reward_of(SCHEME, DAY, value, subject, grade)
    assert (found.amount_fen, found.limit) == (amount, limit)


@given(VALUES, SUBJECTS, GRADES)
def test_a_reward_lies_within_its_limits_and_its_slices_make_the_whole(value, subject, grade):
    found = reward_of(SCHEME, DAY, value, subject, grade)
    assert SCHEME.floor_fen <= found.amount_fen <= SCHEME.cap_fen
    assert sum(one.part_fen for one in found.slices) == value
    exact = sum(one.part_fen * one.rate_e4 for one in found.slices) * found.factor_e4
    assert abs(found.before_limits_fen * 10**8 - exact) * 2 <= 10**8
    assert (found.limit == "") == (found.amount_fen == found.before_limits_fen)


@given(VALUES, VALUES, SUBJECTS, GRADES)
def test_more_value_never_gives_less_and_better_evidence_never_less(one, other, subject, grade):
    low, high = sorted((one, other))
    assert (
        reward_of(SCHEME, DAY, low, subject, grade).amount_fen
        <= reward_of(SCHEME, DAY, high, subject, grade).amount_fen
    )
    amounts = [reward_of(SCHEME, DAY, high, subject, key).amount_fen for key in ("third", "second", "first")]
    assert amounts == sorted(amounts)


def test_no_reward_outside_the_days_of_a_scheme_or_for_what_it_does_not_name():
    with pytest.raises(ValueError, match="no reward"):
        reward_of(SCHEME, date(2022, 12, 31), 1, "institution", "first")
    with pytest.raises(KeyError):
        reward_of(SCHEME, DAY, 1, "institution", "fourth")
    assert scheme_on([SCHEME], date(2022, 12, 31)) is None
    assert scheme_on([SCHEME], DAY) is SCHEME


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("cap_fen: 20000000", "cap_fen: 100", "cap_fen"),
        ("grades_cite: grades", "grades_cite: nowhere", "grades_cite"),
        ("      - {rate_e4: 400}", "      - {up_to_fen: 1, rate_e4: 400}", "subjects.0.slices"),
        ("rate_e4: 1000", "rate_e4: 10001", "subjects.1.slices.0.rate_e4"),
        ("id: second", "id: first", "grades"),
        ("way: first, cite: several", "way: first, cite: nowhere", "several.cite"),
    ],
)
def test_a_broken_scheme_is_refused_with_its_line(old, new, where):
    text = PATH.read_text("utf-8")
    assert old in text
    with pytest.raises(Problem) as refused:
        read_scheme(text.replace(old, new), "x.yaml")
    assert refused.value.code == "ZS928"
    assert refused.value.values["where"] == where
    assert int(refused.value.values["line"]) > 1


def test_a_reward_of_several_goes_to_the_first_or_in_equal_parts_as_the_scheme_says():
    text = PATH.read_text("utf-8")
    equal = read_scheme(text.replace("way: first", "way: equal"), "equal.yaml")
    silent = read_scheme(text.replace("several: {way: first, cite: several}\n", ""), "silent.yaml")
    assert parted(SCHEME, 980_000, 3) == [980_000, 0, 0]
    assert parted(equal, 20_000, 3) == [6_667, 6_667, 6_666]
    assert parted(silent, 20_000, 3) is None
    assert [parted(one, 20_000, 1) for one in (SCHEME, equal, silent)] == [[20_000]] * 3


def test_two_schemes_never_share_a_day(tmp_path):
    folder = tmp_path / "reward_schemes"
    folder.mkdir()
    text = PATH.read_text("utf-8")
    (folder / "local_default.yaml").write_text(text, "utf-8")
    second = text.replace("name: local_default", "name: second")
    (folder / "second.yaml").write_text(second, "utf-8")
    with pytest.raises(Problem, match="ZS928"):
        load_schemes(tmp_path)
    first = text.replace("valid_from: 2023-01-01", "valid_from: 2023-01-01\nvalid_to: 2026-01-01")
    (folder / "local_default.yaml").write_text(first, "utf-8")
    (folder / "second.yaml").write_text(second.replace("2023-01-01", "2026-01-01"), "utf-8")
    found = load_schemes(tmp_path)
    assert scheme_on(found.values(), date(2026, 1, 1)).name == "second"
    assert len(about_schemes(found.values())) == 4
