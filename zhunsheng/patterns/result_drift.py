"""RESULT_DRIFT: the results of a laboratory move away from its own months before: upwards, downwards or apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.population import (
    PAST_COLUMNS,
    PAST_REASONS,
    Load,
    Measure,
    Outlier,
    past_pair,
    period_of,
)
from zhunsheng.patterns.services import Result

PATTERN = Pattern(
    name="result_drift",
    template="T33",
    zh="检验结果分布漂移",
    en="Results drift",
    kind="population",
    facts=("result", "qc_run"),
    columns=(
        BindingColumn(
            "moves",
            "text",
            "parameter",
            "up: above the median of the months before; down: below it; apart: beyond its lowest and highest tenth",
            codes=("up", "down", "apart"),
        ),
        *PAST_COLUMNS,
    ),
    reasons=PAST_REASONS,
    family="past",
)
#: Values of a vendor, analyte and month, of one result for each person.
Values = dict[tuple[str, str, int], list[int]]


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per vendor, analyte and month how many results lie beyond a bound of the months before, now and then."""
    values, renewed = _values(load), _renewed(load)
    for vendor, analyte, number in sorted(values):
        period = period_of(number)
        for row in bindings.on(parse_date(f"{period}-01")):
            then = range(number - row.months, number)
            past = sorted(value for n in then for value in values.get((vendor, analyte, n), ()))
            if past and not any(n in renewed[vendor, analyte] for n in (*then, number)):
                low, high = _bounds(past, row.moves)
                now = values[vendor, analyte, number]
                counts = [(sum(v < low or v > high for v in one), len(one)) for one in (now, past)]
                yield from past_pair(row, vendor, period, analyte, counts[0], counts[1])


def judge(_load: Load, _bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield nothing: what moves is the whole of the month, no single result."""
    return iter(())


def _values(load: Load) -> Values:
    """Return the first result of each person by vendor, analyte and month, by the last version of each."""
    newest: dict[tuple[str, str, str], Result] = {}
    for one in sorted(load.results, key=lambda one: one.version):
        newest[one.vendor_id, one.order_id, one.analyte] = one
    first: dict[tuple[str, str, int, str], Result] = {}
    for one in sorted(newest.values(), key=lambda one: (one.reported_on, one.reported_at or 0, one.order_id)):
        if one.value_e4 is not None:
            number = one.reported_on.year * 12 + one.reported_on.month
            first.setdefault((one.vendor_id, one.analyte, number, one.person_id or f"|{one.order_id}"), one)
    values: Values = defaultdict(list)
    for (vendor, analyte, number, _), one in first.items():
        values[vendor, analyte, number].append(one.value_e4 or 0)
    return values


def _renewed(load: Load) -> dict[tuple[str, str], set[int]]:
    """Return the months in which a control of an analyte began with another device, lot or mean."""
    since: dict[tuple[str, ...], dict[tuple[object, ...], int]] = defaultdict(dict)
    days: dict[tuple[str, ...], dict[tuple[object, ...], object]] = defaultdict(dict)
    for one in sorted(load.qc_runs, key=lambda one: one.run_on):
        series, setting = (one.vendor_id, one.analyte, one.level), (one.device_id, one.lot or "", one.mean_e4 or 0)
        since[series].setdefault(setting, one.run_on.year * 12 + one.run_on.month)
        days[series].setdefault(setting, one.run_on)
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for (vendor, analyte, level), settings in since.items():
        began = days[vendor, analyte, level]
        first = min(str(day) for day in began.values())
        found[vendor, analyte] |= {n for setting, n in settings.items() if str(began[setting]) > first}
    return found


def _bounds(past: list[int], moves: str) -> tuple[int, int]:
    """Return the values below and above which a result counts; ``past`` is sorted."""
    n = len(past)
    middle, tenth = past[(n + 1) // 2 - 1], (n + 9) // 10
    if moves == "up":
        return past[0] - 10**15, middle
    if moves == "down":
        return middle, past[-1] + 10**15
    return past[tenth - 1], past[n - tenth]
