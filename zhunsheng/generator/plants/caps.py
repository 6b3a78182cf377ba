"""Cases of daily quantity caps. The subject is every line of the person, institution, item and day."""

# ruff: noqa: D103 - the note of each scenario, which the answer key prints, says what it is
from __future__ import annotations

from zhunsheng.generator.county import COUNTY, TOWNSHIP
from zhunsheng.generator.knowledge import CapPoint, Index, Point
from zhunsheng.generator.plants.kinds import CAP, LOOK_ALIKE, STANDARD, VIOLATION, scenario
from zhunsheng.generator.plants.stage import WHOLE, PlantedEncounter, PlantedLine, Stage


def caps(index: Index) -> list[Point]:
    """Return the usable caps."""
    return [point for point in index.clear_caps if point.cap_e4 >= WHOLE]


def hourly(index: Index) -> list[Point]:
    """Return the caps of items priced by the hour: 24 a day."""
    return [point for point in index.clear_caps if point.cap_e4 == 24 * WHOLE]


def _put(
    stage: Stage, encounter: PlantedEncounter, cap: CapPoint, offset: int, clock: str, quantity_e4: int
) -> PlantedLine:
    return stage.line(encounter, (cap.code, cap.name), stage.at(offset, clock), quantity_e4)


@scenario(CAP, VIOLATION, "一日两行，合计超过上限", caps)
def two_lines_over(stage: Stage, cap: CapPoint) -> None:
    encounter = stage.stay(0, "09:00", 5, "10:30")
    _put(stage, encounter, cap, 2, "09:20", cap.cap_e4)
    _put(stage, encounter, cap, 2, "20:05", WHOLE)


@scenario(CAP, VIOLATION, "一行即超过上限", caps)
def one_line_over(stage: Stage, cap: CapPoint) -> None:
    _put(stage, stage.stay(0, "09:00", 5, "10:30", kind=TOWNSHIP), cap, 1, "20:05", cap.cap_e4 + WHOLE)


@scenario(CAP, VIOLATION, "超过上限 0.5", caps)
def half_over(stage: Stage, cap: CapPoint) -> None:
    _put(stage, stage.stay(0, "09:00", 4, "10:30"), cap, 1, "20:05", cap.cap_e4 + WHOLE // 2)


@scenario(CAP, VIOLATION, "同机构同日两次就诊，合计超过上限", caps)
def two_encounters_over(stage: Stage, cap: CapPoint) -> None:
    first = stage.visit(clock="08:20", emergency=True)
    second = stage.visit(clock="14:10", institution=first.institution)
    _put(stage, first, cap, 0, "09:30", cap.cap_e4)
    _put(stage, second, cap, 0, "15:30", WHOLE)


@scenario(CAP, VIOLATION, "标准原文：按日计价的项目一日收取两次", caps, STANDARD)
def charged_twice_a_day(stage: Stage, cap: CapPoint) -> None:
    encounter = stage.stay(0, "09:00", 6, "10:30")
    _put(stage, encounter, cap, 3, "08:00", cap.cap_e4)
    _put(stage, encounter, cap, 3, "17:00", cap.cap_e4)


@scenario(CAP, VIOLATION, "标准原文：按小时计价的项目一日超过 24 小时", hourly, STANDARD)
def more_than_a_day(stage: Stage, cap: CapPoint) -> None:
    _put(stage, stage.stay(0, "09:00", 6, "10:30"), cap, 2, "22:00", 30 * WHOLE)


@scenario(CAP, VIOLATION, "标准原文：按小时计价的项目一日超过 24 小时，分在两家机构", hourly, STANDARD)
def more_than_a_day_at_two(stage: Stage, cap: CapPoint) -> None:
    first, second = stage.visit(clock="08:10", kind=TOWNSHIP), stage.visit(clock="13:10", kind=COUNTY)
    _put(stage, first, cap, 0, "12:00", 14 * WHOLE)
    _put(stage, second, cap, 0, "21:00", 16 * WHOLE)


@scenario(CAP, LOOK_ALIKE, "一日两行，合计恰为上限", caps)
def cap_reached(stage: Stage, cap: CapPoint) -> None:
    encounter = stage.stay(0, "09:00", 4, "10:30")
    _put(stage, encounter, cap, 1, "08:30", cap.cap_e4 - cap.cap_e4 // 2)
    _put(stage, encounter, cap, 1, "20:05", cap.cap_e4 // 2)


@scenario(CAP, LOOK_ALIKE, "相邻两日各达上限", caps)
def day_by_day(stage: Stage, cap: CapPoint) -> None:
    encounter = stage.stay(0, "09:00", 4, "10:30")
    _put(stage, encounter, cap, 1, "23:50", cap.cap_e4)
    _put(stage, encounter, cap, 2, "00:10", cap.cap_e4)


@scenario(CAP, LOOK_ALIKE, "转院当日两家机构各达上限", caps)
def each_institution(stage: Stage, cap: CapPoint) -> None:
    first = stage.stay(0, "09:00", 3, "10:00", kind=TOWNSHIP)
    second = stage.stay(3, "13:00", 7, "10:00", kind=COUNTY)
    _put(stage, first, cap, 3, "09:10", cap.cap_e4)
    _put(stage, second, cap, 3, "20:10", cap.cap_e4)


@scenario(CAP, LOOK_ALIKE, "超出部分已退费", caps)
def excess_refunded(stage: Stage, cap: CapPoint) -> None:
    encounter = stage.stay(0, "09:00", 4, "10:30")
    _put(stage, encounter, cap, 1, "08:30", cap.cap_e4)
    stage.refund(encounter, _put(stage, encounter, cap, 1, "17:05", WHOLE))


@scenario(CAP, LOOK_ALIKE, "服务日期知识点尚未生效或已失效", caps, in_force=False)
def cap_not_in_force(stage: Stage, cap: CapPoint) -> None:
    encounter = stage.stay(0, "09:00", 4, "10:30")
    _put(stage, encounter, cap, 1, "08:30", cap.cap_e4)
    _put(stage, encounter, cap, 1, "17:05", WHOLE)
