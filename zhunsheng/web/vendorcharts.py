"""One small chart per indicator of a vendor: months, target, centre of peers and control limits, drawn on the server.

A month of which nothing can be said is a gap and is told as unknown; every month leads to its rows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from zhunsheng.book.indicators import FACTORS, Indicator
from zhunsheng.book.models import Book
from zhunsheng.casework.bodies.lake import Place, Reader
from zhunsheng.casework.indicators import queries
from zhunsheng.indicators.control import Point, trend
from zhunsheng.indicators.plain import Counted
from zhunsheng.indicators.values import Value, judge, printed
from zhunsheng.web import indicators as told
from zhunsheng.web.templatetags.words import english, tongue

#: Months of a chart, and its size; right of the plot stand the names of the lines.
MONTHS = 12
WIDE, HIGH, PLOT, TOP, FOOT, LEFT = 340, 104, 252, 12, 92, 6
#: Least distance of two names at the right, in units of the drawing.
LINE = 13.0
_kept: OrderedDict[Any, list[dict[str, Any]]] = OrderedDict()
_lock = Lock()


def charts(reader: Reader, book: Book, place: Place, month: str, key: Any) -> list[dict[str, Any]]:
    """Return the charts of a vendor until a month, missed targets first. ``key`` names the reader's view.

    The same run, book, vendor and view give the same charts and are worked out once.
    """
    asked = (reader.run, book.digest, place.institution_id, month, key, english())
    with _lock:
        known = _kept.get(asked)
    if known is None:
        known = _made(reader, book, place, month)
        with _lock:
            _kept[asked] = known
            while len(_kept) > 48:
                _kept.popitem(last=False)
    return known


def _made(reader: Reader, book: Book, place: Place, month: str) -> list[dict[str, Any]]:
    counts, old = queries.series_of(reader, "vendor", place.institution_id), queries.stale(reader, book)
    groups = queries.group_peers(reader, queries.peer_group(place))
    months = sorted(queries.Wanted(month, MONTHS).months)
    found = [
        chart(one, counts[one.id], groups.get(one.id, {}), months, place, is_stale=one.id in old)
        for one in book.indicators.values()
        if one.id in counts and one.subject == "vendor"
    ]
    return sorted(found, key=_worst_first)


def _worst_first(one: dict[str, Any]) -> tuple[Any, ...]:
    rank = {"missed": 0, "unknown": 1, "met": 2}.get(one["verdict"], 3)
    return (not one["targeted"], rank if one["targeted"] else 0, not one["worse"], one["id"])


def chart(
    one: Indicator, counts: Sequence[Counted], peers: Mapping[str, dict[str, Any]], months: Sequence[str], place: Place,
    *, is_stale: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return one chart: the newest month as a cell, its drawing, and its months as a table."""
    by_month = {counted.month: counted for counted in counts}
    points = {point.month: point for point in trend(one, counts)} if not is_stale else {}
    rows = [_row(one, by_month.get(month), points.get(month), month, place, is_stale=is_stale) for month in months]
    last = next((row for row in reversed(rows) if row["value"].known != "none"), rows[-1])
    centres = {month: _centre(one, peers[month]) for month in months if month in peers}
    known = last["value"]
    return {
        "id": one.id,
        "name": tongue(one, "name"),
        "cell": told.cell(known),
        "month": last["month"],
        "targeted": known.target is not None,
        "verdict": known.verdict if known.known == "known" else "unknown",
        "light": _light(known),
        "worse": bool(last["point"] and last["point"].worse(one.direction)),
        "peers": told.peer_cells(known, place, {queries.peer_group(place): peers[last["month"]]})
        if last["month"] in peers
        else None,
        "centre": printed(one, centres.get(last["month"])),
        "drawing": drawing(one, rows, centres),
        "rows": list(reversed(rows)),
    }


def _light(value: Value) -> str:
    if value.known != "known" or value.torn or value.verdict == "unknown":
        return "unknown"
    return {"missed": "yellow", "met": "normal"}.get(value.verdict, "")


def _row(
    one: Indicator, counted: Counted | None, point: Point | None, month: str, place: Place, *, is_stale: bool
) -> dict[str, Any]:
    value = judge(one, counted, subject_id=place.institution_id, month=month, kind=place.kind, stale=is_stale)
    shown = value.known in ("known", "small") and not value.torn and value.ratio is not None
    query = urlencode({"subject": place.institution_id, "month": month, "span": 1})
    return {
        "month": month,
        "value": value,
        "cell": told.cell(value),
        "at": float(value.ratio) if shown and value.ratio is not None else None,
        "point": point,
        "low": printed(one, point.lower) if point else "",
        "high": printed(one, point.upper) if point else "",
        "out": bool(point and point.worse(one.direction)),
        "address": f"{reverse('indicator-rows', args=[one.id])}?{query}" if counted is not None else "",
    }


def _centre(one: Indicator, found: dict[str, Any]) -> float | None:
    if not found["denominator"]:
        return None
    return float(found["numerator"]) / float(found["denominator"]) * float(FACTORS[one.unit])


def drawing(one: Indicator, rows: Sequence[dict[str, Any]], centres: Mapping[str, float | None]) -> dict[str, Any]:
    """Return the lines, gaps, dots and names of a chart in units of its view box."""
    target = rows[-1]["value"].target
    wanted = [float(end) for end in (target.value, target.low, target.high) if end] if target else []
    limits = [end for row in rows if row["point"] for end in (row["point"].lower, row["point"].upper)]
    seen = [row["at"] for row in rows]
    figures = [f for f in (*seen, *wanted, *limits, *centres.values()) if f is not None and f != float("inf")]
    low, high = (min(figures), max(figures)) if figures else (0.0, 1.0)
    spread = (high - low) or abs(high) or 1.0
    step = (PLOT - LEFT) / max(1, len(rows) - 1)

    def x(n: int) -> float:
        return LEFT + n * step

    def y(figure: float) -> float:
        return FOOT - (FOOT - TOP) * (figure - low) / spread

    lines = {
        "own": _lines([(x(n), _through(row["at"], y)) for n, row in enumerate(rows)]),
        "peer": _lines([(x(n), _through(centres.get(row["month"]), y)) for n, row in enumerate(rows)]),
        "upper": _lines([(x(n), _limit(row, "upper", y)) for n, row in enumerate(rows)]),
        "lower": _lines([(x(n), _limit(row, "lower", y)) for n, row in enumerate(rows)]),
    }
    return {
        "lines": lines,
        "targets": [f"{y(end):.1f}" for end in wanted],
        "gaps": [_gap(x(n), step) for n, row in enumerate(rows) if row["at"] is None],
        "dots": [
            {"x": f"{x(n):.1f}", "y": f"{y(row['at']):.1f}", "row": row}
            for n, row in enumerate(rows)
            if row["at"] is not None
        ],
        "names": _names(one, wanted, rows, centres, y),
        "first": rows[0]["month"],
        "last": rows[-1]["month"],
        "plot": PLOT,
    }


def _through(figure: float | None, y: Callable[[float], float]) -> float | None:
    return None if figure is None else y(figure)


def _limit(row: dict[str, Any], name: str, y: Callable[[float], float]) -> float | None:
    figure = getattr(row["point"], name) if row["point"] else None
    return None if figure is None or figure == float("inf") else y(figure)


def _lines(points: Sequence[tuple[float, float | None]]) -> list[str]:
    """Return the runs of neighbouring points as the points of lines; a gap ends a line."""
    runs: list[list[str]] = [[]]
    for at, height in points:
        if height is None:
            runs.append([])
        else:
            runs[-1].append(f"{at:.1f},{height:.1f}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _gap(at: float, step: float) -> dict[str, str]:
    left = max(float(LEFT), at - step / 2)
    return {"x": f"{left:.1f}", "wide": f"{min(PLOT, at + step / 2) - left:.1f}"}


def _names(
    one: Indicator, wanted: Sequence[float], rows: Sequence[dict[str, Any]], centres: Mapping[str, float | None],
    y: Callable[[float], float],
) -> list[dict[str, str]]:  # fmt: skip
    """Return what stands right of the plot, moved apart where two would lie on each other."""
    found = [(y(end), _("目标 {value}").format(value=printed(one, end)), "") for end in wanted]
    now = centres.get(rows[-1]["month"])
    if now is not None:
        found.append((y(now), _("同类 {value}").format(value=printed(one, now)), "limit"))
    own = next((row for row in reversed(rows) if row["at"] is not None), None)
    if own:
        found.append((y(own["at"]), printed(one, own["at"]), "strong"))
    placed: list[dict[str, str]] = []
    last = TOP - LINE
    for height, words, kind in sorted(found):
        last = max(height + 4, last + LINE)
        placed.append({"y": f"{last:.1f}", "words": words, "kind": kind})
    return placed
