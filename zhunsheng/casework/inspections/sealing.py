"""A draw by two people: one commits to a secret and the pools, the other adds words; neither can steer it alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from zhunsheng.casework.accounts import vault
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.inspections.models import SealedDraw
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import now
from zhunsheng.sampling import draws


def freeze(draw: SealedDraw, actor: User, content: Callable[[str], dict[str, Any]]) -> None:
    """Make a secret and commit to what the draw rests on, which ``content`` gives with the secret among it.

    The row is not saved here.
    """
    secret = secrets.token_hex(32)
    draw.locked = vault.lock(secret.encode())
    draw.commitment = digest(canonical(content(secret)))
    draw.committed_by, draw.committed_at = actor, now()


def reveal(draw: SealedDraw, actor: User, words: str) -> None:
    """Tell the secret and make the seed of it and the words of the second person; the row is not saved here."""
    draw.words = words
    draw.secret = vault.unlock(draw.locked).decode()
    draw.seed = draws.seed_of(draw.secret, draw.words)
    draw.drawn_by, draw.drawn_at, draw.locked = actor, now(), ""
