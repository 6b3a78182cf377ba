"""Standing is a pure function of what was decided: order, years, repair and several institutions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.book.points import load_schemes, read_scheme, scheme_on
from zhunsheng.casework.points.standing import Decision, add_months, intervals, standing
from zhunsheng.facts.rulings import Ruling
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT

DAY = date(2026, 11, 22)
[SCHEME] = load_schemes(ROOT / "rulebook")
TEXT = (ROOT / "rulebook" / "points" / "national-2024.yaml").read_text("utf-8")


@pytest.mark.parametrize("example", SCHEME.examples, ids=lambda one: one.name)
def test_worked_examples(example):
    on = ((date(2026, 2, 1), 1),)
    given_ = [Decision(f"J{n}", "A", date(2026, 1, 5), points) for n, points in enumerate(example.points)]
    given_[0] = Decision("J0", "A", date(2026, 1, 5), example.points[0], credits=on * example.credits)
    found = standing(given_, (), DAY, SCHEME)
    told = tuple(one.id for one in found.due), found.next.id if found.next else "", found.missing
    assert told == (example.due, example.next, example.missing)


def test_each_threshold_has_an_example_on_both_sides():
    for one in SCHEME.thresholds:
        assert any(one.id in example.due for example in SCHEME.examples)
        assert any(one.id not in ex.due and sum(ex.points) - ex.credits >= one.points - 1 for ex in SCHEME.examples)


def test_points_of_an_act_by_severity_and_responsibility():
    told = {
        (severity, who): SCHEME.limits("reg-735/38/2" if severity != "fraud" else "reg-735/40", severity, who)
        for severity in SCHEME.severities
        for who in SCHEME.responsibilities
    }
    assert told == {
        ("light", "general"): (1, 2), ("light", "important"): (1, 3), ("light", "main"): (2, 3),
        ("heavier", "general"): (4, 5), ("heavier", "important"): (4, 6), ("heavier", "main"): (5, 6),
        ("serious", "general"): (7, 8), ("serious", "important"): (7, 9), ("serious", "main"): (8, 9),
        ("fraud", "general"): (10, 11), ("fraud", "important"): (10, 12), ("fraud", "main"): (11, 12),
    }  # fmt: skip
    assert SCHEME.limits("reg-735/38", "fraud", "main") is None
    assert SCHEME.limits("reg-735/3", "light", "main") is None


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("least: 1, most: 3", "least: 4, most: 3", ""),
        ("severities: [fraud]", "severities: [grave]", ""),
        ("does: suspended, months: [1, 6]", "does: suspended", ""),
        ("repair: {each: 1, most: 4, cite: repair}", "repair: {each: 0, most: 4, cite: repair}", "repair.each"),
        ("repair: {each: 1, most: 4, cite: repair}", "repair: {each: 1, most: 4, cite: nowhere}", ""),
    ],
)
def test_a_broken_scheme_is_refused_with_its_place(old, new, where):
    with pytest.raises(Problem) as refused:
        read_scheme(TEXT.replace(old, new), "national-2024.yaml")
    assert (refused.value.code, refused.value.values["where"]) == ("ZS402", where)


def test_two_schemes_of_one_day_are_refused_and_the_day_chooses(tmp_path):
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "national-2024.yaml").write_text(TEXT, "utf-8")
    later = TEXT.replace("id: national-2024", "id: later").replace("valid_from: 2025-01-01", "valid_from: 2027-01-01")
    (tmp_path / "points" / "later.yaml").write_text(later, "utf-8")
    with pytest.raises(Problem, match="ZS402"):
        load_schemes(tmp_path)
    ended = TEXT.replace("valid_from: 2025-01-01", "valid_from: 2025-01-01\nvalid_to: 2027-01-01")
    (tmp_path / "points" / "national-2024.yaml").write_text(ended, "utf-8")
    found = load_schemes(tmp_path)
    days = (date(2024, 12, 31), date(2026, 12, 31), date(2027, 1, 1))
    assert [one.id if one else None for one in (scheme_on(found, day) for day in days)] == [
        None,
        "national-2024",
        "later",
    ]


days = st.dates(date(2025, 6, 1), date(2027, 6, 1))
decisions = st.lists(
    st.builds(
        Decision,
        ref=st.sampled_from(["J1", "J2", "J3", "J4"]),
        institution_id=st.sampled_from("AB"),
        from_on=days,
        points=st.integers(1, 12),
        ended_on=st.none() | days,
        credits=st.lists(st.tuples(days, st.integers(1, 4)), max_size=3).map(tuple),
    ),
    max_size=6,
)
rulings = st.lists(
    st.builds(
        lambda status, start, length, ref: Ruling(
            "D1", status, start, None if length is None else start + timedelta(length), ref
        ),
        st.sampled_from(["suspended", "terminated"]),
        days,
        st.none() | st.integers(0, 200),
        st.sampled_from(["", "ZG1"]),
    ),
    max_size=5,
)


@given(decisions, rulings, days, st.randoms())
def test_order_does_not_matter_and_points_are_never_below_zero(told, ruled, day, shuffled):
    found = standing(told, ruled, day, SCHEME)
    shuffled.shuffle(told)
    shuffled.shuffle(ruled)
    assert standing(told, ruled, day, SCHEME) == found
    assert 0 <= found.repaired <= min(found.given, SCHEME.repair.most)
    assert len(set(found.in_force)) == len(found.in_force)


@given(decisions, days)
def test_nothing_of_another_year_counts_and_a_place_makes_no_difference(told, day):
    found = standing(told, (), day, SCHEME)
    own = [one for one in told if one.from_on.year == day.year]
    unique = {one.ref for one in told}
    if len(unique) == len(told):
        assert standing(own, (), day, SCHEME) == found
        moved = [Decision(o.ref, "C", o.from_on, o.points, o.ended_on, o.credits) for o in told]
        assert standing(moved, (), day, SCHEME) == found
    first = date(day.year + 1, 1, 1)
    assert standing([one for one in told if one.from_on < first], (), first, SCHEME).points == 0


@given(rulings, days)
def test_a_day_is_barred_in_the_intervals_as_in_the_rulings(ruled, day):
    held = {one.status for one in ruled if one.valid_from <= day and (one.valid_to is None or day < one.valid_to)}
    assert {one.status for one in intervals(ruled) if day in one} == held
    state = standing((), ruled, day, SCHEME).state
    assert state == ("terminated" if "terminated" in held else "suspended" if held else "free")


def test_the_first_and_the_last_day_of_a_year_and_two_decisions_of_one_day():
    same = [Decision("J1", "A", date(2026, 12, 31), 5), Decision("J2", "B", date(2026, 12, 31), 4)]
    assert [standing(same, (), date(2026, 12, d), SCHEME).points for d in (30, 31)] == [0, 9]
    assert standing(same, (), date(2027, 1, 1), SCHEME).points == 0


def test_months_end_on_the_last_day_of_a_shorter_month():
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert add_months(date(2026, 12, 1), 1) == date(2027, 1, 1)
    assert add_months(date(2026, 6, 15), 6) == date(2026, 12, 15)
