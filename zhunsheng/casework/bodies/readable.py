"""Secrets that a person reads aloud, or copies by hand, without a mistake: no letter or digit looks like another."""

from __future__ import annotations

import secrets

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def readable(groups: int, length: int) -> str:
    """Return random groups of letters and digits with hyphens between; each sign holds about five bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(length)) for _ in range(groups))
