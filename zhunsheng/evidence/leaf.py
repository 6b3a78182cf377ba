"""Leaves: small canonical records (RFC 8785) that say what happened without saying to whom, signed by who did it.

A leaf names its kind, the acting body, the pseudonym of the case, its place in the case (sequence, and the index of the
case's previous leaf), a keyed digest of the payload that stays in the database, the digest of the rule book, and the
time. It travels in a DSSE envelope that carries the body's own Ed25519 signature; the envelope is the log's entry.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import rfc8785

from zhunsheng.evidence.note import PLAIN, Verifier, parse_vkey
from zhunsheng.evidence.text import decode, encode, refuse, utf8
from zhunsheng.kernel.errors import Problem

VERSION = 1
MAX_LEAF, MAX_ENTRY, MAX_BODIES = 4_096, 8_192, 65_536
PAYLOAD_TYPE = "application/vnd.zhunsheng.leaf+json"
#: What the log says of itself, by the hand of its operator.
OPENED = "log.opened"

_KIND = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)*")
_BODY = re.compile(r"[^\s+\x00-\x1f]{1,64}")
_CASE = re.compile(r"[0-9a-f]{20,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SOURCE = re.compile(r"[a-z]{1,20}:[0-9A-Za-z.-]{1,64}")
_ABOUT = re.compile(r"[a-z][a-z_]{0,31}")
#: Shapes of a resident's identity number and of a mobile phone number, standing by themselves.
PERSONAL = re.compile(r"(?<![0-9A-Za-z])([1-9][0-9]{16}[0-9Xx]|[1-9][0-9]{14}|1[3-9][0-9]{9})(?![0-9A-Za-z])")
_LARGEST = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be logged: a leaf before it has its place. ``source`` names the row it is made of, once for ever.

    ``digest`` is that of ``keyed_digest``; ``time`` is POSIX seconds; ``about`` holds the few public facts that
    monitors need, such as whom a grant is for: never anything about a person.
    """

    source: str
    kind: str
    body: str
    case: str
    digest: str
    time: int
    rulebook: str | None = None
    about: Mapping[str, str | int | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leaf(Draft):
    """A leaf in its place: the n-th of its case, and the index of the one before (None for the first)."""

    sequence: int = 1
    previous: int | None = None

    @property
    def payload(self) -> bytes:
        """The canonical JSON that the body signs. Raises Problem ZS809 for a leaf that is not allowed."""
        return _canonical(self)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An entry as read: the leaf, the bytes that were signed, and the signature."""

    leaf: Leaf
    payload: bytes
    key_id: str
    signature: bytes


def place(draft: Draft, sequence: int, previous: int | None) -> Leaf:
    """Give a draft its place in its case."""
    values = {name: getattr(draft, name) for name in Draft.__slots__}
    return Leaf(**values, sequence=sequence, previous=previous)


def new_key() -> bytes:
    """Return a fresh key for one record's digest. Kept beside the payload; deleting it makes the leaf meaningless."""
    return secrets.token_bytes(32)


def keyed_digest(key: bytes, payload: bytes) -> str:
    """Return HMAC-SHA-256 of a payload as hex: without the key nobody can test a guess."""
    return hmac.new(key, payload, "sha256").hexdigest()


def pae(payload: bytes) -> bytes:
    """Return what is signed: the pre-authentication encoding of DSSE 1.0."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(payload: bytes, key_id: str, signature: bytes) -> bytes:
    """Return the entry: payload and signature in a DSSE envelope, as canonical JSON."""
    sealed = (  # canonical by itself: the names stand in order, base64 and hex need no escape
        f'{{"payload":"{encode(payload)}","payloadType":"{PAYLOAD_TYPE}",'
        f'"signatures":[{{"keyid":"{key_id}","sig":"{encode(signature)}"}}]}}'
    )
    return sealed.encode()


def open_entry(entry: bytes) -> Envelope:
    """Read an entry strictly. Raises Problem ZS801 (no envelope) or ZS809 (no leaf that is allowed)."""
    match _plain(entry, MAX_ENTRY):
        case {"payload": str(text), "payloadType": kind, "signatures": [{"keyid": str(key_id), "sig": str(sig)}]} if (
            kind == PAYLOAD_TYPE
        ):
            payload = decode(text, "entry")
            found = Envelope(parse(payload), payload, key_id, decode(sig, "entry"))
            if seal(payload, key_id, found.signature) == entry:
                return found
    return refuse("entry", "not an envelope around a leaf")


def parse(payload: bytes) -> Leaf:
    """Read a leaf strictly: known fields only, canonical spelling only. Raises Problem ZS801 or ZS809."""
    found = _plain(payload, MAX_LEAF)
    if not isinstance(found, dict) or found.pop("version", None) != VERSION:
        _object("not a leaf of version 1")
    try:
        leaf = Leaf(**found)
    except TypeError:
        _object("unknown or missing fields")
    if leaf.payload != payload:
        _object("not canonical")
    return leaf


def signed(envelope: Envelope, bodies: Mapping[str, list[Verifier]]) -> bool:
    """Whether the acting body's own key signed the leaf."""
    return any(
        key.id.hex() == envelope.key_id and key.accepts(pae(envelope.payload), envelope.signature)
        for key in bodies.get(envelope.leaf.body, ())
    )


def parse_bodies(data: bytes) -> dict[str, list[Verifier]]:
    """Read the keys of the bodies: one vkey a line, named after its body; a body may have several. Raises ZS801."""
    found: dict[str, list[Verifier]] = {}
    for line in utf8(data, "bodies", MAX_BODIES).split("\n"):
        if line.strip() and not line.startswith("#"):
            key = parse_vkey(line.strip())
            if key.kind != PLAIN:
                refuse("bodies", "a body's key is of the kind 0x01")
            found.setdefault(key.name, []).append(key)
    return found


def _canonical(leaf: Leaf) -> bytes:
    """Return the canonical JSON of a leaf after checking each field."""
    _check(leaf)
    values: dict[str, Any] = {name: getattr(leaf, name) for name in (*Draft.__slots__, *Leaf.__slots__)}
    payload = rfc8785.dumps({"version": VERSION, **values, "about": dict(leaf.about)})
    if len(payload) > MAX_LEAF:
        _object(f"{len(payload)} bytes, more than {MAX_LEAF}")
    return payload


def _check(leaf: Leaf) -> None:
    for name, shape in (("kind", _KIND), ("body", _BODY), ("case", _CASE), ("digest", _DIGEST), ("source", _SOURCE)):
        value = getattr(leaf, name)
        if not isinstance(value, str) or not shape.fullmatch(value) or len(value) > 96:
            _object(name)
    if leaf.rulebook is not None and not (isinstance(leaf.rulebook, str) and _DIGEST.fullmatch(leaf.rulebook)):
        _object("rulebook")
    if not _whole(leaf.time) or not _whole(leaf.sequence) or leaf.sequence < 1:
        _object("time or sequence")
    if leaf.previous is not None and not _whole(leaf.previous):
        _object("previous")
    if (leaf.previous is None) != (leaf.sequence == 1):
        _object("the first of a case has no previous leaf, each other has one")
    _check_about(leaf)


def _check_about(leaf: Leaf) -> None:
    if not isinstance(leaf.about, Mapping) or len(leaf.about) > 16:
        _object("about")
    told = [leaf.kind, leaf.body, leaf.source]
    for name, value in leaf.about.items():
        texts = value if isinstance(value, list) else [value]
        if not isinstance(name, str) or not _ABOUT.fullmatch(name) or len(texts) > 32:
            _object("about")
        if not all(_whole(one) or (isinstance(one, str) and len(one) <= 200) for one in texts):
            _object(f"about.{name}")
        told += [str(one) for one in texts]
    if any(PERSONAL.search(text) for text in told):
        _object("it holds what looks like an identity or phone number")


def _whole(value: object) -> bool:
    """Whether a value is a whole number that JSON keeps exactly."""
    return type(value) is int and 0 <= value <= _LARGEST


def _plain(data: bytes, limit: int) -> Any:
    """Read JSON of a stranger. Raises Problem ZS801."""
    if len(data) > limit:
        refuse("entry", f"{len(data)} bytes, more than {limit}")
    try:
        return json.loads(data.decode("utf-8"), parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        refuse("entry", "not JSON")


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _object(detail: str) -> NoReturn:
    raise Problem("ZS809", detail=detail)
