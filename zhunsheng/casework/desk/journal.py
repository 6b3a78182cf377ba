"""Asks and reminders on their way to the database: one line per ask, written before the answer goes out.

An answer must not wait for the database's disk, and a killed process must not lose what it has told. Each process
appends to a file of its own; the line is with the operating system when the answer leaves. ``actions.take_over``
carries whole lines into the database and notes in the same transaction how far it came, so that a line is taken
exactly once whoever dies when. A file is removed when it has been taken over and its writer has let go of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhunsheng.kernel.files import canonical

#: Bytes after which a writer goes on in a new file.
LARGE = 4 * 1024 * 1024


@dataclass
class Journal:
    """Appends to, and reads back, the journal files of a folder."""

    folder: Path
    _handle: int = -1
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, entry: dict[str, Any]) -> None:
        """Write one line; it outlives this process."""
        line = canonical(entry) + b"\n"
        with self._lock:
            if self._handle < 0 or self._size > LARGE:
                self._begin()
            written = os.write(self._handle, line)
            if written != len(line):  # a full disk: end the torn line, so that it is known as such
                with suppress(OSError):
                    os.write(self._handle, b"\n")
                raise OSError("the journal took a part of a line only")
            self._size += written

    def _begin(self) -> None:
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{uuid.uuid4().hex}.jsonl"
        self._handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_SH)
        self._size = 0

    def close(self) -> None:
        """Let go of the file; what is in it waits to be taken over."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def files(self) -> list[Path]:
        """Return the files that there are."""
        return sorted(self.folder.glob("*.jsonl")) if self.folder.exists() else []


def entries(path: Path, offset: int, most: int) -> tuple[list[dict[str, Any]], int]:
    """Return the whole lines of a file from a byte on, at most so many, and the byte after them.

    A torn line, which a full disk may leave, is passed over: its answer never went out.
    """
    found: list[dict[str, Any]] = []
    with path.open("rb") as file:
        file.seek(offset)
        for line in _whole(file, most):
            offset += len(line)
            with suppress(json.JSONDecodeError):
                found.append(json.loads(line))
    return found, offset


def _whole(file: Any, most: int) -> Iterator[bytes]:
    for _ in range(most):
        line = file.readline()
        if not line.endswith(b"\n"):
            return
        yield line


def remove_finished(path: Path) -> bool:
    """Remove a file that nobody writes to any more; return whether it is gone."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        path.unlink()
    return True
