"""The rule book as pages read it: loaded once and again when a file of it has changed."""

from __future__ import annotations

import threading
from datetime import date
from functools import lru_cache
from pathlib import Path
from time import monotonic

from zhunsheng.book import Book, load
from zhunsheng.book.lint import Remark, waits
from zhunsheng.indicators.lint import lint as about_indicators
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.time import now
from zhunsheng.patterns.lint import lint

#: Seconds for which an unchanged book is taken as unchanged without looking.
FRESH = 5.0
_lock = threading.Lock()
_kept: dict[tuple[Path, Path], tuple[float, frozenset[tuple[str, int]], Book]] = {}


def book() -> Book:
    """Return the present book. A broken file leaves the book before in use; without one it raises Problem ZS4xx."""
    key = (rulebook(), home().book)
    with _lock:
        kept = _kept.get(key)
        if kept and monotonic() - kept[0] < FRESH:
            return kept[2]
        seen = _fingerprint(key)
        if kept is None or kept[1] != seen:
            kept = (0.0, seen, _loaded(key, kept[2] if kept else None))
        _kept[key] = (monotonic(), seen, kept[2])
        return kept[2]


def fingerprint() -> frozenset[tuple[str, int]]:
    """Return what the files of the present book look like; another look when one of them changed."""
    return _fingerprint((rulebook(), home().book))


def remarks() -> list[Remark]:
    """Return what the linter says of the present book today, worked out once for its content."""
    return _linted(_Key(book()), now().date())[0]


def waiting() -> dict[str, list[Remark]]:
    """Return what every rule of the present book waits for, by rule id."""
    return _linted(_Key(book()), now().date())[1]


class _Key:
    """A book that equals every other of the same content."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def __hash__(self) -> int:
        return hash(self.book.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.book.digest == self.book.digest


@lru_cache(maxsize=2)
def _linted(key: _Key, today: date) -> tuple[list[Remark], dict[str, list[Remark]]]:
    found = [*lint(key.book, today), *about_indicators(key.book, today)]
    return found, waits(key.book, found)


def _loaded(key: tuple[Path, Path], before: Book | None) -> Book:
    try:
        return load(*key)
    except Problem:
        if before is None:
            raise
        return before


def _fingerprint(folders: tuple[Path, Path]) -> frozenset[tuple[str, int]]:
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in (".yaml", ".csv"))
    return frozenset((str(path), path.stat().st_mtime_ns) for path in files)
