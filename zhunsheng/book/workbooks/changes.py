"""What an import would change in the loaded rule book: points new, changed, gone and the same, by stable identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhunsheng.book.models import KnowledgeList, ListKind, Point
from zhunsheng.book.workbooks.points import Row

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One point that is not the same. ``fields`` holds before and after of each column that differs."""

    kind: Literal["new", "changed", "gone"]
    key: Key
    name: str
    fields: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of one list and batch, and how many points are the same."""

    list: str
    batch: str
    differences: tuple[Difference, ...]
    same: int

    def count(self, kind: str) -> int:
        """Return how many points are ``new``, ``changed`` or ``gone``."""
        return sum(one.kind == kind for one in self.differences)


def compare(known: KnowledgeList, batch: str, coming: dict[Key, Row]) -> Comparison:
    """Compare rows that would come into a batch with what is loaded.

    A point is the same subject whatever batch it stands in; its own batch is looked at first. Gone are points of
    this batch that the rows do not name.
    """
    kind = known.kind
    present: dict[Key, Point] = {}
    for point in known.points:
        key = tuple(point.get(column) for column in kind.key)
        if point.batch == batch or key not in present or present[key].batch != batch:
            present[key] = point
    found = [_difference(key, row, present.get(key), kind) for key, row in coming.items()]
    gone = [
        Difference("gone", key, name_of(_plain(point, kind), kind), {})
        for key, point in present.items()
        if point.batch == batch and key not in coming
    ]
    told = [one for one in found if one is not None]
    return Comparison(known.name, batch, (*told, *gone), len(found) - len(told))


def name_of(row: Row, kind: ListKind) -> str:
    """Return the printed name or names of a row."""
    return " × ".join(row[column.name] for column in kind.columns if column.name.endswith("_name"))


def _difference(key: Key, row: Row, before: Point | None, kind: ListKind) -> Difference | None:
    if before is None:
        return Difference("new", key, name_of(row, kind), {})
    old = _plain(before, kind)
    fields = {column: (old[column], row[column]) for column in old if old[column] != row[column]}
    return Difference("changed", key, name_of(row, kind), fields) if fields else None


def _plain(point: Point, kind: ListKind) -> Row:
    """Return a point as a row of its list, without dates: those are its batch's."""
    own = {"batch": point.batch, "printed": point.printed, "reading": point.reading, "note": point.note}
    return own | {column.name: point.get(column.name) for column in kind.columns}
