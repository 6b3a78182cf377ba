"""Numbers of charts: the control chart's data for the browser, and small lines drawn on the server."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def spark(values: list[float] | list[int]) -> dict[str, Any]:
    """Return the points of a small line, 200 by 36, zero at the foot, and its last point."""
    top = max([*values, 0]) or 1
    step = 196 / max(1, len(values) - 1)
    points = [(2 + i * step, 34 - 30 * value / top) for i, value in enumerate(values)]
    return {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points), "last": points[-1] if points else None}


def control_chart(points: list[dict[str, Any]], base: str = "settlements") -> dict[str, Any] | None:
    """Return the chart's data with names and a summary for readers who do not see it, or None without months."""
    if not points:
        return None
    last = points[-1]
    named = {
        "month": last["month"], "rate": f"{last['rate']:.1f}", "findings": f"{last['findings']:,}",
        "base": f"{last[base]:,}", "upper": f"{last['upper']:.1f}", "lower": f"{last['lower']:.1f}",
        "centre": f"{last['centre']:.1f}", "per": per_word(base),
    }  # fmt: skip
    return {
        "points": [{**_plain(point), "label": _label(point, base)} for point in points],
        "names": {
            "rate": _("{per}疑点").format(**named),
            "upper": _("上限 {upper}").format(**named),
            "lower": _("下限 {lower}").format(**named),
            "centre": _("中心 {centre}").format(**named),
            "last": named["rate"],
        },
        "summary": _summary(last).format(**named),
        "last": last,
    }


def per_word(base: str) -> str:
    """Return the words of a rate's base."""
    return _("每千行费用") if base == "lines" else _("每千份结算单")


def _summary(last: dict[str, Any]) -> str:
    if not last["out"]:
        return _("{month} {per} {rate} 件（{findings} / {base}），在控制限 {lower} 至 {upper} 之内。")
    if last["rate"] > last["upper"]:
        return _("{month} {per} {rate} 件（{findings} / {base}），高于上限 {upper}。")
    return _("{month} {per} {rate} 件（{findings} / {base}），低于下限 {lower}。")


def _plain(point: dict[str, Any]) -> dict[str, Any]:
    return {name: point[name] for name in ("month", "rate", "centre", "upper", "lower", "out")}


def _label(point: dict[str, Any], base: str) -> str:
    return _("{month}：{per} {rate} 件（{findings} / {base}）").format(
        month=point["month"],
        per=per_word(base),
        rate=f"{point['rate']:.1f}",
        findings=f"{point['findings']:,}",
        base=f"{point[base]:,}",
    )


def strips(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to rows with a rate their strip, 200 by 20: limits from ``low`` to ``high``, ``centre`` and ``at``."""
    top = max((max(row["rate"], row["upper"]) for row in rows if row["rate"] is not None), default=0) or 1
    places = {"low": "lower", "high": "upper", "centre": "centre", "at": "rate"}
    return [
        row if row["rate"] is None
        else {**row, "strip": {name: f"{4 + 192 * row[figure] / top:.1f}" for name, figure in places.items()}}
        for row in rows
    ]  # fmt: skip
