"""The few shapes of Markdown that the pages use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; cells are made safe for one line."""
    lines = [_line(head), _line(["---"] * len(head)), *(_line([cell(value) for value in row]) for row in rows)]
    return "\n".join(lines) + "\n"


def cell(value: object) -> str:
    """Return a value as the text of a table cell; None is empty."""
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ").strip()


def both(zh: str, en: str) -> str:
    """Return Chinese and English as two paragraphs."""
    return f"{zh}\n\n{en}\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
