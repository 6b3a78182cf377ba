"""Judging counts at read time: targets by date and level, unknown rows, small numbers, intervals, limits, alerts."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies
from scipy import stats

from zhunsheng.book.indicators import Indicator
from zhunsheng.indicators import control
from zhunsheng.indicators.alerts import alerts
from zhunsheng.indicators.plain import Counted
from zhunsheng.indicators.values import byar, hidden, judge, printed, together, told_by_rest

BASE = {
    "id": "t/share", "name": "份额", "name_en": "Share", "area": "fund", "why": "为何", "why_en": "Why",
    "ground": "local", "table": "encounter", "date": "start_date",
    "numerator": {"rows": True, "where": [{"column": "end_at", "empty": True}]}, "denominator": {"rows": True},
    "unit": "percent", "direction": "higher", "minimum": 20,
    "cites": {"a": {"zh": "甲", "en": "A", "certainty": "local"}}, "authored_by": "测试",
    "reviewed_on": "2026-01-01", "next_review": "2027-01-01", "valid_from": "2024-01-01",
    "examples": [{"name": "一", "rows": [{}], "gives": {}}],
}  # fmt: skip
LOCAL = {"cite": "a", "ground": "local", "confirmed_on": "2026-01-01"}


def indicator(**more):
    return Indicator.model_validate(BASE | more)


def target(value="98", start="2024-01-01", **more):
    return {"value": value, "valid_from": start, **LOCAL, **more}


def counted(numerator, denominator, unknown=0, month="2026-03", rows=None):
    rows = denominator if rows is None else rows
    return Counted("t/share", "institution", "H", "H", month, numerator, denominator, 0, unknown, rows)


def test_the_limit_itself_is_reached_and_one_less_is_not():
    one = indicator(targets=[target("98")])
    assert judge(one, counted(98, 100)).verdict == "met"
    assert judge(one, counted(97_999, 100_000)).verdict == "missed"
    lower = indicator(direction="lower", unit="per_mille", targets=[target("1.8")])
    assert judge(lower, counted(9, 5000)).verdict == "met"
    assert judge(lower, counted(10, 5000)).verdict == "missed"


def test_a_target_holds_for_its_days_and_levels():
    one = indicator(
        targets=[target("90", valid_to="2026-03-01", levels=["2"]), target("95", "2026-03-01", levels=["2"])]
    )
    assert judge(one, counted(92, 100, month="2026-02"), level="2").verdict == "met"
    assert judge(one, counted(92, 100), level="2").verdict == "missed"
    assert judge(one, counted(92, 100), level=None).verdict == "untargeted"
    with pytest.raises(ValueError, match="two targets"):
        indicator(targets=[target("90", levels=["2"]), target("95")])


def test_unknown_rows_make_a_share_a_range_and_only_a_clear_one_is_judged():
    one = indicator(targets=[target("90")])
    clear, torn, none = (judge(one, c) for c in (counted(95, 100, 3), counted(91, 100, 5), counted(0, 0, 4)))
    assert (clear.verdict, torn.verdict, none.verdict, none.known) == ("met", "unknown", "unknown", "unknown")
    assert (torn.low, torn.high) == (Fraction(9100, 105), Fraction(9600, 105))
    assert judge(one, None, month="2026-03").known == "none"
    mean = indicator(numerator={"sum": "start_at"}, unit="days", direction="lower", targets=[target("3")])
    assert judge(mean, counted(250, 100, 5)).verdict == "met"
    assert judge(mean, counted(250, 100, 6)).known == "unknown"


def test_small_is_not_judged_and_a_range_has_two_limits():
    assert judge(indicator(targets=[target("90")]), counted(19, 19)).known == "small"
    ranged = {"value": "", "low": "85", "high": "93"}
    one = indicator(direction="range", targets=[target(**ranged)])
    assert [judge(one, counted(n, 100)).verdict for n in (84, 85, 93, 94)] == ["missed", "met", "met", "missed"]
    assert judge(one, counted(90, 100, 20)).verdict == "unknown"


def test_intervals_agree_with_the_library():
    low, high = judge(indicator(), counted(16, 20)).interval
    exact = stats.binomtest(16, 20).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((exact.low * 100, exact.high * 100))
    for events in (0, 3, 40):
        wanted = stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0, stats.chi2.ppf(0.975, 2 * events + 2) / 2
        assert byar(events) == pytest.approx(wanted, rel=0.03, abs=0.03)


def test_few_are_hidden_from_whoever_may_not_see_the_rows():
    few = [judge(indicator(), counted(n, 20)) for n in (0, 1, 4, 5, 15, 16, 19, 20)]
    assert [hidden(v, open_to_reader=False) for v in few] == [False, True, True, False, False, True, True, False]
    assert not any(hidden(v, open_to_reader=True) for v in few)
    assert printed(indicator(), Fraction(1, 3)) == "0.3"
    assert together(indicator(), [counted(1, 2), counted(3, 4)])[5:7] == (4, 6)


def months(values, size=200):
    return [counted(n, size, month=f"2025-{m:02d}") for m, n in enumerate(values, start=1)]


STEADY = [180, 184, 178, 181, 183, 179, 182, 180, 181, 182]


def test_only_worsening_alerts_and_an_alert_goes_on_from_its_first_month():
    one = indicator()
    assert not alerts(one, {"H": months([*STEADY, 198])}, "2025-11")
    found = alerts(one, {"H": months([*STEADY, 150, 149])}, "2025-12")
    assert [(a.subject_id, a.since) for a in found] == [("H", "2025-11")]
    assert not alerts(indicator(direction="none"), {"H": months([*STEADY, 150])}, "2025-11")
    assert not alerts(one, {"H": months([*STEADY[:6], 100])}, "2025-07"), "a short history says nothing"


def test_most_children_that_worsen_together_are_one_alert_of_the_parent():
    falling, steady = months([*STEADY, 150]), months([*STEADY, 181])
    series = {"A": falling, "B": falling, "C": falling, "D": steady, "E": falling}
    parents = dict.fromkeys("ABCD", "P")
    found = alerts(indicator(), series, "2025-11", parents)
    assert [(a.subject_id, a.children) for a in found] == [("P", ("A", "B", "C")), ("E", ())]
    alone = alerts(indicator(), {**series, "B": steady}, "2025-11", parents)
    assert [a.subject_id for a in alone] == ["A", "C", "E"]


def test_peers_that_differ_by_more_than_chance_widen_the_funnel():
    one = indicator()
    varied = [counted(n, 200) for n in (100, 190, 120, 180, 150, 140)]
    wide = control.spread(one, varied)
    assert wide > 5 and control.spread(one, varied[:4]) is None
    narrow, broad = (control.funnel(one, 0.7, [100], s)[0] for s in (None, wide))
    assert broad["low3"] < narrow["low3"] < 70 < narrow["high3"] < broad["high3"]


def test_false_alarms_on_unchanging_series_stay_near_the_nominal_rate():
    draw = np.random.default_rng(7)
    one, size, runs = indicator(minimum=0), 300, 4000
    upper = draw.binomial(size, 0.9, (runs, 13)).astype(float)
    scores = [control.counted(row, np.full(13, float(size)), share=True) for row in upper]
    rate = np.mean([score < -limit for _c, _s, score, limit in scores])
    assert rate < 2.5 * control.NOMINAL, one.id


def test_a_month_of_which_too_much_is_unknown_raises_nothing_and_shows_its_range_alone():
    one = indicator(direction="lower")
    steady = [
        counted(n, 200, month=f"2025-{m:02d}") for m, n in enumerate([20, 22, 18, 21, 19, 20, 22, 18, 21], start=1)
    ]
    newest = counted(30, 30, unknown=170, month="2025-10")
    assert not alerts(one, {"H": [*steady, newest]}, "2025-10")
    value = judge(one, newest)
    assert value.torn and value.interval is None and value.low < value.high


COUNTS = strategies.tuples(strategies.integers(0, 40), strategies.integers(1, 40)).map(lambda one: (min(one), one[1]))


@given(strategies.dictionaries(strategies.sampled_from("ABCDEFGH"), COUNTS, min_size=5), strategies.data())
def test_what_is_left_of_a_total_never_tells_of_one_or_two_nor_of_few_things(parts, data):
    whole = data.draw(strategies.sets(strategies.sampled_from(sorted(parts))))
    seen = {key: parts[key] for key in whole}
    for key in data.draw(strategies.sets(strategies.sampled_from(sorted(parts)))) - whole:  # a share of its rows
        upper, lower = parts[key]
        seen[key] = (data.draw(strategies.integers(0, upper)), data.draw(strategies.integers(0, lower)))
    left = {key: pair for key, pair in parts.items() if seen.get(key) != pair}
    rest = sum(lower for _upper, lower in parts.values()) - sum(lower for _upper, lower in seen.values())
    if not told_by_rest(parts, seen):
        assert not left or (len(left) >= 3 and rest >= 5)
    if not left:
        assert not told_by_rest(parts, seen), "who sees all is kept from nothing"


def test_who_reads_four_of_five_is_not_told_of_the_fifth_and_who_reads_one_is_told_of_all():
    parts = dict.fromkeys("ABCDE", (90, 100))
    assert [told_by_rest(parts, {n: parts[n] for n in "ABCDE"[:seen]}) for seen in range(6)] == [
        False, False, False, True, True, False,
    ]  # fmt: skip
