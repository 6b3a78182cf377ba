"""OUTLIER_PATTERN (T33), resale-prone drugs: encounters that buy them, beside those of peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.population import (
    EVIDENCE,
    PEER_COLUMNS,
    PEER_REASONS,
    Load,
    Measure,
    Outlier,
    behind,
    month,
)

PATTERN = Pattern(
    name="resale_prone",
    template="T33",
    zh="易转卖药品",
    en="Resale-prone drugs",
    kind="population",
    facts=("line", "institution"),
    columns=(BindingColumn("item_code", "text", "knowledge", "a drug that is known to be resold"), *PEER_COLUMNS),
    index=("item_code",),
    reasons={
        "stands_out": (
            "有此类药品的就诊占 {actual:percent}，同类 {expected:peers}",
            "{actual:percent} of the encounters have such drugs; {expected:peers}",
        ),
        **PEER_REASONS,
    },
    family="rate",
)


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per institution and month in how many of its encounters a listed drug was charged."""
    every: dict[tuple[str, str], set[str]] = defaultdict(set)
    bought: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for line in load.lines:
        place, period = line.institution_id, month(line.service_date)
        every[place, period].add(line.encounter_id)
        for row in bindings.valid("item_code", line.item_code, parse_date(f"{period}-01")):
            bought[row.rule_id, place, period].add(line.encounter_id)
    for rule in {row.rule_id for row in bindings.rows}:
        own = [row for row in bindings.rows if row.rule_id == rule]
        first, last = min(row.valid_from for row in own), max(row.valid_to for row in own)
        point = min(row.point_id for row in own)
        for (place, period), met in every.items():
            if first <= parse_date(f"{period}-01") < last:
                named = (rule, point, "institution", place, place, period, "", load.group(place, period))
                yield Measure(*named, len(bought[rule, place, period]), len(met), len(met), "")


def judge(load: Load, bindings: Bindings, _found: list[Measure], outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the largest charges of listed drugs behind each clue."""
    for one in (one for one in outliers if one.verdict != "unknown"):
        day: date = parse_date(f"{one.period}-01")
        mine = [
            line
            for line in load.lines
            if (line.institution_id, month(line.service_date)) == (one.institution_id, one.period)
            and any(row.rule_id == one.rule_id for row in bindings.valid("item_code", line.item_code, day))
        ]
        for line in sorted(mine, key=lambda line: (-line.quantity_e4, line.line_id))[:EVIDENCE]:
            yield behind(one, "line", line.line_id)
