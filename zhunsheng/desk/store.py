# ruff: noqa: S608 - names in this SQL are those of our own tables and columns
"""The hot store: what is known of each person lately, one read away from the desk.

One SQLite file per snapshot, written once, renamed into place and never changed: a row per person that holds the
person's facts as patterns see them (net of refunds), and the registers of institutions. ``current`` names the file
that counts; whoever reads the one before goes on reading it.

Kept are the lines and encounters of the last ``DAYS`` days, longer than the year to which rules look back; of each
person beside them the first line ever, by which rules tell a short history from an empty one; deaths without limit.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from zhunsheng.engines.duck import OWN, REGISTERS
from zhunsheng.kernel.files import canonical, sync, write_whole
from zhunsheng.kernel.ids import identity
from zhunsheng.patterns.base import Case

#: Course, rolling and calendar-year rules look back a year; a month more for what they began in.
DAYS = 400
POINTER = "current"
_DAY_FIELDS = ("_date", "_on", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Known:
    """What a store file says of itself: the snapshot, the day up to which facts are held, the days kept."""

    snapshot: str
    as_of: str
    since: str
    persons: int


def build(con: duckdb.DuckDBPyConnection, folder: Path, snapshot: str, as_of: date, days: int = DAYS) -> Known:
    """Write the store of a snapshot and make it the current one.

    ``con`` holds the facts as a run sees them (tables line, encounter, person, ...). A writer that dies leaves a part
    behind that nobody reads; the pointer moves after the file is whole and on the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    since = as_of - timedelta(days=days)
    name = f"{identity(snapshot, as_of, days)}.sqlite"
    part = folder / f".{name}.{os.getpid()}.part"
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part)) as out:
            persons = _write(con, out, since)
            known = Known(snapshot, as_of.isoformat(), since.isoformat(), persons)
            out.execute("INSERT INTO about VALUES (?)", [canonical(_plain(known)).decode()])
            out.commit()
        sync([part])
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)
    write_whole(folder / POINTER, name.encode())
    _sweep(folder, name)
    return known


def _write(con: duckdb.DuckDBPyConnection, out: sqlite3.Connection, since: date) -> int:
    out.execute("PRAGMA journal_mode = OFF")
    out.execute("PRAGMA synchronous = OFF")
    out.execute("CREATE TABLE about (told TEXT)")
    out.execute("CREATE TABLE register (kind TEXT, holder TEXT, rows TEXT, PRIMARY KEY (kind, holder))")
    out.execute("CREATE TABLE person (person_id TEXT PRIMARY KEY, facts TEXT) WITHOUT ROWID")
    for kind, (_, row) in REGISTERS.items():
        holder = _holder(row)
        found = con.execute(f"SELECT {holder}, {_packed(row)} FROM {kind} AS t GROUP BY {holder}")
        out.executemany("INSERT INTO register VALUES (?, ?, ?)", ((kind, *one) for one in found.fetchall()))
    con.execute("CREATE OR REPLACE TEMP TABLE desk_line AS " + _LINES, [since])
    con.execute("CREATE OR REPLACE TEMP TABLE desk_encounter AS " + _ENCOUNTERS, [since])
    for kind, (_, row) in OWN.items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE desk_{kind}_packed AS {_select(kind, row)}")
    found, persons = con.execute(_PEOPLE), 0
    while rows := found.fetchmany(10_000):
        out.executemany("INSERT INTO person VALUES (?, ?)", rows)
        persons += len(rows)
    for name in ("line", "encounter", *(f"{kind}_packed" for kind in OWN)):
        con.execute(f"DROP TABLE temp.desk_{name}")
    return persons


def _holder(row: Any) -> str:
    """Return the column by which a register is looked up: the practitioner where it names one."""
    return "practitioner_id" if "practitioner_id" in row._fields else "institution_id"


def _packed(row: Any) -> str:
    """Return the SQL that packs rows into one JSON text, in the order of the row's fields."""
    fields = ", ".join(f"t.{name}" for name in row._fields)
    return f"CAST(json_group_array(json_array({fields})) AS VARCHAR)"


def _select(kind: str, row: Any) -> str:
    if "person_id" not in row._fields:
        joined = f"{kind} AS t INNER JOIN desk_encounter AS e ON t.encounter_id = e.encounter_id"
        return f"SELECT e.person_id, {_packed(row)} AS rows FROM {joined} GROUP BY e.person_id"
    source = {"line": "desk_line", "encounter": "desk_encounter"}.get(kind, kind)
    kept = "" if kind in ("line", "encounter", "death") else _OF_KEPT
    return f"SELECT person_id, {_packed(row)} AS rows FROM {source} AS t {kept} GROUP BY person_id"


_OF_KEPT = "WHERE encounter_id IN (SELECT encounter_id FROM desk_encounter)"
_LINES = """
SELECT * FROM line
WHERE
    service_date >= $1
    OR line_id IN (SELECT ARG_MIN(line_id, ROW(service_date, line_id)) FROM line GROUP BY person_id)
"""
_ENCOUNTERS = """
SELECT * FROM encounter
WHERE
    start_date >= $1 OR end_date >= $1 OR (end_date IS NULL AND visit_type = 'inpatient')
    OR encounter_id IN (SELECT encounter_id FROM desk_line)
"""
_PEOPLE = (
    "SELECT p.person_id, CAST(json_object('person', json_array(p.sex, p.birth_date), "
    + ", ".join(f"'{kind}', CAST({kind}.rows AS JSON)" for kind in OWN)
    + ") AS VARCHAR) FROM (SELECT person_id, sex, birth_date FROM person UNION ALL BY NAME "
    "SELECT DISTINCT person_id FROM desk_encounter WHERE person_id NOT IN (SELECT person_id FROM person)) AS p "
    + " ".join(f"LEFT JOIN desk_{kind}_packed AS {kind} ON p.person_id = {kind}.person_id" for kind in OWN)
    + " ORDER BY p.person_id"
)


def _plain(known: Known) -> dict[str, Any]:
    return {name: getattr(known, name) for name in Known.__slots__}


def _sweep(folder: Path, kept: str) -> None:
    """Remove the files of earlier snapshots; an open reader keeps its file until it closes it."""
    for path in folder.glob("*.sqlite"):
        if path.name != kept:
            path.unlink(missing_ok=True)


@dataclass
class Store:
    """Reads the current store of a folder. Threads have connections of their own; a new file is met on the next ask."""

    folder: Path
    _local: threading.local = field(default_factory=threading.local)

    def open(self) -> Opened | None:
        """Return the current file opened for this thread, None while there is none."""
        try:
            stamp = (self.folder / POINTER).stat().st_mtime_ns
        except FileNotFoundError:
            return None
        kept: Opened | None = getattr(self._local, "opened", None)
        if kept is not None and kept.stamp == stamp:
            return kept
        opened = Opened.at(self.folder, stamp)
        if kept is not None:
            kept.con.close()
        self._local.opened = opened
        return opened


@dataclass
class Opened:
    """One store file, open in one thread."""

    con: sqlite3.Connection
    known: Known
    stamp: int
    _registers: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path, stamp: int) -> Opened:
        """Open the file that the pointer names; once more where it moved on in between."""
        for last in (False, True):
            name = (folder / POINTER).read_text("utf-8")
            try:
                con = sqlite3.connect(f"file:{folder / name}?mode=ro&immutable=1", uri=True)
                told = json.loads(con.execute("SELECT told FROM about").fetchone()[0])
            except sqlite3.OperationalError:
                if last:
                    raise
            else:
                break
        return cls(con, Known(**told), stamp)

    def case(self, person_id: str) -> Case:
        """Return what is known of a person; a person that nobody has seen is a case without rows."""
        row = self.con.execute("SELECT facts FROM person WHERE person_id = ?", [person_id]).fetchone()
        if row is None:
            return Case(person_id)
        facts = json.loads(row[0])
        sex, born = facts["person"]
        held = {
            name: tuple(map(_reader(kind), facts[table] or ())) for table, (name, kind) in OWN.items() if facts[table]
        }
        return Case(person_id, sex, _day(born), **held)

    def registered(self, case: Case) -> Case:
        """Return a case with what is registered of the institutions and practitioners that its rows name."""
        named = {one.institution_id for rows in (case.lines, case.stays) for one in rows}
        named |= {line.practitioner_id for line in case.lines if line.practitioner_id}
        return replace(case, **self.registers(frozenset(named)))

    def registers(self, holders: frozenset[str]) -> dict[str, Any]:
        """Return by field of a case what is registered of institutions and practitioners."""
        return {
            name: tuple(one for holder in sorted(holders) for one in self._register(table, kind, holder))
            for table, (name, kind) in REGISTERS.items()
        }

    def _register(self, table: str, kind: Any, holder: str) -> tuple[Any, ...]:
        if (table, holder) not in self._registers:
            query = "SELECT rows FROM register WHERE kind = ? AND holder = ?"
            row = self.con.execute(query, [table, holder]).fetchone()
            self._registers[table, holder] = tuple(map(_reader(kind), json.loads(row[0]))) if row else ()
        return self._registers[table, holder]


@lru_cache(maxsize=4096)
def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@lru_cache
def _reader(kind: Any) -> Any:
    """Return what turns a list of JSON values into a row: days are read where the field is one."""
    days = [place for place, name in enumerate(kind._fields) if name.endswith(_DAY_FIELDS)]
    make = kind._make

    def read(values: list[Any]) -> Any:
        for place in days:
            values[place] = _day(values[place])
        return make(values)

    return read
