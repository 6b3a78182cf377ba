"""The inbox: uploaded files by digest, as received."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from zhunsheng.kernel.home import home


@dataclass(frozen=True, slots=True)
class Received:
    """A file in the inbox: its name as given (path parts removed), digest and size in bytes."""

    name: str
    digest: str
    size: int


def path_of(name: str, digest: str) -> Path:
    """Return where a received file lies."""
    return home().inbox / digest[:2] / digest / name


def plain_name(given: str) -> str:
    """Return a file name without path parts, control characters or a leading dot.

    It has at most 120 characters and 246 bytes: a folder holds names of 255 bytes, and 120 Chinese characters are 360.
    """
    name = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]", "_", given.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    return f"{_cut(stem, 110, 209)}{dot}{_cut(suffix, 9, 36)}" if stem else (_cut(name, 120, 246) or "file")


def _cut(text: str, characters: int, size: int) -> str:
    """The beginning of a text within a number of characters and of bytes."""
    return text[:characters].encode()[:size].decode(errors="ignore")


def receive(given_name: str, chunks: Iterable[bytes]) -> Received:
    """Store a stream of bytes under its digest. The same bytes under the same name are stored once."""
    name, total, sum_ = plain_name(given_name), 0, hashlib.sha256()
    part = home().inbox / f".{os.getpid()}.{os.urandom(6).hex()}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                sum_.update(chunk)
                total += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        target = path_of(name, sum_.hexdigest())
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return Received(name, sum_.hexdigest(), total)
