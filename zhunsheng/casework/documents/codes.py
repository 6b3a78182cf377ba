"""Verification codes: 80 random bits in sixteen characters of Crockford's base 32, and one that notices slips.

Letters that are taken for digits are read as those digits. The last character is a Luhn check over base 32: it notices
each single wrong character and nearly each swap of neighbours.
"""

from __future__ import annotations

import hashlib
import secrets

from zhunsheng.kernel.errors import Problem

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_READ = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """Return a fresh code, without spaces."""
    body = "".join(SIGNS[secrets.randbelow(32)] for _ in range(LENGTH))
    return body + _check(body)


def printed(code: str) -> str:
    """Return a code in groups of four."""
    return "-".join(code[n : n + 4] for n in range(0, len(code), 4))


def read(text: str) -> str:
    """Return the code that was typed. Raises Problem ZS968 for one that cannot be any."""
    kept = "".join(text.upper().split()).replace("-", "").translate(_READ)
    if len(kept) != LENGTH + 1 or set(kept) - set(SIGNS) or _check(kept[:-1]) != kept[-1]:
        raise Problem("ZS968")
    return kept


def digest_of(code: str) -> str:
    """Return the digest under which a code is kept: its 80 bits cannot be tried out."""
    return hashlib.sha256(f"zhunsheng document {code}".encode()).hexdigest()


def _check(body: str) -> str:
    total = 0
    for place, sign in enumerate(reversed(body)):
        value = SIGNS.index(sign) * (1 if place % 2 else 2)
        total += value // 32 + value % 32
    return SIGNS[-total % 32]
