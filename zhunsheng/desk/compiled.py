"""A rule book made ready for the desk: bindings per moment, what touches what, texts. Never changed once built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from zhunsheng.book.models import Book
from zhunsheng.book.told import citation, named, told
from zhunsheng.desk.focus import Lens
from zhunsheng.patterns.base import Bindings
from zhunsheng.patterns.bind import bind

Moment = Literal["before", "during"]
MOMENTS: tuple[Moment, ...] = ("before", "during")


@dataclass(frozen=True, slots=True)
class Station:
    """One pattern at one moment: its binding rows of the rules that judge then, and how its facts are narrowed."""

    pattern: str
    bindings: Bindings
    lens: Lens


@dataclass(frozen=True, slots=True)
class CompiledBook:
    """The book at the desk. ``digest`` names the exact rule book; ``texts`` are by language and rule."""

    digest: str
    stations: dict[Moment, tuple[Station, ...]]
    texts: dict[str, dict[str, dict[str, Any]]]
    points: dict[str, dict[str, str]]
    items: dict[str, str]
    names: dict[str, str]


def compiled(book: Book) -> CompiledBook:
    """Return a book made ready. Raises Problem ZS406 or ZS407 for a book that cannot be bound."""
    bound = bind(book)
    return CompiledBook(
        digest=book.digest,
        stations={moment: tuple(_stations(book, bound, moment)) for moment in MOMENTS},
        texts={lang: {key: told(book, rule, lang) for key, rule in book.rules.items()} for lang in ("zh", "en")},
        points={
            point.point_id: {"label": named(point), "citation": citation(book, point)}
            for known in book.knowledge.values()
            for point in known.points
        },
        items=_items(book),
        names={key: rule.name for key, rule in book.rules.items()},
    )


def _stations(book: Book, bound: dict[str, Bindings], moment: Moment) -> list[Station]:
    found = []
    for name, bindings in bound.items():
        rows = [row for row in bindings.rows if moment in book.rules[row.rule_id].scenes]
        if rows:
            own = Bindings(bindings.pattern, rows)
            found.append(Station(name, own, Lens(own)))
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
