"""Indicators as pages print them: values with their counts, targets, ranks among peers, points of the trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from zhunsheng.book.indicators import FACTORS, Count, Indicator
from zhunsheng.casework.bodies.lake import Place
from zhunsheng.casework.indicators.queries import Line, peer_group
from zhunsheng.facts.table import Kind
from zhunsheng.facts.wide import COUNTED
from zhunsheng.indicators.control import Point, funnel
from zhunsheng.indicators.telling import UNITS, definition
from zhunsheng.indicators.values import Value, hidden, printed, told_by_rest
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import at
from zhunsheng.web.charts import spark
from zhunsheng.web.templatetags.words import english, tongue

#: Areas of the rule book in words.
AREAS = ("fund", "care", "quality", "records", "flow", "vendors")


def area_word(area: str) -> str:
    """Return an area in words."""
    words = {
        "fund": _("基金与费用"), "care": _("诊疗与效率"), "quality": _("医疗质量"), "records": _("记录完整"),
        "flow": _("就医流向"), "vendors": _("第三方服务"),
    }  # fmt: skip
    return words.get(area, area)


def unit_of(one: Indicator) -> str:
    """Return the unit in words."""
    return UNITS[one.unit][1 if english() else 0]


def told_ratio(one: Indicator, ratio: Fraction | float | None) -> str:
    """Return a ratio with its unit, ``无数据`` where there is none."""
    if ratio is None:
        return ""
    return (
        f"{printed(one, ratio)} {unit_of(one)}".strip()
        if one.unit not in ("percent", "per_mille")
        else f"{printed(one, ratio)}{unit_of(one)}"
    )


def cell(value: Value, *, open_to_reader: bool = True, told: bool = False) -> dict[str, Any]:
    """Return a value as a cell of a table: words, counts, range, interval, target, verdict.

    ``told``: it would tell of a part that is kept back, and is kept back with it.
    """
    one, kept_back = value.indicator, told or hidden(value, open_to_reader=open_to_reader)
    ranged = value.low is not None and value.low != value.high
    return {
        "value": "" if kept_back or value.torn or value.known in ("none", "stale") else told_ratio(one, value.ratio),
        "counts": "" if kept_back else counts(value),
        "range": f"{printed(one, value.low)} – {printed(one, value.high)}" if ranged and not kept_back else "",
        "interval": "" if kept_back or not value.interval else " – ".join(printed(one, end) for end in value.interval),
        "target": target_word(value),
        "verdict": value.verdict,
        "known": value.known,
        "word": _("例数少，不显示") if kept_back else state_word(value),
        "hidden": kept_back,
        "unknown": value.unknown,
        "excluded": value.excluded,
    }


def counts(value: Value) -> str:
    """Return numerator and denominator as ``16 / 20``, money in yuan."""
    upper = amount(value.indicator, value.indicator.numerator, value.numerator)
    lower = value.indicator.denominator
    return upper if lower is None else f"{upper} / {amount(value.indicator, lower, value.denominator)}"


def amount(one: Indicator, count: Count, number: int) -> str:
    """Return what a side adds up to in the unit of its column."""
    kind = COUNTED[one.table].column(count.sum).kind if count.sum else Kind.COUNT
    if kind is Kind.FEN:
        return yuan(number)
    return plain(number, 4) if kind is Kind.E4 else f"{number:,}"


def target_word(value: Value) -> str:
    """Return the target in force with its sign, empty for none."""
    target, one = value.target, value.indicator
    if target is None:
        return ""
    if one.direction == "range":
        return f"{target.low}–{target.high} {unit_of(one)}"
    return f"{'≤' if one.direction == 'lower' else '≥'} {target.value}{unit_of(one)}"


def state_word(value: Value) -> str:
    """Return what is said of a value."""
    words = {
        "small": _("例数少，不判"), "none": _("无数据"), "stale": _("定义已变，待重新运行"),
    }  # fmt: skip
    verdicts = {"met": _("达到"), "missed": _("未达到"), "unknown": _("不明"), "untargeted": ""}
    if value.known == "unknown" or (value.torn and value.verdict == "untargeted" and value.known == "known"):
        return _("不明")
    return words.get(value.known) or verdicts[value.verdict]


def row(line: Line, *, open_to_reader: bool = True) -> dict[str, Any]:
    """Return an indicator as a row of the board; without its course where counts may have to be kept back."""
    one = line.indicator
    recent = [value for value in line.recent if value is not None] if open_to_reader else []
    parts = {value.subject_id: (value.numerator, value.denominator) for value in line.values}
    shown = {v.subject_id: parts[v.subject_id] for v in line.values if not hidden(v, open_to_reader=open_to_reader)}
    tells = len(parts) > 1 and told_by_rest(parts, shown)
    return {
        "one": one,
        "name": tongue(one, "name"),
        "area": area_word(one.area),
        "cell": cell(line.whole, open_to_reader=open_to_reader, told=tells) if line.whole else None,
        "subjects": len(line.values),
        "judged": line.judged,
        "met": line.tallies["met"],
        "missed": line.tallies["missed"],
        "unknown": line.tallies["unknown"],
        "small": line.tallies["small"],
        "stale": line.tallies["stale"],
        "alerts": len(line.alerts),
        "spark": spark(recent) if len(recent) > 1 else None,
    }


def peer_cells(value: Value, place: Place | None, groups: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return where a value stands among its peers: decile (1 lowest), centre, and limits of the funnel at its size."""
    found = groups.get(peer_group(place)) if value.known == "known" and not value.torn else None
    one = value.indicator
    if found is None or value.ratio is None or not value.denominator:
        return {"decile": None, "peers": 0, "strip": None, "out": False}
    own, factor = value.numerator / value.denominator, float(FACTORS[one.unit])
    centre = found["numerator"] / found["denominator"] if found["denominator"] else None
    told = {
        "decile": 1 + sum(own > one for one in found["deciles"]),
        "peers": found["subjects"],
        "centre": printed(one, centre * factor if centre is not None else None),
        "median": printed(one, found["deciles"][4] * factor),
        "out": False,
        "limits": None,
        "strip": None,
    }
    if centre is not None and (one.is_share or one.is_rate):
        limits = funnel(one, centre, [value.denominator], found["spread"])[0]
        told["limits"] = limits
        told["out"] = not limits["low3"] <= own * factor <= limits["high3"]
        told["wide"] = bool(found["spread"] and found["spread"] > 1)
    return told


def strips(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to rows with limits their strip, 200 by 20, all on one scale."""
    ends = [end for one in rows if one.get("limits") for end in (one["limits"]["high3"], one["at"])]
    starts = [end for one in rows if one.get("limits") for end in (one["limits"]["low3"], one["at"])]
    if not ends:
        return rows
    low, wide = min(starts), (max(ends) - min(starts)) or 1.0
    for one in rows:
        if limits := one.get("limits"):
            places = {"low": limits["low3"], "high": limits["high3"], "centre": float(one["centre"]), "at": one["at"]}
            one["strip"] = {name: f"{4 + 188 * (figure - low) / wide:.1f}" for name, figure in places.items()}
    return rows


def trend_chart(one: Indicator, points: Sequence[Point], name: str) -> dict[str, Any] | None:
    """Return the data of the chart: value, centre and limits by month, each against the months before it."""
    if not points:
        return None
    told = [_point(one, point) for point in points]
    last = points[-1]
    words = {"rate": name, "upper": _("上限"), "lower": _("下限"), "centre": _("中心"), "last": told[-1]["shown"]}
    ends = [v for p in told for v in (p["rate"], p["upper"], p["lower"]) if v is not None]
    floor = min(ends) - 0.15 * (max(ends) - min(ends) or 1)
    return {"points": told, "names": words, "summary": _summary(one, last), "from": max(0, round(floor, 1))}


def _point(one: Indicator, point: Point) -> dict[str, Any]:
    figures = {"rate": point.value, "centre": point.centre, "upper": point.upper, "lower": point.lower}
    rounded = {name: None if figure is None else round(figure, 3) for name, figure in figures.items()}
    shown = told_ratio(one, point.value)
    return {
        **rounded,
        "month": point.month,
        "out": point.worse(one.direction),
        "shown": shown,
        "low_shown": printed(one, point.lower),
        "high_shown": printed(one, point.upper),
        "label": f"{point.month}：{shown}",
    }


def _summary(one: Indicator, last: Point) -> str:
    named = {"month": last.month, "value": told_ratio(one, last.value)}
    if last.score is None:
        return _("{month} 为 {value}。历史不足 8 个月，不作判断。").format(**named)
    named |= {"lower": printed(one, last.lower), "upper": printed(one, last.upper)}
    if last.worse(one.direction):
        return _("{month} 为 {value}，超出此前各月推得的控制限 {lower} 至 {upper}，为恶化。").format(**named)
    return _("{month} 为 {value}，此前各月推得的控制限为 {lower} 至 {upper}。").format(**named)


def definition_rows(one: Indicator) -> list[tuple[str, str]]:
    """Return the parts of a definition in the reader's language."""
    side = 1 if english() else 0
    return [(name[side], told[side]) for name, told in definition(one)]


def fact(one: Indicator, name: str, value: Any) -> str:
    """Return a cell of a fact row in words: money in yuan, moments as date and time, flags in words."""
    if value is None:
        return ""
    kind = COUNTED[one.table].column(name).kind
    if kind is Kind.FEN:
        return yuan(value)
    if kind is Kind.MOMENT:
        return f"{at(value):%Y-%m-%d %H:%M}"
    if kind is Kind.FLAG:
        return _("是") if value else _("否")
    return plain(value, 4) if kind is Kind.E4 else str(value)


def outcome_word(code: int) -> str:
    """Return what a row is to an indicator."""
    return ("", _("排除"), _("不明"), _("分母外"), _("仅分子"), _("分母"), _("分子与分母"))[code]
