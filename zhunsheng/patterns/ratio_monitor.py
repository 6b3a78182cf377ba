"""RATIO_MONITOR (T24): a part of an institution's charges against the same part at its peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Line, Pattern
from zhunsheng.patterns.population import (
    EVIDENCE,
    PEER_COLUMNS,
    PEER_REASONS,
    Load,
    Measure,
    Outlier,
    behind,
    effective,
    month,
)

PATTERN = Pattern(
    name="ratio_monitor",
    template="T24",
    zh="费用占比监测",
    en="Monitor of shares of charges",
    kind="population",
    facts=("line", "institution"),
    columns=(
        BindingColumn(
            "item_classes", "set", "parameter", "classes of charge (med_chrgitm_type) whose share is taken", absent=""
        ),
        BindingColumn(
            "item_head", "text", "parameter", "first six characters of the codes whose share is taken", absent="-"
        ),
        *PEER_COLUMNS,
    ),
    reasons={
        "stands_out": (
            "占比 {actual:percent}，同类 {expected:peers}",
            "The share is {actual:percent}; {expected:peers}",
        ),
        "class_missing": (
            "有费用未载明类别，占比无法判定",
            "Some charges state no class, so the share cannot be told",
        ),
        **PEER_REASONS,
    },
    family="share",
)


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per institution and month what of its charges a rule names."""
    months: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in load.lines:
        months[line.institution_id, month(line.service_date)].append(line)
    for (place, period), lines in months.items():
        whole = _by_contact(lines)
        total = sum(whole.values())
        for row in bindings.on(parse_date(f"{period}-01")) if total > 0 else ():
            part = _by_contact([line for line in lines if _counts(row, line)])
            weight = min(effective(whole.values()), effective(part.values()))
            gap = row.item_classes and any(line.item_class is None for line in lines)
            named = (row.rule_id, row.point_id, "institution", place, place, period, "", load.group(place, period))
            yield Measure(*named, sum(part.values()), total, weight, "class_missing" if gap else "")


def _by_contact(lines: list[Line]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.encounter_id] += line.amount_fen
    return sums


def judge(load: Load, bindings: Bindings, _found: list[Measure], outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the largest charges behind each clue."""
    for one in outliers:
        for row in bindings.on(parse_date(f"{one.period}-01")):
            if (row.rule_id, row.point_id) == (one.rule_id, one.point_id) and one.verdict != "unknown":
                mine = [line for line in load.lines if _of(one, line) and _counts(row, line)]
                for line in sorted(mine, key=lambda line: (-line.amount_fen, line.line_id))[:EVIDENCE]:
                    yield behind(one, "line", line.line_id)


def _of(one: Outlier, line: Line) -> bool:
    return line.institution_id == one.institution_id and month(line.service_date) == one.period


def _counts(row: Any, line: Line) -> bool:
    classed = line.item_class is not None and f" {line.item_class} " in f" {row.item_classes} "
    return classed or line.item_code[:6] == row.item_head
