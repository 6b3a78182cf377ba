"""Keys of a site in a backup: only when asked for, and encrypted under a passphrase (scrypt, then AES-256-GCM)."""

from __future__ import annotations

import json
import re
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
#: A file of this name is taken for a key wherever it lies.
_NAME = re.compile(r"\.(key|secret|pem|p12|pfx)(\.|$)|-key\.json$")
_LABEL = b"zhunsheng backup keys 1"


def key_files(root: Path) -> list[Path]:
    """Return the files of a site that are keys: its secrets, its log's keys and tokens, and what bears a key's name.

    A witness's key is not the site's: like its database it is in no backup. Nor is what a restore moved aside.
    """
    found = (path for path in root.rglob("*") if _is_key(path.relative_to(root)))
    return sorted(path for path in found if path.is_file() and not path.is_symlink() and not _is_part(path))


def _is_part(path: Path) -> bool:
    """Whether a file is being written: such names are hidden, which no name that a person gave is."""
    return path.name.startswith(".") and path.suffix == ".part"


def _is_key(path: Path) -> bool:
    first = path.parts[0]
    if first == "witnesses" or first.startswith("before-restore-"):
        return False
    return first == "secret" or path.parts[:2] == ("log", "tokens") or bool(_NAME.search(path.name))


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
        path = inside(root, name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(b64decode(one["data"]))
        path.chmod(one["mode"])
    return sorted(plain)


def inside(root: Path, name: str) -> Path:
    """Return where a file of a backup goes. Raises Problem ZS979 for a path that leads out of the site's folder."""
    if ".." in Path(name).parts or Path(name).is_absolute():
        raise Problem("ZS979", path=name, detail="path")
    return root / name


def _derived(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    if cost != COST:  # a stranger's file could ask for a cost that stops the machine
        raise ValueError("unknown cost")
    return Scrypt(salt=salt, length=32, **cost).derive(passphrase.encode())
