# ruff: noqa: S608 - names in this SQL come from mapping files of the package; values of files never enter it
"""The scratch database of one import: rows of all files, typed, judged and checked against the lake."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from zhunsheng.facts.lake import NewFile
from zhunsheng.facts.schema import TABLES
from zhunsheng.facts.table import SQL
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.ids import pseudonym
from zhunsheng.sources import convert
from zhunsheng.sources.convert import Derivation
from zhunsheng.sources.mapping import FileKind, Mapping, Recognised, mapping_of
from zhunsheng.sources.report import CLIP, RejectStore
from zhunsheng.sources.text import Table

MEMORY = "1300MB"
#: Rows of a Parquet row group: smaller than a month's part of a usual file, so that both threads write (measured 0.8 s
#: against 1.2 s for a million lines), and still large enough to be read in few pieces.
ROW_GROUP = 61_440
#: DuckDB cuts the text in its messages between bytes, and Python then fails to read the message itself.
_UNREADABLE = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    UnicodeDecodeError,
)
_SETTINGS = (
    "SET threads = 2",
    f"SET memory_limit = '{MEMORY}'",
    "SET preserve_insertion_order = true",
    "SET TimeZone = 'Asia/Shanghai'",
    "CREATE TABLE person_map (no VARCHAR, person_id VARCHAR)",
    "CREATE TABLE files (f INTEGER, base BIGINT, first_row BIGINT, batch VARCHAR, label VARCHAR)",
    "CREATE TABLE dropped (kind VARCHAR, id BIGINT)",
    "CREATE TABLE places (f INTEGER, r BIGINT, row BIGINT, pointer VARCHAR)",
    "CREATE TABLE rejects (f INTEGER, r BIGINT, field VARCHAR, code VARCHAR, value VARCHAR, extra VARCHAR)",
)


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
        self.connection.execute(f"SET temp_directory = '{_quoted(folder / 'spill')}'")
        for setting in _SETTINGS:
            self.connection.execute(setting)
        self.kinds: dict[str, tuple[FileKind, Derivation]] = {}

    def close(self) -> None:
        """Let the database go."""
        self.connection.close()

    def stage(self, file: Staged, table: Table, rules: Derivation) -> None:
        """Read one prepared file. Raises Problem ZS211 when the text cannot be read as a table."""
        rows = f"rows_{file.kind.name}"
        select = convert.typed(table.found, rules, _source(table), trim=table.trim)
        if file.kind.name not in self.kinds:
            self._begin(rows, select)
            self.kinds[file.kind.name] = (file.kind, rules)
        try:
            self.connection.execute(f"INSERT INTO {rows} SELECT {file.number}, * FROM ({select})")
        except _UNREADABLE as error:
            raise Problem("ZS211", detail=str(error).split("\n")[0]) from error
        file.base = self._one(f"SELECT coalesce(min(rowid), 0) FROM {rows} WHERE f = {file.number}")
        file.count = self._one(f"SELECT count(*) FROM {rows} WHERE f = {file.number}")
        origin = [file.number, file.base, table.first_row, file.batch, file.name]
        self.connection.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?)", origin)
        self._irregular(file, table)
        self._judge(file, rules)

    def look(self, kind: FileKind, rules: Derivation, table: Table | None) -> None:
        """Read a file that another one needs, beside the rows that are stored. None leaves it empty."""
        name = f"look_{kind.name}"
        if table is None:
            found = Recognised(mapping_of(kind), kind, {}, (), 0)
            empty = convert.typed(found, rules, "(SELECT 1)", trim=False)
            self.connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS {empty} LIMIT 0")
            return
        self.look(kind, rules, None)
        select = convert.typed(table.found, rules, _source(table), trim=table.trim)
        with suppress(*_UNREADABLE):
            self.connection.execute(f"INSERT INTO {name} {select}")

    def place(self, file: Staged, places: Path) -> None:
        """Learn where the rows of a table stand in the file that it was cut out of."""
        columns = "{'r': 'BIGINT', 'row': 'BIGINT', 'pointer': 'VARCHAR'}"
        self.connection.execute(
            f"INSERT INTO places SELECT {file.number}, * FROM read_csv('{_quoted(places)}', columns = {columns}, "
            "delim = '\t', header = false, auto_detect = false)"
        )

    def prepare_kinds(self, source: Mapping, rules: dict[str, Derivation]) -> None:
        """Make the tables of a source whose kinds are read beside each other, so that each of them is there."""
        for kind in source.kinds.values():
            empty = convert.typed(Recognised(source, kind, {}, (), 0), rules[kind.name], "(SELECT 1)", trim=False)
            self._begin(f"rows_{kind.name}", empty)

    def _begin(self, rows: str, select: str) -> None:
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS {rows} AS SELECT 0 AS f, * FROM ({select}) LIMIT 0")

    def forget(self, file: Staged) -> None:
        """Take the rows of a file out again: it is refused as a whole, its rejects stay."""
        self.connection.execute(
            f"INSERT INTO dropped SELECT '{file.kind.name}', rowid FROM rows_{file.kind.name} "
            f"WHERE f = {file.number} AND state = 0"
        )

    def _one(self, sql: str) -> int:
        found = self.connection.execute(sql).fetchone()
        return int(found[0]) if found else 0

    def _irregular(self, file: Staged, table: Table) -> None:
        """Write the reasons of records that could not be read."""
        if not table.irregular:
            return
        at = {place: name for name, place in table.found.columns.items()}
        names = ["" if one.column is None else at.get(one.column, "") for one in table.irregular]
        batch = pa.table(  # noqa: F841 - DuckDB reads it by its name
            {
                "f": pa.array([file.number] * len(names), pa.int32()),
                "r": [one.row for one in table.irregular],
                "field": names,
                "code": [one.code for one in table.irregular],
                "value": [one.value for one in table.irregular],
                "extra": [json.dumps(one.values) for one in table.irregular],
            }
        )
        self.connection.execute("INSERT INTO rejects SELECT * FROM batch")

    def _judge(self, file: Staged, rules: Derivation) -> None:
        """Write the reasons of bad rows, and count what the rows of the file are."""
        rows = f"rows_{file.kind.name}"
        sql = f"SELECT state, count(*) FROM {rows} WHERE f = {file.number} GROUP BY state"
        counts = dict(self.connection.execute(sql).fetchall())
        irregular = self._one(f"SELECT count(DISTINCT r) FROM rejects WHERE f = {file.number}")
        file.good, file.bad = counts.get(0, 0), counts.get(1, 0) + irregular
        file.blanks, file.totals = counts.get(2, 0) - irregular, counts.get(3, 0)
        if counts.get(1):
            bad = (
                f"(SELECT w.f AS f, {_ROW} AS r, {convert.texts(file.kind)} "
                f"FROM {rows} w JOIN files x USING (f) WHERE w.f = {file.number} AND state = 1)"
            )
            reasons = convert.reasons(file.mapping, file.kind, rules, bad)
            self.connection.execute(f"INSERT INTO rejects SELECT f, r, field, code, value, '{{}}' FROM ({reasons})")
        if rules.notices and file.good:
            counted = ", ".join(f"count(*) FILTER ({one.condition})" for one in rules.notices)
            sql = f"SELECT {counted} FROM {rows} w WHERE f = {file.number} AND state = 0"
            found = self.connection.execute(sql).fetchone() or ()
            file.notices = {one.code: int(count) for one, count in zip(rules.notices, found, strict=True)}

    def add_persons(self) -> None:
        """Give every person named in the rows a pseudonym, once per person."""
        for kind, _ in self.kinds.values():
            for name in convert.persons(kind):
                self.connection.execute(
                    f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT DISTINCT v_{name} AS no FROM rows_{kind.name} "
                    f"WHERE state = 0 AND v_{name} NOT IN (SELECT no FROM person_map)"
                )
                self.connection.execute(_PSEUDONYMS, _pads(self.key))
                odd = f"SELECT no FROM fresh WHERE NOT {_ASCII}"
                numbers = [row[0] for row in self.connection.execute(odd).fetchall()]
                for number in numbers:
                    values = [number, pseudonym(self.key, "psn_no", number)]
                    self.connection.execute("INSERT INTO person_map VALUES (?, ?)", values)

    def check_keys(self, kind: FileKind, rules: Derivation, held: str) -> None:
        """Reject rows whose key stands twice in these files, or in ``held``: a select of (keys, batch_name)."""
        columns = convert.targets(kind, rules, kind.key_table)
        keys = [columns[name] for name in kind.key_columns]
        names = ", ".join(f"k{i}" for i in range(len(keys)))
        named = ", ".join(f"{sql} AS k{i}" for i, sql in enumerate(keys))
        label = " || ', ' || ".join(f"CAST(k{i} AS VARCHAR)" for i in range(len(keys)))
        persons = [f"p_{name}." for name in convert.persons(kind)]
        plain = not rules.extra and not any(mark in key for key in keys for mark in persons)
        lean = f"FROM rows_{kind.name} w" if plain else self._from(kind, rules)
        hashed = f"SELECT hash({', '.join(keys)}) AS h {lean} WHERE {_alive(kind)}"
        twice = f"SELECT h FROM ({hashed}) GROUP BY h HAVING count(*) > 1"
        rows = f"SELECT {named}, w.rowid AS id, w.f AS f, {_ROW} AS r {self._from(kind, rules)} WHERE {_alive(kind)}"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE twice AS {twice}")
        if self._one("SELECT count(*) FROM twice"):
            self._drop(
                kind,
                f"SELECT id, f, r, {label} AS key, CASE WHEN f = first_f THEN 'ZS226' ELSE 'ZS227' END AS code, "
                f"to_json({{'first': CAST({_FIRST} AS VARCHAR), "
                "'batch': (SELECT max(label) FROM files WHERE files.f = first_f)}) AS extra FROM ("
                "SELECT *, first(f) OVER same AS first_f, first(r) OVER same AS first_r, row_number() OVER same AS nth "
                f"FROM ({rows}) WHERE hash({names}) IN (FROM twice) "
                f"WINDOW same AS (PARTITION BY {names} ORDER BY id)) WHERE nth > 1",
            )
        if kind.across_batches == "reject" and held:
            self._drop(
                kind,
                f"SELECT id, f, r, {label} AS key, 'ZS227' AS code, to_json({{'batch': batch_name}}) AS extra "
                f"FROM ({rows}) JOIN ({held}) USING ({names})",
            )

    def _drop(self, kind: FileKind, again: str, field_name: str = "") -> None:
        field_name = field_name or next(one.name for one in kind.fields if one.required)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE again AS {again}")
        self.connection.execute(f"INSERT INTO rejects SELECT f, r, '{field_name}', code, key, extra FROM again")
        self.connection.execute(f"INSERT INTO dropped SELECT DISTINCT '{kind.name}', id FROM again")

    def check_across(self, kind: FileKind, rules: Derivation) -> None:
        """Reject rows for which another file of the folder lacks what they need."""
        for one in rules.across:
            self._drop(
                kind,
                f"SELECT w.rowid AS id, w.f AS f, {_ROW} AS r, {one.value} AS key, '{one.code}' AS code, "
                f"to_json({{'table': '{one.table}'}}) AS extra {self._from(kind, rules)}{one.join} "
                f"WHERE {_alive(kind)} AND ({one.condition})",
                one.field,
            )

    def _from(self, kind: FileKind, rules: Derivation) -> str:
        joins = "".join(f" LEFT JOIN person_map p_{name} ON p_{name}.no = w.v_{name}" for name in convert.persons(kind))
        rows = f"rows_{kind.name}"
        if rules.extra:
            rows = f"(SELECT rowid, *, {rules.extra} FROM {rows} WHERE state = 0)"
        return f"FROM {rows} w JOIN files x ON x.f = w.f{joins}{rules.join}"

    def count_facts(self, kind: FileKind, rules: Derivation, table: str) -> dict[str, int]:
        """Return how many rows of a fact table each batch gives."""
        if table == kind.key_table and not rules.where:
            rows = f"SELECT f FROM rows_{kind.name} w WHERE {_alive(kind)}"
            sql = f"SELECT batch, n FROM (SELECT f, count(*) AS n FROM ({rows}) GROUP BY f) JOIN files USING (f)"
        else:
            sql = f"SELECT batch, count(*) FROM ({self._facts(kind, rules, table, 0)}) GROUP BY batch"
        return {batch: int(count) for batch, count in self.connection.execute(sql).fetchall()}

    def write_facts(self, kind: FileKind, rules: Derivation, table: str, folder: Path, at: int) -> list[NewFile]:
        """Write the rows of a fact table as parquet files into its folder; return what they are."""
        partition = TABLES[table].partition
        how = f"PARTITION_BY ({partition}), " if partition else "PER_THREAD_OUTPUT false, "
        target = folder if partition else folder / f"part-{self.folder.name}-{kind.name}.parquet"
        name = f"FILENAME_PATTERN 'part-{{uuid}}', OVERWRITE_OR_IGNORE, {how}" if partition else ""
        self.connection.execute("SET preserve_insertion_order = false")
        written = self.connection.execute(
            f"COPY ({self._facts(kind, rules, table, at)}) TO '{_quoted(target)}' "
            f"(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {ROW_GROUP}, {name}RETURN_STATS true)"
        ).fetchall()
        self.connection.execute("SET preserve_insertion_order = true")
        return [_new_file(*row, partition) for row in written]

    def _facts(self, kind: FileKind, rules: Derivation, table: str, recorded_at: int) -> str:
        columns = ", ".join(
            f"CAST({sql} AS {SQL[TABLES[table].column(name).kind]}) AS {name}"
            for name, sql in convert.targets(kind, rules, table).items()
        )
        once = ""
        if table != kind.key_table:
            # the same statement is kept once; two that differ are both kept, and who reads them decides
            said = ", ".join(column.name for column in TABLES[table].columns)
            once = f" QUALIFY row_number() OVER (PARTITION BY {said}, x.batch ORDER BY w.rowid) = 1"
        where = f" AND {rules.where[table]}" if table in rules.where else ""
        cut = mapping_of(kind).format != "table"
        row, placed = ("pl.row", f" JOIN places pl ON pl.f = w.f AND pl.r = {_ROW}") if cut else (_ROW, "")
        return (
            f"SELECT {columns}, x.batch AS batch, {row} AS source_row, "
            f"CAST({recorded_at} AS BIGINT) AS recorded_at {self._from(kind, rules)}{placed} "
            f"WHERE {_alive(kind)}{where}{once}"
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
        names = [(file.number, one.name, one.zh, one.element) for file in files for one in file.kind.fields]
        numbers, fields, chinese, elements = map(list, zip(*names, strict=True))
        columns = pa.table(  # noqa: F841 - DuckDB reads it by its name
            {"f": numbers, "field": fields, "zh": chinese, "element": pa.array(elements, pa.string())}
        )
        self.connection.execute(
            "COPY (SELECT row_number() OVER (ORDER BY r.f, r.r, r.field, r.code) AS position, "
            f"x.label AS file, coalesce(p.row, r.r) AS row, {_COLUMN} AS column_name, coalesce(c.zh, '') AS column_zh, "
            f"{_CLIPPED} AS value, r.code, r.extra AS vals FROM rejects r JOIN files x USING (f) "
            "LEFT JOIN columns c ON c.f = r.f AND c.field = r.field "
            "LEFT JOIN places p ON p.f = r.f AND p.r = r.r ORDER BY position) "
            f"TO '{_quoted(store.path)}' (FORMAT parquet)"
        )


_VISIBLE = "regexp_replace(coalesce(r.value, ''), '[[:cntrl:]]', '\ufffd', 'g')"
#: A value as it may be shown: short, on one line, control characters made visible.
_CLIPPED = f"CASE WHEN length({_VISIBLE}) <= {CLIP} THEN {_VISIBLE} ELSE {_VISIBLE}[:{CLIP - 1}] || '…' END"
_ROW = "w.rowid - x.base + x.first_row"
#: What a reject is told on: a column, or in a file that is no table the element, by its JSON pointer (RFC 6901).
_COLUMN = (
    "CASE WHEN p.pointer IS NULL THEN r.field "
    "ELSE coalesce(r.extra ->> '$.pointer', rtrim(p.pointer || '/' || coalesce(c.element, ''), '/')) END"
)
_FIRST = "coalesce((SELECT max(p.row) FROM places p WHERE p.f = first_f AND p.r = first_r), first_r)"

_ASCII = "regexp_full_match(no, '[!-~]+')"
#: kernel.ids.pseudonym as a set: HMAC is two hashes over the key, padded in two ways. A test holds the two together.
_PSEUDONYMS = f"""
    INSERT INTO person_map SELECT no, left(sha256($outer || unhex(sha256($inner || encode(
        'psn_no' || chr(31) || upper(no))))), 20)
    FROM fresh WHERE {_ASCII}"""


def _pads(key: bytes) -> dict[str, bytes]:
    """Return the two paddings of an HMAC-SHA256 key (RFC 2104)."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return {"inner": bytes(byte ^ 0x36 for byte in block), "outer": bytes(byte ^ 0x5C for byte in block)}


def _alive(kind: FileKind) -> str:
    return f"w.state = 0 AND w.rowid NOT IN (SELECT id FROM dropped WHERE kind = '{kind.name}')"


def _new_file(
    path: str,
    rows: int,
    size: int,
    _: int,
    stats: dict[str, dict[str, str]],
    keys: dict[str, str],
    partition: str | None,
) -> NewFile:
    batches = stats['"batch"']
    value = keys[partition] if partition else None
    return NewFile(Path(path), rows, size, value, batches["min"], batches["max"])


def _source(table: Table) -> str:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(table.found.width))
    return (
        f"read_csv('{_quoted(table.path)}', columns = {{{columns}}}, auto_detect = false, header = false, "
        f"skip = {table.skip}, delim = chr({ord(table.delimiter)}), quote = '\"', escape = '\"', nullstr = '', "
        "strict_mode = true, null_padding = false, maximum_line_size = 4194304)"
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
