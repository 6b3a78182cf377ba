"""Every worked example of every card; unknown is neither nothing nor everything; a broken card is refused in words."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.book.scorecards import STANDINGS, load_cards, read_card
from zhunsheng.kernel.errors import Problem
from zhunsheng.scoring.score import Measure, consequences, period_of, periods, score

BOOK = Path(__file__).parents[2] / "rulebook"
CARDS = load_cards(BOOK)
CARD = CARDS["vendor"]
DAY = date(2026, 1, 1)
CASES = [
    pytest.param(card, one, id=f"{name}-{n}") for name, card in CARDS.items() for n, one in enumerate(card.examples)
]


def measures(given_):
    return {key: Measure(*one) if isinstance(one, tuple) else Measure(one) for key, one in given_.items()}


@pytest.mark.parametrize(("card", "example"), CASES)
def test_an_example_scores_as_its_file_says(card, example):
    found = score(card, measures(example.given), DAY)
    assert (found.low, found.high, found.standing) == (example.low, example.high, example.standing)
    assert sum(line.points or 0 for line in found.lines) == found.low


FULL = measures(CARD.examples[0].given)


@given(
    st.fixed_dictionaries({key: st.none() | st.builds(Measure, st.integers(0, 10**4), st.just(10**4)) for key in FULL}),
    st.sampled_from(sorted(FULL)),
)
def test_what_becomes_known_lies_within_the_range_and_leaving_it_out_never_helps_to_the_top(known, key):
    without = score(CARD, known | {key: None}, DAY)
    found = score(CARD, known, DAY)
    assert without.low <= found.low <= found.high <= without.high
    for one in (without, found):
        assert 0 <= one.low <= one.high <= 100
        assert one.standing == "unrated" or STANDINGS.index(one.standing) <= STANDINGS.index(one.best)
        assert one.standing != "AAA" or one.low == one.high


def test_what_hurts_follows_only_from_what_is_certain():
    weak = {"accuracy": Measure(90, 100), "rectification": Measure(2), "promises": Measure(2), "incidents": Measure(2)}
    known = FULL | weak | {"price": None}
    found = score(CARD, known, DAY)
    assert (found.low, found.high, found.standing, found.best) == (45, 55, "C", "C")
    assert consequences(CARD, found.standing, found.best) == ("go_out",)
    found = score(CARD, known | {"incidents": None, "price": FULL["price"]}, DAY)
    assert (found.low, found.high, found.standing, found.best) == (55, 70, "B", "A")
    assert consequences(CARD, found.standing, found.best) == ()


def test_a_period_is_judged_once_it_is_over():
    assert period_of(CARD, date(2026, 6, 30)) == (date(2025, 7, 1), date(2026, 1, 1))
    assert period_of(CARD, date(2026, 7, 1)) == (date(2026, 1, 1), date(2026, 7, 1))
    assert [one for one, _ in periods(CARD, date(2025, 1, 1), date(2026, 8, 1))] == [
        date(2025, 1, 1), date(2025, 7, 1), date(2026, 1, 1)
    ]  # fmt: skip


BROKEN = {
    "weights": ("weight: 15\n    count: papers_lapsed", "weight: 16\n    count: papers_lapsed"),
    "a perfect score without a band": ("standing: AAA, low: 90,", "standing: AAA, low: 90, high: 100,"),
    "a hole": ("standing: AA, low: 80", "standing: AA, low: 81"),
    "points that do not fall": ("high: 2, points: 7", "high: 2, points: 16"),
    "unknown that helps": ("high: 41, most: A,", "high: 41, most: AAA,"),
    "an edge without an example": ("low: 89, high: 89", "low: 88, high: 88"),
    "a count that nothing counts": ("count: complaints_upheld", "count: rumours"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_card_is_refused(what):
    text = (BOOK / "scorecards/vendor.yaml").read_text("utf-8")
    old, new = BROKEN[what]
    assert old in text
    with pytest.raises(Problem, match="ZS620"):
        read_card(text.replace(old, new, 1), "vendor.yaml")
