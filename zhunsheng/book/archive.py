"""Every rule book that a run was judged by is kept, one file by its digest: what was said then is quoted from there."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from zhunsheng.book.models import Book
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import write_whole


def keep(folder: Path, book: Book) -> None:
    """Keep a book in a folder. A book that is there already is left as it is."""
    path = _path(folder, book.digest)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, book.model_dump_json().encode())


def kept(folder: Path, digest: str) -> Book:
    """Return the kept book of a digest. Raises Problem ZS505 when it is not there or cannot be read."""
    path = _path(folder, digest)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValidationError) as error:
        raise Problem("ZS505", digest=digest) from error


@lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> Book:  # noqa: ARG001 - a changed file is another entry
    return Book.model_validate_json(path.read_bytes())


def _path(folder: Path, digest: str) -> Path:
    return folder / f"{digest}.json"
