"""Reading what strangers send: canonical base64, decimal numbers, lines; each fault becomes one Problem, ZS801."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from typing import NoReturn

from zhunsheng.evidence.tree import HASH_SIZE, MAX_SIZE
from zhunsheng.kernel.errors import Problem

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def refuse(what: str, detail: str) -> NoReturn:
    """Raise Problem ZS801: these bytes are no such thing, and why."""
    raise Problem("ZS801", what=what, detail=detail)


def encode(data: bytes) -> str:
    """Return standard base64."""
    return b64encode(data).decode("ascii")


def decode(text: str, what: str) -> bytes:
    """Read standard base64 in its one canonical spelling. Raises Problem ZS801."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        refuse(what, "not base64")
    if encode(data) != text:
        refuse(what, "not canonical base64")
    return data


def decode_hash(text: str, what: str) -> bytes:
    """Read one hash of 32 bytes. Raises Problem ZS801."""
    data = decode(text, what)
    if len(data) != HASH_SIZE:
        refuse(what, f"a hash of {len(data)} bytes")
    return data


def number(text: str, what: str) -> int:
    """Read a decimal number without leading zeros, at most 2^63 - 1. Raises Problem ZS801."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        refuse(what, f"not a number: {text[:30]}")
    return int(text)


def utf8(data: bytes, what: str, limit: int) -> str:
    """Read UTF-8 of at most ``limit`` bytes without control characters other than line ends. Raises Problem ZS801."""
    if len(data) > limit:
        refuse(what, f"{len(data)} bytes, more than {limit}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        refuse(what, "not UTF-8")
    if any((char < " " and char != "\n") or char == "\x7f" for char in text):
        refuse(what, "control characters")
    return text
