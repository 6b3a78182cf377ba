"""Reads what people type into a form: a text, a day; the first fault is the Problem that names its field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import parse_date

#: Days that leave room for what is reckoned from them.
FIRST, LAST = date(1949, 10, 1), date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Typed:
    """The readers of one form. ``code`` is that of its faults, ``most`` how many characters a text may have."""

    code: str
    most: int

    def wrong(self, field: str, reason: str) -> Problem:
        """Return the Problem of a field that cannot be taken."""
        return Problem(self.code, field=field, reason=reason)

    def text(self, field: str, value: str, *, least: int = 1, most: int = 0) -> str:
        """Return a text, trimmed. Raises the Problem of the form."""
        told, most = kept(value), most or self.most
        if not least <= len(told) <= most:
            raise self.wrong(field, f"须为 {least} 至 {most} 字")
        return told

    def day(self, field: str, value: str) -> date:
        """Return a day from FIRST to LAST. Raises the Problem of the form."""
        try:
            found = parse_date(kept(value))
        except Problem as problem:
            raise self.wrong(field, "须为日期，如 2026-01-31") from problem
        if not FIRST <= found <= LAST:
            raise self.wrong(field, f"须在 {FIRST} 至 {LAST} 之间")
        return found
