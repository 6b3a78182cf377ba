"""What the page of a clue shows: its figure beside those of its peers, and the rows behind it in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.lake import Reader
from zhunsheng.casework.findings import queries
from zhunsheng.kernel.quantity import plain
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.clues import interval
from zhunsheng.patterns.population import Measure

#: Rows of the table; the subject is always among them.
SHOWN = 15
#: Patterns whose figure is a number of its own, and those whose parts are quantities x 10^4.
COUNTED, QUANTITIES = {"workload", "shared_contact", "clinician_overlap"}, {"stock_balance"}


def is_clue(pattern: str) -> bool:
    """Whether a finding is one of a pattern over populations."""
    return pattern in PATTERNS and PATTERNS[pattern].is_population


def beside(reader: Reader, found: dict[str, Any]) -> dict[str, Any] | None:
    """Return the figures of the group: rows with value, text, bar; ``own``, ``median``, ``rank`` and ``peers``."""
    rows = queries.measures(reader, found)
    own = next((row for row in rows if row["own"]), None)
    if own is None:
        return None
    counted = found["pattern"] in COUNTED
    for row in rows:
        row["value"] = row["numerator"] / max(row["denominator"], 1)
    others = sorted(row["value"] for row in rows if not row["own"])
    middle = _median(others)
    low, high = _interval(own, found["pattern"])
    top = max([row["value"] for row in rows] + [high]) or 1
    for place, row in enumerate(rows, 1):
        row |= {"place": place, "text": _text(row["value"], counted), "bar": f"{4 + 192 * row['value'] / top:.1f}"}
        row["parts"] = _parts(row, found["pattern"])
    shown = rows[:SHOWN] if own in rows[:SHOWN] else [*rows[: SHOWN - 1], own]
    return {
        "rows": shown,
        "hidden": len(rows) - len(shown),
        "peers": len(others),
        "rank": own["place"],
        "own": own,
        "median": None if middle is None else _text(middle, counted),
        "centre": None if middle is None else f"{4 + 192 * middle / top:.1f}",
        "low": None if counted else _text(low, counted),
        "high": None if counted else _text(high, counted),
        "strip": {"low": f"{4 + 192 * low / top:.1f}", "high": f"{4 + 192 * high / top:.1f}"},
        "parts": _parts_words(found["pattern"]),
    }


def told(row: dict[str, Any]) -> str:
    """Return what a row behind a clue is, in words."""
    if row["row_kind"] == "stock_move":
        words = {
            "opening": _("期初"), "purchase": _("购进"), "return": _("退货"), "use": _("非计费耗用"),
            "count": _("盘点"),
        }  # fmt: skip
        return str(words.get(row["move_kind"], ""))
    return str(row["item_name"] or "")


def _median(ordered: list[float]) -> float | None:
    half, odd = divmod(len(ordered), 2)
    if not ordered:
        return None
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def _interval(own: dict[str, Any], pattern: str) -> tuple[float, float]:
    """Return the interval of the subject's figure; the figure itself where it is no estimate of anything."""
    family = PATTERNS[pattern].family
    if family == "event" or own["weight"] is None:
        return own["value"], own["value"]
    return interval(Measure(**{name: own[name] for name in Measure._fields}), family)


def _text(value: float, counted: bool) -> str:
    return f"{value:,.0f}" if counted else f"{100 * value:.1f}%"


def _parts(row: dict[str, Any], pattern: str) -> str:
    """Return numerator and denominator, empty for peers whose counts are not in view."""
    if row["institution_id"] is None or pattern in COUNTED:
        return ""
    if pattern in QUANTITIES:
        return f"{plain(row['numerator'], 4)} / {plain(row['denominator'], 4)}"
    if PATTERNS[pattern].family in ("share", "growth"):
        return f"{row['numerator'] / 100:,.2f} / {row['denominator'] / 100:,.2f}"
    return f"{row['numerator']:,} / {row['denominator']:,}"


def _parts_words(pattern: str) -> str:
    words = {
        "stock_balance": _("计费 / 可供计费"),
        "trace_twice": _("再次结算 / 结算（个）"),
        "ratio_monitor": _("该类费用 / 全部费用（元）"),
        "sudden_growth": _("本月乘以月数 / 此前合计"),
        "off_hours": _("该时段入院 / 全部入院（人次）"),
        "resale_prone": _("有此类药品 / 全部就诊（人次）"),
        "group_visits": _("成组 / 常来（人）"),
        "cloned_charges": _("雷同 / 较长账单（份）"),
    }
    return words.get(pattern, "")
