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


def control_chart(points: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the chart's data with names and a summary for readers who do not see it, or None without months."""
    if not points:
        return None
    last = points[-1]
    named = {
        "month": last["month"], "rate": f"{last['rate']:.1f}", "findings": f"{last['findings']:,}",
        "settlements": f"{last['settlements']:,}", "upper": f"{last['upper']:.1f}", "lower": f"{last['lower']:.1f}",
        "centre": f"{last['centre']:.1f}",
    }  # fmt: skip
    return {
        "points": [{**_plain(point), "label": _label(point)} for point in points],
        "names": {
            "rate": _("每千份结算单疑点"),
            "upper": _("上限 {upper}").format(**named),
            "lower": _("下限 {lower}").format(**named),
            "centre": _("中心 {centre}").format(**named),
            "last": named["rate"],
        },
        "summary": _summary(last).format(**named),
        "last": last,
    }


def _summary(last: dict[str, Any]) -> str:
    if not last["out"]:
        return _("{month} 每千份结算单 {rate} 件（{findings} / {settlements}），在控制限 {lower} 至 {upper} 之内。")
    if last["rate"] > last["upper"]:
        return _("{month} 每千份结算单 {rate} 件（{findings} / {settlements}），高于上限 {upper}。")
    return _("{month} 每千份结算单 {rate} 件（{findings} / {settlements}），低于下限 {lower}。")


def _plain(point: dict[str, Any]) -> dict[str, Any]:
    return {name: point[name] for name in ("month", "rate", "centre", "upper", "lower", "out")}


def _label(point: dict[str, Any]) -> str:
    text = _("{month}：{rate} 件 / 千份（{findings} / {settlements}）")
    return text.format(
        month=point["month"],
        rate=f"{point['rate']:.1f}",
        findings=f"{point['findings']:,}",
        settlements=f"{point['settlements']:,}",
    )
