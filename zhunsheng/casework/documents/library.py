"""The kinds of documents that the rule book holds now, and those that a case can have."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from zhunsheng.casework.cases import library
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook
from zhunsheng.reports.templates import Numbers, Template, load_numbers, load_templates

Stamp = tuple[tuple[str, int, int], ...]


def templates() -> dict[str, Template]:
    """Return the kinds of documents by name. Raises Problem ZS961, and those of life-cycles."""
    folder = rulebook()
    return _checked(folder, _stamp(folder))


def _stamp(folder: Path) -> Stamp:
    """What changes when a file does: the templates are read and checked again then."""
    paths = sorted([*(folder / "documents").glob("*.yaml"), *(folder / "lifecycles").glob("*.yaml")])
    return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths)


@lru_cache(maxsize=4)
def _checked(folder: Path, _stamp: Stamp) -> dict[str, Template]:
    return load_templates(folder, library.cycles())


def template(kind: str) -> Template:
    """Return a kind of document. Raises Problem ZS962 for a name that the rule book does not hold."""
    found = templates().get(kind)
    if found is None:
        raise Problem("ZS962", kind=kind[:40])
    return found


def numbers() -> Numbers:
    """Return how numbers read. Raises Problem ZS961."""
    return load_numbers(rulebook())
