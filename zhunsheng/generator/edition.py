"""Which edition of the generator this is: a digest of its code and tables, so that nothing stale is taken for new."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from zhunsheng.kernel.files import canonical, digest

KINDS = (".py", ".csv", ".yaml")


@cache
def edition() -> str:
    """Return the SHA-256 of all files of the package by name, as hex."""
    return digest_of(resources.files("zhunsheng.generator"))


def digest_of(folder: Traversable) -> str:
    """Return the SHA-256 of the code and tables below a folder, whatever else lies there."""
    return digest(canonical(_contents(folder)))


def _contents(folder: Traversable) -> dict[str, object]:
    """Return digests of files by name; folders below in the same way."""
    found: dict[str, object] = {}
    for one in folder.iterdir():
        if one.is_dir():
            found[one.name] = _contents(one)
        elif one.name.endswith(KINDS):
            found[one.name] = digest(one.read_bytes())
    return found
