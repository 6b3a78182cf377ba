"""The lake of record: Delta tables under named snapshots. One writer, any number of readers.

Layout below ``home.lake``: ``tables/<table>/`` (Delta), ``snapshots/s000012.json``, ``tags/<name>.json``, ``lock``.

A Delta commit is atomic for one table only, so the snapshot file is what readers go by: it names one version of
every table and is written whole, under a name nobody has used. Whatever a killed writer left beyond the newest
snapshot is invisible, and the next commit takes it back before it starts.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Field, PostCommitHookProperties, WriterProperties, write_deltalake
from deltalake.transaction import AddAction

from zhunsheng.facts.schema import TABLES
from zhunsheng.facts.table import SQL, Table
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, locked, sync
from zhunsheng.kernel.home import Home

#: Old versions stay readable as long as a snapshot names them: Delta may not tidy its log away.
CONFIGURATION = {
    "delta.enableDeletionVectors": "false",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
_WRITER = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=262_144)
_HOOKS = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """One file that was accepted. ``rows`` counts stored rows per table, ``rejected`` the rows that were sent back."""

    id: str
    name: str
    source: str
    kind: str
    file_name: str
    digest: str
    rows: dict[str, int]
    rejected: int
    loaded_at: int
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the lake held at one moment: one Delta version per table, and the batches that are alive."""

    id: str
    parent: str | None
    created_at: int
    tables: dict[str, int]
    batches: dict[str, Batch]
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A parquet file that was written into the folder of a table and waits to be named. ``lowest`` and ``highest``
    are the batches it holds: a correction then opens no file of another batch.
    """

    path: Path
    rows: int
    size: int
    partition: str | None
    lowest: str
    highest: str


@dataclass(slots=True)
class Commit:
    """A change in the making. Nothing of it is visible before the block of ``commit`` ends."""

    home: Home
    base: Snapshot | None
    recorded_at: int
    tables: dict[str, int] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    touched: bool = False

    def append(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Add rows that have the columns of the table, in any order of rows."""
        path = self._open(table)
        write_deltalake(
            path,
            rows,
            mode="append",
            partition_by=_partition(table),
            writer_properties=_WRITER,
            post_commithook_properties=_HOOKS,
        )
        self.tables[table] = DeltaTable(path).version()

    def folder(self, table: str) -> Path:
        """Return the folder into which parquet files of a table may be written, for ``append_files``."""
        path = self._open(table)
        self.tables.setdefault(table, DeltaTable(path).version())
        return path

    def append_files(self, table: str, written: list[NewFile]) -> None:
        """Add parquet files that lie in the folder of the table and have its columns, the partition column aside."""
        delta = DeltaTable(self.folder(table))
        partition = TABLES[table].partition
        actions = [
            AddAction(
                str(one.path.relative_to(table_path(self.home, table))),
                one.size,
                {partition: one.partition} if partition else {},
                self.recorded_at * 1000,
                True,  # noqa: FBT003 - data_change, positional in deltalake
                _stats(one),
            )
            for one in written
        ]
        delta.create_write_transaction(
            actions, "append", delta.schema(), _partition(table), post_commithook_properties=_HOOKS
        )
        self.tables[table] = DeltaTable(table_path(self.home, table)).version()

    def remove_batch(self, batch_id: str) -> None:
        """Take a batch and all its rows out. Raises KeyError when it is not alive."""
        batch = self.batches.pop(batch_id)
        self._mark()
        for table, count in batch.rows.items():
            if count:
                delta = DeltaTable(table_path(self.home, table))
                delta.delete(f"batch = '{batch_id}'", writer_properties=_WRITER, post_commithook_properties=_HOOKS)
                self.tables[table] = delta.version()

    def register(self, batch: Batch) -> None:
        """Name a batch as alive."""
        self._mark()
        self.batches[batch.id] = batch

    def files(self, table: str) -> list[str]:
        """Return the parquet files of a table as this change sees them."""
        return _files(self.home, table, self.tables.get(table))

    def _open(self, table: str) -> Path:
        path = table_path(self.home, table)
        self._mark()
        if table not in self.tables:
            DeltaTable.create(path, TABLES[table].arrow, partition_by=_partition(table), configuration=CONFIGURATION)
        elif TABLES[table].later:
            _grow(path, TABLES[table])
        return path

    def _mark(self) -> None:
        if not self.touched:
            _mark_path(self.home).touch()
            self.touched = True


def _grow(path: Path, promised: Table) -> None:
    """Add the columns that came after a table was first stored; its files stay as they are and read as empty there."""
    delta = DeltaTable(path)
    held = {one.name for one in delta.schema().fields}
    if missing := [one.name for one in promised.later if one.name not in held]:
        fields = [Field.from_arrow(promised.arrow.field(name)) for name in missing]
        delta.alter.add_columns(fields, post_commithook_properties=_HOOKS)


def table_path(home: Home, table: str) -> Path:
    """Return the folder of a Delta table."""
    return home.lake / "tables" / table


def latest(home: Home) -> Snapshot | None:
    """Return the newest snapshot, or None before the first."""
    ids = _ids(home)
    return _read(home, ids[-1]) if ids else None


def get(home: Home, name: str) -> Snapshot:
    """Return a snapshot by its id or by a tag. Raises Problem ZS301 when there is none of that name."""
    if name in _ids(home):
        return _read(home, name)
    path = _tag_path(home, name)
    if path.is_file():
        return _read(home, json.loads(path.read_bytes())["snapshot"])
    raise Problem("ZS301", name=name)


def snapshots(home: Home) -> list[Snapshot]:
    """Return all snapshots, oldest first."""
    return [_read(home, name) for name in _ids(home)]


def tag(home: Home, name: str, snapshot_id: str) -> None:
    """Give a snapshot a name of its own. A tag never moves: raises Problem ZS302 when it is taken."""
    get(home, snapshot_id)
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name in _ids(home):
        raise Problem("ZS303", name=name)
    data = canonical({"snapshot": snapshot_id})
    if not _write_new(_tag_path(home, name), data) and _tag_path(home, name).read_bytes() != data:
        raise Problem("ZS302", name=name)


def files(home: Home, snapshot: Snapshot, table: str) -> list[str]:
    """Return the absolute parquet paths of a table in exactly the version that a snapshot names."""
    return _files(home, table, snapshot.tables.get(table))


def select(table: str, paths: list[str]) -> str:
    """Return DuckDB SQL that reads a table from its files, all columns in the order of the schema.

    The partition column lives in the folder names; with no files at all the result is empty but typed.
    """
    promised = TABLES[table]
    kinds = {name: SQL[promised.column(name).kind] for name in promised.names}
    if not paths:
        columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in kinds.items())
        return f"SELECT {columns} WHERE false"
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    hive = f", hive_partitioning=true, hive_types={{'{promised.partition}': VARCHAR}}" if promised.partition else ""
    if promised.later:
        typed = ", ".join(f"CAST(NULL AS {kinds[one.name]}) AS {one.name}" for one in promised.later)
        stored = f"FROM read_parquet([{listed}], union_by_name=true{hive}) UNION ALL BY NAME SELECT {typed} WHERE false"
        return f"SELECT {', '.join(kinds)} FROM ({stored})"  # noqa: S608
    return f"SELECT {', '.join(kinds)} FROM read_parquet([{listed}]{hive})"  # noqa: S608


@contextmanager
def commit(home: Home, note: str, recorded_at: int) -> Iterator[Commit]:
    """Change the lake: everything done in the block becomes visible at once at its end, or never.

    ``recorded_at`` is in epoch seconds. An exception in the block takes everything back.
    """
    with locked(home.lake / "lock"):
        base = latest(home)
        _recover(home, base)
        change = Commit(home, base, recorded_at)
        if base:
            change.tables, change.batches = dict(base.tables), dict(base.batches)
        try:
            yield change
        except BaseException:
            _recover(home, base)
            raise
        if change.touched:
            _publish(home, change, note, recorded_at)


def _publish(home: Home, change: Commit, note: str, recorded_at: int) -> None:
    base = change.base
    number = int(base.id[1:]) + 1 if base else 1
    _settle(home, change)
    snapshot = Snapshot(f"s{number:06d}", base.id if base else None, recorded_at, change.tables, change.batches, note)
    if not _write_new(_snapshot_path(home, snapshot.id), canonical(asdict(snapshot))):
        raise Problem("ZS304", name=snapshot.id)
    _mark_path(home).unlink(missing_ok=True)


def _settle(home: Home, change: Commit) -> None:
    """Put what a change wrote on the disk before a snapshot names it: data files, log entries, and their folders."""
    before = change.base.tables if change.base else {}
    for table, version in change.tables.items():
        if before.get(table) == version:
            continue
        known = set(_files(home, table, before.get(table)))
        data = [Path(name) for name in _files(home, table, version) if name not in known]
        first = before.get(table, -1) + 1
        log = table_path(home, table) / "_delta_log"
        entries = [log / f"{number:020d}.json" for number in range(first, version + 1)]
        folders = {path.parent for path in (*data, *entries)} | {log.parent, log.parent.parent}
        sync([*data, *entries, *sorted(folders)])


def _recover(home: Home, base: Snapshot | None) -> None:
    """Bring every table back to the version the newest snapshot names, and sweep what nothing names."""
    named = base.tables if base else {}
    folder = home.lake / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    if not _mark_path(home).exists():
        return
    for path in sorted(folder.iterdir()):
        if path.name not in named:
            shutil.rmtree(path)
        else:
            _restore(path, named[path.name])
    _sweep(home)
    _mark_path(home).unlink(missing_ok=True)


def _restore(path: Path, version: int) -> None:
    """Forget the log entries after a version: no snapshot names them, so nobody can be reading them."""
    log = path / "_delta_log"
    for entry in log.iterdir():
        number = entry.name.split(".", 1)[0]
        if (number.isdigit() and int(number) > version) or entry.name.startswith((".", "_")):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if DeltaTable(path).version() != version:
        raise Problem("ZS305", table=path.name, version=version)


def _sweep(home: Home) -> None:
    """Delete parquet files that no version named by any snapshot holds."""
    wanted: dict[str, set[int]] = {}
    for snapshot in snapshots(home):
        for table, version in snapshot.tables.items():
            wanted.setdefault(table, set()).add(version)
    for table, versions in wanted.items():
        known = {name for version in versions for name in _files(home, table, version)}
        for path in table_path(home, table).rglob("*.parquet"):
            if "_delta_log" not in path.parts and str(path) not in known:
                path.unlink()
    for folder in ("snapshots", "tags"):
        for part in (home.lake / folder).glob(".*.part"):
            part.unlink()


def _stats(file: NewFile) -> str:
    """Return what Delta may know of a file without opening it."""
    lowest, highest = {"batch": file.lowest}, {"batch": file.highest}
    return json.dumps({"numRecords": file.rows, "minValues": lowest, "maxValues": highest, "nullCount": {"batch": 0}})


def _files(home: Home, table: str, version: int | None) -> list[str]:
    if version is None:
        return []
    root = table_path(home, table)
    return sorted(str(root / uri.removeprefix("file://")) for uri in DeltaTable(root, version=version).file_uris())


def _partition(table: str) -> list[str] | None:
    name = TABLES[table].partition
    return [name] if name else None


def _ids(home: Home) -> list[str]:
    return sorted(path.stem for path in (home.lake / "snapshots").glob("s*.json"))


def _read(home: Home, name: str) -> Snapshot:
    data: dict[str, Any] = json.loads(_snapshot_path(home, name).read_bytes())
    batches = {key: Batch(**value) for key, value in data.pop("batches").items()}
    return Snapshot(**data, batches=batches)


def _snapshot_path(home: Home, name: str) -> Path:
    return home.lake / "snapshots" / f"{name}.json"


def _tag_path(home: Home, name: str) -> Path:
    return home.lake / "tags" / f"{name}.json"


def _mark_path(home: Home) -> Path:
    return home.lake / "writing"


def _write_new(path: Path, data: bytes) -> bool:
    """Write a whole file under a name that must be free; return whether it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink()
    sync([path.parent])
    return True
