"""What an import says: per file what became of it, per faulty row what to mend. As data, as JSON, as a workbook."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from zhunsheng.kernel.errors import kind
from zhunsheng.kernel.files import write_whole

#: Rows of rejects that are kept in memory; the files hold all of them.
KEPT = 1000
CLIP = 120


@dataclass(frozen=True, slots=True)
class Reject:
    """One reason why one row was sent back. A row with three faults gives three of these."""

    file: str
    row: int
    column: str
    column_zh: str
    value: str
    code: str
    values: dict[str, str]

    def as_dict(self) -> dict[str, object]:
        """Return the reject with its texts in both languages."""
        error, values = kind(self.code), {"value": self.value, **self.values}
        return {
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "column_zh": self.column_zh,
            "value": self.value,
            "code": self.code,
            "reason": {"zh": error.message("zh", values), "en": error.message("en", values)},
            "mend": {"zh": error.mend("zh", values), "en": error.mend("en", values)},
        }


@dataclass(slots=True)
class FileReport:
    """What became of one file, or of one sheet of a workbook.

    ``rows_read`` = ``rows_loaded`` + ``rows_rejected``; blank rows and totals are not rows and stand in ``notices``.
    """

    file: str
    source: str = ""
    kind: str = ""
    encoding: str = ""
    state: str = "refused"
    rows_read: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    problem: dict[str, object] | None = None
    batch: str | None = None
    replaces: str | None = None
    notices: list[dict[str, Any]] = field(default_factory=list)


class RejectStore:
    """All rejects of one import, on disk until the report is dropped."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="zhunsheng-rejects-"))
        self.count = 0
        self._close = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def path(self) -> Path:
        """Where the rejects lie, ordered by file and row."""
        return self.folder / "rejects.parquet"

    def rows(self, limit: int | None = None) -> Iterator[Reject]:
        """Yield the rejects in order of file and row."""
        if not self.path.exists():
            return
        with duckdb.connect() as connection:
            sql = "SELECT * FROM read_parquet(?) WHERE position <= ? ORDER BY position"
            found = connection.execute(sql, [str(self.path), self.count if limit is None else limit])
            while rows := found.fetchmany(2000):
                for _, file, row, column, column_zh, value, code, values in rows:
                    yield Reject(file, row, column, column_zh, value, code, json.loads(values))

    def summary(self) -> list[tuple[str, str, str, str, int]]:
        """Return (file, code, column, column_zh, count), the largest first."""
        if not self.path.exists():
            return []
        with duckdb.connect() as connection:
            sql = (
                "SELECT file, code, column_name, column_zh, count(*) FROM read_parquet(?) "
                "GROUP BY ALL ORDER BY file, count(*) DESC, code, column_name"
            )
            return connection.execute(sql, [str(self.path)]).fetchall()


@dataclass(slots=True)
class LoadReport:
    """The outcome of one import or dry run."""

    snapshot: str | None
    dry_run: bool
    recorded_at: int
    files: list[FileReport]
    store: RejectStore

    @property
    def rejects(self) -> list[Reject]:
        """The first thousand rejects."""
        return list(self.store.rows(KEPT))

    @property
    def rows_read(self) -> int:
        """Rows of all files."""
        return sum(one.rows_read for one in self.files)

    @property
    def rows_loaded(self) -> int:
        """Rows that went into the lake, or would on a dry run."""
        return sum(one.rows_loaded for one in self.files)

    @property
    def rows_rejected(self) -> int:
        """Rows that were sent back."""
        return sum(one.rows_rejected for one in self.files)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data, with the first thousand rejects and the number of all."""
        return {
            "snapshot": self.snapshot,
            "dry_run": self.dry_run,
            "recorded_at": self.recorded_at,
            "rows_read": self.rows_read,
            "rows_loaded": self.rows_loaded,
            "rows_rejected": self.rows_rejected,
            "files": [asdict(one) for one in self.files],
            "reasons": self.store.count,
            "rejects": [one.as_dict() for one in self.rejects],
        }

    def write(self, folder: Path, stem: str) -> tuple[Path, Path]:
        """Write ``stem``.xlsx and ``stem``.json with every reject; return both paths."""
        from zhunsheng.sources.workbook import write_report

        folder.mkdir(parents=True, exist_ok=True)
        book, data = folder / f"{stem}.xlsx", folder / f"{stem}.json"
        write_report(self, book)
        whole = {**self.as_dict(), "rejects": [one.as_dict() for one in self.store.rows()]}
        write_whole(data, json.dumps(whole, ensure_ascii=False, indent=1).encode())
        return book, data
