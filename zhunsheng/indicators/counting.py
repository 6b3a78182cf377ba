"""Counts every indicator of a book over the facts of a run, and keeps the counts: judging them is for readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import resources

import duckdb
import pyarrow as pa
import sqlglot

from zhunsheng.book.indicators import Indicator
from zhunsheng.book.models import Book
from zhunsheng.indicators.compile import Pass, drill, passes, query
from zhunsheng.indicators.lists import held
from zhunsheng.kernel.files import digest

COLUMNS = (
    "indicator_id VARCHAR, subject_kind VARCHAR, subject_id VARCHAR, institution_id VARCHAR, month VARCHAR, "
    "numerator BIGINT, denominator BIGINT, excluded BIGINT, unknown BIGINT, rows BIGINT"
)
_DEFINITION = pa.schema(
    {"indicator_id": pa.string(), "counting": pa.string(), "kind": pa.string(), "minimum": pa.int64(),
     "unknown_most": pa.int64()}
)  # fmt: skip
_texts: dict[str, str] = {}
#: Wide tables that are kept: whoever reads the rows of one institution could not make them again.
KEPT = ("stay", "patient_served")
#: Wide tables that stay views, made for the pass and kept nowhere: a charge line is large.
VIEWS = ("settled", "charge", "coded", "operated", "reviewed")


def count(con: duckdb.DuckDBPyConnection, book: Book, noted: Callable[[int, int], None] = lambda *_: None) -> None:
    """Create the tables indicator, indicator_count and indicator_peer of a serving file whose facts are loaded.

    ``noted`` hears how many passes of how many are done. The variable ``as_of`` is the day of the run.
    """
    prepare(con)
    _definitions(con, book.indicators.values())
    con.execute(f"CREATE TABLE indicator_count ({COLUMNS})")
    todo = passes(book.indicators.values())
    for done, one in enumerate(todo):
        noted(done, len(todo))
        con.execute(f"INSERT INTO indicator_count {text(one, book)}")
    con.execute(sql("peer"))
    noted(len(todo), len(todo))


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the wide tables over the facts: those that readers drill into as tables, the others as views."""
    for name in KEPT:
        con.execute(sql(name))
    for name in VIEWS:
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql(name)}")


def text(one: Pass, book: Book) -> str:
    """Return the query of a pass as DuckDB reads it; the same definitions and lists give the same text, made once."""
    asked = {said.model_dump_json(): held(book, said) for i in one.indicators for said in i.conditions if said.listed}
    key = repr((one.table, one.date, one.subject, one.key, [(i.id, i.counting) for i in one.indicators], asked))
    if key not in _texts:
        made = query(one, lambda said: asked[said.model_dump_json()])
        _texts[key] = made.sql("duckdb", copy=False)
    return _texts[key]


def rows_text(one: Indicator, book: Book) -> str:
    """Return the query of the rows behind an indicator over the facts alone, as DuckDB reads it."""
    source = sqlglot.parse_one(sql(one.table), dialect="duckdb") if one.table in VIEWS else None
    return drill(one, lambda said: held(book, said), source).sql("duckdb")


def shape(one: Indicator) -> str:
    """Return what kind of figure an indicator is: share, rate, mean or count."""
    return "share" if one.is_share else "rate" if one.is_rate else "mean" if one.denominator else "count"


def _definitions(con: duckdb.DuckDBPyConnection, indicators: Iterable[Indicator]) -> None:
    """Keep by which definition each was counted, so that a later one is not taken for it."""
    rows = [(one.id, one.counting, shape(one), one.minimum, one.unknown_most) for one in indicators]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in _DEFINITION]
    # not row by row: for each row of values DuckDB looks for libraries that are not there
    con.register(
        "defined", pa.table([pa.array(*one) for one in zip(columns, _DEFINITION.types, strict=True)], _DEFINITION)
    )
    con.execute("CREATE TABLE indicator AS SELECT * FROM defined")
    con.unregister("defined")


@cache
def logic() -> str:
    """Return the digest of all text that decides a count."""
    source = [
        resources.files("zhunsheng.indicators").joinpath(f"{name}.py").read_text("utf-8")
        for name in ("compile", "lists")
    ]
    return digest("\x1f".join([*(sql(name) for name in (*KEPT, *VIEWS, "peer")), *source]).encode())


@cache
def sql(name: str) -> str:
    """Return one of the SQL texts of this stage."""
    return resources.files("zhunsheng.indicators").joinpath(f"sql/{name}.sql").read_text("utf-8")
