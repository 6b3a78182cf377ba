"""Rows for the lake's tests, made by count."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from zhunsheng.facts import lake
from zhunsheng.facts.lake import Batch
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.home import Home

_VALUES = {pa.int64(): 100, pa.date32(): date(2026, 3, 1), pa.bool_(): False}


def batch(name: str, **rows: int) -> Batch:
    return Batch(f"id-{name}", name, "test", "kind", f"{name}.csv", "digest", rows, 0, 1)


def table(name: str, batch_id: str, count: int, months: tuple[str, ...] = ("2026-01", "2026-02")) -> pa.Table:
    """Return ``count`` rows of a table whose text columns hold the batch and a number."""
    schema = TABLES[name].arrow
    columns = {}
    for field in schema:
        constant = _VALUES.get(field.type)
        columns[field.name] = [f"{batch_id}-{i}" if constant is None else constant for i in range(count)]
    columns["batch"] = [batch_id] * count
    columns["source_row"] = list(range(2, count + 2))
    if "month" in columns:
        columns["month"] = [months[i % len(months)] for i in range(count)]
    return pa.table(columns, schema=schema)


def add(home: Home, name: str, at: int = 1, **rows: int) -> None:
    """Commit one batch with so many rows per table."""
    with lake.commit(home, f"add {name}", at) as change:
        for one, count in rows.items():
            change.append(one, table(one, f"id-{name}", count))
        change.register(batch(name, **rows))


def held(home: Home, name: str = "charge_line", snapshot: str | None = None) -> dict[str, int]:
    """Return rows per batch of a table in a snapshot, the newest by default."""
    found = lake.get(home, snapshot) if snapshot else lake.latest(home)
    if found is None:
        return {}
    with duckdb.connect() as connection:
        sql = f"SELECT batch, count(*) FROM ({lake.select(name, lake.files(home, found, name))}) GROUP BY batch"
        return dict(connection.execute(sql).fetchall())


def parquet_files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts}
