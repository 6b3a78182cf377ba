"""Quantities: exact decimals at a stated scale, no rounding anywhere."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import parse, plain, scaled


@given(st.integers(-(10**15), 10**15), st.sampled_from([0, 2, 4, 6]))
def test_printing_and_reading_meet(value, digits):
    assert scaled(plain(value, digits), digits) == value


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4), st.integers(0, 6))
def test_reading_agrees_with_decimal_arithmetic(number, digits):
    exact = number.scaleb(digits)
    if exact == exact.to_integral_value():
        assert scaled(str(number), digits) == int(exact)
    else:
        with pytest.raises(Problem) as caught:
            scaled(str(number), digits)
        assert caught.value.code == "ZS104"


@given(st.text(max_size=30))
def test_any_text_is_read_exactly_or_refused_by_code(text):
    number = parse(text)
    if number is None:
        with pytest.raises(Problem) as caught:
            scaled(text, 4)
        assert caught.value.code == "ZS104"
    else:
        assert Decimal(text.strip()) == Decimal(number[0]).scaleb(number[1])


@pytest.mark.parametrize(
    ("value", "text"), [(15_000, "1.5"), (10_000, "1"), (-5, "-0.0005"), (0, "0"), (1_000_000, "100")]
)
def test_prints_without_trailing_zeros(value, text):
    assert plain(value, 4) == text


@pytest.mark.parametrize("text", ["1.00001", "", "-", ".", "1 2", "0x10", "9223372036854775808"])
def test_refuses_what_does_not_fit_the_scale(text):
    with pytest.raises(Problem) as caught:
        scaled(text, 4)
    assert caught.value.code == "ZS104"
    assert scaled("1.0000", 4) == 10_000
