"""Words that are data of the rule book: Chinese and English side by side, told in the language of the reader."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language

from zhunsheng.book.cycles import Cycle


def _told(zh: str, en: str) -> str:
    return en if (get_language() or "").startswith("en") else zh


#: Text that is chosen when it is shown, not when it is made.
said = lazy(_told, str)


def named(entry: Any) -> str:
    """Return the name of anything with ``zh`` and ``en``, in the language in which it is shown."""
    return said(entry.zh, entry.en)


def about(cycle: Cycle, key: str) -> str:
    """Return the name of a move, a clock or a state of a life-cycle by its id; the id itself where it names none."""
    if key == cycle.name:
        return named(cycle)
    for part in (cycle.moves, cycle.clocks, cycle.states):
        for one in part:
            if one.id == key:
                return named(one)
    return key
