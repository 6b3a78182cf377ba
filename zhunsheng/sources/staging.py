"""The scratch database of one import: rows of all files, typed, judged and checked against the lake."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.errors import Problem
from zhunsheng.sources import convert
from zhunsheng.sources.convert import Derivation
from zhunsheng.sources.mapping import FileKind, Mapping
from zhunsheng.sources.report import RejectStore, clip
from zhunsheng.sources.text import Table

MEMORY = "900MB"


@dataclass(slots=True)
class Staged:
    """One file in the scratch database. ``base`` is the position of its first row among the rows of its kind."""

    number: int
    name: str
    batch: str
    mapping: Mapping
    kind: FileKind
    base: int = 0
    count: int = 0
    first_row: int = 2
    good: int = 0
    bad: int = 0
    blanks: int = 0
    totals: int = 0
    notices: dict[str, int] = field(default_factory=dict)


class Scratch:
    """A DuckDB database that spills to disk and is gone after the import."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self.key = key
        self.connection = duckdb.connect(":memory:")
        for setting in (
            "SET threads = 2",
            f"SET memory_limit = '{MEMORY}'",
            f"SET temp_directory = '{folder / 'spill'}'",
            "SET preserve_insertion_order = true",
            "SET TimeZone = 'Asia/Shanghai'",
        ):
            self.connection.execute(setting)
        self.connection.execute("CREATE TABLE person_map (no VARCHAR, person_id VARCHAR)")
        self.connection.execute("CREATE TABLE files (f INTEGER, base BIGINT, first_row BIGINT, batch VARCHAR)")
        self.connection.execute("CREATE TABLE dropped (kind VARCHAR, id BIGINT)")
        self.connection.execute(
            "CREATE TABLE rejects (f INTEGER, r BIGINT, field VARCHAR, code VARCHAR, value VARCHAR, extra VARCHAR)"
        )
        self.kinds: dict[str, tuple[FileKind, Derivation]] = {}

    def close(self) -> None:
        """Let the database go."""
        self.connection.close()

    def stage(self, file: Staged, table: Table, rules: Derivation) -> None:
        """Read one prepared file. Raises Problem ZS211 when the text cannot be read as a table."""
        name = f"rows_{file.kind.name}"
        select = convert.typed(table.found, rules, _source(table), table.trim)
        try:
            if file.kind.name not in self.kinds:
                self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM ({select}) LIMIT 0")
                self.kinds[file.kind.name] = (file.kind, rules)
            file.base = self._one(f"SELECT count(*) FROM {name}")
            file.first_row = table.first_row
            self.connection.execute(f"INSERT INTO {name} {select}")
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            raise Problem("ZS211", detail=str(error).split("\n")[0]) from error
        file.count = self._one(f"SELECT count(*) FROM {name}") - file.base
        self.connection.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?)", [file.number, file.base, file.first_row, file.batch]
        )
        self._irregular(file, table)
        self._judge(file, rules)

    def forget(self, file: Staged) -> None:
        """Take the rows of a file out again: it is refused as a whole, its rejects stay."""
        self.connection.execute(
            f"INSERT INTO dropped SELECT '{file.kind.name}', rowid FROM rows_{file.kind.name} "
            f"WHERE rowid >= {file.base} AND rowid < {file.base + file.count} AND state = 0"
        )

    def _one(self, sql: str) -> int:
        found = self.connection.execute(sql).fetchone()
        return int(found[0]) if found else 0

    def _irregular(self, file: Staged, table: Table) -> None:
        at = {place: name for name, place in table.found.columns.items()}
        rows = [
            (file.number, one.row, at.get(one.column, "") if one.column is not None else "", one.code, one.value)
            for one in table.irregular
        ]
        for start in range(0, len(rows), 20_000):
            part = rows[start : start + 20_000]
            extra = [json.dumps(one.values) for one in table.irregular[start : start + 20_000]]
            columns = [*zip(*part, strict=True), extra]
            batch = pa.table(  # noqa: F841 - DuckDB reads it by name
                {name: list(values) for name, values in zip("frdcvx", columns, strict=True)}
            )
            self.connection.execute("INSERT INTO rejects SELECT f, r, d, c, v, x FROM batch")

    def _judge(self, file: Staged, rules: Derivation) -> None:
        """Write the reasons of bad rows, and count what the rows of the file are."""
        rows = f"rows_{file.kind.name}"
        mine = f"rowid >= {file.base} AND rowid < {file.base + file.count}"
        counts = dict(
            self.connection.execute(f"SELECT state, count(*) FROM {rows} WHERE {mine} GROUP BY state").fetchall()
        )
        irregular = self._one(f"SELECT count(DISTINCT r) FROM rejects WHERE f = {file.number}")
        file.good, file.bad = counts.get(0, 0), counts.get(1, 0) + irregular
        file.blanks, file.totals = counts.get(2, 0) - irregular, counts.get(3, 0)
        texts = ", ".join(f"t_{one.name}" for one in file.kind.fields)
        bad = (
            f"(SELECT {file.number} AS f, rowid - {file.base} + {file.first_row} AS r, {texts} "
            f"FROM {rows} WHERE {mine} AND state = 1)"
        )
        self.connection.execute(
            "INSERT INTO rejects SELECT f, r, field, code, value, '{}' FROM ("
            f"{convert.reasons(file.mapping, file.kind, rules, bad)})"
        )
        for notice in rules.notices:
            count = self._one(f"SELECT count(*) FROM {rows} w WHERE {mine} AND state = 0 AND ({notice.condition})")
            file.notices[notice.code] = count

    def add_persons(self) -> None:
        """Give every person named in the rows a pseudonym, once per person."""
        for kind, _ in self.kinds.values():
            for name in convert.persons(kind):
                found = self.connection.execute(
                    f"SELECT DISTINCT v_{name} FROM rows_{kind.name} "
                    f"WHERE state = 0 AND v_{name} NOT IN (SELECT no FROM person_map)"
                )
                while rows := found.fetchmany(100_000):
                    numbers = [row[0] for row in rows]
                    batch = pa.table({"no": numbers, "id": [self._pseudonym(number) for number in numbers]})  # noqa: F841
                    self.connection.cursor().execute("INSERT INTO person_map SELECT no, id FROM batch")

    def _pseudonym(self, number: str) -> str:
        message = f"psn_no\x1f{number.strip().upper()}".encode()
        return hmac.digest(self.key, message, "sha256").hex()[:20]

    def check_keys(self, kind: FileKind, rules: Derivation, held: str) -> None:
        """Reject rows whose key stands twice in these files, or in ``held``: a select of (keys, batch name)."""
        keys = self._keys(kind, rules)
        label = " || ', ' || ".join(f"CAST(k{i} AS VARCHAR)" for i in range(len(kind.key_columns)))
        names = ", ".join(f"k{i}" for i in range(len(kind.key_columns)))
        field_name = next(one.name for one in kind.fields if one.required)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE twice AS SELECT hash({names}) AS h FROM ({keys}) GROUP BY 1 HAVING count(*) > 1"
        )
        if self._one("SELECT count(*) FROM twice"):
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE again AS SELECT id, f, r, {label} AS key, first_f, first_r FROM ("
                f"SELECT *, first(f) OVER same AS first_f, first(r) OVER same AS first_r, "
                f"row_number() OVER same AS nth FROM ({keys}) WHERE hash({names}) IN (SELECT h FROM twice) "
                f"WINDOW same AS (PARTITION BY {names} ORDER BY id)) WHERE nth > 1"
            )
            self._drop(kind, field_name, "again", "first_f")
        if kind.across_batches == "reject" and held:
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE again AS SELECT id, f, r, {label} AS key, batch_name FROM ({keys}) "
                f"JOIN ({held}) USING ({names})"
            )
            self._drop(kind, field_name, "again", None)

    def _drop(self, kind: FileKind, field_name: str, table: str, first: str | None) -> None:
        if first:
            code = f"CASE WHEN f = {first} THEN 'ZS226' ELSE 'ZS227' END"
            extra = (
                "to_json({'first': CAST(first_r AS VARCHAR), "
                "'batch': (SELECT coalesce(max(label), '') FROM labels l WHERE l.f = first_f)})"
            )
        else:
            code, extra = "'ZS227'", "to_json({'batch': batch_name})"
        self.connection.execute(f"INSERT INTO rejects SELECT f, r, '{field_name}', {code}, key, {extra} FROM {table}")
        self.connection.execute(f"INSERT INTO dropped SELECT '{kind.name}', id FROM {table}")

    def _keys(self, kind: FileKind, rules: Derivation) -> str:
        columns = convert.targets(kind, rules, kind.key_table)
        keys = ", ".join(f"{columns[name]} AS k{i}" for i, name in enumerate(kind.key_columns))
        return (
            f"SELECT {keys}, w.rowid AS id, x.f AS f, w.rowid - x.base + x.first_row AS r "
            f"{self._from(kind)} WHERE {self._alive(kind)}"
        )

    def _from(self, kind: FileKind) -> str:
        joins = "".join(f" LEFT JOIN person_map p_{name} ON p_{name}.no = w.v_{name}" for name in convert.persons(kind))
        return (
            f"FROM rows_{kind.name} w ASOF JOIN (SELECT files.* FROM files JOIN labels USING (f) "
            f"WHERE labels.kind = '{kind.name}') x ON w.rowid >= x.base{joins}"
        )

    def _alive(self, kind: FileKind) -> str:
        return f"w.state = 0 AND w.rowid NOT IN (SELECT id FROM dropped WHERE kind = '{kind.name}')"

    def label(self, files: list[Staged]) -> None:
        """Name the files, so that reports can say which one holds a row."""
        self.connection.execute("CREATE OR REPLACE TABLE labels (f INTEGER, label VARCHAR, kind VARCHAR)")
        for file in files:
            self.connection.execute("INSERT INTO labels VALUES (?, ?, ?)", [file.number, file.name, file.kind.name])

    def loaded(self, kind: FileKind, rules: Derivation, table: str) -> dict[str, int]:
        """Return the number of rows per batch that ``facts`` gives for a table."""
        sql = f"SELECT batch, count(*) FROM ({self._facts(kind, rules, table, 0)}) GROUP BY batch"
        return {batch: int(count) for batch, count in self.connection.execute(sql).fetchall()}

    def facts(self, kind: FileKind, rules: Derivation, table: str, recorded_at: int) -> pa.RecordBatchReader:
        """Return the rows of a fact table, in the schema of that table."""
        schema = TABLES[table].arrow
        found = self.connection.execute(self._facts(kind, rules, table, recorded_at)).to_arrow_reader(131_072)

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in found:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

        return pa.RecordBatchReader.from_batches(schema, batches())

    def _facts(self, kind: FileKind, rules: Derivation, table: str, recorded_at: int) -> str:
        columns = ", ".join(
            f"CAST({sql} AS {_sql_type(table, name)}) AS {name}"
            for name, sql in convert.targets(kind, rules, table).items()
        )
        once = ""
        if table != kind.key_table:
            once = f" QUALIFY row_number() OVER (PARTITION BY {', '.join(TABLES[table].key)}, batch ORDER BY source_row) = 1"
        return (
            f"SELECT {columns}, x.batch AS batch, w.rowid - x.base + x.first_row AS source_row, "
            f"CAST({recorded_at} AS BIGINT) AS recorded_at {self._from(kind)} WHERE {self._alive(kind)}{once}"
        )

    def rejected_rows(self) -> dict[int, int]:
        """Return how many rows of each file were rejected."""
        found = self.connection.execute("SELECT f, count(DISTINCT r) FROM rejects GROUP BY f").fetchall()
        return {int(number): int(count) for number, count in found}

    def export(self, store: RejectStore, files: list[Staged]) -> None:
        """Write all rejects to the store, ordered by file and row."""
        store.count = self._one("SELECT count(*) FROM rejects")
        if not store.count:
            return
        names = [(file.number, file.name, one.name, one.zh) for file in files for one in (*file.kind.fields,)]
        columns = pa.table(  # noqa: F841
            {
                "f": [row[0] for row in names],
                "field": [row[2] for row in names],
                "zh": [row[3] for row in names],
            }
        )
        self.connection.create_function("clip", clip, [str], str, null_handling="special")
        self.connection.execute(
            "COPY (SELECT row_number() OVER (ORDER BY r.f, r.r, r.field, r.code) AS position, "
            "l.label AS file, r.r AS row, r.field AS column_name, coalesce(c.zh, '') AS column_zh, "
            "clip(r.value) AS value, r.code, r.extra AS vals FROM rejects r JOIN labels l USING (f) "
            f"LEFT JOIN columns c ON c.f = r.f AND c.field = r.field ORDER BY position) TO '{store.path}' (FORMAT parquet)"
        )


def _sql_type(table: str, column: str) -> str:
    from zhunsheng.facts.table import SQL

    return SQL[TABLES[table].column(column).kind]


def _source(table: Table) -> str:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(table.found.width))
    path = str(table.path).replace("'", "''")
    delimiter = table.delimiter.replace("\t", "\\t")
    mark = f"'{delimiter}'" if table.delimiter != "\t" else "chr(9)"
    del delimiter
    return (
        f"read_csv('{path}', columns = {{{columns}}}, auto_detect = false, header = false, skip = {table.skip}, "
        f"delim = {mark}, quote = '\"', escape = '\"', nullstr = '', strict_mode = true, "
        "null_padding = false, maximum_line_size = 4194304)"
    )
