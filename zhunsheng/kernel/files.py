"""Files that are whole or absent: write beside, flush, rename. And locks that die with their process."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

#: The same safe loader, in C where PyYAML was built with it: ten times as fast.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


#: Levels of nesting that a text of a stranger may have; a rule has eight.
DEEPEST = 40


def from_yaml(text: str) -> Any:
    """Return the plain data of a YAML text. Raises yaml.YAMLError, also for a value that is not of the kind it says."""
    try:
        return yaml.load(text, Loader=_YAML)  # noqa: S506 - both are safe loaders
    except (ValueError, KeyError, AttributeError, RecursionError) as error:  # 2026-13-45, !!bool x, !!timestamp x
        raise yaml.YAMLError(f"{type(error).__name__}: {str(error)[:200]}") from error


def check_yaml(text: str) -> str:
    """Return the YAML text of a stranger for ``from_yaml``. Raises yaml.YAMLError for one that could harm.

    Deep nesting ends the process inside the parser in C, and aliases can make a page of text stand for gigabytes.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_YAML):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("不得使用别名（*）aliases are not taken")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError(f"嵌套超过 {DEEPEST} 层 nested deeper than {DEEPEST} levels")
    return text


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file so that a reader, or a crash, sees the old content or the new, nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync([path.parent])


def sync(paths: Iterable[Path]) -> None:
    """Wait until files and folders are on the disk, so that a power cut does not undo what is about to be named."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def canonical(value: Any) -> bytes:
    """Return JSON with sorted keys and no spaces: equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes as hex."""
    return hashlib.sha256(data).hexdigest()


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock for the block; the kernel frees it when the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
