"""The rule book as pages read it: loaded once and again when a file of it has changed."""

from __future__ import annotations

import threading
from pathlib import Path
from time import monotonic

from zhunsheng.book import Book, load
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home, rulebook

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
