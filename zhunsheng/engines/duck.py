"""DuckDB: binding tables in, hits out. The SQL text is static; rules arrive as rows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa

from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.base import (
    COMMON,
    Bindings,
    Case,
    Death,
    Department,
    Device,
    Diagnosis,
    Facility,
    Hit,
    Institution,
    Line,
    Order,
    Pattern,
    Stay,
    UseRecord,
)

VERSION = duckdb.__version__
NAME = f"duckdb {VERSION}"
_INTEGERS = {
    "quantity_e4", "unit_price_e6", "amount_fen", "in_scope_fen", "service_at", "start_at", "end_at", "supply_days",
}  # fmt: skip
_FLAGS = {"is_principal"}
_DATES = {
    "valid_from", "valid_to", "service_date", "start_date", "end_date", "birth_date", "ordered_on", "stopped_on",
    "performed_on", "died_on",
}  # fmt: skip


def connect(
    path: str = ":memory:", *, read_only: bool = False, threads: int | None = None, memory: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open DuckDB without extensions from the network and with insertion order left free."""
    config: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    if threads:
        config["threads"] = threads
    if memory:
        config["memory_limit"] = memory
    con = duckdb.connect(path, read_only=read_only, config=config)
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET enable_progress_bar = false")
    return con


def budget() -> str:
    """Return the memory a run may take before it spills to disk, as the environment states it (``ZHUNSHENG_MEMORY``).

    Without a statement half of the machine's memory, at most 3 GiB: what the engine keeps beside its buffers comes on
    top, and the site's pages go on being served meanwhile.
    """
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return os.environ.get("ZHUNSHENG_MEMORY") or f"{min(half, 3 * 2**30) // 2**20}MiB"


def load_bindings(con: duckdb.DuckDBPyConnection, bindings: dict[str, Bindings]) -> None:
    """Create one binding table per pattern, empty ones included."""
    for name, found in bindings.items():
        _table(con, PATTERNS[name].table, _binding_schema(PATTERNS[name]), found.rows)


def load_cases(con: duckdb.DuckDBPyConnection, cases: Iterable[Case]) -> None:
    """Create the fact tables that patterns read (line, encounter, person, ...) from cases: for examples and tests."""
    people = list(cases)
    _table(con, "line", _schema(Line._fields), [line for case in people for line in case.lines])
    _table(con, "encounter", _schema(Stay._fields), [stay for case in people for stay in case.stays])
    _table(con, "diagnosis", _schema(Diagnosis._fields), [one for case in people for one in case.diagnoses])
    _table(con, "medical_order", _schema(Order._fields), [one for case in people for one in case.orders])
    _table(con, "use_record", _schema(UseRecord._fields), [one for case in people for one in case.use_records])
    _table(con, "death", _schema(Death._fields), [one for case in people for one in case.deaths])
    named = {one.institution_id: one for case in people for one in case.institutions}
    _table(con, "institution", _schema(Institution._fields), list(named.values()))
    parts = {one[:2]: one for case in people for one in case.departments}
    _table(con, "department", _schema(Department._fields), list(parts.values()))
    _table(con, "device", _schema(Device._fields), sorted({one for case in people for one in case.devices}, key=str))
    places = sorted({one for case in people for one in case.facilities}, key=str)
    _table(con, "facility", _schema(Facility._fields), places)
    _table(
        con,
        "person",
        _schema(("person_id", "sex", "birth_date")),
        [(case.person_id, case.sex, case.birth_date) for case in people],
    )


def hits(con: duckdb.DuckDBPyConnection, pattern: Pattern) -> list[Hit]:
    """Return the hits of a pattern as objects: for examples and tests, not for millions."""
    return [Hit(*row) for row in con.execute(pattern.sql).fetchall()]


def collect(con: duckdb.DuckDBPyConnection, pattern: Pattern, table: str) -> None:
    """Append the hits of a pattern to a table of the shape of ``create_hit_table``."""
    con.execute(f"INSERT INTO {table} {pattern.sql}")


def count(con: duckdb.DuckDBPyConnection, pattern: Pattern, table: str) -> None:
    """Append to a table of (rule_id, candidates) how many rows each rule of the pattern judged."""
    con.execute(f"INSERT INTO {table} {pattern.count_sql}")


def create_hit_table(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Create the table that collects hits."""
    columns = ", ".join(f"{name} {'BIGINT' if name in _INTEGERS else 'VARCHAR'}" for name in Hit._fields)
    con.execute(f"CREATE TEMP TABLE {table} ({columns})")


def candidates(con: duckdb.DuckDBPyConnection, pattern: Pattern) -> dict[str, int]:
    """Return how many rows each rule of the pattern judged."""
    return {str(rule): int(count) for rule, count in con.execute(pattern.count_sql).fetchall()}


def _binding_schema(pattern: Pattern) -> pa.Schema:
    kinds = {column.name: pa.int64() if column.kind == "integer" else pa.string() for column in pattern.columns}
    return pa.schema([(name, kinds.get(name) or _arrow(name)) for name in (*COMMON, *kinds)])


def _schema(names: Iterable[str]) -> pa.Schema:
    return pa.schema([(name, _arrow(name)) for name in names])


def _arrow(name: str) -> pa.DataType:
    if name in _DATES:
        return pa.date32()
    if name in _FLAGS:
        return pa.bool_()
    return pa.int64() if name in _INTEGERS else pa.string()


def _table(con: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, rows: Iterable[tuple[Any, ...]]) -> None:
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
    data = pa.table([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)
    con.register("incoming", data)
    con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")  # noqa: S608 - names are ours
    con.unregister("incoming")
