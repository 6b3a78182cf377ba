"""Cases of overlapping stays. The subject is the two encounters.

The sentence of the standard reads: two stays overlap in time, at the same facility or another, with a tolerance for
transfers. An overlap of hours at one and the same facility is no transfer, so the sentence reaches further than the
pattern's tolerance.
"""

# ruff: noqa: D103 - the note of each scenario, which the answer key prints, says what it is
from __future__ import annotations

from zhunsheng.generator.county import COUNTY, TOWNSHIP
from zhunsheng.generator.plants.kinds import LOOK_ALIKE, STANDARD, STAYS, UNKNOWN, VIOLATION, scenario
from zhunsheng.generator.plants.stage import DRUGS, PlantedEncounter, Stage


def _both(*encounters: PlantedEncounter) -> None:
    for encounter in encounters:
        encounter.subject = True


@scenario(STAYS, VIOLATION, "两家机构住院重叠 3 日")
def three_days(stage: Stage) -> None:
    _both(stage.stay(0, "09:00", 8, "10:00", kind=TOWNSHIP), stage.stay(5, "10:00", 12, "10:00", kind=COUNTY))


@scenario(STAYS, VIOLATION, "一次住院包含在另一次之内")
def nested(stage: Stage) -> None:
    _both(stage.stay(0, "09:00", 11, "10:00", kind=COUNTY), stage.stay(3, "10:00", 7, "10:00", kind=TOWNSHIP))


@scenario(STAYS, VIOLATION, "重叠 24 小时又 30 分钟")
def over_tolerance(stage: Stage) -> None:
    first = stage.stay(0, "09:00", 6, "15:00", kind=TOWNSHIP)
    _both(first, stage.stay(5, "14:23", 10, "10:00", kind=COUNTY))


@scenario(STAYS, VIOLATION, "同一机构两次住院重叠 3 日")
def same_institution(stage: Stage) -> None:
    first = stage.stay(0, "09:00", 7, "10:00", company=DRUGS)
    _both(first, stage.stay(4, "10:00", 11, "10:00", institution=first.institution, company=DRUGS))


@scenario(STAYS, VIOLATION, "标准原文：两次住院时间重叠，不同机构", author=STANDARD)
def overlap_in_time(stage: Stage) -> None:
    first = stage.stay(0, "14:00", 9, "11:00", kind=COUNTY)
    _both(first, stage.stay(4, "15:30", 12, "09:30", kind=TOWNSHIP))


@scenario(STAYS, VIOLATION, "标准原文：两次住院时间重叠，同一机构，重叠 10 小时，并非转院", author=STANDARD)
def overlap_of_hours(stage: Stage) -> None:
    first = stage.stay(0, "09:00", 5, "18:00", company=DRUGS)
    _both(first, stage.stay(5, "08:00", 9, "10:00", institution=first.institution, company=DRUGS))


@scenario(STAYS, LOOK_ALIKE, "同日转院：先出院后入院")
def transfer(stage: Stage) -> None:
    _both(stage.stay(0, "09:00", 3, "10:00", kind=TOWNSHIP), stage.stay(3, "13:00", 9, "10:00", kind=COUNTY))


@scenario(STAYS, LOOK_ALIKE, "转院当日出院手续迟办，重叠 18 小时")
def late_paper(stage: Stage) -> None:
    _both(stage.stay(0, "09:00", 4, "09:00", kind=TOWNSHIP), stage.stay(3, "15:00", 9, "10:00", kind=COUNTY))


@scenario(STAYS, LOOK_ALIKE, "出院次日再入院")
def next_day(stage: Stage) -> None:
    first = stage.stay(0, "09:00", 4, "10:00")
    _both(first, stage.stay(5, "09:00", 9, "10:00", institution=first.institution))


@scenario(STAYS, LOOK_ALIKE, "住院期间的门诊不是第二次住院")
def outpatient_meanwhile(stage: Stage) -> None:
    _both(stage.stay(0, "09:00", 6, "10:00", kind=COUNTY), stage.visit(3, kind=TOWNSHIP))


@scenario(STAYS, UNKNOWN, "前一次住院没有出院时间，后一次另行开始")
def open_stay(stage: Stage) -> None:
    first = stage.stay(0, "09:00", 4, "10:00", kind=TOWNSHIP)
    _both(first, stage.stay(6, "10:00", 10, "10:00", kind=COUNTY))
    first.end = None
