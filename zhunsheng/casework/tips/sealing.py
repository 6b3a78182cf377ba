"""Sealing an identity to a handling body, and opening it with the body's key file.

HPKE (RFC 9180) with X25519, HKDF-SHA256 and ChaCha20-Poly1305: whoever seals needs the public key alone. The private
key is a file of the handling body, itself encrypted by a passphrase (scrypt, ChaCha20-Poly1305); the site keeps none.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from zhunsheng.casework.cases.words import said
from zhunsheng.kernel.errors import Problem

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
KIND = "zhunsheng tip-off key 1"
SCRYPT = {"n": 2**16, "r": 8, "p": 1, "maxmem": 256 * 1024**2, "dklen": 32}
#: Every identity is padded to this many bytes, so that the length of a box tells nothing of what is inside.
PADDED = 2048
KEY_FILE_BYTES = 4096
#: Characters of a passphrase, at least.
PASSPHRASE = 12


def new_key_file(passphrase: str) -> tuple[bytes, str]:
    """Return a fresh key file and the public key in hex. Raises ValueError for a short passphrase."""
    if len(passphrase) < PASSPHRASE:
        raise ValueError(f"a passphrase has at least {PASSPHRASE} characters")
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw().hex()
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    box = ChaCha20Poly1305(_stretched(passphrase, salt)).encrypt(nonce, private.private_bytes_raw(), public.encode())
    content = {"kind": KIND, "public": public, "salt": salt.hex(), "nonce": nonce.hex(), "box": box.hex()}
    return json.dumps(content, indent=1).encode() + b"\n", public


def fingerprint(public: str) -> str:
    """Return the name of a public key: the SHA-256 of its bytes."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()


def seal(public: str, about: str, identity: dict[str, str]) -> str:
    """Return an identity sealed to a public key and bound to what it is ``about``, as base64.

    Raises ValueError for one that is longer than a box holds.
    """
    plain = json.dumps(identity, ensure_ascii=False).encode()
    if len(plain) > PADDED:
        raise ValueError("an identity longer than a box holds")
    key = X25519PublicKey.from_public_bytes(bytes.fromhex(public))
    box = SUITE.encrypt(plain.ljust(PADDED), key, info=_info(public, about))
    return base64.b64encode(box).decode("ascii")


def unseal(key_file: bytes, passphrase: str, about: str, box: str) -> dict[str, str]:
    """Return a sealed identity. Raises Problem ZS926 for a key file or passphrase that does not open it."""
    private, info = _private(key_file, passphrase, about)
    try:
        plain = SUITE.decrypt(base64.b64decode(box), private, info=info)
    except InvalidTag as error:
        raise _shut("这一密钥不是封存时所用的", "this is not the key that it was sealed to") from error
    found: dict[str, str] = json.loads(plain)
    return found


def _private(key_file: bytes, passphrase: str, about: str) -> tuple[X25519PrivateKey, bytes]:
    no_file = _shut("不是密钥文件", "this is no key file")
    if len(key_file) > KEY_FILE_BYTES:
        raise no_file
    try:
        content: dict[str, Any] = json.loads(key_file)
        if content["kind"] != KIND:
            raise no_file
        salt, nonce, box = (bytes.fromhex(content[name]) for name in ("salt", "nonce", "box"))
        public = str(content["public"])
        raw = ChaCha20Poly1305(_stretched(passphrase, salt)).decrypt(nonce, box, public.encode())
        return X25519PrivateKey.from_private_bytes(raw), _info(public, about)
    except InvalidTag as error:
        raise _shut("口令不对，或者密钥文件已损坏", "the passphrase is wrong, or the key file is damaged") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise no_file from error


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, **SCRYPT)


def _info(public: str, about: str) -> bytes:
    return f"zhunsheng tip-off identity 1\x1f{fingerprint(public)}\x1f{about}".encode()


def _shut(zh: str, en: str) -> Problem:
    return Problem("ZS926", reason=said(zh, en))
