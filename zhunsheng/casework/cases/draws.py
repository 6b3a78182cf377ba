"""A draw that anybody can repeat: the order of the pool is that of SHA-256 over seed and code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def draw(pool: Iterable[str], seed: str, count: int) -> list[str]:
    """Return the first ``count`` codes of a pool in the order of the seed, whatever the order of the pool."""
    return sorted(set(pool), key=lambda code: hashlib.sha256(f"{seed}\x1f{code}".encode()).hexdigest())[:count]
