"""One-time codes by time (RFC 6238, SHA-1, six digits, 30 seconds) and recovery codes. Pure: the moment is given."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from zhunsheng.casework.bodies.readable import readable

DIGITS, STEP = 6, 30
#: Steps by which the clock of a device may be off, in either direction.
DRIFT = 1
RECOVERY_CODES = 10


def new_secret() -> bytes:
    """Return a fresh secret of 160 bits, the length of the hash."""
    return secrets.token_bytes(20)


def spelled(secret: bytes) -> str:
    """Return a secret as a person types it into a device: base 32 in groups of four."""
    text = base64.b32encode(secret).decode("ascii").rstrip("=")
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))


def address(secret: bytes, login: str, site: str) -> str:
    """Return the otpauth address that a device reads."""
    return TOTP(secret, DIGITS, SHA1(), STEP).get_provisioning_uri(login, site)  # noqa: S303 - what devices speak


def picture(text: str) -> str:
    """Return a QR code of a text as a data address of an SVG, so that nothing else is asked of the site."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000")


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a time step."""
    return HOTP(secret, DIGITS, SHA1()).generate(step).decode("ascii")  # noqa: S303 - what devices speak


def matching_step(secret: bytes, code: str, seconds: int, after: int) -> int | None:
    """Return the time step whose code this is, later than ``after`` and within the drift; None when there is none.

    Every candidate is compared in constant time, so that the answer tells nothing of how near a wrong code was.
    """
    given = "".join(code.split()).encode()
    here = seconds // STEP
    steps = [step for step in range(here - DRIFT, here + DRIFT + 1) if step > after]
    found = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), given)]
    return found[0] if found else None


def new_recovery_codes() -> list[str]:
    """Return fresh codes of ten signs, about 49 bits each."""
    return [readable(2, 5) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str, key: str) -> str:
    """Return the keyed digest under which a recovery code is kept; blanks, hyphens and case do not matter."""
    plain = "".join(code.split()).replace("-", "").casefold()
    return hmac.new(key.encode(), f"recovery:{plain}".encode(), hashlib.sha256).hexdigest()
