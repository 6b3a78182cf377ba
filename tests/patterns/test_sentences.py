"""Reason sentences say codes in words, in both languages."""

from __future__ import annotations

import pytest

from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.words import sentence


@pytest.mark.parametrize(
    ("pattern", "reason", "expected", "actual", "zh", "en"),
    [
        ("item_visit_type", "visit_type_differs", "emergency inpatient", "outpatient",
         "项目限急诊、住院使用，本次就诊为门诊",
         "The item is limited to emergency visits or inpatient stays; it was charged in outpatient visits"),
        ("org_level", "level_below", "2", "0", "项目限二级及以上机构使用，收费机构为未定级",
         "The item is limited to institutions of level 2 and above; the charging one has no level"),
        ("insurance_type", "insurance_differs", "410", "342", "项目限工伤保险支付，本次就诊险种为342",
         "The item is payable by work-injury insurance only; this encounter has 342"),
        ("dept_set", "specialty_differs", "A21 A50", "A04.03 骨科",
         "项目限诊疗科目 A21、A50 使用，开单科室为A04.03（骨科）",
         "The item is limited to departments of specialty A21 or A50; it was ordered by A04.03 骨科"),
        ("not_payable", "paid", "", "6000", "项目不予支付，却有 60.00 元纳入政策范围",
         "The fund does not pay for the item, yet 60.00 yuan lie within policy scope"),
    ],
)  # fmt: skip
def test_codes_are_said_in_words(pattern, reason, expected, actual, zh, en):
    assert sentence(pattern, reason, expected, actual) == zh
    assert sentence(pattern, reason, expected, actual, "en") == en


@pytest.mark.parametrize(
    ("actual", "zh", "en"),
    [("J18.900 1", "J18.900", "J18.900"), ("J18.900 3", "J18.900 等 3 项", "J18.900 and 2 more")],
)
def test_several_diagnoses_are_said_by_the_first_and_their_number(actual, zh, en):
    assert zh + "，" in sentence("item_requires_dx", "dx_absent", "I63", actual)
    assert en + "," in sentence("item_requires_dx", "dx_absent", "I63", actual, "en")


def test_every_reason_has_both_languages():
    for pattern in PATTERNS.values():
        assert all(zh and en for zh, en in pattern.reasons.values())
