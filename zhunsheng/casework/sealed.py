"""A draw by two people: one commits to a secret and the pools, the other adds words; neither can steer it alone.

Apps whose draws are made so inherit the model and call the two functions; neither function saves the row.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import models

from zhunsheng.casework.accounts import vault
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import now
from zhunsheng.sampling import draws

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class SealedDraw(models.Model):
    """A draw by two people: what one committed to, and what it became with the words of the other.

    ``commitment`` is the SHA-256 of the secret and all that the draw rests on. ``locked`` holds the secret until the
    draw; afterwards secret, words and seed are told. Written by this module alone.
    """

    commitment = models.CharField(max_length=64, blank=True)
    locked = models.TextField(blank=True)
    committed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    committed_at = models.DateTimeField(null=True)
    secret = models.CharField(max_length=64, blank=True)
    words = models.CharField(max_length=200, blank=True)
    seed = models.CharField(max_length=64, blank=True)
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


def freeze(draw: SealedDraw, actor: Any, content: Callable[[str], dict[str, Any]]) -> None:
    """Make a secret and commit to what the draw rests on, which ``content`` gives with the secret among it.

    The row is not saved here.
    """
    secret = secrets.token_hex(32)
    draw.locked = vault.lock(secret.encode())
    draw.commitment = digest(canonical(content(secret)))
    draw.committed_by, draw.committed_at = actor, now()


def reveal(draw: SealedDraw, actor: Any, words: str) -> None:
    """Tell the secret and make the seed of it and the words of the second person; the row is not saved here."""
    draw.words = words
    draw.secret = vault.unlock(draw.locked).decode()
    draw.seed = draws.seed_of(draw.secret, draw.words)
    draw.drawn_by, draw.drawn_at, draw.locked = actor, now(), ""
