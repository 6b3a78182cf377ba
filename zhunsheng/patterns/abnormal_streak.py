"""ABNORMAL_STREAK: results of one patient and analyte outside the reference range so many times in a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier
from zhunsheng.patterns.services import Result, Said, found, no_measures

PATTERN = Pattern(
    name="abnormal_streak",
    template="T33",
    zh="连续异常结果",
    en="Abnormal results in a row",
    kind="population",
    facts=("result",),
    columns=(
        BindingColumn("times", "integer", "parameter", "results outside the range in a row"),
        BindingColumn("days", "integer", "parameter", "most days from the first to the last of them"),
    ),
    reasons={
        "in_a_row": (
            "同一患者 {actual} 连续 {expected:word1} 次超出参考区间（{expected:word2} 日内）",
            "{actual} of one patient left its range {expected:word1} times in a row within {expected:word2} days",
        ),
    },
    family="rows",
)
measures = no_measures


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the results of each unbroken run that holds a window of so many within so many days."""
    for streak in _streaks(load):
        subject = f"{streak[0].vendor_id}|{streak[0].person_id}|{streak[0].analyte}|{streak[0].order_id}"
        hits = set()
        for last, one in enumerate(streak):
            for row in bindings.on(one.reported_on):
                first = last - row.times + 1
                if first >= 0 and (one.reported_on - streak[first].reported_on).days <= row.days:
                    said = Said("in_a_row", f"{row.times} {row.days}", one.analyte)
                    hits |= {found(row, subject, said, ("result", r.key)) for r in streak[first : last + 1]}
        yield from hits


def _streaks(load: Load) -> Iterator[list[Result]]:
    """Yield the unbroken runs of abnormal results of each vendor, patient and analyte, by last versions."""
    newest: dict[tuple[str, str, str], Result] = {}
    for one in sorted(load.results, key=lambda one: one.version):
        newest[one.vendor_id, one.order_id, one.analyte] = one
    series: dict[tuple[str, str | None, str], list[Result]] = defaultdict(list)
    for one in newest.values():
        if one.person_id and one.value_e4 is not None and (one.low_e4 is not None or one.high_e4 is not None):
            series[one.vendor_id, one.person_id, one.analyte].append(one)
    for results in series.values():
        run: list[Result] = []
        for one in sorted(results, key=lambda one: (one.reported_on, one.reported_at or 0, one.order_id)):
            if _is_abnormal(one):
                run.append(one)
            elif run:
                yield run
                run = []
        if run:
            yield run


def _is_abnormal(one: Result) -> bool:
    value = one.value_e4 or 0
    return (one.low_e4 is not None and value < one.low_e4) or (one.high_e4 is not None and value > one.high_e4)
