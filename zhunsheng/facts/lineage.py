"""From a fact back to where it came from: batch, file, row."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from zhunsheng.facts import lake
from zhunsheng.facts.lake import Batch, Snapshot
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.home import Home


@dataclass(frozen=True, slots=True)
class Origin:
    """One row of one file that states a fact. ``row`` counts as a spreadsheet does, the header being row 1."""

    batch: Batch
    row: int
    recorded_at: int


def origins(home: Home, snapshot: Snapshot, table: str, *key: object) -> list[Origin]:
    """Return every row that a snapshot holds for a fact's key, the latest recorded first.

    ``key`` gives the values of the table's key columns, in their order.
    """
    names = TABLES[table].key
    wanted = " AND ".join(f"{name} = ?" for name in names[: len(key)])
    source = lake.select(table, lake.files(home, snapshot, table))
    sql = (
        f"SELECT batch, source_row, recorded_at FROM ({source}) WHERE {wanted} "  # noqa: S608 - schema names
        "ORDER BY recorded_at DESC, batch, source_row"
    )
    with duckdb.connect() as connection:
        found = connection.execute(sql, list(key)).fetchall()
    return [Origin(snapshot.batches[batch], int(row), int(at)) for batch, row, at in found]
