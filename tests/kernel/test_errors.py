"""Errors for people: a code that stays, texts in two languages, values put in as values."""

import re

import pytest

from zhunsheng.kernel.errors import ErrorKind, Problem, catalogue, kind


def test_a_problem_says_what_happened_what_was_kept_and_what_to_do():
    problem = Problem("ZS101", value="十二元")
    assert str(problem) == "ZS101 “十二元”不是金额"
    assert problem.as_dict("en") == {
        "code": "ZS101",
        "message": "'十二元' is not an amount",
        "kept": "The value as given stays in the reject report",
        "mend": "Give a number in yuan, for example 12.30",
        "values": {"value": "十二元"},
    }
    assert problem.as_dict()["mend"] == "填写以元为单位的数字，如 12.30"


def test_a_value_that_looks_like_a_placeholder_stays_a_value():
    problem = Problem("ZS106", start="{end}", end="2026-01-01")
    assert "{end}" in problem.kind.message("en", problem.values)


def test_a_long_value_is_cut_and_an_absent_one_leaves_its_name():
    texts = ("{value}", "{value} {other}", "", "", "", "")
    error = ErrorKind("ZS199", *texts)
    assert error.message("zh", {"value": "x" * 500}) == "x" * 120
    assert error.message("en", {"value": 1}) == "1 {other}"


def test_an_unknown_code_cannot_be_raised():
    with pytest.raises(KeyError):
        Problem("ZS999")


def test_the_catalogue_stands_in_order_and_under_its_ranges():
    codes = list(catalogue())
    assert codes == sorted(codes)
    assert all(re.fullmatch("ZS[1-9][0-9]{2}", code) for code in codes)
    assert kind("ZS101").code == "ZS101"
