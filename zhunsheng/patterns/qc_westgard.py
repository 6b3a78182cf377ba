"""QC_WESTGARD: controls that break a control rule, taken as in control or with reports released all the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.population import EVIDENCE, Load, Measure, Outlier, month, place
from zhunsheng.patterns.services import QcRun, Result, Said, found, gaps, no_measures

#: Control rules by the code that a rule file names, with their reasons. 1-2s warns, on the chart only.
CODES = {"1-3s": "one_3s", "2-2s": "two_2s", "R-4s": "range_4s", "4-1s": "four_1s", "10-x": "ten_x"}
PATTERN = Pattern(
    name="qc_westgard",
    template="T33",
    zh="室内质控失控",
    en="Internal quality control out of control",
    kind="population",
    facts=("qc_run", "result"),
    columns=(BindingColumn("rules", "set", "parameter", "control rules that refuse a run", codes=tuple(CODES)),),
    reasons={
        "one_3s": ("{actual} 违反 1-3s：超出靶值 ± 3 个标准差", "{actual} breaks 1-3s: beyond the mean by 3 SD"),
        "two_2s": (
            "{actual} 违反 2-2s：连续两次或同批两水平同侧超出 2 个标准差",
            "{actual} breaks 2-2s: two in a row, or two levels of a run, beyond 2 SD on one side",
        ),
        "range_4s": (
            "{actual} 违反 R-4s：同批一高一低，各超出 2 个标准差",
            "{actual} breaks R-4s: in one run one above +2 SD and one below -2 SD",
        ),
        "four_1s": (
            "{actual} 违反 4-1s：连续四次同侧超出 1 个标准差",
            "{actual} breaks 4-1s: four in a row beyond 1 SD",
        ),
        "ten_x": (
            "{actual} 违反 10-x：连续十次位于靶值同侧",
            "{actual} breaks 10-x: ten in a row on one side of the mean",
        ),
        "released": (
            "失控至恢复在控期间发布 {actual} 份该指标结果",
            "{actual} results of the analyte were released before a run was in control again",
        ),
        "target_missing": (
            "{actual} 次质控没有靶值或标准差，无法判定",
            "{actual} control measurements state no mean or standard deviation",
        ),
    },
    family="rows",
)
measures = no_measures
Distances = list[tuple[int, int]]


@dataclass
class _Run:
    """The levels of one run of a device and analyte, in their order in time."""

    levels: list[QcRun] = field(default_factory=list)
    resets: int = 0

    @property
    def order(self) -> tuple[Any, ...]:
        return min(q.run_on for q in self.levels), min(q.run_at or 0 for q in self.levels), self.levels[0].run_id

    @property
    def is_refused(self) -> bool:
        return any(q.accepted is False for q in self.levels)

    @property
    def moment(self) -> int | None:
        return min((q.run_at for q in self.levels if q.run_at is not None), default=None)


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the failing measurements of each episode with the results released meanwhile, and what cannot be told."""
    grouped: dict[tuple[str, str, str], dict[str, _Run]] = defaultdict(lambda: defaultdict(_Run))
    unclear = []
    for one in load.qc_runs:
        grouped[one.vendor_id, one.device_id, one.analyte][one.run_id].levels.append(one)
        if not _has_target(one):
            unclear += [
                (row, place(one.vendor_id, month(one.run_on)), "target_missing") for row in bindings.on(one.run_on)
            ]
    released: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in load.results:
        released[result.vendor_id, result.analyte].append(result)
    for (vendor, device, analyte), by_run in grouped.items():
        runs = sorted(by_run.values(), key=lambda run: run.order)
        for before, run in pairwise(runs):
            run.resets = before.resets + before.is_refused
        broken = _broken(runs)
        for row in bindings.rows:
            own = [
                (q, code)
                for q, code in broken
                if code in row.rules.split() and row.valid_from <= q.run_on < row.valid_to
            ]
            yield from _episodes(row, f"{vendor}|{device}|{analyte}", runs, own, released[vendor, analyte])
    yield from gaps(unclear)


def _has_target(one: QcRun) -> bool:
    return one.mean_e4 is not None and one.sd_e4 is not None and one.sd_e4 > 0


def _broken(runs: list[_Run]) -> list[tuple[QcRun, str]]:
    """Return the measurements that break a rule, with its code."""
    series: dict[Any, list[QcRun]] = defaultdict(list)
    broken = []
    for run in runs:
        told = [q for q in run.levels if _has_target(q)]
        for q in told:
            series[q.level, q.lot or "", q.mean_e4, run.resets].append(q)
        broken += _within(told)
    for measured in series.values():
        far = [(q.value_e4 - (q.mean_e4 or 0), q.sd_e4 or 0) for q in measured]
        for n, q in enumerate(measured):
            broken += [(q, code) for code, test in _ACROSS.items() if test(far[: n + 1])]
    return broken


def _within(levels: list[QcRun]) -> list[tuple[QcRun, str]]:
    """Return what breaks a rule between the levels of one run."""
    above = [q for q in levels if q.value_e4 - (q.mean_e4 or 0) > 2 * (q.sd_e4 or 0)]
    below = [q for q in levels if q.value_e4 - (q.mean_e4 or 0) < -2 * (q.sd_e4 or 0)]
    found_ = [(q, "2-2s") for side in (above, below) if len(side) > 1 for q in side]
    return found_ + ([(q, "R-4s") for q in above + below] if above and below else [])


def _one_side(count: int, times: int) -> Callable[[Distances], bool]:
    """Return whether the last ``count`` distances all lie beyond so many standard deviations on one side."""

    def test(far: Distances) -> bool:
        last = far[-count:]
        above, below = all(d > times * sd for d, sd in last), all(d < -times * sd for d, sd in last)
        return len(last) == count and (above or below)

    return test


_ACROSS = {"1-3s": _one_side(1, 3), "2-2s": _one_side(2, 2), "4-1s": _one_side(4, 1), "10-x": _one_side(10, 0)}


def _episodes(
    row: Any, name: str, runs: list[_Run], broken: list[tuple[QcRun, str]], results: list[Result]
) -> Iterator[Hit]:
    """Yield the hits of each stretch of runs that failed or were refused, up to the next that was neither."""
    codes: dict[str, list[tuple[QcRun, str]]] = defaultdict(list)
    for q, code in broken:
        codes[q.run_id].append((q, code))
    stretch: list[_Run] = []
    for run in [*runs, None]:
        if run is not None and (run.is_refused or run.levels[0].run_id in codes):
            stretch.append(run)
            continue
        failing = [one for one in stretch if one.levels[0].run_id in codes]
        if failing:
            until = run.moment if run else None
            yield from _told(row, name, (failing, codes), _between(results, failing[0].moment, until, run is None))
        stretch = []


def _between(results: list[Result], since: int | None, until: int | None, is_open: bool) -> list[Result]:
    """Return what was released from one moment on and before another; nothing where a moment is not stated."""
    if since is None or (until is None and not is_open):
        return []
    return [
        r
        for r in results
        if r.reported_at is not None and since <= r.reported_at and (is_open or r.reported_at < (until or 0))
    ]


def _told(
    row: Any, name: str, failed: tuple[list[_Run], dict[str, list[tuple[QcRun, str]]]], out: list[Result]
) -> Iterator[Hit]:
    failing, codes = failed
    if all(run.is_refused for run in failing) and not out:
        return
    subject, analyte = f"{name}|{failing[0].levels[0].run_id}", name.split("|", 1)[1].replace("|", " ")
    for run in failing:
        for q, code in set(codes[run.levels[0].run_id]):
            yield found(row, subject, Said(CODES[code], "", analyte), ("qc_run", q.key))
    for one in sorted(out, key=lambda r: (r.reported_at, r.key))[:EVIDENCE]:
        yield found(row, subject, Said("released", "", str(len(out))), ("result", one.key), "other")
