"""What people type is trimmed and checked; the first fault names its field, in the code of the form."""

from datetime import date

import pytest

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.typed import Typed

TYPED = Typed("ZS653", most=5)


def test_a_text_is_trimmed_and_kept_within_its_length():
    assert TYPED.text("名称", "  甲乙丙丁戊 ") == "甲乙丙丁戊"
    assert TYPED.text("说明", " ", least=0) == ""
    assert TYPED.text("说明", "甲乙丙丁戊己", most=6) == "甲乙丙丁戊己"
    for wrong in ("", "甲乙丙丁戊己"):
        with pytest.raises(Problem) as refused:
            TYPED.text("名称", wrong)
        assert refused.value.code == "ZS653" and refused.value.values["field"] == "名称"


@pytest.mark.parametrize(("given", "found"), [("1949-10-01", date(1949, 10, 1)), (" 2099-12-31 ", date(2099, 12, 31))])
def test_the_first_and_the_last_day_are_taken(given, found):
    assert TYPED.day("日期", given) == found


@pytest.mark.parametrize("given", ["1949-09-30", "2100-01-01", "2026-02-30", "昨天", "", "9999-12-31"])
def test_another_day_is_refused(given):
    with pytest.raises(Problem) as refused:
        TYPED.day("日期", given)
    assert refused.value.code == "ZS653"
