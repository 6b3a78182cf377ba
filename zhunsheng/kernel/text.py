"""Texts that people send, as they are kept."""

from __future__ import annotations

import re
from typing import Any

#: Control characters but tab and line ends, and halves of characters: nobody types them and databases refuse them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def kept(text: str) -> str:
    """Return a text without control characters, and without spaces around it."""
    return _CONTROL.sub("", text).strip()


def harmless(value: Any) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
