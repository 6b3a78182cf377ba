"""Keys of a site in a backup: only when asked for, and encrypted under a passphrase (scrypt, then AES-256-GCM)."""

from __future__ import annotations

import json
import secrets
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest

#: Cost of one guess at a passphrase: some 128 MiB and a third of a second.
COST = {"n": 2**17, "r": 8, "p": 1}
SHORTEST = 12
_LABEL = b"zhunsheng backup keys 1"


def key_files(root: Path) -> list[Path]:
    """Return the files of a site that are keys: its secrets, and the keys and tokens of its evidence log."""
    found = [*(root / "secret").rglob("*"), *(root / "log").glob("*.key*"), *(root / "log" / "tokens").rglob("*")]
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def prints(root: Path) -> dict[str, str]:
    """Return the digest of each key by path: enough to know a key again, and no help in finding it."""
    return {path.relative_to(root).as_posix(): digest(path.read_bytes()) for path in key_files(root)}


def sealed(root: Path, passphrase: str) -> bytes:
    """Return the keys of a site, encrypted. Raises Problem ZS975 for a passphrase that is too short."""
    if len(passphrase) < SHORTEST:
        raise Problem("ZS975", detail=f"少于 {SHORTEST} 个字符 fewer than {SHORTEST} characters")
    plain = {
        path.relative_to(root).as_posix(): {
            "data": b64encode(path.read_bytes()).decode(),
            "mode": path.stat().st_mode & 0o777,
        }
        for path in key_files(root)
    }
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    data = AESGCM(_derived(passphrase, salt, COST)).encrypt(nonce, canonical(plain), _LABEL)
    parts = {"salt": salt, "nonce": nonce, "data": data}
    return canonical({"cost": COST, **{name: b64encode(part).decode() for name, part in parts.items()}})


def unseal(data: bytes, passphrase: str, root: Path) -> list[str]:
    """Write the keys of a backup below a folder, readable as before; return their paths. Raises Problem ZS975."""
    try:
        found = json.loads(data)
        salt, nonce, hidden = (b64decode(found[name]) for name in ("salt", "nonce", "data"))
        plain = json.loads(AESGCM(_derived(passphrase, salt, found["cost"])).decrypt(nonce, hidden, _LABEL))
    except (InvalidTag, ValueError, KeyError, TypeError) as error:
        raise Problem("ZS975", detail="口令不符或内容损坏 the passphrase does not open them") from error
    for name, one in plain.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(b64decode(one["data"]))
        path.chmod(one["mode"])
    return sorted(plain)


def _derived(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    if cost != COST:  # a stranger's file could ask for a cost that stops the machine
        raise ValueError("unknown cost")
    return Scrypt(salt=salt, length=32, **cost).derive(passphrase.encode())
