"""The rule book as pages read it: loaded once and again when a file of it has changed."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from time import monotonic

from zhunsheng.book import Book, load
from zhunsheng.book.lint import Remark, waits
from zhunsheng.indicators.lint import lint as about_indicators
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest, write_whole
from zhunsheng.kernel.home import ROOT, home, rulebook
from zhunsheng.kernel.time import now
from zhunsheng.patterns.base import Bindings
from zhunsheng.patterns.lint import about_examples, lint

#: Seconds for which an unchanged book is taken as unchanged without looking.
FRESH = 5.0
#: The code by which examples are judged: what it says of a book is kept until one of the two changes.
JUDGING = ("book", "facts", "kernel", "patterns")
_lock, _linting = threading.Lock(), threading.Lock()
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
    return _by_content(book(), now().date())[0]


def waiting() -> dict[str, list[Remark]]:
    """Return what every rule of the present book waits for, by rule id."""
    return _by_content(book(), now().date())[1]


def _by_content(present: Book, today: date) -> tuple[list[Remark], dict[str, list[Remark]]]:
    with _linting:  # several who ask at once wait for one
        return _linted(_Key(present), today)


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
    found = [*lint(key.book, today, tried), *about_indicators(key.book, today)]
    return found, waits(key.book, found)


def tried(present: Book, bindings: dict[str, Bindings]) -> list[Remark]:
    """Return what the examples of a book say: as it was kept, or worked out and kept for the other processes."""
    path, of = home().linted, {"book": present.digest, "code": judging()}
    try:
        held = json.loads(path.read_bytes())
        if held["of"] == of:
            return [Remark(**one) for one in held["remarks"]]
    except (OSError, ValueError, TypeError, KeyError):
        pass  # not there, or not whole: worked out anew
    found = about_examples(present, bindings)
    with suppress(OSError):  # a full disk is told elsewhere, the page needs it not
        write_whole(path, canonical({"of": of, "remarks": [asdict(one) for one in found]}))
    return found


@cache
def judging() -> str:
    """Return the digest of the code that judges examples."""
    files = (path for name in JUDGING for path in (ROOT / "zhunsheng" / name).rglob("*"))
    return digest(b"\0".join(path.read_bytes() for path in sorted(files) if path.suffix in (".py", ".sql")))


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
