"""The service kinds and negative lists that the rule book holds now."""

from __future__ import annotations

from zhunsheng.book.vendors import Kinds, NegativeList, load_kinds, load_negative
from zhunsheng.kernel.home import rulebook


def kinds() -> Kinds:
    """Return the service kinds. Raises Problem ZS401, ZS650."""
    return load_kinds(rulebook())


def negative() -> tuple[NegativeList, ...]:
    """Return the negative lists. Raises Problem ZS401, ZS403, ZS650."""
    return load_negative(rulebook())
