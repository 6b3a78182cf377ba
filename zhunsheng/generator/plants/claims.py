"""Cases of lines claimed twice. The subject is every line of the group.

The sentence of the standard reads: same person, item, day, quantity and price claimed twice, at the same facility or
another. The pattern is narrower (the same moment), so some cases written from the sentence are beyond its reach.
"""

# ruff: noqa: D103 - the note of each scenario, which the answer key prints, says what it is
from __future__ import annotations

from zhunsheng.generator.county import COUNTY, TOWNSHIP, VILLAGE
from zhunsheng.generator.plants.kinds import CLAIM, LOOK_ALIKE, STANDARD, UNKNOWN, VIOLATION, scenario
from zhunsheng.generator.plants.stage import WHOLE, PlantedEncounter, PlantedLine, Stage

NOON = "11:40:15"


def _again(stage: Stage, first: PlantedLine, encounter: PlantedEncounter, at: int | None = None) -> PlantedLine:
    """Charge the item of a line once more: same quantity, same price, the same moment unless told otherwise."""
    item = stage.world.catalogue.items[first.item]
    moment = first.at if at is None else at
    return stage.line(encounter, (item.code, item.name), moment, first.quantity_e4, price_e6=first.price_e6)


@scenario(CLAIM, VIOLATION, "一次就诊中同一时刻两行相同")
def same_moment(stage: Stage) -> None:
    encounter = stage.visit()
    _again(stage, stage.line(encounter, stage.plain_item(), stage.at(0, NOON)), encounter)


@scenario(CLAIM, VIOLATION, "两家机构同一时刻各一行")
def same_moment_elsewhere(stage: Stage) -> None:
    first, second = stage.visit(kind=TOWNSHIP), stage.visit(kind=COUNTY)
    _again(stage, stage.line(first, stage.plain_item("drug"), stage.at(0, NOON), 2 * WHOLE), second)


@scenario(CLAIM, VIOLATION, "同一时刻三行相同")
def three_times(stage: Stage) -> None:
    encounter = stage.stay(0, "09:00", 4, "10:30")
    line = stage.line(encounter, stage.plain_item(), stage.at(1, NOON))
    _again(stage, line, encounter)
    _again(stage, line, encounter)


@scenario(CLAIM, VIOLATION, "同一机构两次就诊上传同一行")
def uploaded_twice(stage: Stage) -> None:
    first = stage.visit(clock="09:05")
    second = stage.visit(clock="10:10", institution=first.institution)
    _again(stage, stage.line(first, stage.plain_item("drug"), stage.at(0, NOON)), second)


@scenario(CLAIM, VIOLATION, "标准原文：另一家机构同日申报同一项目、数量、单价，时间相差 20 分钟", author=STANDARD)
def same_day_elsewhere(stage: Stage) -> None:
    first, second = stage.visit(kind=VILLAGE, clock="08:10"), stage.visit(kind=TOWNSHIP, clock="08:30")
    line = stage.line(first, stage.plain_item("drug"), stage.at(0, "09:10:00"), 2 * WHOLE)
    _again(stage, line, second, stage.at(0, "09:30:00"))


@scenario(CLAIM, VIOLATION, "标准原文：同一机构同日申报两次，时间相同", author=STANDARD)
def same_day_same_place(stage: Stage) -> None:
    first = stage.visit(clock="14:00")
    second = stage.visit(clock="14:30", institution=first.institution)
    _again(stage, stage.line(first, stage.plain_item(), stage.at(0, "15:05:30")), second)


@scenario(CLAIM, VIOLATION, "标准原文：同日申报两次，两行都只有日期", author=STANDARD)
def same_day_no_times(stage: Stage) -> None:
    encounter = stage.visit(kind=TOWNSHIP)
    line = stage.line(encounter, stage.plain_item(), stage.at(0, "09:10"), day_only=True)
    _again(stage, line, encounter).day_only = True


@scenario(CLAIM, LOOK_ALIKE, "同日不同时间的两次服务")
def repeated_service(stage: Stage) -> None:
    encounter = stage.stay(0, "09:00", 4, "10:30")
    _again(stage, stage.line(encounter, stage.plain_item(), stage.at(1, "06:40")), encounter, stage.at(1, "16:40"))


@scenario(CLAIM, LOOK_ALIKE, "同一时刻数量不同")
def other_quantity(stage: Stage) -> None:
    encounter = stage.visit()
    item = stage.plain_item("drug")
    stage.line(encounter, item, stage.at(0, NOON), WHOLE)
    stage.line(encounter, item, stage.at(0, NOON), 2 * WHOLE)


@scenario(CLAIM, LOOK_ALIKE, "重复的一行已全部退费")
def duplicate_refunded(stage: Stage) -> None:
    encounter = stage.visit()
    line = stage.line(encounter, stage.plain_item(), stage.at(0, NOON))
    stage.refund(encounter, _again(stage, line, encounter))


@scenario(CLAIM, LOOK_ALIKE, "同一时刻单价不同")
def other_price(stage: Stage) -> None:
    encounter = stage.visit()
    item = stage.plain_item("drug")
    line = stage.line(encounter, item, stage.at(0, NOON))
    stage.line(encounter, item, stage.at(0, NOON), price_e6=line.price_e6 + 10_000)


@scenario(CLAIM, UNKNOWN, "同日两行相同，一行只有日期")
def time_missing(stage: Stage) -> None:
    encounter = stage.visit()
    line = stage.line(encounter, stage.plain_item(), stage.at(0, NOON))
    _again(stage, line, encounter).day_only = True
