"""Twelve rules judged one claim after another, as claim systems do on entry, to stand beside judging in sets.

In the style of openIMIS: a claim is taken up, its lines are gone through, and each check of each line asks the database
for what it needs - the item's limits, the person, earlier lines. Written down as small as that style allows: a file
of SQLite with an index for every question, no objects in between, nothing saved. What a rule says is what
``_polars_rules`` states for the same rule, and the same lines must come out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from zhunsheng.book.models import Book
from zhunsheng.patterns.bind import bind

#: Index of each table by what its questions ask for.
TABLES = {
    "line": ("person_id, item_code, service_date", "encounter_id"),
    "person": ("person_id",),
    "encounter": ("encounter_id",),
    "institution_registration": ("institution_id",),
}
Row = sqlite3.Row
Check = Callable[[sqlite3.Connection, Row, Row], bool]


def open_file(path: Path, con: duckdb.DuckDBPyConnection, book: Book) -> sqlite3.Connection:
    """Write the facts of a run and the points of the twelve rules to a file with indexes, and open it."""
    out = sqlite3.connect(path)
    out.row_factory = sqlite3.Row
    for name, asked in TABLES.items():
        cursor = con.execute(f"SELECT * FROM {name}")
        columns = [column[0] for column in cursor.description or ()]
        out.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        while rows := cursor.fetchmany(100_000):
            out.executemany(f"INSERT INTO {name} VALUES ({marks})", (tuple(map(_plain, row)) for row in rows))
        for number, index in enumerate(asked):
            out.execute(f"CREATE INDEX {name}_{number} ON {name} ({index})")
    for rule, rows in _points(book):
        out.execute(f'CREATE TABLE "{rule}" ({", ".join(rows[0]._fields)})')
        out.executemany(
            f'INSERT INTO "{rule}" VALUES ({", ".join("?" * len(rows[0]))})', [tuple(map(_plain, row)) for row in rows]
        )
        if "item_code" in rows[0]._fields:
            out.execute(f'CREATE INDEX "{rule}_item" ON "{rule}" (item_code)')
    out.commit()
    return out


def judge(out: sqlite3.Connection, encounter_id: str) -> Iterator[tuple[str, str]]:
    """Yield (rule, line) for every line of one claim that is at stake."""
    for line in out.execute("SELECT * FROM line WHERE encounter_id = ?", [encounter_id]).fetchall():
        for rule, check in ELEVEN.items():
            day = line["service_date"]
            points = out.execute(
                f'SELECT * FROM "{rule}" WHERE item_code = ? AND valid_from <= ? AND ? < valid_to',
                [line["item_code"], day, day],
            )
            if any(check(out, line, point) for point in points.fetchall()):
                yield rule, line["line_id"]
        if _claimed_again(out, line):
            yield "fund/duplicate-claim", line["line_id"]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _points(book: Book) -> Iterator[tuple[str, list[Any]]]:
    bindings = bind(book)
    for rule in (*ELEVEN, "fund/duplicate-claim"):
        yield rule, [row for row in bindings[book.rules[rule].pattern].rows if row.rule_id == rule]


def _one(out: sqlite3.Connection, query: str, *given: Any) -> Row | None:
    found: Row | None = out.execute(query, given).fetchone()
    return found


def _other_sex(out: sqlite3.Connection, line: Row, point: Row) -> bool:
    person = _one(out, "SELECT sex FROM person WHERE person_id = ?", line["person_id"])
    return person is None or person["sex"] != point["sex"]


def _other_age(out: sqlite3.Connection, line: Row, point: Row) -> bool:
    person = _one(out, "SELECT birth_date FROM person WHERE person_id = ?", line["person_id"])
    if person is None or person["birth_date"] is None:
        return True
    born, day = date.fromisoformat(person["birth_date"]), date.fromisoformat(line["service_date"])
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    age = {"day": (day - born).days, "month": months, "year": months // 12}[point["age_unit"]]
    return born > day or not point["min_age"] <= age <= point["max_age"]


def _paid(line: Row) -> bool:
    return bool(line["in_scope_fen"] != 0)


def _low_level(out: sqlite3.Connection, line: Row, point: Row) -> bool:
    high = _one(
        out,
        "SELECT 1 FROM institution_registration WHERE institution_id = ? AND valid_from <= ? AND ? < valid_to"
        " AND CAST(level AS INTEGER) >= ?",
        line["institution_id"], line["service_date"], line["service_date"], point["min_level"],
    )  # fmt: skip
    return _paid(line) and high is None


def _other_encounter(stated: str, allowed: str) -> Check:
    def check(out: sqlite3.Connection, line: Row, point: Row) -> bool:
        asked = f"SELECT {stated} FROM encounter WHERE encounter_id = ? AND person_id = ?"
        found = _one(out, asked, line["encounter_id"], line["person_id"])
        return _paid(line) and (found is None or found[stated] not in point[allowed].split(" "))

    return check


def _above_daily_cap(out: sqlite3.Connection, line: Row, point: Row) -> bool:
    total = _one(
        out,
        "SELECT SUM(quantity_e4) AS so_far FROM line WHERE person_id = ? AND item_code = ? AND service_date = ?"
        " AND institution_id = ? AND (COALESCE(service_at, 0), line_id) <= (?, ?)",
        line["person_id"], line["item_code"], line["service_date"], line["institution_id"],
        line["service_at"] or 0, line["line_id"],
    )  # fmt: skip
    return total is not None and total["so_far"] > point["cap_e4"]


def _claimed_again(out: sqlite3.Connection, line: Row) -> bool:
    day = line["service_date"]
    if _one(out, 'SELECT 1 FROM "fund/duplicate-claim" WHERE valid_from <= ? AND ? < valid_to', day, day) is None:
        return False
    found = _one(
        out,
        "SELECT MIN(line_id) FILTER (WHERE service_at IS ?) AS first, COUNT(service_at) AS moments FROM line"
        " WHERE person_id = ? AND item_code = ? AND service_date = ? AND quantity_e4 = ? AND unit_price_e6 = ?",
        line["service_at"], line["person_id"], line["item_code"], day, line["quantity_e4"], line["unit_price_e6"],
    )  # fmt: skip
    assert found is not None
    return line["line_id"] != found["first"] or (line["service_at"] is None and found["moments"] > 0)


#: The check of each rule that names items; duplicates are asked for once per line, below them.
ELEVEN: dict[str, Check] = {
    "fund/sex-limited-service": _other_sex,
    "fund/sex-limited-drug": _other_sex,
    "fund/sex-limited-consumable": _other_sex,
    "fund/age-limited-service": _other_age,
    "fund/child-limited-drug": _other_age,
    "fund/newborn-limited-drug": _other_age,
    "fund/never-paid-herb": lambda _out, line, _point: _paid(line),
    "fund/level-limited-drug": _low_level,
    "fund/visit-type-drug": _other_encounter("visit_type", "allowed_visits"),
    "fund/work-injury-drug": _other_encounter("insurance_kind", "insurance_kinds"),
    "fund/daily-quantity-cap": _above_daily_cap,
}
