"""Why a light came on, in words: the value, what it is held against, and since when."""

from __future__ import annotations

from collections.abc import Mapping

from zhunsheng.book.lights import SCALE, DriftLight, EventLight, Judged, Light, StreakLight, WindowLight
from zhunsheng.lights.causes import Lit
from zhunsheng.lights.marks import Mark

COLOURS = {"blue": ("蓝色", "blue"), "yellow": ("黄色", "yellow"), "red": ("红色", "red")}
Told = tuple[str, str]
#: Marks of Chinese text as English has them.
ENGLISH = str.maketrans({"（": " (", "）": ")", "、": ", "})


def percent(value_e4: int) -> str:
    """Return 1/10000 as a percentage with two places."""
    return f"{value_e4 // 100}.{value_e4 % 100:02d}%"


def value_of(mark: Mark) -> str:
    """Return the value of a month as it is shown, cut and not rounded, with its counts; a dash without one."""
    value = mark.value
    if value is None or value.denominator <= 0:
        return "—"
    return f"{percent(value.numerator * SCALE // value.denominator)}（{value.numerator}/{value.denominator}）"


def reason(light: Light, lit: Lit, named: Mapping[str, Told]) -> Told:
    """Return why a light came on in its gravest colour, in both languages.

    ``named``: the words for codes that events speak of; a code without any is shown itself.
    """
    zh, en = _told(light, lit, named)
    return zh, en.translate(ENGLISH)


def _told(light: Light, lit: Lit, named: Mapping[str, Told]) -> Told:
    mark = lit.gravest
    if mark is not None and isinstance(light, DriftLight):
        return _of_drift(light, mark)
    if mark is not None and isinstance(light, Judged):
        return _of_value(light, lit, mark)
    if isinstance(light, WindowLight):
        zh, en = COLOURS[light.of]
        months = "、".join(f"{month:%Y-%m}" for month in lit.lit)
        told = f"{months}：{light.months} 个月内{zh}预警 {len(lit.grounds)} 次"
        return told, f"{len(lit.grounds)} {en} lights within {light.months} months: {months}"
    if lit.about or (isinstance(light, EventLight) and light.joins):
        months = "、".join(f"{month:%Y-%m}" for month in lit.lit)
        words = named.get(lit.about, (lit.about, lit.about))
        zh, en = (f"（{words[0]}）", f" ({words[1]})") if lit.about else ("", "")
        return f"{light.zh}{zh}：{months}", f"{light.en}{en}: {months}"
    grounds = " ".join(lit.grounds)
    return f"{light.zh}：{lit.came_on} 得知（{grounds}）", f"{light.en}: known on {lit.came_on} ({grounds})"


def _of_drift(light: DriftLight, mark: Mark) -> Told:
    """Say a month beside the months before it."""
    value, past, month = mark.value, mark.past, f"{mark.month:%Y-%m}"
    if value is None or past is None:
        return light.zh, light.en
    if light.by == "share":
        before = percent(past.numerator * SCALE // past.denominator)
        before = f"{before}（{past.numerator}/{past.denominator}）"
        if light.peers:
            zh = f"{month} 为 {value_of(mark)}，同期其他 {mark.row} 家合计 {before}"
            return zh, f"{month}: {value_of(mark)}, against {before} of {mark.row} others in the same month"
        return f"{month} 为 {value_of(mark)}，此前 {mark.row} 个月合计 {before}", (
            f"{month}: {value_of(mark)}, against {before} in the {mark.row} months before"
        )
    mean = f"{past.numerator // mark.row}"
    return f"{month} 为 {value.numerator}，此前 {mark.row} 个月月均 {mean}", (
        f"{month}: {value.numerator}, against {mean} a month in the {mark.row} months before"
    )


def _of_value(light: Judged, lit: Lit, mark: Mark) -> Told:
    target = percent(mark.target_e4 or 0)
    shown, month = value_of(mark), f"{mark.month:%Y-%m}"
    side = ("不高于", "at most") if light.worse == "up" else ("不低于", "at least")
    if isinstance(light, StreakLight):
        gap = f"，其间 {mark.skipped} 个月未知" if mark.skipped else ""
        gap_en = f", {mark.skipped} unknown between" if mark.skipped else ""
        return (
            f"截至 {month} 连续 {mark.row} 个月未达目标（{side[0]} {target}）{gap}，合计 {shown}",
            f"{mark.row} months in a row worse than {side[1]} {target} until {month}{gap_en}; together {shown}",
        )
    colour, edge = COLOURS[lit.colour], (mark.edge or 0) if light.worse == "up" else (mark.until or SCALE)
    within = ("不低于", "from") if light.worse == "up" else ("低于", "below")
    return (
        f"{month} 为 {shown}，落入{colour[0]}档（{within[0]} {percent(edge)}），目标{side[0]} {target}",
        f"{month}: {shown}, in the {colour[1]} band ({within[1]} {percent(edge)}); target {side[1]} {target}",
    )
