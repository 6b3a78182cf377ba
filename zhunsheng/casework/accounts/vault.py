"""Encryption of the few secrets that the database keeps. The key is a file of the site's folder, or given."""

from __future__ import annotations

import base64
import os

from cryptography.fernet import Fernet

from zhunsheng.kernel.home import home
from zhunsheng.kernel.ids import site_key


def lock(secret: bytes) -> str:
    """Encrypt a secret (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _cipher().encrypt(secret).decode("ascii")


def unlock(text: str) -> bytes:
    """Decrypt what ``lock`` gave. Raises cryptography's InvalidToken for anything else."""
    return _cipher().decrypt(text.encode("ascii"))


def _cipher() -> Fernet:
    """ZHUNSHENG_FACTOR_KEY (64 hex digits) where several machines share a database, else the site's own file."""
    given = os.environ.get("ZHUNSHENG_FACTOR_KEY")
    key = bytes.fromhex(given) if given else site_key(home().root / "secret" / "factors.key")
    return Fernet(base64.urlsafe_b64encode(key))
