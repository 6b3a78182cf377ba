"""The folder that holds backups: contents by digest, and one manifest for each backup, written last.

``objects/ab/abcd…`` are contents, stored once however many backups name them; ``backups/<name>.json`` is a manifest,
``<name>.note`` its signature. A backup without a manifest is not one: ``begun-<name>`` tells that it was begun.
What an interrupted backup stored is used by the next.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest, locked, sync, write_whole

FORMAT = 1
_CHUNK = 1 << 20
#: What counts as one file instead of a folder of backups.
ARCHIVE = ".tar"


@dataclass(frozen=True, slots=True)
class Item:
    """A file of a backup: its path below the site's folder, content, permission bits, and when it was changed."""

    path: str
    digest: str
    size: int
    mode: int
    changed: int


@dataclass(slots=True)
class Manifest:
    """What a backup holds. ``told`` says what it was made of: counts of rows, size of the log, settings, versions."""

    name: str
    made_at: int
    items: list[Item] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def data(self) -> bytes:
        """The manifest as it is stored; its digest names the backup for people."""
        return canonical(asdict(self))

    @property
    def digest(self) -> str:
        """The digest of the manifest, which fixes every content."""
        return digest(self.data)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(item.size for item in self.items)


class Vault:
    """A folder of backups. Making one touches nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Return the finished backups, oldest first."""
        return sorted(path.stem for path in (self.root / "backups").glob("*.json"))

    def unfinished(self) -> list[str]:
        """Return the names of backups that were begun and not finished."""
        return sorted(path.name.removeprefix("begun-") for path in self.root.glob("begun-*"))

    def manifest(self, name: str = "") -> Manifest:
        """Return a manifest, the newest without a name. Raises Problem ZS972 where there is none, or none whole."""
        name = name or (self.names() or [""])[-1]
        path = self._manifest(name)
        if not name or not path.is_file():
            raise Problem("ZS972", folder=self.root, name=name or "—", begun="、".join(self.unfinished()) or "—")
        try:
            found = json.loads(path.read_bytes())
            return Manifest(**{**found, "items": [Item(**item) for item in found["items"]]})
        except (ValueError, TypeError, KeyError) as error:
            raise Problem("ZS972", folder=self.root, name=name, begun=type(error).__name__) from error

    def note(self, name: str) -> bytes | None:
        """Return the signature of a manifest, or None."""
        path = self._manifest(name).with_suffix(".note")
        return path.read_bytes() if path.exists() else None

    def object(self, key: str) -> Path:
        """Return where a content lies."""
        return self.root / "objects" / key[:2] / key

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        """Hold the folder for one writer, and mark the backup as begun until the block has ended well."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self.root / "lock"):
            for left in self.root.glob("objects/.*.part"):
                left.unlink()
            for frozen in self.root.glob(".frozen-*"):
                shutil.rmtree(frozen)
            mark = self.root / f"begun-{name}"
            mark.touch()
            yield
            for done in self.root.glob("begun-*"):
                done.unlink()

    def put(self, source: BinaryIO) -> tuple[str, int]:
        """Store a content; return digest and size. Raises Problem ZS971 when the disk takes no more."""
        part = self.root / "objects" / f".{os.getpid()}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        total, hashed = 0, hashlib.sha256()
        try:
            with part.open("wb") as file:
                while chunk := source.read(_CHUNK):
                    file.write(chunk)
                    hashed.update(chunk)
                    total += len(chunk)
                file.flush()
                os.fsync(file.fileno())
            target = self.object(hashed.hexdigest())
            target.parent.mkdir(exist_ok=True)
            part.replace(target)
        except OSError as error:
            raise full(error, self.root) from error
        finally:
            part.unlink(missing_ok=True)
        return hashed.hexdigest(), total

    def put_bytes(self, data: bytes) -> tuple[str, int]:
        """Store bytes."""
        return self.put(io.BytesIO(data))

    def has(self, item: Item) -> bool:
        """Whether the content of an item is there in its whole length."""
        path = self.object(item.digest)
        return path.is_file() and path.stat().st_size == item.size

    def finish(self, manifest: Manifest, note: bytes | None) -> None:
        """Write the manifest: from now on the backup exists."""
        try:
            sync({self.object(item.digest).parent for item in manifest.items})
            if note:
                write_whole(self._manifest(manifest.name).with_suffix(".note"), note)
            write_whole(self._manifest(manifest.name), manifest.data)
        except OSError as error:
            raise full(error, self.root) from error

    def faults(self, manifest: Manifest, tell: Callable[[str, int, int | None], None]) -> list[tuple[str, str]]:
        """Return (path, what is wrong) of each file whose content is absent or differs from its digest."""
        found, done = [], 0
        for item in manifest.items:
            path = self.object(item.digest)
            if not path.is_file():
                found.append((item.path, "absent"))
            elif hashed(path) != item.digest:
                found.append((item.path, "differs"))
            done += item.size
            tell("check", done, manifest.size)
        return found

    def retain(self, count: int | None, oldest: int | None) -> list[str]:
        """Remove backups beyond a count or made before a second; never the newest. Return the names removed."""
        names = self.names()
        over = names[: -max(1, count)] if count else []
        old = [one for one in names[:-1] if oldest is not None and self.manifest(one).made_at < oldest]
        gone = sorted({*over, *old})
        for name in gone:
            self._manifest(name).unlink()
            self._manifest(name).with_suffix(".note").unlink(missing_ok=True)
        if gone:
            wanted = {item.digest for name in self.names() for item in self.manifest(name).items}
            for path in self.root.glob("objects/??/*"):
                if path.name not in wanted:
                    path.unlink()
        return gone

    def _manifest(self, name: str) -> Path:
        return self.root / "backups" / f"{name}.json"


def hashed(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def full(error: OSError | sqlite3.Error, root: Path) -> Exception:
    """Return the problem to raise for an error of the disk: ZS971 where there is no room, else the error itself."""
    no_room = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if no_room or getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
        return Problem("ZS971", folder=root, free=f"{shutil.disk_usage(root).free / 2**30:.2f} GiB")
    return error


@contextmanager
def opened(place: Path) -> Iterator[Vault]:
    """Yield the vault of a folder, or of one file that holds a backup. Raises Problem ZS972 for a broken file."""
    if not place.is_file():
        yield Vault(place)
        return
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as folder:
        try:
            with tarfile.open(place) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise Problem("ZS972", folder=place, name=place.name, begun=type(error).__name__) from error
        yield Vault(Path(folder))


@contextmanager
def made(place: Path) -> Iterator[Vault]:
    """Yield the vault to write to. For one file it lies beside it, and becomes the file when the block ends well."""
    if place.suffix != ARCHIVE:
        yield Vault(place)
        return
    beside, part = place.with_name(f".{place.name}.begun"), place.with_name(f".{place.name}.part")
    yield Vault(beside)
    try:
        with tarfile.open(part, "w") as archive:
            for name in ("backups", "objects"):  # the manifest comes first: who reads along knows what follows
                archive.add(beside / name, name)
        sync([part])
        part.replace(place)
    except OSError as error:
        raise full(error, place.parent) from error
    finally:
        part.unlink(missing_ok=True)
    shutil.rmtree(beside)
