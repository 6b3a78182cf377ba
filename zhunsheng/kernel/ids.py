"""Keyed pseudonyms for people and stable identities for everything else."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path


def pseudonym(key: bytes, kind: str, identifier: str) -> str:
    """Return the pseudonym of a person: 20 hex digits of HMAC-SHA256 under the site's key.

    The same person gets the same pseudonym in every source; without the key nobody can test a guess.
    """
    message = f"{kind}\x1f{identifier.strip().upper()}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:20]


def identity(*parts: object) -> str:
    """Return a stable identity of 20 hex digits from its parts, in order."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:20]


def site_key(path: Path) -> bytes:
    """Read the site's pseudonym key, made on first use and readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
    return bytes.fromhex(path.read_text("ascii"))
