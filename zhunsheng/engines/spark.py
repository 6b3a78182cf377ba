"""Apache Spark: the same facts and patterns judged on a cluster, hits brought home to DuckDB.

Spark reads the parquet files that a snapshot names, makes the facts from them and judges, all by the texts that DuckDB
runs (``dialect``). Binding tables go there and hits come back as Arrow. Nothing is written on the cluster.

pyspark is not among the libraries of a site: it lies in an environment of its own (``make env-spark``) and is imported
only where this engine is asked for. Spark Connect is spoken to any server of that protocol.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import which
from typing import Any

import duckdb
import pyarrow as pa

from zhunsheng.engines import dialect, duck
from zhunsheng.facts.schema import TABLES
from zhunsheng.facts.table import SQL
from zhunsheng.kernel.errors import Problem
from zhunsheng.patterns.base import Bindings, Pattern

#: What must be the same on every cluster for the result to be the same, whatever its own settings say.
MEANING = {
    "spark.sql.ansi.enabled": "true",  # a number that does not fit stops the run instead of becoming another number
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
    "spark.sql.storeAssignmentPolicy": "ANSI",
    # makes a plan of a union over one table read several times that Spark 4.3 itself then refuses
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases",
}
#: For a Spark inside this process; a cluster has settings of its own.
_LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.maxResultSize": "0",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "4",
}


@dataclass(frozen=True, slots=True)
class Where:
    """Which Spark judges: ``master`` starts a driver here (local[2], spark://, yarn, k8s://), ``remote`` is the address
    of a Spark Connect server (sc://host:port) and comes first. ``lake`` is the address under which that Spark reads the
    folder of the lake, where it is another one than here.
    """

    master: str = "local[2]"
    remote: str | None = None
    lake: str | None = None


class Spark:
    """An open session that judges. It takes the place of ``duck`` where hits are collected and candidates counted."""

    def __init__(self, session: Any, where: Where) -> None:
        self._session = session
        self._lake = where.lake
        self._columns: dict[str, Sequence[str]] = {}
        self.kept: list[str] = []
        self.name = f"spark {session.version}"

    def load_facts(
        self, text: str, files: Mapping[str, Sequence[str]], root: Path, as_of: date, patterns: Iterable[Pattern]
    ) -> None:
        """Make the facts that patterns read, by a text of CREATE ... AS statements over views named lake_<table>.

        ``files`` holds the parquet files of each table, below ``root``, the folder of the lake. What patterns read is
        kept in memory and on the disks of the executors until the session ends.
        """
        self.forget()
        stored, passing = dialect.statements(text), dialect.temporary(text)
        wanted = {name for one in patterns for query in one.texts for name in dialect.tables(query)}
        for name in TABLES:
            self._read(name, [self._address(path, root) for path in files[name]], self._address(str(root), root))
        for name in dialect.needed(stored, wanted):
            frame = self._session.sql(dialect.for_spark(stored[name], self._columns, {"as_of": as_of}))
            self._view(name, frame.localCheckpoint() if name in passing else frame)
            if name in wanted:
                self._keep(name)

    def take(self, con: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
        """Make tables of DuckDB known here under the same names: small ones, which travel with each question."""
        for name in names:
            self._take(con, name, f"SELECT * FROM {name}")  # noqa: S608 - our own names

    def ask(self, query: str, name: str = "asked") -> pa.Table:
        """Return what a query of DuckDB's dialect gives here. ``name`` goes before the parts that it is kept in.

        Each part is worked out at once and forgets how: a plan that carries the plans of all its parts, once for each
        place that reads them, takes longer to plan than to run.
        """
        *parts, (_, last) = dialect.steps(query, name)
        for part, tree in parts:
            self._view(part, self._session.sql(dialect.for_spark(tree, self._columns)).localCheckpoint())
        answer = self._session.sql(dialect.for_spark(last, self._columns)).toArrow()
        for part, _ in reversed(parts):
            self._session.catalog.dropTempView(part)
        return answer

    def collect(self, con: duckdb.DuckDBPyConnection, pattern: Pattern, table: str) -> None:
        """Append the hits of a pattern to a table of DuckDB. Its binding rows are taken from there."""
        self.take(con, [pattern.table])
        self._bring(con, self.ask(pattern.sql, pattern.name), table)

    def judge_whole(self, con: duckdb.DuckDBPyConnection, pattern: Pattern, bindings: Bindings, table: str) -> None:
        """Append the hits of a population pattern to a table of DuckDB, and its measures to ``measure`` there.

        Both are counted here. The statistic between them is one step of this program, over the measures brought home.
        """
        if pattern.family == "rows":
            self.collect(con, pattern, table)
            return
        self.take(con, [pattern.table])
        self._bring(con, self.ask(pattern.measure_sql, pattern.name), "measure")
        with duck.standing_out(con, pattern, bindings, table):
            for name, query in (("measure", duck.own_measures(pattern)), ("outlier", "SELECT * FROM outlier")):
                if name in dialect.tables(pattern.sql):
                    self._take(con, name, query)
            self._bring(con, self.ask(pattern.sql, pattern.name), table)

    def count(self, con: duckdb.DuckDBPyConnection, pattern: Pattern, table: str) -> None:
        """Append to a table of DuckDB how many rows each rule of the pattern judged. Asked after ``collect``."""
        self._bring(con, self.ask(pattern.count_sql, pattern.name), table)

    def forget(self) -> None:
        """Give back what is kept on the executors."""
        for name in self.kept[::-1]:
            self._drop(name)

    def _bring(self, con: duckdb.DuckDBPyConnection, rows: pa.Table, table: str) -> None:
        con.register("brought", rows)
        con.execute(f"INSERT INTO {table} SELECT * FROM brought")  # noqa: S608 - our own names
        con.unregister("brought")

    def _take(self, con: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
        rows = con.execute(query).to_arrow_table()
        described = con.execute(f"DESCRIBE {query}").fetchall()
        self._drop(name)
        told = self._session.createDataFrame(rows) if rows.num_rows else self._empty({c: k for c, k, *_ in described})
        self._view(name, told)

    def _view(self, name: str, frame: Any) -> None:
        frame.createOrReplaceTempView(name)
        self._columns[name] = frame.columns

    def _keep(self, name: str) -> None:
        self._session.catalog.cacheTable(name)
        self.kept.append(name)

    def _drop(self, name: str) -> None:
        if name in self.kept:
            self.kept.remove(name)
            self._session.catalog.uncacheTable(name)
            self._session.catalog.dropTempView(name)

    def _read(self, table: str, paths: list[str], root: str) -> None:
        """Create the view of a table of the lake; without any file it is empty but typed."""
        promised = TABLES[table]
        kinds = {name: SQL[promised.column(name).kind] for name in promised.names}
        if paths:
            schema = ", ".join(f"{name} {dialect.kind(kind)}" for name, kind in kinds.items())
            reader = self._session.read.schema(schema)
            if promised.partition:
                reader = reader.option("basePath", f"{root}/tables/{table}")
            frame = reader.parquet(*paths).select(*kinds)
        else:
            frame = self._empty(kinds)
        self._view(f"lake_{table}", frame)

    def _empty(self, kinds: Mapping[str, str]) -> Any:
        """Return a frame without rows, from columns and their types in DuckDB.

        Made by SQL: a frame made of a Python list would ask the executors for a Python of their own.
        """
        columns = ", ".join(f"CAST(NULL AS {dialect.kind(kind)}) AS {name}" for name, kind in kinds.items())
        return self._session.sql(f"SELECT {columns} WHERE FALSE")

    def _address(self, path: str, root: Path) -> str:
        return path.replace(str(root), self._lake.rstrip("/") if self._lake else f"file://{root}", 1)


@contextmanager
def opened(where: Where) -> Iterator[Spark]:
    """Open a session for the block. Raises Problem ZS510 without pyspark, ZS511 when Spark does not answer."""
    builder = _builder(where)
    try:
        session = builder.getOrCreate()
        for name, value in MEANING.items():
            session.conf.set(name, value)
        judging = Spark(session, where)
    except Exception as error:
        raise Problem("ZS511", where=where.remote or where.master, reason=_short(error)) from error
    try:
        yield judging
    finally:
        judging.forget()
        session.stop()


def java() -> str | None:
    """Return the java command that a Spark inside this process would start, None where there is none."""
    home = os.environ.get("JAVA_HOME")
    return which("java", path=f"{home}/bin") if home else which("java")


def _builder(where: Where) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise Problem("ZS510", engine="spark") from error
    if where.remote:
        return SparkSession.builder.remote(where.remote)
    if java() is None:
        raise Problem("ZS511", where=where.master, reason="java: command not found")
    builder = SparkSession.builder.master(where.master).appName("zhunsheng")
    if where.master.startswith("local"):
        for name, value in {**_LOCAL, "spark.driver.memory": _memory()}.items():
            builder = builder.config(name, value)
    return builder


def _memory() -> str:
    """Return the memory of a Spark inside this process: the budget of a run, in MiB as the JVM writes it."""
    return duck.budget().removesuffix("iB").removesuffix("B").lower()


def _short(error: Exception) -> str:
    """Return the first line of what went wrong: a JVM adds a page of its stack."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
