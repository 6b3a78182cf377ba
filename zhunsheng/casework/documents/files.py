"""Files of issued documents on disk: by digest, outside what the site serves. A file that was altered is not sent."""

from __future__ import annotations

from pathlib import Path

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest, write_whole
from zhunsheng.kernel.home import home


def path_of(key: str) -> Path:
    """Return where a file of a digest lies."""
    return home().documents / key[:2] / key


def keep(data: bytes) -> str:
    """Keep a file and return its digest."""
    key = digest(data)
    if not path_of(key).exists():
        write_whole(path_of(key), data)
    return key


def read(key: str, number: str) -> bytes:
    """Return a kept file. Raises Problem ZS967 where it is missing or differs."""
    try:
        data = path_of(key).read_bytes()
    except OSError as error:
        raise Problem("ZS967", number=number) from error
    if digest(data) != key:
        raise Problem("ZS967", number=number)
    return data
