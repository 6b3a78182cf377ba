"""What the page of a finding about a vendor shows: the course of each order, versions side by side, control charts."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any

from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.lake import Reader
from zhunsheng.casework.findings import services
from zhunsheng.kernel.quantity import plain
from zhunsheng.patterns.words import NODES
from zhunsheng.web.templatetags.words import english

#: Courses of orders drawn in full; the others are listed.
COURSES = 6
#: The chart: width and height of its field, standard deviations from the mean to its edge.
WIDTH, HEIGHT, REACH = 700, 180, 4


def shown(reader: Reader, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return orders, versions and charts of the rows of a finding, None where it names no row of a vendor."""
    named = {kind: [r for r in rows if r["row_kind"] == kind and r["row_id"]] for kind in services.KINDS}
    if not any(named.values()):
        return None
    ids = {kind: [row["row_id"] for row in found] for kind, found in named.items()}
    orders = services.orders(reader, ids["service_order"])
    for one in orders:
        for node in one["nodes"]:
            node["name"] = node_name(node["node"])
        one["state_name"] = _state(one["state"])
        one["late"] = bool(one["due_at"] and one["done_at"] and one["done_at"] > one["due_at"])
    subjects = {row["row_id"] for row in rows if row["role"] == "subject"}
    results = services.versions(reader, ids["result"])
    for one in results:
        one |= _value(one) | {"is_named": one["row_id"] in ids["result"], "is_hit": one["row_id"] in subjects}
    runs = services.runs(reader, ids["qc_run"])
    series = groupby(runs, key=lambda run: (run["device_id"], run["analyte"], run["level"]))
    charts = [chart(name, list(found)) for name, found in series]
    return {
        "orders": orders[:COURSES],
        "more": orders[COURSES:],
        "results": results,
        "charts": [c for c in charts if c],
    }


def node_name(code: str) -> str:
    """Return a node in the reader's language; a code without a word as it is."""
    words = NODES.get(code)
    return words[1 if english() else 0] if words else code


def _state(state: str | None) -> str:
    words = {"accepted": _("未完成"), "rejected": _("拒收"), "cancelled": _("已取消"), "done": _("已完成")}
    return str(words.get(state or "", _("未载明")))


def _value(one: dict[str, Any]) -> dict[str, Any]:
    """Return the value, its range and on which side of it the value lies, in words."""
    value, low, high = one["value_e4"], one["low_e4"], one["high_e4"]
    limits = [plain(limit, 4) if limit is not None else "" for limit in (low, high)]
    side = ""
    if value is not None:
        side = _("偏低") if low is not None and value < low else _("偏高") if high is not None and value > high else ""
    return {
        "value": "" if value is None else plain(value, 4),
        "range": " – ".join(limits) if any(limits) else "",
        "side": side,
        "why": one["reason"] or (_("没有记录") if one["version"] > 1 else ""),
        "mark": (one["digest"] or "")[:12],
    }


def chart(name: tuple[str, str, str], runs: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return a control chart of one level (Levey-Jennings): points in standard deviations, beyond the edge at the edge.

    Runs without mean or standard deviation have no place on it; None where none has.
    """
    told = [run for run in runs if run["mean_e4"] is not None and (run["sd_e4"] or 0) > 0]
    if not told:
        return None
    step, points = WIDTH / max(len(told) - 1, 1), []
    for place, run in enumerate(told):
        far = (run["value_e4"] - run["mean_e4"]) / run["sd_e4"]
        x, y = f"{place * step:.1f}", f"{_height(max(-REACH, min(REACH, far))):.1f}"
        kind = "hit" if run["is_named"] else "warn" if abs(far) > 2 else "refused" if run["accepted"] is False else ""
        points.append({"x": x, "y": y, "kind": kind, "far": f"{far:+.2f}", "day": run["run_on"], "run": run["run_id"]})
    changes = [
        {"x": f"{(n - 0.5) * step:.1f}", "lot": now["lot"] or ""}
        for n, (before, now) in enumerate(pairwise(told), 1)
        if (before["lot"], before["mean_e4"]) != (now["lot"], now["mean_e4"])
    ]
    return {
        "device": name[0],
        "analyte": name[1],
        "level": name[2],
        "points": points,
        "line": " ".join(f"{one['x']},{one['y']}" for one in points),
        "bands": [{"sd": f"{sd:+d}" if sd else "0", "y": f"{_height(sd):.1f}"} for sd in range(3, -4, -1)],
        "changes": changes,
        "hits": sum(one["kind"] == "hit" for one in points),
        "first": points[0]["day"],
        "last": points[-1]["day"],
        "mean": plain(told[-1]["mean_e4"], 4),
        "sd": plain(told[-1]["sd_e4"], 4),
        "lot": told[-1]["lot"] or "",
    }


def _height(far: float) -> float:
    return HEIGHT / 2 - far * HEIGHT / (2 * REACH)
