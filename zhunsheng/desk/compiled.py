"""A rule book made ready for the desk: bindings per moment, what touches what, texts. Never changed once built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from zhunsheng.book.models import Book
from zhunsheng.book.told import citation, named, told
from zhunsheng.desk.focus import Lens
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.base import Bindings
from zhunsheng.patterns.bind import bind

Moment = Literal["before", "during"]
MOMENTS: tuple[Moment, ...] = ("before", "during")
#: Binding rows by pattern, as plain tuples.
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Station:
    """One pattern at one moment: its binding rows of the rules that judge then, and how its facts are narrowed."""

    pattern: str
    bindings: Bindings
    lens: Lens


@dataclass(frozen=True, slots=True)
class Parts:
    """What the desk knows of a book beside its binding rows.

    ``texts`` are by language and rule, ``scenes`` the moments of each rule, ``items`` the names of item codes.
    """

    digest: str
    texts: dict[str, dict[str, dict[str, Any]]]
    points: dict[str, dict[str, str]]
    items: dict[str, str]
    scenes: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CompiledBook:
    """The book at the desk. ``digest`` names the exact rule book."""

    digest: str
    stations: dict[Moment, tuple[Station, ...]]
    texts: dict[str, dict[str, dict[str, Any]]]
    points: dict[str, dict[str, str]]
    items: dict[str, str]


def compiled(book: Book) -> CompiledBook:
    """Return a book made ready. Raises Problem ZS406 or ZS407 for a book that cannot be bound."""
    return assembled(*parts(book))


def parts(book: Book) -> tuple[Parts, Rows]:
    """Return what a compiled book is made of, as plain data. Raises Problem ZS406 or ZS407."""
    bound = bind(book)
    texts = {lang: {key: told(book, rule, lang) for key, rule in book.rules.items()} for lang in ("zh", "en")}
    points = {
        point.point_id: {"label": named(point), "citation": citation(book, point)}
        for known in book.knowledge.values()
        for point in known.points
    }
    scenes = {key: tuple(map(str, rule.scenes)) for key, rule in book.rules.items()}
    rows = {name: [tuple(row) for row in found.rows] for name, found in bound.items()}
    return Parts(book.digest, texts, points, _items(book), scenes), rows


def assembled(of: Parts, rows: Rows) -> CompiledBook:
    """Return a compiled book from its parts."""
    stations = {moment: tuple(_stations(of.scenes, rows, moment)) for moment in MOMENTS}
    return CompiledBook(of.digest, stations, of.texts, of.points, of.items)


def _stations(scenes: dict[str, tuple[str, ...]], rows: Rows, moment: Moment) -> list[Station]:
    found = []
    for name, told_rows in rows.items():
        pattern = PATTERNS[name]
        own = [row for row in map(pattern.row._make, told_rows) if moment in scenes[row.rule_id]]
        if own:
            bindings = Bindings(pattern, own)
            found.append(Station(name, bindings, Lens(bindings)))
    return found


def _items(book: Book) -> dict[str, str]:
    """Return the names that knowledge points give to item codes: the first that speaks."""
    found: dict[str, str] = {}
    for known in book.knowledge.values():
        pairs = [
            (column.name, f"{column.name.removesuffix('_code')}_name")
            for column in known.kind.columns
            if column.name.endswith("_code")
        ]
        for point in known.points:
            for code, name in pairs:
                if point.get(code) and point.get(name):
                    found.setdefault(point.get(code), point.get(name))
    return found
