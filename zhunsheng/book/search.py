"""Finds rules, articles and knowledge points by code, name or note: an index in memory for each content of the book.

A query is cut at spaces; an entry matches when it holds every word. Width and case of letters do not matter.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from zhunsheng.book.lifecycle import Standing, standings
from zhunsheng.book.models import Book, Point

Kind = Literal["rule", "article", "point"]
KINDS: tuple[Kind, ...] = ("rule", "article", "point")
#: Books whose index is kept: the present one and the one before it.
KEPT = 2
_lock = threading.Lock()
_indexes: dict[str, Index] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found. ``key`` is the rule id, the instrument id or the name of the list.

    ``place`` is the article number or the point id, ``code`` the first of its codes; ``point`` is set for points.
    """

    kind: Kind
    key: str
    place: str
    code: str
    title: str
    title_en: str
    note: str
    point: Point | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The entries of one kind that match: how many, how many of each key, and the best ones."""

    kind: Kind
    total: int
    by_key: dict[str, int]
    hits: tuple[Entry, ...]


class Index:
    """The searchable text of one book. Built once, read by every thread."""

    def __init__(self, book: Book) -> None:
        entries: dict[Kind, list[tuple[Entry, str]]] = {
            "rule": list(_rules(book)),
            "article": list(_articles(book)),
            "point": list(_points(book)),
        }
        self._columns = {kind: _Column(found) for kind, found in entries.items()}

    def search(self, text: str, limits: dict[Kind, int]) -> list[Found]:
        """Return what matches, one entry per kind in the order of KINDS; nothing matches an empty text."""
        words = fold(text).split()
        return [self._columns[kind].found(kind, words, limits[kind]) for kind in KINDS]

    def texts(self) -> list[str]:
        """Return the folded text of every entry."""
        return [text for column in self._columns.values() for text in column.texts]

    def points(self, name: str, text: str) -> list[Entry]:
        """Return the points of a list that hold a text, all of them for an empty one, in the order of the list."""
        column, words = self._columns["point"], fold(text).split()
        places = column.matches(words) if words else range(len(column.entries))
        return [column.entries[n] for n in places if column.entries[n].key == name]


class _Column:
    """The entries of one kind and, beside each, its codes, its names and all that can be searched, folded."""

    def __init__(self, found: list[tuple[Entry, str]]) -> None:
        self.entries = [entry for entry, _ in found]
        self.codes = [f" {fold(codes)}" for _, codes in found]
        self.titles = [f" {fold(entry.title)}\n {fold(entry.title_en)}" for entry in self.entries]
        self.texts = [
            f"{codes}\n{title}\n{fold(entry.note)}"
            for entry, codes, title in zip(self.entries, self.codes, self.titles, strict=True)
        ]

    def matches(self, words: list[str]) -> list[int]:
        """Return the places of the entries that hold every word."""
        first, *rest = words
        found = [n for n, text in enumerate(self.texts) if first in text]
        for word in rest:
            found = [n for n in found if word in self.texts[n]]
        return found

    def found(self, kind: Kind, words: list[str], limit: int) -> Found:
        """Return the matches, best first: code begins so, name begins so, name holds it, the rest."""
        places = self.matches(words) if words else []
        by_key: dict[str, int] = {}
        for n in places:
            key = self.entries[n].key
            by_key[key] = by_key.get(key, 0) + 1
        best = self._best(places, " ".join(words), limit)
        return Found(kind, len(places), by_key, tuple(self.entries[n] for n in best))

    def _best(self, places: list[int], text: str, limit: int) -> Iterable[int]:
        begins = f" {text}"
        ranks = ((self.codes, begins), (self.titles, begins), (self.titles, text), (self.texts, ""))
        best: dict[int, None] = {}
        for column, wanted in ranks:
            for n in places:
                if len(best) >= limit:
                    return best
                if wanted in column[n]:
                    best[n] = None
        return best


def index(book: Book) -> Index:
    """Return the index of a whole book (not of one cut to a day), made once for its content."""
    with _lock:
        if book.digest not in _indexes:
            while len(_indexes) >= KEPT:
                del _indexes[next(iter(_indexes))]
            _indexes[book.digest] = Index(book)
        return _indexes[book.digest]


def fold(text: str) -> str:
    """Return a text as it is compared: letters and digits of one width and case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _rules(book: Book) -> Iterator[tuple[Entry, str]]:
    for rule in book.rules.values():
        note = " ".join((rule.why, rule.why_en, rule.stands_on, rule.stands_on_en))
        yield Entry("rule", rule.id, "", rule.code, rule.name, rule.name_en, note), f"{rule.code} {rule.id}"


def _articles(book: Book) -> Iterator[tuple[Entry, str]]:
    for key, law in book.laws.items():
        for number, article in law.articles.items():
            said = (law.title, law.title_en, law.number, article.summary, article.summary_en)
            note = " ".join((*said, *article.items.values(), *article.items_en.values()))
            yield Entry("article", key, number, number, article.subject, article.subject_en, note), number


def _points(book: Book) -> Iterator[tuple[Entry, str]]:
    for name, known in book.knowledge.items():
        coded = [column.name for column in known.kind.columns if column.kind == "code"]
        named = [column.name for column in known.kind.columns if column.name.endswith("_name")]
        standing = standings(book, name)
        for point in known.points:
            codes = [point.get(column) for column in coded if point.get(column)]
            title = " × ".join(filter(None, map(point.get, named))) or " ".join(filter(None, point.values.values()))
            said = " ".join((point.note, *(value for key, value in point.values.items() if key not in named)))
            held = standing[point.point_id]
            entry = Entry("point", name, point.point_id, codes[0] if codes else "", title, "", said, point, held)
            yield entry, " ".join(codes)
