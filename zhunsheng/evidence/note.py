"""Signed notes, their keys, and witness cosignatures (C2SP signed-note 1.0.0, tlog-cosignature 1.0.1), Ed25519 only.

A note is a text, an empty line and signature lines. Two kinds of signature are understood: 0x01, a plain signature of
the text, and 0x04, a witness's signature of the time and the text. Lines of other kinds or keys are left aside.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from zhunsheng.evidence.text import decode, encode, refuse, utf8
from zhunsheng.kernel.errors import Problem

#: Kinds of signature by their first byte.
PLAIN, COSIGNATURE = 0x01, 0x04
MAX_NOTE, MAX_SIGNATURES, MAX_NAME = 65_536, 100, 255
_DASH = "\u2014 "
_KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under its name. ``id`` is what a signature line carries to say which key signed."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """First four bytes of the digest of name, kind and key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as text: name, id, and kind with key."""
        return f"{self.name}+{self.id.hex()}+{encode(bytes([self.kind]) + self.public)}"

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Whether a bare Ed25519 signature over a message is this key's."""
        try:
            _loaded(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@lru_cache(maxsize=256)
def _loaded(public: bytes) -> Ed25519PublicKey:
    """Return a public key ready for use: preparing it takes a good part of a check. Raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(public)


class Signer:
    """A private key under its name."""

    def __init__(self, name: str, seed: bytes, kind: int = PLAIN) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        self.verifier = Verifier(_name(name), kind, self._key.public_key().public_bytes_raw())

    @classmethod
    def new(cls, name: str, kind: int = PLAIN) -> Signer:
        """Make a fresh key."""
        return cls(name, secrets.token_bytes(_KEY_SIZE), kind)

    @property
    def skey(self) -> str:
        """The private key as text. It is a secret: it goes into a file of its owner and nowhere else."""
        verifier = self.verifier
        tail = encode(bytes([verifier.kind]) + self._seed)
        return f"PRIVATE+KEY+{verifier.name}+{verifier.id.hex()}+{tail}"

    def raw(self, message: bytes) -> bytes:
        """Return the bare Ed25519 signature of a message: 64 bytes."""
        return self._key.sign(message)

    def line(self, text: str, seconds: int = 0) -> str:
        """Return the signature line over a note's text; a cosignature also states the POSIX time."""
        if self.verifier.kind == COSIGNATURE:
            signature = seconds.to_bytes(8, "big") + self.raw(_timed(text, seconds))
        else:
            signature = self.raw(text.encode())
        return f"{_DASH}{self.verifier.name} {encode(self.verifier.id + signature)}\n"


@dataclass(frozen=True, slots=True)
class Line:
    """One signature line as it was read: whose it says it is, and the signature's bytes."""

    name: str
    id: bytes
    signature: bytes
    raw: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read. Nothing is verified yet."""

    text: str
    lines: tuple[Line, ...]

    @property
    def data(self) -> bytes:
        """The note as bytes."""
        return f"{self.text}\n{''.join(line.raw for line in self.lines)}".encode()


def parse_vkey(text: str) -> Verifier:
    """Read a public key. Raises Problem ZS801 when it is malformed or its id is not that of the key."""
    name, id_text, tail = _three_parts(text, "vkey")
    verifier = Verifier(_name(name), *_kind_and_key(tail, "vkey"))
    if verifier.id.hex() != id_text:
        refuse("vkey", "the id is not that of the key")
    return verifier


def parse_skey(text: str) -> Signer:
    """Read a private key. Raises Problem ZS801; the text itself is never told."""
    prefix = "PRIVATE+KEY+"
    if not text.startswith(prefix):
        refuse("skey", "no private key")
    name, id_text, tail = _three_parts(text.removeprefix(prefix), "skey")
    kind, seed = _kind_and_key(tail, "skey")
    signer = Signer(name, seed, kind)
    if signer.verifier.id.hex() != id_text:
        refuse("skey", "the id is not that of the key")
    return signer


def save_skey(path: Path, signer: Signer) -> None:
    """Write a private key into a new file that only its owner reads. Raises Problem ZS813 where one stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Problem("ZS813", path=path) from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(signer.skey + "\n")
        file.flush()
        os.fsync(file.fileno())


def load_skey(path: Path) -> Signer:
    """Read a private key from its file. Raises Problem ZS812 where there is none."""
    try:
        return parse_skey(path.read_text("utf-8").strip())
    except FileNotFoundError as error:
        raise Problem("ZS812", path=path) from error


def parse(data: bytes) -> Note:
    """Read a signed note strictly. Raises Problem ZS801 for anything that is none."""
    text = utf8(data, "note", MAX_NOTE)
    head, split, tail = text.rpartition("\n\n")
    if not split or not head or not tail.endswith("\n"):
        refuse("note", "no text, empty line and signatures")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        refuse("note", f"more than {MAX_SIGNATURES} signatures")
    return Note(head + "\n", parse_lines(tail))


def parse_lines(text: str) -> tuple[Line, ...]:
    """Read signature lines. Raises Problem ZS801."""
    return tuple(_line(line) for line in text.removesuffix("\n").split("\n")) if text else ()


def sign(text: str, signers: Iterable[Signer], seconds: int = 0) -> bytes:
    """Return a note over a text that ends in a line end, signed in the order of the signers."""
    if not text.endswith("\n"):
        refuse("note", "the text does not end its last line")
    return f"{text}\n{''.join(signer.line(text, seconds) for signer in signers)}".encode()


def verified(note: Note, verifiers: Iterable[Verifier]) -> dict[Verifier, int]:
    """Return the known keys that signed, each with its time (0 for a plain signature).

    Lines of unknown keys are left aside. Raises Problem ZS802 when a line of a known key does not verify: a note that
    is partly forged is not trusted at all.
    """
    known = {(one.name, one.id): one for one in verifiers}
    found: dict[Verifier, int] = {}
    for line in note.lines:
        verifier = known.get((line.name, line.id))
        if verifier is None or verifier in found:
            continue
        seconds = _time_of(verifier, note.text, line.signature)
        if seconds is None:
            raise Problem("ZS802", detail=f"the signature of {line.name} does not verify")
        found[verifier] = seconds
    return found


def _time_of(verifier: Verifier, text: str, signature: bytes) -> int | None:
    """Return the time of a signature that verifies, else None."""
    if verifier.kind == PLAIN:
        return 0 if verifier.accepts(text.encode(), signature) else None
    seconds = int.from_bytes(signature[:8], "big")
    return seconds if verifier.accepts(_timed(text, seconds), signature[8:]) else None


def _timed(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _line(text: str) -> Line:
    dash, _, rest = text.partition(_DASH)
    name, space, tail = rest.partition(" ")
    if dash or not space or not text.startswith(_DASH):
        refuse("note", "not a signature line")
    data = decode(tail, "note")
    if len(data) < 5:
        refuse("note", "a signature without a key id")
    return Line(_name(name), data[:4], data[4:], text + "\n")


def _name(text: str) -> str:
    """Return a key's name: no spaces of any kind and no plus sign. Raises Problem ZS801."""
    if not text or len(text.encode()) > MAX_NAME or "+" in text or any(c.isspace() or c < " " for c in text):
        refuse("key name", text[:40])
    return text


def _three_parts(text: str, what: str) -> tuple[str, str, str]:
    parts = text.split("+", 2)
    if len(parts) != 3:
        refuse(what, "not name+id+key")
    return parts[0], parts[1], parts[2]


def _kind_and_key(text: str, what: str) -> tuple[int, bytes]:
    data = decode(text, what)
    if len(data) != _KEY_SIZE + 1 or data[0] not in (PLAIN, COSIGNATURE):
        refuse(what, "only Ed25519 keys of the kinds 0x01 and 0x04")
    return data[0], data[1:]
