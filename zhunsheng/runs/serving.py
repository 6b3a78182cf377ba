"""Builds the immutable serving file of a run: facts, hits, findings, aggregates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from zhunsheng import indicators
from zhunsheng.book.models import Book, Rule
from zhunsheng.book.told import citation, named
from zhunsheng.engines import duck
from zhunsheng.facts import lake, rulings
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.home import Home
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.base import Bindings, Pattern
from zhunsheng.patterns.bind import points
from zhunsheng.patterns.population import peer_sql
from zhunsheng.runs import carry

Progress = Callable[[str, int, int | None], None]


class Engine(Protocol):
    """What judges: ``engines.duck`` in the serving file itself, ``engines.spark`` elsewhere, hits brought back here."""

    def collect(self, con: duckdb.DuckDBPyConnection, pattern: Pattern, table: str, /) -> None:
        """Append the hits of a pattern to a table of the serving file."""

    def judge_whole(self, con: duckdb.DuckDBPyConnection, pattern: Pattern, bindings: Bindings, table: str, /) -> None:
        """Append the hits of a population pattern to a table of the serving file, and its measures to ``measure``."""

    def count(self, con: duckdb.DuckDBPyConnection, pattern: Pattern, table: str, /) -> None:
        """Append to a table of the serving file how many rows each rule of a pattern judged."""


FINDING_COLUMNS = (
    "finding_id VARCHAR, rule_id VARCHAR, pattern VARCHAR, verdict VARCHAR, subject_key VARCHAR, state VARCHAR, "
    "person_id VARCHAR, institution_id VARCHAR, department_id VARCHAR, practitioner_id VARCHAR, encounter_id VARCHAR, "
    "item_code VARCHAR, item_name VARCHAR, service_date DATE, month VARCHAR, amount_fen BIGINT, in_scope_fen BIGINT, "
    "reasons BIGINT, rows BIGINT"
)
#: Tables that judging makes, beside those of bindings (b_...); all others are facts, or figures over both.
JUDGED = ("rule", "binding_point", "finding_row", "finding_reason", "finding", "gone_finding", "measure",
          "indicator", "indicator_count", "indicator_peer", "stay", "patient_served")  # fmt: skip
RULE_COLUMNS = ("rule_id", "code", "name", "name_en", "pattern", "ground", "version", "digest")
POINT_COLUMNS = ("rule_id", "point_id", "label", "citation", "note", "valid_from", "valid_to")


def load_facts(
    con: duckdb.DuckDBPyConnection, home: Home, snapshot: lake.Snapshot, as_of: date, ruled: str = ""
) -> None:
    """Create the fact tables of the serving file from the files of a snapshot. Raises Problem ZS507, ZS946."""
    open_lake(con, home, snapshot, as_of, ruled)
    con.execute(sql("facts"))
    _load_batches(con, snapshot)


def open_lake(
    con: duckdb.DuckDBPyConnection, home: Home, snapshot: lake.Snapshot, as_of: date, ruled: str = ""
) -> None:
    """Create what the facts are made from: views over the files of a snapshot, and the day.

    ``ruled`` is the digest of the site's own rulings that stand beside. Raises Problem ZS507, ZS946.
    """
    con.execute(f"SET VARIABLE as_of = DATE '{as_of:%Y-%m-%d}'")
    for name in TABLES:
        select = lake.select(name, files(home, snapshot, name, ruled))
        con.execute(f"CREATE TEMP VIEW lake_{name} AS {select}")
    _check_day(con, as_of)


def files(home: Home, snapshot: lake.Snapshot, table: str, ruled: str) -> list[str]:
    """Return the files of a fact table: those of a snapshot, and of the site's own rulings. Raises Problem ZS946."""
    own = rulings.files(home, ruled) if table == "payment_status" else []
    return lake.files(home, snapshot, table) + own


def _check_day(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Raise Problem ZS507 for a day before the first fact: such a run would find nothing and hide what is found."""
    days = (
        "SELECT min(start_date) AS day FROM lake_encounter UNION ALL SELECT min(service_date) FROM lake_charge_line "
        "UNION ALL SELECT min(settled_on) FROM lake_settlement"
    )
    row = con.execute(f"SELECT min(day) FROM ({days})").fetchone()  # noqa: S608 - our own names
    if row and row[0] and as_of < row[0]:
        raise Problem("ZS507", as_of=as_of, first=row[0])


def reopen(place: Path | str) -> duckdb.DuckDBPyConnection:
    """Open the facts of a finished run to judge them again: its tables as views, of which none can be written to."""
    con = duck.connect(memory=duck.budget(), beside=place)
    con.execute(f"ATTACH '{str(place).replace(chr(39), chr(39) * 2)}' AS facts (READ_ONLY)")
    tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'facts'").fetchall()
    for (name,) in tables:
        if name not in JUDGED and not name.startswith("b_"):
            con.execute(f"CREATE VIEW {name} AS SELECT * FROM facts.{name}")  # noqa: S608 - our own names
    views = con.execute("SELECT sql FROM duckdb_views() WHERE database_name = 'facts' AND NOT internal").fetchall()
    for (text,) in views:
        con.execute(text)
    return con


def load_rules(con: duckdb.DuckDBPyConnection, book: Book) -> None:
    """Create the tables rule and binding_point."""
    rules = [
        (r.id, r.code, r.name, r.name_en, r.pattern, r.ground, r.version, book.sources[r.id])
        for r in book.live.values()
    ]
    _create(con, "rule", RULE_COLUMNS, rules, integers={"version"})
    cited = [_cited(book, rule, point) for rule in book.live.values() for point in points(book, rule)]
    _create(con, "binding_point", POINT_COLUMNS, cited)


def live(bindings: dict[str, Bindings]) -> list[Pattern]:
    """Return the patterns that a rule of the book binds."""
    return [pattern for name, pattern in PATTERNS.items() if bindings[name].rows]


def judge(
    con: duckdb.DuckDBPyConnection,
    bindings: dict[str, Bindings],
    progress: Progress,
    only: int | None = None,
    engine: Engine = duck,
) -> None:
    """Run every pattern once over the facts and keep hits and candidate counts.

    ``only`` is what carry.take returned: a number limits the judging to the touched persons. Patterns over populations
    always see everyone.
    """
    duck.load_bindings(con, bindings)
    duck.create_hit_table(con, "hit")
    duck.create_measure_table(con)
    duck.create_peers(con)
    con.execute("CREATE TEMP TABLE candidate (rule_id VARCHAR, candidates BIGINT)")
    patterns = live(bindings)
    single, whole = [p for p in patterns if not p.is_population], [p for p in patterns if p.is_population]
    with carry.narrowed(con, only):
        for done, pattern in enumerate(single):
            progress("judge", done, len(patterns))
            engine.collect(con, pattern, "hit")
    for done, pattern in enumerate(whole, len(single)):
        progress("judge", done, len(patterns))
        engine.judge_whole(con, pattern, bindings[pattern.name], "hit")
    for pattern in single:
        engine.count(con, pattern, "candidate")
    for pattern in whole:
        con.execute(f"INSERT INTO candidate {duck.measured(pattern)}")
    progress("judge", len(patterns), len(patterns))


def measure(con: duckdb.DuckDBPyConnection, book: Book, progress: Progress) -> None:
    """Count every indicator of the book."""
    indicators.count(con, book, lambda done, total: progress("indicators", done, total))


def assemble(con: duckdb.DuckDBPyConnection, previous: Path | None) -> None:
    """Turn hits into findings and compare them with the previous run."""
    if previous is not None and previous.exists():
        place = str(previous).replace("'", "''")
        con.execute(f"ATTACH '{place}' AS previous (READ_ONLY)")
        con.execute("CREATE TEMP TABLE previous_finding AS SELECT * FROM previous.finding")
        con.execute("DETACH previous")
    else:
        con.execute(f"CREATE TEMP TABLE previous_finding ({FINDING_COLUMNS})")
    con.execute(sql("assemble"))
    con.execute(sql("totals"))


def result_digest(con: duckdb.DuckDBPyConnection) -> str:
    """Return the digest of all that a run found: equal input gives an equal digest.

    The state new or same is left out, because it depends on what ran before.
    """
    row = con.execute(sql("digest")).fetchone()
    return str(row[0]) if row else ""


def made() -> str:
    """Return the text by which an engine of its own makes what is judged: the facts, and who is compared with whom."""
    return f"{sql('facts')}\nCREATE VIEW peer AS {peer_sql()};"


def _load_batches(con: duckdb.DuckDBPyConnection, snapshot: lake.Snapshot) -> None:
    names = ("id", "name", "source", "kind", "file_name", "digest", "rejected", "loaded_at")
    rows = [tuple(getattr(batch, name) for name in names) for batch in snapshot.batches.values()]
    _create(con, "batch", names, rows, integers={"rejected", "loaded_at"})


def _cited(book: Book, rule: Rule, point: Any) -> tuple[Any, ...]:
    label, cited = named(point), citation(book, point)
    return rule.id, point.point_id, label, cited, point.note, str(point.valid_from), str(point.valid_to or "")


def _create(
    con: duckdb.DuckDBPyConnection,
    table: str,
    names: tuple[str, ...],
    rows: list[tuple[Any, ...]],
    integers: frozenset[str] | set[str] = frozenset(),
) -> None:
    kinds = [pa.int64() if name in integers else pa.string() for name in names]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    data = pa.table([pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)], names=list(names))
    con.register("incoming", data)
    con.execute(f"CREATE TABLE {table} AS SELECT * FROM incoming")  # noqa: S608 - our own names
    con.unregister("incoming")


@cache
def logic() -> str:
    """Return the digest of all SQL that decides a result: another text is another run."""
    stage = [sql(name) for name in ("facts", "assemble", "totals", "digest", "counts")]
    return digest("\x1f".join([*stage, peer_sql(), *("".join(p.texts) for p in PATTERNS.values())]).encode())


@cache
def sql(name: str) -> str:
    """Return one of the SQL texts of this stage."""
    return resources.files("zhunsheng.runs").joinpath(f"sql/{name}.sql").read_text("utf-8")
