"""What of a knowledge list holds when several batches speak of one subject: replaced by stated order, or laid over.

A batch that names another in ``supersedes`` ends that one's rows of the same subject on the day its own begin. A row
of a narrower jurisdiction takes the place of a broader one for its own period, if it limits more or states a citation
of its own; otherwise both hold, so that nothing is loosened in silence. No row is removed: each keeps the periods in
which it holds and names the rows that took the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zhunsheng.book.models import LEVELS, Batch, Book, KnowledgeList, ListColumn, ListKind, Point
from zhunsheng.kernel.time import Period

Batches = Mapping[str, Batch]


@dataclass(frozen=True, slots=True)
class Standing:
    """The periods in which a point holds, earliest first, and the ids of the points that took the others."""

    periods: tuple[Period, ...]
    taken_by: tuple[str, ...] = ()


def standings(book: Book, name: str) -> dict[str, Standing]:
    """Return the standing of every point of a list by point id. Raises KeyError for an unknown list."""
    known = book.knowledge[name]
    later = successors(book.batches)
    found = {}
    for group in subjects(known).values():
        if len(group) == 1:
            found[group[0].point_id] = Standing(_own(group[0]))
        else:
            found |= _group(group, known.kind, book.batches, later)
    return found


def subjects(known: KnowledgeList) -> dict[tuple[str, ...], list[Point]]:
    """Return the points of a list by what they speak of, in file order."""
    found: dict[tuple[str, ...], list[Point]] = defaultdict(list)
    for point in known.points:
        found[tuple(point.get(column) for column in known.kind.key)].append(point)
    return found


def successors(batches: Batches) -> dict[str, set[str]]:
    """Return for every batch those that replace it, directly or through others. Circles end."""
    found: dict[str, set[str]] = {name: set() for name in batches}
    for name in batches:
        waiting = list(batches[name].supersedes)
        while waiting:
            earlier = waiting.pop()
            if earlier in found and name not in found[earlier]:
                found[earlier].add(name)
                waiting += batches[earlier].supersedes
    return found


def narrower(one: Point, other: Point, batches: Batches) -> bool:
    """Whether a point comes from a narrower jurisdiction than another."""
    return LEVELS.index(batches[one.batch].level) > LEVELS.index(batches[other.batch].level)


def loosens(kind: ListKind, broad: Point, narrow: Point) -> str:
    """Return the column in which a narrower row limits less than a broader one, or ``withdraws``, or nothing.

    A column whose tighter side is not stated counts as loosened by any other value: it cannot be told.
    """
    if narrow.withdraws:
        return "withdraws"
    compared = [c for c in kind.columns if c.name not in kind.key and not c.name.endswith("_name")]
    return next((c.name for c in compared if _looser(c, broad.get(c.name), narrow.get(c.name))), "")


def _looser(column: ListColumn, broad: str, narrow: str) -> bool:
    if broad == narrow or not broad:
        return False
    if not narrow or column.kind != "integer" or not column.tighter:
        return True
    return (int(narrow) > int(broad)) == (column.tighter == "lower")


def _group(group: list[Point], kind: ListKind, batches: Batches, later: dict[str, set[str]]) -> dict[str, Standing]:
    """Return the standing of points of one subject: first what batches replace, then what is laid over."""
    active: dict[str, tuple[Period, ...]] = {}
    taken: dict[str, list[str]] = {}
    for point in group:
        by = [one for one in group if one.batch in later[point.batch] and not narrower(one, point, batches)]
        end = min((one.valid_from for one in by), default=point.period.end)
        whole = point.period
        active[point.point_id] = (Period(whole.start, min(end, whole.end)),) if whole.start < end else ()
        taken[point.point_id] = [one.point_id for one in by if one.valid_from < whole.end]
    found = {}
    for point in group:
        over = [
            one for one in group if narrower(one, point, batches) and (one.citation or not loosens(kind, point, one))
        ]
        held = active[point.point_id]
        for one in over:
            held = without(held, active[one.point_id])
        met = [one.point_id for one in over if any(a.meets(point.period) for a in active[one.point_id])]
        periods = () if point.withdraws else held
        found[point.point_id] = Standing(periods, tuple(dict.fromkeys(taken[point.point_id] + met)))
    return found


def without(held: Iterable[Period], gone: Iterable[Period]) -> tuple[Period, ...]:
    """Return what is left of periods when others are taken out."""
    left = list(held)
    for hole in gone:
        cut = []
        for one in left:
            if not one.meets(hole):
                cut.append(one)
                continue
            if one.start < hole.start:
                cut.append(Period(one.start, hole.start))
            if hole.end < one.end:
                cut.append(Period(hole.end, one.end))
        left = cut
    return tuple(left)


def _own(point: Point) -> tuple[Period, ...]:
    return () if point.withdraws else (point.period,)
