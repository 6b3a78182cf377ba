"""Money: what is read is exact to the fen, what is split adds up, what is refused says why."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import MAX_LINE_FEN, fen_from_yuan, part, share, times, yuan
from zhunsheng.kernel.quantity import MAX_LINE_QUANTITY_E4

FEN = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12.30", 1230),
        ("0", 0),
        (" 7 ", 700),
        ("-0.01", -1),
        ("+3.5", 350),
        (".5", 50),
        ("1.2e3", 120_000),
        ("1.200", 120),
        ("9999999.99", MAX_LINE_FEN),
    ],
)
def test_reads_yuan_exactly(text, fen):
    assert fen_from_yuan(text) == fen


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "ZS101"),
        ("abc", "ZS101"),
        ("NaN", "ZS101"),
        ("Infinity", "ZS101"),
        ("1_000", "ZS101"),
        ("1,000.00", "ZS101"),
        ("１２.３０", "ZS101"),
        ("1e99", "ZS101"),
        ("1e999999999", "ZS101"),
        ("99999999999999999999999999999999", "ZS101"),
        ("12.345", "ZS102"),
        ("1.0000000000000000000000000000001", "ZS102"),
        ("1e-99", "ZS102"),
    ],
)
def test_refuses_what_is_no_amount_with_code_and_value(text, code):
    with pytest.raises(Problem) as caught:
        fen_from_yuan(text)
    assert caught.value.code == code
    assert caught.value.values == {"value": text}


@given(FEN)
def test_printing_and_reading_meet(fen):
    assert fen_from_yuan(yuan(fen).replace(",", "")) == fen


@pytest.mark.parametrize(
    ("fen", "text"), [(1230, "12.30"), (-5, "-0.05"), (0, "0.00"), (123_456_789, "1,234,567.89"), (-100, "-1.00")]
)
def test_prints_two_decimals_and_separators(fen, text):
    assert yuan(fen) == text


@given(st.integers(0, 10**13), st.integers(-MAX_LINE_QUANTITY_E4, MAX_LINE_QUANTITY_E4))
def test_price_times_quantity_is_rounded_half_away_from_zero(price_e6, quantity_e4):
    exact = Decimal(price_e6 * quantity_e4).scaleb(-8)
    assert times(price_e6, quantity_e4) == exact.quantize(Decimal(1), ROUND_HALF_UP)


def test_price_times_quantity_at_the_half():
    # 0.01 yuan x 0.5 = 0.005 yuan = half a fen
    assert times(10_000, 5_000) == 1
    assert times(10_000, 4_999) == 0
    assert times(10_000, -5_000) == -1


@given(st.integers(0, 10**15), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_part_is_the_nearest_fen(amount, numerator, denominator):
    got = part(amount, numerator, denominator)
    assert abs(2 * got * denominator - 2 * amount * numerator) <= denominator
    # exactly half goes up
    assert 2 * got * denominator > 2 * amount * numerator - denominator


@given(FEN, st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any))
def test_shares_add_up_and_stay_within_one_fen_of_their_due(total, weights):
    parts = share(total, weights)
    assert sum(parts) == total
    for got, weight in zip(parts, weights, strict=True):
        assert abs(got * sum(weights) - total * weight) < sum(weights)


def test_the_largest_remainder_gets_the_odd_fen_and_ties_go_by_position():
    assert share(100, [1, 1, 1]) == [34, 33, 33]
    assert share(10, [1, 2]) == [3, 7]
    assert share(5, [0, 1]) == [0, 5]


@pytest.mark.parametrize("weights", [[], [0, 0], [-1]])
def test_weights_that_add_up_to_nothing_are_refused(weights):
    with pytest.raises(Problem) as caught:
        share(100, weights)
    assert caught.value.code == "ZS103"
