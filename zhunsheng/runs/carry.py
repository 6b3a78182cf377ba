# ruff: noqa: S608 - names in this SQL are those of our own tables and columns
"""Judge again only whom something changed for; carry over the hits of everyone else from the run before.

A pattern for lines or persons looks at one person's facts, the registers of institutions and the bindings. Where
bindings, engine, SQL and registers are the same, a person with the same facts therefore gets the same hits. What the
facts of a person are is a digest over all rows that patterns can read, taken after refunds, corrections and the
as-of day have acted: nothing needs to know which batch changed what. Patterns over populations compare everyone with
everyone: their hits are never carried, and facts that they alone read touch nobody. Findings, counts and the result
digest are made from all hits in either case, so a run that carried is the run that judged everyone; a replay always
judges everyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from zhunsheng.facts.schema import SERVICES, TABLES
from zhunsheng.facts.table import ORIGIN
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.base import Bindings, Hit

#: Facts that only patterns over populations read: they always look at everyone, so a change there touches nobody.
_WHOLE = {fact for p in PATTERNS.values() if p.is_population for fact in p.facts} - {
    fact for p in PATTERNS.values() if not p.is_population for fact in p.facts
}
#: Facts of vendors that no pattern for one person reads: a change there touches nobody either.
_OUTSIDE = {table.name for table in SERVICES} - {
    fact for p in PATTERNS.values() if not p.is_population for fact in p.facts
}
#: Facts that are read as they come, beside the view of charge lines and the registrations by their days.
_RAW = tuple(
    name
    for name in TABLES
    if name
    not in {"charge_line", "institution", "department", "penalty_points"}
    | (_WHOLE & {"stock_move", "trace_code", "contact"})
    | _OUTSIDE
)
#: Rules whose hits are never carried.
_ANEW = ", ".join(f"'{name}'" for name, p in PATTERNS.items() if p.is_population)
_REGISTRATIONS = ("institution_registration", "department_registration", "practice")
#: What patterns start from; all else they reach by joins from these.
_SEEN = ("line", "encounter", "person")
_HIT = ", ".join(Hit._fields)


def key(bindings: dict[str, Bindings], made_by: tuple[str, ...]) -> str:
    """Return what two runs must share for hits to be carried: the binding rows, the engine, the SQL, the program."""
    rows = {name: sorted(map(str, found.rows)) for name, found in bindings.items()}
    return digest(canonical([rows, made_by]))


def remember(con: duckdb.DuckDBPyConnection, shared: str) -> None:
    """Keep in a serving file what a later run needs: hits with their person, digests of facts, the key."""
    con.execute(_KEPT_HIT)
    con.execute("CREATE TABLE carry_key AS SELECT ? AS shared, ? AS registers", [shared, _registers(con)])


def take(con: duckdb.DuckDBPyConnection, previous: Path | None, shared: str) -> int | None:
    """Write the digests of facts; where the run before may be carried from, note whom something changed for.

    Returns how many persons are to be judged again, or None when everyone is.
    """
    con.execute(f"CREATE TABLE person_facts AS {_person_facts(con)}")
    if previous is None or not previous.exists():
        return None
    place = str(previous).replace("'", "''")
    con.execute(f"ATTACH '{place}' AS previous (READ_ONLY)")
    try:
        if not _may(con, shared):
            return None
        con.execute(f"CREATE TEMP TABLE touched AS {_TOUCHED}")
        con.execute(f"CREATE TEMP TABLE carried AS {_CARRIED}")
    finally:
        con.execute("DETACH previous")
    row = con.execute("SELECT COUNT(*) FROM touched").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def narrowed(con: duckdb.DuckDBPyConnection, only: int | None) -> Iterator[None]:
    """Let patterns see the touched persons alone, and add what is carried. Candidates are counted outside of this."""
    if only is None:
        yield
        return
    row = con.execute("SELECT current_database()").fetchone()
    for name in _SEEN:
        query = (
            f'SELECT * FROM "{row[0] if row else ""}".main.{name} WHERE person_id IN (SELECT person_id FROM touched)'
        )
        con.execute(f"CREATE TEMP TABLE {name} AS {query}")
    try:
        yield
    finally:
        for name in _SEEN:
            con.execute(f"DROP TABLE temp.{name}")
    con.execute(f"INSERT INTO hit SELECT {_HIT} FROM carried")


def _may(con: duckdb.DuckDBPyConnection, shared: str) -> bool:
    """Whether the run before kept what is needed, was made alike, and knew the same registers."""
    names = {"carry_key", "kept_hit", "person_facts"}
    found = con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'previous'").fetchall()
    if not names <= {name for (name,) in found}:
        return False
    before = con.execute("SELECT shared, registers FROM previous.carry_key").fetchone()
    return bool(before == (shared, _registers(con)))


def _columns(table: str) -> str:
    origin = {column.name for column in ORIGIN}
    return ", ".join(name for name in TABLES[table].names if name not in origin)


def _with_person(table: str) -> bool:
    return "person_id" in TABLES[table].names


def _person_facts(con: duckdb.DuckDBPyConnection) -> str:
    """Return the select of (person_id, rows, digest) over everything that patterns read of a person.

    Sums of 64-bit hashes do not depend on the order of rows.
    """
    line = ", ".join(name for name, *_ in con.execute("DESCRIBE line").fetchall())
    parts = [f"SELECT person_id, HASH('line', {line}) AS h FROM line"]
    for table in _RAW:
        columns = f"HASH('{table}', {_columns(table)}) AS h"
        if _with_person(table):
            parts.append(f"SELECT person_id, {columns} FROM {table}")
        elif "encounter_id" in TABLES[table].names:
            named = ", ".join(f"t.{name}" for name in _columns(table).split(", "))
            parts.append(
                f"SELECT e.person_id, HASH('{table}', {named}) AS h FROM {table} AS t "
                "INNER JOIN encounter AS e ON t.encounter_id = e.encounter_id"
            )
    every = " UNION ALL ".join(parts)
    return f"SELECT person_id, COUNT(*) AS rows, SUM(CAST(h AS HUGEINT)) AS digest FROM ({every}) GROUP BY person_id"


def _registers(con: duckdb.DuckDBPyConnection) -> str:
    """Return one digest over the tables that belong to no person: institutions, departments, devices and so on."""
    read = dict.fromkeys(_REGISTRATIONS, "*COLUMNS(*)")
    read |= {t: _columns(t) for t in _RAW if not _with_person(t) and "encounter_id" not in TABLES[t].names}
    read["payment_status"] += ", decision"
    told = []
    for table, columns in read.items():
        query = f"SELECT COUNT(*), SUM(CAST(HASH({columns}) AS HUGEINT)) FROM main.{table}"
        told.append((table, str(con.execute(query).fetchone())))
    return digest(canonical(told))


_KEPT_HIT = f"""
CREATE TABLE kept_hit AS
SELECT {", ".join(f"h.{name}" for name in Hit._fields)}, f.person_id
FROM hit AS h
INNER JOIN finding AS f ON h.rule_id = f.rule_id AND h.subject_key = f.subject_key
WHERE f.pattern NOT IN ({_ANEW})
"""
# a line may stand in an encounter of somebody else: whoever shares one with a touched person is touched, too
_TOUCHED = """
WITH changed AS (
    SELECT COALESCE(n.person_id, p.person_id) AS person_id
    FROM person_facts AS n
    FULL JOIN previous.person_facts AS p ON n.person_id = p.person_id
    WHERE n.rows IS DISTINCT FROM p.rows OR n.digest IS DISTINCT FROM p.digest
),

shared AS (
    SELECT DISTINCT l.person_id AS of_line, e.person_id AS of_encounter
    FROM line AS l
    INNER JOIN encounter AS e ON l.encounter_id = e.encounter_id
    WHERE l.person_id <> e.person_id
)

SELECT person_id FROM changed
UNION SELECT of_line FROM shared WHERE of_encounter IN (SELECT person_id FROM changed)
UNION SELECT of_encounter FROM shared WHERE of_line IN (SELECT person_id FROM changed)
"""
_CARRIED = """
SELECT h.* FROM previous.kept_hit AS h
ANTI JOIN touched AS t ON h.person_id = t.person_id
"""
