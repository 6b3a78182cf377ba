"""Prose parameters: what a stated phrase knows is read and kept beside its text; all else waits for a person."""

from __future__ import annotations

import pytest

from tests.book.books import BOOK, TODAY, save
from zhunsheng.book import load
from zhunsheng.book.workbooks import import_workbooks
from zhunsheng.kernel.errors import Problem
from zhunsheng.patterns.bind import bind

COURSE = ("序号", "项目名称", "备注", "项目代码")
NAMES = ("药品通用名", "药品说明", "限定类型", "限定值域")
CODES = ("药品通用名", "序号", "国标代码", "限定类型")


@pytest.fixture
def point(tmp_path):
    """Return the one point that a workbook gives."""

    def go(name, **sheets):
        path = save(tmp_path / "第八批 book.xlsx", sheets)
        plan = import_workbooks([path], BOOK, tmp_path / "site", TODAY, only=name)
        assert plan.remarks == []
        (found,) = (p for p in load(BOOK, tmp_path / "site").knowledge[name].points if p.get("item_code") == "X1")
        return found

    return go


@pytest.mark.parametrize(
    ("text", "values", "reading"),
    [
        ("总时间不超过90天，评定间隔时间不短于14天。", "90 unstated 1 14", ""),
        ("总时间不超过 ９０ 天, 评定间隔时间不短于十日", "90 unstated 1 10", ""),
        ("支付不超过30天。", "30 unstated - -", ""),
        ("一个疾病过程支付不超过90天。", "90 course - -", ""),
        ("单次住院最多支付14天", "14 stay - -", ""),
        ("支付不超过一年，每周最多支付一次。", "365 unstated 1 7", "confirm"),
        ("支付不超过2周，每周最多1次", "14 unstated 1 7", ""),
        ("限脑外伤患者≤14天", "14 unstated - -", "confirm"),
        ("支付不超过12个月", "365 unstated - -", "confirm"),
        ("支付不超过5个月", "- - - -", "waiting"),
        ("支付不超过30天，另见地方规定", "- - - -", "waiting"),
        ("支付不超过若干天", "- - - -", "waiting"),
        ("见原通知", "- - - -", "waiting"),
        ("", "- - - -", "waiting"),
    ],
)
def test_courses_of_services(point, text, values, reading):
    found = point("course_limited_services", Sheet1=[COURSE, (1, "训练", text, "X1")])
    names = ("max_days", "course_scope", "period_cap", "period_days")
    assert " ".join(found.get(name) or "-" for name in names) == values
    assert (found.reading, found.printed) == (reading, text)


@pytest.mark.parametrize(
    ("printed", "text", "values", "reading"),
    [
        ("14天", "限新发的急性血栓性脑梗死，支付不超过14天。", "14 unstated", ""),
        ("3天", "限二级及以上医疗机构短期治疗，单次住院支付不超过3天。", "3 stay", ""),
        (
            "15天",
            "单次住院最多支付14天。",
            "15 stay",
            "confirm",
        ),  # the two texts differ: the looser stays, a person looks
        ("365天", "支付不超过12个月：1.甲", "365 unstated", ""),
        ("按说明书", "支付不超过14天。", "- -", "waiting"),
    ],
)
def test_courses_of_drugs(point, printed, text, values, reading):
    names = [NAMES, ("甲", text, "限定支付疗程", printed)]
    found = point("course_limited_drugs", a=names, b=[CODES, ("甲", 1, "X1", "限定支付疗程")])
    assert " ".join(found.get(name) or "-" for name in ("max_days", "course_scope")) == values
    assert (found.reading, found.printed, found.note) == (reading, printed, text)


@pytest.mark.parametrize(
    ("text", "values", "reading"),
    [
        ("限6-17岁儿童和青少年的注意缺陷多动障碍。", "6 17 year", ""),
        ("限2岁至11岁儿童慢性便秘。", "2 11 year", ""),
        ("限5至12岁以下流感患者。", "5 12 year", "confirm"),
        ("限3岁及3岁以上儿童患者。", "3 - -", "confirm"),
        ("清热解毒。用于小儿急性咽炎。", "- - -", "confirm"),
        ("适用于11周岁以下患者。", "- - -", "confirm"),
    ],
)
def test_ages_and_children_without_a_number(point, text, values, reading):
    names = [(*NAMES[:3], "限定对象"), ("甲", text, "限定年龄对象", "儿童")]
    found = point("age_limited_drugs", a=names, b=[CODES, ("甲", 1, "X1", "限定年龄对象")])
    assert " ".join(found.get(name) or "-" for name in ("min_age", "max_age", "age_unit")) == values
    assert (found.get("age_group"), found.reading, found.printed) == ("儿童", reading, text)


@pytest.mark.parametrize(
    ("text", "values", "reading"),
    [
        ("参保人年龄超出法定就业年龄限制", "法定就业年龄 - - -", "confirm"),
        ("限16-59周岁", "- 16 59 year", ""),
        ("参保人年龄超出规定", "- - - -", "waiting"),
    ],
)
def test_age_bands_of_services(point, text, values, reading):
    found = point("age_banded_services", Sheet1=[COURSE, (1, "训练", text, "X1")])
    names = ("age_group", "min_age", "max_age", "age_unit")
    assert " ".join(found.get(name) or "-" for name in names) == values
    assert (found.reading, found.printed) == (reading, text)


def test_a_wider_text_wins_over_the_narrower_column(point):
    names = [NAMES, ("安宫牛黄丸", "限急诊或住院患者。", "限定就医方式", "住院")]
    found = point("visit_type_limited_drugs", a=names, b=[CODES, ("安宫牛黄丸", 1, "X1", "限定就医方式")])
    assert (found.get("visit_types"), found.reading) == ("emergency_inpatient", "confirm")


def test_a_point_that_waits_is_loaded_and_not_bound(tmp_path):
    book = load(BOOK)
    rule = book.rules["fund/age-limited-service"]
    known = book.knowledge["age_limited_services"]
    waiting = known.points[0].model_copy(update={"reading": "waiting", "values": {"item_code": "X1"}})
    whole = known.model_copy(update={"points": (*known.points, waiting)})
    changed = book.model_copy(update={"knowledge": book.knowledge | {known.name: whole}})
    assert bind(changed)[rule.pattern].rows == bind(book)[rule.pattern].rows
    open_ = waiting.model_copy(update={"reading": ""})
    with pytest.raises(Problem, match="ZS406"):
        alone = {known.name: known.model_copy(update={"points": (open_,)})}
        bind(changed.model_copy(update={"knowledge": book.knowledge | alone}))
