"""Decisions of the site itself on the payment qualification of practitioners, as facts beside what registers bring.

The database holds the decisions; what is in force of them is written here whole whenever it changes: a Parquet file
named by its digest, with the columns of payment_status, which a run reads with the files of the lake; and ``current``,
which names it and holds the same rows for the desk. A run names the digest, so that it can be judged again.
"""

from __future__ import annotations

import io
import json
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest, write_whole
from zhunsheng.kernel.home import Home

#: How the batch of a row begins that a decision of the site stands behind; the number of the decision follows.
BATCH = "ruling:"


class Ruling(NamedTuple):
    """A practitioner without full payment qualification from a day on, up to a day or without end, by a decision."""

    practitioner_id: str
    status: str
    valid_from: date
    valid_to: date | None
    decision: str


def folder(home: Home) -> Path:
    """Return where the rulings of a site lie: with the lake, for Spark reads them from there."""
    return home.lake / "rulings"


def publish(home: Home, rows: Iterable[Ruling]) -> str:
    """Put rulings in force in place of those before; return their digest. The same ones again change nothing."""
    told = sorted([*one[:2], str(one.valid_from), str(one.valid_to or ""), one.decision] for one in set(rows))
    name = digest(canonical(told))
    if name == current(home):
        return name
    write_whole(folder(home) / f"{name}.parquet", _parquet(told))
    write_whole(folder(home) / "current", canonical({"digest": name, "rows": told}))
    return name


def current(home: Home, until: date = date.max) -> str:
    """Return the digest of the rulings in force; empty before the first, and while none begins by a day."""
    path = folder(home) / "current"
    if not path.exists():
        return ""
    told = json.loads(path.read_bytes())
    begun = any(start <= str(until) for _who, _status, start, *_rest in told["rows"])
    return str(told["digest"]) if begun or until == date.max else ""


def files(home: Home, name: str) -> list[str]:
    """Return the Parquet files of rulings by their digest, none for an empty one. Raises Problem ZS946."""
    path = folder(home) / f"{name}.parquet"
    if name and not path.exists():
        raise Problem("ZS946", digest=name[:12])
    return [str(path)] if name else []


def _parquet(rows: list[list[str]]) -> bytes:
    schema = TABLES["payment_status"].arrow
    told = [
        {
            "practitioner_id": who,
            "status": status,
            "valid_from": date.fromisoformat(start),
            "valid_to": date.fromisoformat(end) if end else None,
            "batch": f"{BATCH}{decision}",
            "source_row": place,
            "recorded_at": 0,
        }
        for place, (who, status, start, end, decision) in enumerate(rows, 1)
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(told, schema=schema), out)
    return out.getvalue()


@dataclass
class InForce:
    """The rulings in force, read again when their file has changed: an ask costs one look at it."""

    home: Home
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stamp: tuple[int, int] | None = None
    _rows: dict[str, tuple[Ruling, ...]] = field(default_factory=dict)

    def of(self, practitioner_id: str) -> tuple[Ruling, ...]:
        """Return the rulings about a practitioner."""
        try:
            seen = (folder(self.home) / "current").stat()
        except FileNotFoundError:
            return ()
        stamp = seen.st_ino, seen.st_mtime_ns
        if stamp != self._stamp:
            with self._lock:
                self._rows, self._stamp = _read(self.home), stamp
        return self._rows.get(practitioner_id, ())


def _read(home: Home) -> dict[str, tuple[Ruling, ...]]:
    found: dict[str, list[Ruling]] = defaultdict(list)
    for who, status, start, end, decision in json.loads((folder(home) / "current").read_bytes())["rows"]:
        until = date.fromisoformat(end) if end else None
        found[who].append(Ruling(who, status, date.fromisoformat(start), until, decision))
    return {who: tuple(rows) for who, rows in found.items()}
