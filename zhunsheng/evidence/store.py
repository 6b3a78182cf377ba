"""The log on disk: one SQLite file (WAL, synchronous=FULL) with entries, tiles, heads. One writer, many readers.

A batch is one transaction: entries, the tiles that change, the last leaf of each case. Whoever kills the process finds
all of a batch or nothing of it. Hashes are kept as tiles, so that a proof reads two tiles a level.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhunsheng.evidence import tiles, tree
from zhunsheng.kernel.errors import Problem

SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entry(number INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, data BLOB NOT NULL);
CREATE TABLE tile(level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, number));
CREATE TABLE case_end(pseudonym TEXT PRIMARY KEY, sequence INTEGER NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE head(origin TEXT, size INTEGER, data BLOB NOT NULL, witnesses INTEGER NOT NULL, sealed INTEGER NOT NULL,
    PRIMARY KEY(origin, size)) WITHOUT ROWID;
CREATE TABLE witness(name TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;
"""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with what the log's own book-keeping needs of it."""

    source: str
    data: bytes
    case: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: its size, the checkpoint with all cosignatures so far, how many, and whether they are a quorum."""

    size: int
    data: bytes
    witnesses: int
    sealed: bool


def create(path: Path, origin: str) -> None:
    """Make an empty log. Raises Problem ZS813 where one stands."""
    if path.exists():
        raise Problem("ZS813", path=path)
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = connect(path)
    with transaction(connection):
        for statement in SCHEMA.split(";")[:-1]:
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES('origin', ?), ('published', '0')", (origin,))
    connection.close()


def connect(path: Path) -> sqlite3.Connection:
    """Open an SQLite file whose commits are on the disk when they return."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block as one transaction that has the file to itself."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


class Log:
    """A log that exists. Its methods read; only the sequencer calls ``append`` and those named ``keep_``."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise Problem("ZS812", path=path)
        self.path = path
        self.connection = connect(path)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._meta("origin")

    @property
    def published(self) -> int:
        """How many entries the folder of tiles holds."""
        return int(self._meta("published"))

    @property
    def size(self) -> int:
        """How many entries are on the disk."""
        return int(self._one("SELECT coalesce(max(number) + 1, 0) FROM entry"))

    def tile(self, level: int, number: int, _width: int) -> bytes:
        """Return the hashes of a tile (a ReadTile)."""
        return bytes(self._one("SELECT hashes FROM tile WHERE level = ? AND number = ?", level, number) or b"")

    def root(self, size: int) -> bytes:
        """Return the root that the log had at a size."""
        return tiles.root(size, self.tile)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the hashes that prove an entry in the tree of a size. Raises ValueError for one outside it."""
        return tree.hashes(tree.inclusion_ranges(index, size), tiles.node_reader(self.tile, size))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the hashes that prove that the tree of ``new`` begins with that of ``old``."""
        return tree.hashes(tree.consistency_ranges(old, new), tiles.node_reader(self.tile, new))

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """Yield entries from start (held) to end (not held)."""
        sql = "SELECT data FROM entry WHERE number >= ? AND number < ? ORDER BY number"
        return (row[0] for row in self.connection.execute(sql, (start, end)))

    def indices(self, sources: list[str]) -> dict[str, int]:
        """Return where the rows of these names stand; those that are not in the log are left out."""
        return dict(self._many("source, number FROM entry WHERE source", sources))

    def highest(self, kind: str) -> int:
        """Return the highest number among rows of a kind, as in ``outbox:17``; 0 without one."""
        sql = "SELECT coalesce(max(CAST(substr(source, ?) AS INTEGER)), 0) FROM entry WHERE source GLOB ?"
        return int(self._one(sql, len(kind) + 2, f"{kind}:*"))

    def case_ends(self, cases: list[str]) -> dict[str, tuple[int, int]]:
        """Return (sequence, index) of the last leaf of each of these cases that has one."""
        columns = "pseudonym, sequence, number FROM case_end WHERE pseudonym"
        return {case: (sequence, number) for case, sequence, number in self._many(columns, cases)}

    def append(self, entries: list[Entry]) -> int:
        """Add a batch durably; return the index of its first entry. All of it is on the disk, or nothing is."""
        leaves = [tree.leaf_hash(entry.data) for entry in entries]
        with transaction(self.connection):
            first = self.size
            self.connection.executemany(
                "INSERT INTO entry VALUES(?, ?, ?)",
                [(first + i, entry.source, entry.data) for i, entry in enumerate(entries)],
            )
            self.connection.executemany(
                "INSERT OR REPLACE INTO tile VALUES(?, ?, ?)",
                [(*at, hashes) for at, hashes in tiles.grow(first, leaves, self.tile).items()],
            )
            last = {entry.case: (entry.case, entry.sequence, first + i) for i, entry in enumerate(entries)}
            self.connection.executemany("INSERT OR REPLACE INTO case_end VALUES(?, ?, ?)", last.values())
        return first

    def head_of(self, index: int) -> Head | None:
        """Return the smallest sealed head that holds an index, else the largest one that holds it."""
        sealed = self._head("size > ? AND sealed = 1 ORDER BY size", index)
        return sealed or self._head("size > ? ORDER BY size DESC", index)

    def latest(self, *, sealed: bool = False) -> Head | None:
        """Return the largest head, or the largest one that a quorum cosigned."""
        return self._head("sealed >= ? ORDER BY size DESC", int(sealed))

    def keep_head(self, head: Head, sizes: dict[str, int] | None = None) -> None:
        """Keep a head, and what size each witness has cosigned."""
        with transaction(self.connection):
            row = (self.origin, head.size, head.data, head.witnesses, int(head.sealed))
            self.connection.execute("INSERT OR REPLACE INTO head VALUES(?, ?, ?, ?, ?)", row)
            if head.sealed:  # smaller heads that no quorum cosigned prove nothing that this one does not
                sql = "DELETE FROM head WHERE origin = ? AND size < ? AND sealed = 0"
                self.connection.execute(sql, (self.origin, head.size))
            self.connection.executemany("INSERT OR REPLACE INTO witness VALUES(?, ?)", (sizes or {}).items())

    def witness_sizes(self) -> dict[str, int]:
        """Return the size that each witness last cosigned, as far as this log knows."""
        return dict(self.connection.execute("SELECT name, size FROM witness"))

    def keep_published(self, size: int) -> None:
        """Keep how many entries the folder of tiles holds."""
        self.connection.execute("UPDATE meta SET value = ? WHERE name = 'published'", (str(size),))

    def keep_origin(self, origin: str) -> None:
        """Go on under a new name: witnesses begin anew, the folder of tiles is written anew."""
        with transaction(self.connection):
            self.connection.execute("UPDATE meta SET value = ? WHERE name = 'origin'", (origin,))
            self.connection.execute("UPDATE meta SET value = '0' WHERE name = 'published'")
            self.connection.execute("DELETE FROM witness")

    def _head(self, which: str, value: int) -> Head | None:
        sql = f"SELECT size, data, witnesses, sealed FROM head WHERE origin = ? AND {which} LIMIT 1"  # noqa: S608
        row = self.connection.execute(sql, (self.origin, value)).fetchone()
        return Head(row[0], row[1], row[2], bool(row[3])) if row else None

    def _meta(self, name: str) -> str:
        return str(self._one("SELECT value FROM meta WHERE name = ?", name))

    def _one(self, sql: str, *values: object) -> Any:
        row = self.connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def _many(self, columns: str, keys: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """Yield rows whose key is one of many, a few hundred keys at a time."""
        wanted = list(dict.fromkeys(keys))
        for i in range(0, len(wanted), _CHUNK):
            part = wanted[i : i + _CHUNK]
            yield from self.connection.execute(f"SELECT {columns} IN ({','.join('?' * len(part))})", part)
