"""Cases of items that exclude each other within a window. The subject is the sub line."""

# ruff: noqa: D103 - the note of each scenario, which the answer key prints, says what it is
from __future__ import annotations

from collections.abc import Callable

from zhunsheng.generator.county import COUNTY, TOWNSHIP
from zhunsheng.generator.knowledge import Index, PairPoint, Point
from zhunsheng.generator.plants.kinds import LOOK_ALIKE, PAIR, STANDARD, UNKNOWN, VIOLATION, scenario
from zhunsheng.generator.plants.stage import PlantedEncounter, PlantedLine, Stage


def within(*windows: str) -> Callable[[Index], list[Point]]:
    """Return the finder of usable pairs of some windows."""
    return lambda index: [pair for pair in index.clear_pairs if pair.window in windows]


anywhere = within("day", "encounter", "6h", "hour")
single_day = within("day")
one_encounter = within("encounter")
six_hours = within("6h")
clock_hour = within("hour")


def _main(stage: Stage, encounter: PlantedEncounter, pair: PairPoint, at: int) -> PlantedLine:
    stage.suit(pair.main_code, pair.sub_code)
    return stage.line(encounter, (pair.main_code, pair.main_name), at, subject=False)


def _sub(stage: Stage, encounter: PlantedEncounter, pair: PairPoint, at: int, *, day_only: bool = False) -> PlantedLine:
    return stage.line(encounter, (pair.sub_code, pair.sub_name), at, day_only=day_only)


@scenario(PAIR, VIOLATION, "单日窗口：同日同科室", single_day)
def same_day(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.visit(emergency=True)
    _main(stage, encounter, pair, stage.at(0, "09:50"))
    _sub(stage, encounter, pair, stage.at(0, "13:20"))


@scenario(PAIR, VIOLATION, "单日窗口：同日由两个科室开单（可疑）", single_day)
def same_day_two_departments(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.stay(0, "09:00", 4, "10:30")
    stage.elsewhere(_main(stage, encounter, pair, stage.at(1, "09:50")), encounter)
    _sub(stage, encounter, pair, stage.at(1, "15:20"))


@scenario(PAIR, VIOLATION, "单次就诊窗口：一次住院的不同日", one_encounter)
def same_encounter(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.stay(0, "09:00", 6, "10:30")
    _main(stage, encounter, pair, stage.at(1, "09:50"))
    _sub(stage, encounter, pair, stage.at(3, "10:20"))


@scenario(PAIR, VIOLATION, "6 小时窗口：相隔 5 小时 59 分 59 秒", six_hours)
def within_six_hours(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.stay(0, "08:10", 4, "10:30")
    _main(stage, encounter, pair, stage.at(1, "10:00:00"))
    _sub(stage, encounter, pair, stage.at(1, "15:59:59"))


@scenario(PAIR, VIOLATION, "6 小时窗口：跨越零时", six_hours)
def across_midnight(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.stay(0, "08:10", 4, "10:30")
    _sub(stage, encounter, pair, stage.at(1, "22:40:00"))
    _main(stage, encounter, pair, stage.at(2, "02:15:00"))


@scenario(PAIR, VIOLATION, "同一小时窗口", clock_hour)
def same_hour(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.visit()
    _main(stage, encounter, pair, stage.at(0, "14:00:00"))
    _sub(stage, encounter, pair, stage.at(0, "14:59:59"))


@scenario(PAIR, VIOLATION, "标准原文：主项与从项在同一窗口内收取", anywhere, STANDARD)
def both_in_window(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.stay(0, "09:00", 5, "10:30")
    _main(stage, encounter, pair, stage.at(2, "10:05"))
    _sub(stage, encounter, pair, stage.at(2, "10:35"))


@scenario(PAIR, LOOK_ALIKE, "单日窗口：分别在相邻两日", single_day)
def neighbouring_days(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.stay(0, "09:00", 5, "10:30")
    _main(stage, encounter, pair, stage.at(1, "22:50"))
    _sub(stage, encounter, pair, stage.at(2, "01:10"))


@scenario(PAIR, LOOK_ALIKE, "单次就诊窗口：同日两次就诊", one_encounter)
def two_encounters(stage: Stage, pair: PairPoint) -> None:
    first = stage.visit(clock="08:20")
    second = stage.visit(clock="14:10", institution=first.institution)
    _main(stage, first, pair, stage.at(0, "09:50"))
    _sub(stage, second, pair, stage.at(0, "15:20"))


@scenario(PAIR, LOOK_ALIKE, "6 小时窗口：恰好相隔 6 小时", six_hours)
def exactly_six_hours(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.stay(0, "08:10", 4, "10:30")
    _main(stage, encounter, pair, stage.at(1, "10:00:00"))
    _sub(stage, encounter, pair, stage.at(1, "16:00:00"))


@scenario(PAIR, LOOK_ALIKE, "同一小时窗口：相邻两个小时，相隔 2 分钟", clock_hour)
def next_hour(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.visit()
    _main(stage, encounter, pair, stage.at(0, "14:59:00"))
    _sub(stage, encounter, pair, stage.at(0, "15:01:00"))


@scenario(PAIR, LOOK_ALIKE, "主项已全部退费", single_day)
def main_refunded(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.visit(emergency=True)
    stage.refund(encounter, _main(stage, encounter, pair, stage.at(0, "09:50")))
    _sub(stage, encounter, pair, stage.at(0, "13:20"))


@scenario(PAIR, LOOK_ALIKE, "单日窗口：同日在两家机构", single_day)
def two_institutions(stage: Stage, pair: PairPoint) -> None:
    first, second = stage.visit(clock="08:20", kind=TOWNSHIP), stage.visit(clock="14:10", kind=COUNTY)
    _main(stage, first, pair, stage.at(0, "09:50"))
    _sub(stage, second, pair, stage.at(0, "15:20"))


@scenario(PAIR, LOOK_ALIKE, "服务日期知识点尚未生效或已失效", anywhere, in_force=False)
def pair_not_in_force(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.visit(emergency=True)
    _main(stage, encounter, pair, stage.at(0, "10:05"))
    _sub(stage, encounter, pair, stage.at(0, "10:35"))


@scenario(PAIR, UNKNOWN, "6 小时窗口：从项只有日期", six_hours)
def six_hours_time_missing(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.stay(0, "08:10", 4, "10:30")
    _main(stage, encounter, pair, stage.at(1, "10:00"))
    _sub(stage, encounter, pair, stage.at(1, "11:00"), day_only=True)


@scenario(PAIR, UNKNOWN, "同一小时窗口：从项只有日期", clock_hour)
def hour_time_missing(stage: Stage, pair: PairPoint) -> None:
    encounter = stage.visit()
    _main(stage, encounter, pair, stage.at(0, "14:05"))
    _sub(stage, encounter, pair, stage.at(0, "14:20"), day_only=True)
