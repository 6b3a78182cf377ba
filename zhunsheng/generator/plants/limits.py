"""Cases of items limited by sex and by age."""

# ruff: noqa: D103 - the note of each scenario, which the answer key prints, says what it is
from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from zhunsheng.generator.county import TOWNSHIP
from zhunsheng.generator.knowledge import AgePoint, Index, Point, SexPoint
from zhunsheng.generator.plants.kinds import AGE, LOOK_ALIKE, SEX, STANDARD, UNKNOWN, VIOLATION, scenario
from zhunsheng.generator.plants.stage import WHOLE, Stage

OTHER = {"M": "F", "F": "M"}


def sex_points(index: Index) -> list[Point]:
    """Return the usable sex points."""
    return list(index.clear_sex)


def bounded(index: Index) -> list[Point]:
    """Return the usable age points with an upper age."""
    return [point for point in index.clear_age if point.high is not None]


def from_some_age(index: Index) -> list[Point]:
    """Return the usable age points with a lower age above birth."""
    return [point for point in index.clear_age if point.low]


def _charged(stage: Stage, point: SexPoint | AgePoint, quantity_e4: int = WHOLE) -> None:
    stage.line(stage.visit(), (point.code, point.name), stage.at(0, "10:20"), quantity_e4)


@scenario(SEX, VIOLATION, "限定性别的项目用于另一性别，门诊一行", sex_points)
def wrong_sex_visit(stage: Stage, point: SexPoint) -> None:
    stage.be(OTHER[point.sex])
    _charged(stage, point)


@scenario(SEX, VIOLATION, "限定性别的项目用于另一性别，住院第二日", sex_points)
def wrong_sex_stay(stage: Stage, point: SexPoint) -> None:
    stage.be(OTHER[point.sex])
    encounter = stage.stay(0, "10:00", 5, "10:30")
    stage.line(encounter, (point.code, point.name), stage.at(1, "09:40"))


@scenario(SEX, VIOLATION, "限定性别的项目用于另一性别，乡镇卫生院，数量 2", sex_points)
def wrong_sex_township(stage: Stage, point: SexPoint) -> None:
    stage.be(OTHER[point.sex])
    stage.line(stage.visit(kind=TOWNSHIP), (point.code, point.name), stage.at(0, "10:20"), 2 * WHOLE)


@scenario(SEX, VIOLATION, "部分退费后仍有余量", sex_points)
def wrong_sex_partly_refunded(stage: Stage, point: SexPoint) -> None:
    stage.be(OTHER[point.sex])
    encounter = stage.visit()
    line = stage.line(encounter, (point.code, point.name), stage.at(0, "10:20"), 3 * WHOLE)
    stage.refund(encounter, line, WHOLE)


@scenario(SEX, VIOLATION, "标准原文：参保人性别与项目限定性别不符", sex_points, STANDARD)
def sex_not_in_allowed_set(stage: Stage, point: SexPoint) -> None:
    stage.be(OTHER[point.sex])
    stage.line(stage.visit(emergency=True, clock="15:10"), (point.code, point.name), stage.at(0, "16:45"))


@scenario(SEX, LOOK_ALIKE, "限定性别的项目用于该性别", sex_points)
def right_sex(stage: Stage, point: SexPoint) -> None:
    stage.be(point.sex)
    _charged(stage, point)


@scenario(SEX, LOOK_ALIKE, "性别不符的一行已全部退费", sex_points)
def wrong_sex_refunded(stage: Stage, point: SexPoint) -> None:
    stage.be(OTHER[point.sex])
    encounter = stage.visit()
    stage.refund(encounter, stage.line(encounter, (point.code, point.name), stage.at(0, "10:20")))


@scenario(SEX, LOOK_ALIKE, "服务日期知识点尚未生效或已失效", sex_points, in_force=False)
def wrong_sex_not_in_force(stage: Stage, point: SexPoint) -> None:
    stage.be(OTHER[point.sex])
    _charged(stage, point)


@scenario(SEX, UNKNOWN, "性别登记为 9", sex_points)
def sex_nine(stage: Stage, point: SexPoint) -> None:
    stage.world.people.sex_unknown[stage.plant.person] = True
    _charged(stage, point)


def earlier(day: date, number: int, unit: str) -> date:
    """Return the birth date of someone who completes ``number`` years, months or days on ``day``."""
    if unit == "day":
        return day - timedelta(days=number)
    total = day.year * 12 + day.month - 1 - number * (12 if unit == "year" else 1)
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@scenario(AGE, VIOLATION, "儿童专用项目用于成人", bounded)
def adult(stage: Stage, point: AgePoint) -> None:
    stage.be(years=44)
    _charged(stage, point)


@scenario(AGE, VIOLATION, "刚超出年龄上限的当日", bounded)
def first_day_outside(stage: Stage, point: AgePoint) -> None:
    stage.be(birth=earlier(stage.first_date, upper_age(point) + 1, point.unit))
    _charged(stage, point)


@scenario(AGE, VIOLATION, "住院期间越过年龄上限：之前的一行相符，之后的一行超龄", bounded)
def outgrown_during_stay(stage: Stage, point: AgePoint) -> None:
    stage.be(birth=earlier(stage.first_date + timedelta(days=2), upper_age(point) + 1, point.unit))
    encounter = stage.stay(0, "10:00", 5, "10:30")
    stage.line(encounter, (point.code, point.name), stage.at(1, "09:40"), subject=False)
    stage.line(encounter, (point.code, point.name), stage.at(2, "09:40"))


@scenario(AGE, VIOLATION, "未满年龄下限的前一日", from_some_age)
def day_before_band(stage: Stage, point: AgePoint) -> None:
    stage.be(birth=earlier(stage.first_date + timedelta(days=1), point.low or 0, point.unit))
    _charged(stage, point)


@scenario(AGE, VIOLATION, "标准原文：服务日期的年龄在限定范围之外", bounded, STANDARD)
def age_outside_band(stage: Stage, point: AgePoint) -> None:
    per_year = {"year": 1, "month": 12, "day": 365}[point.unit]
    stage.be(years=upper_age(point) // per_year + 3)
    stage.line(stage.visit(kind=TOWNSHIP), (point.code, point.name), stage.at(0, "10:20"))


@scenario(AGE, LOOK_ALIKE, "年龄上限的最后一日", bounded)
def last_day_inside(stage: Stage, point: AgePoint) -> None:
    stage.be(birth=earlier(stage.first_date + timedelta(days=1), upper_age(point) + 1, point.unit))
    _charged(stage, point)


@scenario(AGE, LOOK_ALIKE, "年龄范围的第一日", bounded)
def first_day_inside(stage: Stage, point: AgePoint) -> None:
    stage.be(birth=earlier(stage.first_date, point.low or 0, point.unit))
    _charged(stage, point)


@scenario(AGE, LOOK_ALIKE, "超龄的一行已全部退费", bounded)
def adult_refunded(stage: Stage, point: AgePoint) -> None:
    stage.be(years=39)
    encounter = stage.visit()
    stage.refund(encounter, stage.line(encounter, (point.code, point.name), stage.at(0, "10:20")))


@scenario(AGE, LOOK_ALIKE, "服务日期知识点尚未生效或已失效", bounded, in_force=False)
def adult_not_in_force(stage: Stage, point: AgePoint) -> None:
    stage.be(years=51)
    _charged(stage, point)


@scenario(AGE, UNKNOWN, "出生日期为空", bounded)
def birth_empty(stage: Stage, point: AgePoint) -> None:
    stage.world.people.birth_unknown[stage.plant.person] = True
    _charged(stage, point)


def upper_age(point: AgePoint) -> int:
    """Return the upper age of a point that has one."""
    if point.high is None:
        raise ValueError(f"{point.code} has no upper age")
    return point.high
