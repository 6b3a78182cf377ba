"""The same counting in plain Python, row by row: the referee of the query, and what worked examples are tried with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from zhunsheng.book.indicators import SUBJECTS, Condition, Count, Indicator, Outcome
from zhunsheng.indicators.lists import Held

Row = Mapping[str, Any]
Lists = Callable[[Condition], Held]


class Counted(NamedTuple):
    """The raw counts of an indicator for one subject and month; fen, seconds or things, as the indicator says."""

    indicator_id: str
    subject_kind: str
    subject_id: str
    institution_id: str
    month: str
    numerator: int
    denominator: int
    excluded: int
    unknown: int
    rows: int


def no_lists(_said: Condition) -> Held:
    """Hold nothing."""
    return {}


def meets(said: Condition, row: Row, day: date, lists: Lists = no_lists) -> bool | None:
    """Whether a row meets a condition; None where a column that it needs is empty."""
    value = row.get(said.column)
    if said.empty is not None:
        return (value is None) == said.empty
    if value is None:
        return None
    if said.equals is not None:
        return bool(value == said.equals)
    if said.any_of:
        return value in said.any_of
    if said.none_of:
        return value not in said.none_of
    if said.starts:
        return bool(value.startswith(said.starts))
    if said.listed:
        held = lists(said)
        return any(value in values for period, values in held.items() if day in period) if held else None
    if name := said.not_above or said.above:
        return _compared(value, row.get(name), said)
    return (said.at_least is None or value >= said.at_least) and (said.at_most is None or value <= said.at_most)


def _compared(value: Any, other: Any, said: Condition) -> bool | None:
    if other is None:
        return None
    limit = other + (timedelta(days=said.plus) if isinstance(other, date) else said.plus)
    return bool(value <= limit) if said.not_above else bool(value > limit)


def every(answers: Iterable[bool | None]) -> bool | None:
    """All of them: one no is enough for no, else one unknown for unknown."""
    found = list(answers)
    return False if False in found else None if None in found else True


def outcome(one: Indicator, row: Row, lists: Lists = no_lists) -> Outcome:
    """Return what a row is to an indicator."""
    day = row[one.date]
    inside = every(meets(said, row, day, lists) for said in one.universe)
    left_out = [meets(said, row, day, lists) for said in one.exclusions]
    if inside and True in left_out:
        return "excluded"
    if inside is False or True in left_out:
        return "out"
    if inside is None or None in left_out or any(row.get(name) is None for name in one.needs):
        return "unknown"
    upper, lower = (_side(count, row, day, lists) for count in (one.numerator, one.denominator))
    if upper is None or lower is None:
        return "unknown"
    return "both" if upper and lower else "numerator" if upper else "denominator" if lower else "neither"


def _side(count: Count | None, row: Row, day: date, lists: Lists) -> bool | None:
    """Whether a row belongs to a side; None where that, or the value that it would add, is not known."""
    if count is None:
        return False
    belongs = every(meets(said, row, day, lists) for said in count.where)
    return None if belongs and any(row.get(name) is None for name in count.columns) else belongs


def count(one: Indicator, rows: Iterable[Row], lists: Lists = no_lists) -> list[Counted]:
    """Return the counts of an indicator by subject and month, ordered."""
    groups: dict[tuple[str, str, str], list[tuple[Outcome, Row]]] = defaultdict(list)
    for row in rows:
        said = outcome(one, row, lists)
        if said != "out":
            first, *rest = (row.get(name) for name in SUBJECTS[one.subject])
            subject = "/".join([str(first), *(str(part or "") for part in rest)])
            groups[subject, str(first), f"{row[one.date]:%Y-%m}"].append((said, row))
    return [
        Counted(one.id, one.subject, subject, institution, month, *_figures(one, met))
        for (subject, institution, month), met in sorted(groups.items())
    ]


def _figures(one: Indicator, met: list[tuple[Outcome, Row]]) -> tuple[int, int, int, int, int]:
    upper = [row for said, row in met if said in ("numerator", "both")]
    lower = [row for said, row in met if said in ("denominator", "both")]
    said = [outcome for outcome, _row in met]
    excluded, unknown = said.count("excluded"), said.count("unknown")
    below = _amount(one.denominator, lower) if one.denominator else 0
    return _amount(one.numerator, upper), below, excluded, unknown, len(met) - excluded - unknown


def _amount(count: Count, rows: list[Row]) -> int:
    if count.rows:
        return len(rows)
    if count.distinct:
        return len({row[count.distinct] for row in rows})
    return sum(int(row[count.sum]) - (int(row[count.less]) if count.less else 0) for row in rows)
