"""DuckDB: binding tables in, hits out. The SQL text is static; rules arrive as rows."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns import population as whole
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
    IdentityCheck,
    Institution,
    Licence,
    Line,
    NursingRecord,
    Order,
    Pattern,
    PaymentStatus,
    Practice,
    Procedure,
    Settlement,
    Stay,
    UseRecord,
)
from zhunsheng.patterns.clues import decide
from zhunsheng.patterns.population import Contact, Load, Measure, Outlier, PriceFiling, StockMove, TraceCode
from zhunsheng.patterns.services import SERVED

VERSION = duckdb.__version__
NAME = f"duckdb {VERSION}"
_INTEGERS = {
    "quantity_e4", "unit_price_e6", "amount_fen", "in_scope_fen", "service_at", "start_at", "end_at", "supply_days",
    "performed_at", "numerator", "denominator", "weight",
    "sequence", "checked_at", "total_fen",
    "due_at", "done_at", "happened_at", "version", "value_e4", "low_e4", "high_e4", "reported_at", "run_at", "mean_e4",
    "sd_e4", "hours_e4",
}  # fmt: skip
_FLAGS = {"is_principal", "told", "declined", "q_digest_changed", "accepted", "concordant", "passed"}
_DATES = {
    "valid_from", "valid_to", "service_date", "start_date", "end_date", "birth_date", "ordered_on", "stopped_on",
    "performed_on", "died_on", "observed_on", "checked_on", "settled_on", "moved_on", "happened_on", "reported_on",
    "run_on", "reviewed_on", "held_on",
}  # fmt: skip

#: Fact tables by name: the part of a case that holds their rows, and the kind of row.
OWN: dict[str, tuple[str, Any]] = {
    "line": ("lines", Line),
    "encounter": ("stays", Stay),
    "diagnosis": ("diagnoses", Diagnosis),
    "procedure": ("procedures", Procedure),
    "settlement": ("settlements", Settlement),
    "medical_order": ("orders", Order),
    "use_record": ("use_records", UseRecord),
    "nursing_record": ("nursing_records", NursingRecord),
    "identity_check": ("identity_checks", IdentityCheck),
    "death": ("deaths", Death),
}
#: Registers, of which several persons may know the same rows.
REGISTERS: dict[str, tuple[str, Any]] = {
    "institution_registration": ("institutions", Institution),
    "department_registration": ("departments", Department),
    "device": ("devices", Device),
    "facility": ("facilities", Facility),
    "licence": ("licences", Licence),
    "practice": ("practices", Practice),
    "payment_status": ("payment_statuses", PaymentStatus),
}


_numbers = itertools.count()


def spill(place: Path | str) -> str:
    """Return the folder of one connection beside a file: what goes beyond its memory goes there until it closes."""
    return f"{place}.{os.getpid()}.{next(_numbers)}.tmp"


def connect(
    path: str = ":memory:",
    *,
    read_only: bool = False,
    threads: int | None = None,
    memory: str | None = None,
    beside: Path | str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open DuckDB without extensions from the network and with insertion order left free.

    A file spills beside itself. What is in memory spills ``beside`` a file, or not at all: left to itself the engine
    would write into the folder in which the process happens to work.
    """
    config: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    if path == ":memory:":
        config["temp_directory"] = spill(beside) if beside else ""
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
    for name, (part, kind) in OWN.items():
        _table(con, name, _schema(kind._fields), [row for case in people for row in getattr(case, part)])
    for name, (part, kind) in REGISTERS.items():
        rows = sorted({row for case in people for row in getattr(case, part)}, key=str)
        _table(con, name, _schema(kind._fields), rows)
    _table(
        con,
        "person",
        _schema(("person_id", "sex", "birth_date")),
        [(case.person_id, case.sex, case.birth_date) for case in people],
    )


def load_whole(con: duckdb.DuckDBPyConnection, load: Load) -> None:
    """Create the fact tables and the view that population patterns read: for examples and tests."""
    tables: dict[str, tuple[type[tuple[Any, ...]], tuple[Any, ...]]] = {
        "line": (Line, load.lines),
        "encounter": (Stay, load.stays),
        "diagnosis": (Diagnosis, load.diagnoses),
        "institution_registration": (Institution, load.institutions),
        "use_record": (UseRecord, load.use_records),
        "stock_move": (StockMove, load.stock_moves),
        "trace_code": (TraceCode, load.trace_codes),
        "contact": (Contact, load.contacts),
        "price_filing": (PriceFiling, load.price_filings),
        **{name: (kind, getattr(load, part)) for name, (part, kind) in SERVED.items()},
    }
    for name, (kind, rows) in tables.items():
        _table(con, name, _schema(kind._fields), rows)  # type: ignore[attr-defined]
    create_peers(con)


def create_peers(con: duckdb.DuckDBPyConnection) -> None:
    """Create the view that says which institutions are compared with each other."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW peer AS {whole.peer_sql()}")


def judge_whole(con: duckdb.DuckDBPyConnection, pattern: Pattern, bindings: Bindings, table: str) -> None:
    """Append the hits of a population pattern to a table of hits, and its measures to the table ``measure``."""
    if pattern.family == "rows":
        collect(con, pattern, table)
        return
    con.execute(f"INSERT INTO measure {pattern.measure_sql}")
    with standing_out(con, pattern, bindings, table):
        collect(con, pattern, table)


@contextmanager
def standing_out(con: duckdb.DuckDBPyConnection, pattern: Pattern, bindings: Bindings, table: str) -> Iterator[None]:
    """Decide by the measures what stands out, append its own rows to a table of hits, keep ``outlier`` for the block.

    The same step of this program for every engine: only what is counted before and asked after it is SQL.
    """
    outliers = decide([Measure(*row) for row in con.execute(own_measures(pattern)).fetchall()], bindings)
    _table(con, "outlier", _schema(Outlier._fields), outliers)
    _table(con, "standing", _schema(Hit._fields), list(whole.subject_hits(outliers)))
    con.execute(f"INSERT INTO {table} SELECT * FROM standing")  # noqa: S608 - our own names
    yield
    con.execute("DROP TABLE outlier; DROP TABLE standing")


def own_measures(pattern: Pattern) -> str:
    """Return the select of the measures of a population pattern among those of all."""
    return f"SELECT m.* FROM measure AS m WHERE m.rule_id IN (SELECT rule_id FROM {pattern.table})"  # noqa: S608 - ours


def measured(pattern: Pattern) -> str:
    """Return the select of (rule_id, candidates) of a population pattern: its measures, or what they are made of."""
    if pattern.family == "rows":
        return pattern.count_sql
    count = "SUM(denominator)" if pattern.counts == "denominator" else "COUNT(*)"
    mine = f"(SELECT DISTINCT rule_id FROM {pattern.table})"  # noqa: S608 - our own names
    mine += " AND peer_group = 'now'" if pattern.family == "past" else ""
    return f"SELECT rule_id, CAST({count} AS BIGINT) FROM measure WHERE rule_id IN {mine} GROUP BY rule_id"  # noqa: S608


def create_measure_table(con: duckdb.DuckDBPyConnection) -> None:
    """Create the table that keeps the measures of all population rules."""
    columns = ", ".join(f"{name} {'BIGINT' if name in _INTEGERS else 'VARCHAR'}" for name in Measure._fields)
    con.execute(f"CREATE OR REPLACE TABLE measure ({columns})")


def whole_hits(con: duckdb.DuckDBPyConnection, pattern: Pattern, bindings: Bindings) -> list[Hit]:
    """Return the hits of a population pattern as objects: for examples and tests."""
    create_measure_table(con)
    con.execute("DROP TABLE IF EXISTS whole_hit")
    create_hit_table(con, "whole_hit")
    judge_whole(con, pattern, bindings, "whole_hit")
    return [Hit(*row) for row in con.execute("SELECT * FROM whole_hit").fetchall()]


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


_KINDS = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.date32(): "DATE", pa.bool_(): "BOOLEAN"}


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
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    if not columns:  # said in words: a tenth of the time, and of many tables of a load or a book most hold nothing
        words = ", ".join(f"{field.name} {_KINDS[field.type]}" for field in schema)
        con.execute(f"CREATE OR REPLACE TABLE {name} ({words})")
        return
    data = pa.table([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)
    con.register("incoming", data)
    con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")  # noqa: S608 - names are ours
    con.unregister("incoming")
