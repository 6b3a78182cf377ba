"""OUTLIER_PATTERN (T33), sudden growth: a month against the institution's own months before, beside its peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

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
    effective,
    month,
)

PATTERN = Pattern(
    name="sudden_growth",
    template="T33",
    zh="机构费用突增",
    en="Sudden growth of an institution",
    kind="population",
    facts=("line", "institution"),
    columns=(
        BindingColumn(
            "months", "integer", "parameter", "months before, all with charges, that a month is held against"
        ),
        BindingColumn(
            "basis", "text", "parameter", "amount: charges; cases: encounters with charges", codes=("amount", "cases")
        ),
        *PEER_COLUMNS,
    ),
    reasons={
        "stands_out": (
            "为此前各月均值的 {actual:percent}，同类 {expected:peers}",
            "The month is {actual:percent} of the mean of the months before; {expected:peers}",
        ),
        **PEER_REASONS,
    },
    family="growth",
)
Sums = dict[tuple[str, int], dict[str, int]]


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per institution and month its charges, or its cases, against the months before."""
    sums = _sums(load)
    for (place, number), now in sums.items():
        period = f"{(number - 1) // 12:04d}-{(number - 1) % 12 + 1:02d}"
        for row in bindings.on(parse_date(f"{period}-01")):
            before = [sums[place, n] for n in range(number - row.months, number) if (place, n) in sums]
            if len(before) == row.months and before:
                then = [fen for one in before for fen in one.values()]
                named = (row.rule_id, row.point_id, "institution", place, place, period, "", load.group(place, period))
                if row.basis == "cases":
                    n, d = len(now), len(then)
                    yield Measure(*named, row.months * n, d, n * d // (n + d), "")
                else:
                    n, d = effective(now.values()), effective(then)
                    yield Measure(*named, row.months * sum(now.values()), sum(then), n * d // (n + d), "")


def judge(load: Load, _bindings: Bindings, _found: list[Measure], outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the encounters with most charges behind each clue."""
    for one in outliers:
        charged: dict[str, int] = defaultdict(int)
        for line in load.lines:
            if line.institution_id == one.institution_id and month(line.service_date) == one.period:
                charged[line.encounter_id] += line.amount_fen
        if one.verdict != "unknown":
            for encounter in sorted(charged, key=lambda e: (-charged[e], e))[:EVIDENCE]:
                yield behind(one, "encounter", encounter)


def _sums(load: Load) -> Sums:
    """Return what each encounter was charged, by institution and number of the month; nothing for nothing."""
    sums: Sums = defaultdict(lambda: defaultdict(int))
    for line in load.lines:
        number = line.service_date.year * 12 + line.service_date.month
        sums[line.institution_id, number][line.encounter_id] += line.amount_fen
    kept = {key: {e: fen for e, fen in one.items() if fen > 0} for key, one in sums.items()}
    return {key: one for key, one in kept.items() if one}
