"""What findings compare is said in words: every reason that an example gives, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhunsheng.book import load
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns import JUDGES
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.examples import case_of
from zhunsheng.runs.words import sentence

BOOK = load(Path(ROOT / "rulebook"))
BOUND = bind(BOOK)


@pytest.mark.parametrize(
    ("pattern", "reason", "expected", "actual", "zh", "en"),
    [
        (
            "qty_cap",
            "over_rolling_cap",
            "10000 14",
            "20000",
            "连同此前合计 2，上限为连续 14 天内 1",
            "With those before it the quantity is 2; the cap is 1 in any 14 days",
        ),
        (
            "course_days",
            "days_over",
            "14 stay",
            "15",
            "使用 15 天，上限为单次住院 14 天",
            "Used on 15 days; the limit is 14 days in one stay",
        ),
        (
            "supply_days",
            "over_days",
            "7 outpatient",
            "8",
            "医嘱用药 8 天，上限为门诊 7 天",
            "The order is for 8 days; the limit is 7 days for outpatient visits",
        ),
        (
            "price_ceiling",
            "above_ceiling",
            "480000000",
            "500500000",
            "单价 500.5 元，最高 480 元",
            "The unit price is 500.5 yuan, the ceiling 480",
        ),
        (
            "pay_cap",
            "over_pay_cap",
            "600000",
            "600001",
            "期间内纳入支付范围的金额合计 6,000.01 元，限额 6,000.00 元",
            "The amount in scope of the period is 6,000.01 yuan, the cap 6,000.00",
        ),
    ],
)
def test_limits_are_said_in_words(pattern, reason, expected, actual, zh, en):
    assert sentence(pattern, reason, expected, actual) == zh
    assert sentence(pattern, reason, expected, actual, "en") == en


def test_every_hit_of_every_example_can_be_said():
    for rule in BOOK.rules.values():
        for number, example in enumerate(rule.examples):
            for hit in JUDGES[rule.pattern](case_of(example, f"P{number}"), BOUND[rule.pattern]):
                for language in ("zh", "en"):
                    said = sentence(rule.pattern, hit.reason, hit.expected, hit.actual, language)
                    assert said and "{" not in said, (rule.id, hit.reason)
