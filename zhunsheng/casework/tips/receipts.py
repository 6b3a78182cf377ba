"""Receipt codes: made from the secret of a form, kept as a slow keyed digest alone.

A code is 15 signs of about 74 bits and a check sign, in groups of four. The alphabet has 31 signs, a prime: the
weighted sum notices every single wrong sign and every two neighbours that changed places. The code of a form is always
the same, so that a form sent twice shows the same receipt; the form's secret is not kept either.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from zhunsheng.kernel.home import home
from zhunsheng.kernel.ids import site_key

#: No sign looks like another: i, l, o, 0 and 1 are left out.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 15
#: Cost of one look-up: 16 MiB and some tens of milliseconds.
SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024**2}


def code_of(secret: str) -> str:
    """Return the receipt code of a form's secret, in groups of four."""
    number = int.from_bytes(hmac.new(_key(), b"code\x1f" + secret.encode(), hashlib.sha512).digest())
    signs = ""
    for _ in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        signs += ALPHABET[rest]
    return grouped(signs + check_sign(signs))


def check_sign(signs: str) -> str:
    """Return the sign that makes the weighted sum of a code divisible by 31."""
    total = sum(place * ALPHABET.index(sign) for place, sign in enumerate(signs, start=1))
    # the sign stands at place 16; 16 times 2 is 1 modulo 31
    return ALPHABET[-total * 2 % len(ALPHABET)]


def grouped(signs: str) -> str:
    """Return a code in groups of four with hyphens."""
    return "-".join(signs[n : n + 4] for n in range(0, len(signs), 4))


def typed(text: str) -> str | None:
    """Return the signs of a code as typed, full-width ones, capitals and hyphens read as meant; None for no code."""
    plain = unicodedata.normalize("NFKC", text[:80]).casefold()
    signs = "".join(sign for sign in plain if not sign.isspace() and sign not in "-‐‑–—_.·")
    known = len(signs) == LENGTH + 1 and all(sign in ALPHABET for sign in signs)
    return signs if known and check_sign(signs[:LENGTH]) == signs[LENGTH] else None


def receipt_digest(code: str) -> str:
    """Return the digest under which a code is kept. Raises ValueError for a text that is no code."""
    signs = typed(code)
    if signs is None:
        raise ValueError("no receipt code")
    return hashlib.scrypt(signs.encode(), salt=_key(), dklen=32, **SCRYPT).hex()


def _key() -> bytes:
    """The key of receipts: a file of the site's folder, not of its database."""
    return site_key(home().root / "secret" / "receipts.key")
