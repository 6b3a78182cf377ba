"""Readers over the serving file of a run, each seeing only the rows of its scope.

One DuckDB instance holds one run file, attached read-only under a name that changes with every process. A reader
is a connection of that instance with TEMP VIEWS in the place of the tables: a query written against the tables of
the contract meets the views, and the attached file itself has no name that a query could be written with.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from zhunsheng.engines import duck
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home

#: Tables with a row's institution in the row.
BY_INSTITUTION = (
    "institution", "department", "practitioner", "encounter", "settlement", "charge_line", "institution_month",
    "practitioner_month",
    "medical_order", "use_record", "device", "facility", "practice", "licence", "nursing_record",
    "identity_check", "stock_move", "trace_code", "contact", "stay",
    # a vendor learns how many died, and not who
    "patient_served",
)  # fmt: skip
#: Facts of vendors with the member institution in the row, where it is known.
SERVED = ("service_order", "result", "survey_answer", "complaint", "incident", "trip")
#: Facts of vendors about one order.
OF_ORDER = ("service_event", "second_reading")
#: Facts of a vendor as a whole: whoever it serves sees them.
OF_VENDOR = ("qc_run", "vendor_staff", "training", "price_filing", "vendor_scope")
#: Knowledge: the same for every reader.
OPEN = ("rule", "binding_point", "indicator", "indicator_peer")
#: Views for a reader who does not see everything, in the order in which they build on each other.
NARROW = {
    # of a finding about a vendor the person is another member's where an order of that member is named
    "finding": "SELECT * REPLACE (NULL AS subject_key, "
    "CASE WHEN finding_id NOT IN (SELECT finding_id FROM foreign_row) THEN person_id END AS person_id) "
    "FROM {file}.finding WHERE institution_id IN (FROM allowed)",
    "gone_finding": "SELECT * REPLACE (NULL AS subject_key, CASE WHEN institution_id IN (FROM supervised) IS NOT TRUE "
    "THEN person_id END AS person_id) FROM {file}.gone_finding WHERE institution_id IN (FROM allowed)",
    "person": "SELECT * FROM {file}.person WHERE person_id IN (SELECT person_id FROM encounter)",
    "death": "SELECT * FROM {file}.death WHERE person_id IN (SELECT person_id FROM encounter)",
    "payment_status": "SELECT * FROM {file}.payment_status "
    "WHERE practitioner_id IN (SELECT practitioner_id FROM practitioner)",
    # one file per person for the whole country: whoever sees the person sees its points, and not where else they arose
    "penalty_points": "SELECT * REPLACE (CASE WHEN institution_id IN (FROM allowed) THEN institution_id END "
    "AS institution_id, CASE WHEN institution_id IN (FROM allowed) THEN decision END AS decision, "
    "CASE WHEN institution_id IN (FROM allowed) THEN act END AS act) FROM {file}.penalty_points "
    "WHERE practitioner_id IN (SELECT practitioner_id FROM practitioner)",
    "diagnosis": "SELECT * FROM {file}.diagnosis WHERE encounter_id IN (SELECT encounter_id FROM encounter)",
    "procedure": "SELECT * FROM {file}.procedure WHERE encounter_id IN (SELECT encounter_id FROM encounter)",
    "batch": "SELECT * REPLACE (NULL AS rejected) FROM {file}.batch WHERE id IN (FROM allowed_batch)",
    "finding_row": """
        SELECT r.* REPLACE (
            CASE WHEN r.institution_id IN (FROM allowed) AND f.row_id IS NULL THEN r.row_id END AS row_id,
            CASE WHEN r.institution_id IN (FROM allowed) THEN r.amount_fen END AS amount_fen,
            CASE WHEN r.institution_id IN (FROM allowed) THEN r.encounter_id END AS encounter_id,
            CASE WHEN r.institution_id IN (FROM allowed) THEN r.institution_id END AS institution_id)
        FROM {file}.finding_row r
        LEFT JOIN foreign_row f ON f.finding_id = r.finding_id AND f.row_id = r.row_id
        WHERE r.finding_id IN (SELECT finding_id FROM finding)""",
    # a reason may quote the identity of a row that the reader does not see
    "finding_reason": """
        WITH hidden AS (
            SELECT r.finding_id, r.row_id FROM {file}.finding_row r
            WHERE (r.institution_id IN (FROM allowed)) IS NOT TRUE AND r.finding_id IN (SELECT finding_id FROM finding)
            UNION ALL SELECT finding_id, row_id FROM foreign_row)
        SELECT r.* REPLACE (
            CASE WHEN x.row_id IS NULL THEN r.expected END AS expected,
            CASE WHEN y.row_id IS NULL THEN r.actual END AS actual)
        FROM {file}.finding_reason r
        LEFT JOIN hidden x ON x.finding_id = r.finding_id AND x.row_id = r.expected
        LEFT JOIN hidden y ON y.finding_id = r.finding_id AND y.row_id = r.actual
        WHERE r.finding_id IN (SELECT finding_id FROM finding)""",
    # of peers outside the scope a reader learns how high their figures are, not whose and not of how many
    "measure": """
        SELECT m.* REPLACE (
            CASE WHEN a.institution_id IS NOT NULL THEN m.institution_id END AS institution_id,
            CASE WHEN a.institution_id IS NOT NULL THEN m.subject_id END AS subject_id,
            CASE WHEN a.institution_id IS NOT NULL THEN m.point_id END AS point_id,
            CASE WHEN a.institution_id IS NOT NULL THEN m.weight END AS weight,
            CASE WHEN a.institution_id IS NOT NULL THEN m.numerator
                ELSE CAST(m.numerator * CAST(1000000 AS HUGEINT) // GREATEST(m.denominator, 1) AS BIGINT)
                END AS numerator,
            CASE WHEN a.institution_id IS NOT NULL THEN m.denominator ELSE 1000000 END AS denominator)
        FROM {file}.measure m
        LEFT JOIN allowed a ON a.institution_id = m.institution_id
        WHERE (m.rule_id, m.period, m.peer_group) IN (
            SELECT (o.rule_id, o.period, o.peer_group) FROM {file}.measure o
            WHERE o.institution_id IN (FROM allowed))""",
    "rule_stat": "SELECT * FROM {file}.rule_stat WHERE false",
    "meta": "SELECT * FROM {file}.meta WHERE false",
}
# a member sees what was done for it; a vendor, who has no members in view, all that it did; of a row without a member
# whoever has the vendor in view
_SERVED = """SELECT * FROM {file}.{table} WHERE institution_id IN (FROM allowed)
    OR (vendor_id IN (FROM allowed) AND (institution_id IS NULL OR NOT EXISTS (FROM allowed_member)))"""
_OF_ORDER = """SELECT * FROM {file}.{table}
    WHERE (vendor_id, order_id) IN (SELECT (vendor_id, order_id) FROM service_order)
    OR (order_id IS NULL AND vendor_id IN (FROM allowed_vendor))"""
_OF_VENDOR = "SELECT * FROM {file}.{table} WHERE vendor_id IN (FROM allowed_vendor)"
for _query, _tables in ((_SERVED, SERVED), (_OF_ORDER, OF_ORDER), (_OF_VENDOR, OF_VENDOR)):
    NARROW |= {table: _query.replace("{table}", table) for table in _tables}
# who stands behind the vendors and institutions in view, as far up as is known; what people declared of relatives
# is seen where they have their post
NARROW |= {
    "ownership": """
        WITH RECURSIVE above AS (
            SELECT institution_id AS id FROM allowed
            UNION SELECT vendor_id FROM allowed_vendor
            UNION SELECT o.holder_id FROM {file}.ownership o JOIN above a ON o.company_id = a.id)
        SELECT * FROM {file}.ownership WHERE company_id IN (FROM above)""",
    "kinship": "SELECT * FROM {file}.kinship WHERE person_a IN (SELECT holder_id FROM {file}.ownership "
    "WHERE company_id IN (FROM allowed))",
}
# counts of a vendor are those of all that it serves: whoever it serves sees them, and of the rows its own
NARROW["indicator_count"] = """SELECT * FROM {file}.indicator_count WHERE institution_id IN (FROM allowed)
    OR (subject_kind = 'vendor' AND subject_id IN (FROM allowed_vendor))"""
#: Institutions in view that are not vendors, and vendors in view or serving one of these.
MEMBERS = "SELECT institution_id FROM {file}.institution WHERE kind <> 'vendor' AND institution_id IN (FROM allowed)"
VENDORS = """SELECT institution_id AS vendor_id FROM {file}.institution
    WHERE kind = 'vendor' AND institution_id IN (FROM allowed)
    UNION SELECT vendor_id FROM {file}.service_order WHERE institution_id IN (FROM allowed)"""
#: Files that brought rows in view: their names may be read.
BATCHES = "SELECT DISTINCT batch FROM {table}"
BRINGING = ("charge_line", "encounter")
#: Vendors in view of a reader who is not the vendor; and rows of theirs that findings name and another member ordered.
SUPERVISED = """SELECT institution_id FROM {file}.institution
    WHERE kind = 'vendor' AND institution_id IN (FROM allowed) AND EXISTS (FROM allowed_member)"""
FOREIGN = """SELECT r.finding_id, r.row_id FROM {file}.finding_row r
    INNER JOIN {file}.service_order o ON r.row_id = o.vendor_id || '|' || o.order_id
    WHERE r.row_kind = 'service_order' AND r.institution_id IN (FROM supervised)
    AND o.institution_id IS NOT NULL AND o.institution_id NOT IN (FROM allowed)
    UNION ALL SELECT r.finding_id, r.row_id FROM {file}.finding_row r
    INNER JOIN {file}.result o
        ON r.row_id = o.vendor_id || '|' || o.order_id || '|' || o.analyte || '|' || o.version
    WHERE r.row_kind = 'result' AND r.institution_id IN (FROM supervised)
    AND o.institution_id IS NOT NULL AND o.institution_id NOT IN (FROM allowed)"""
#: What a page's query never needs and a curious one would.
READS = re.compile(r"\s*(SELECT|WITH)\b", re.I)
FORBIDDEN = re.compile(r"\b(duckdb_\w+|pragma\w*|information_schema|attach|detach|read_\w+|copy|install|load)\b", re.I)


@dataclass(frozen=True, slots=True)
class Place:
    """An institution as the scope rules need it."""

    institution_id: str
    name: str
    kind: str
    level: str | None
    parent_id: str | None
    region: str | None


class Reader:
    """A connection that sees the rows of one scope."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, run: str) -> None:
        self._connection = connection
        self.run = run

    def rows(self, sql: str, parameters: list[Any] | tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries."""
        cursor = self._execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, sql: str, parameters: list[Any] | tuple[Any, ...] = ()) -> dict[str, Any] | None:
        """Return the first row of a query, or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def table(self, sql: str) -> pa.Table:
        """Return the rows of a query as an Arrow table: for set work over many findings."""
        return self._execute(sql, ()).to_arrow_table()

    def batches(self, sql: str, parameters: list[Any], size: int = 2000) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query as lists of tuples, ``size`` at a time."""
        cursor = self._execute(sql, parameters)
        while rows := cursor.fetchmany(size):
            yield rows

    def _execute(self, sql: str, parameters: list[Any] | tuple[Any, ...]) -> duckdb.DuckDBPyConnection:
        if ";" in sql or not READS.match(sql) or FORBIDDEN.search(sql):
            raise PermissionError("a reader's query is one SELECT over its own views")
        return self._connection.execute(sql, list(parameters))


class RunFile:
    """One serving file, opened once per process, with idle connections kept per scope."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = f"f{secrets.token_hex(8)}"
        settings: dict[str, Any] = {"threads": 2, "memory_limit": "1GB", "temp_directory": duck.spill(path)}
        self._instance = duckdb.connect(":memory:", config=settings)
        self._instance.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS {self._file} (READ_ONLY)")
        self._instance.execute("SET enable_external_access = false")
        self._instance.execute("SET lock_configuration = true")
        self._idle: defaultdict[frozenset[str] | None, list[duckdb.DuckDBPyConnection]] = defaultdict(list)
        self._lock = threading.Lock()
        self.tables = self._names()
        self.places = self._places()
        self.manifest = self._manifest()

    def _names(self) -> frozenset[str]:
        found = self._instance.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = ?", [self._file]
        ).fetchall()
        return frozenset(name for (name,) in found)

    def _places(self) -> dict[str, Place]:
        columns = "institution_id, name, kind, level, parent_id, region"
        found = self._instance.execute(f"SELECT {columns} FROM {self._file}.institution").fetchall()  # noqa: S608
        return {row[0]: Place(*row) for row in found}

    def _manifest(self) -> dict[str, Any]:
        row = self._instance.execute(f"SELECT value FROM {self._file}.meta WHERE key = 'manifest'").fetchone()  # noqa: S608
        return dict(json.loads(row[0])) if row else {}

    @contextmanager
    def reader(self, institutions: frozenset[str] | None) -> Iterator[Reader]:
        """Lend a reader restricted to some institutions; None means all of them."""
        with self._lock:
            idle = self._idle[institutions]
            connection = idle.pop() if idle else None
        connection = connection or self._connect(institutions)
        try:
            yield Reader(connection, self.path.parent.name)
        finally:
            with self._lock:
                if len(self._idle[institutions]) < 4:
                    self._idle[institutions].append(connection)

    def _connect(self, institutions: frozenset[str] | None) -> duckdb.DuckDBPyConnection:
        connection = self._instance.cursor()
        if institutions is None:
            for table in self.tables:
                self._view(connection, table, f"SELECT * FROM {self._file}.{table}")  # noqa: S608
            return connection
        connection.execute("CREATE TEMP TABLE allowed (institution_id VARCHAR)")
        if institutions:
            connection.execute("INSERT INTO allowed SELECT unnest(?)", [sorted(institutions)])
        for table in (*BY_INSTITUTION, *OPEN):
            if table in self.tables:
                self._view(connection, table, self._narrow(table))
        has_vendors = "service_order" in self.tables
        connection.execute("CREATE TEMP TABLE allowed_batch (batch VARCHAR)")
        connection.execute("CREATE TEMP TABLE supervised (institution_id VARCHAR)")
        connection.execute("CREATE TEMP TABLE foreign_row (finding_id VARCHAR, row_id VARCHAR)")
        if has_vendors:
            for name, query in (("allowed_member", MEMBERS), ("allowed_vendor", VENDORS)):
                connection.execute(f"CREATE TEMP TABLE {name} AS {query.format(file=self._file)}")
            connection.execute(f"INSERT INTO supervised {SUPERVISED.format(file=self._file)}")
        if has_vendors and "finding_row" in self.tables:
            connection.execute(f"INSERT INTO foreign_row {FOREIGN.format(file=self._file)}")
        for table in NARROW:
            if table in self.tables:
                self._view(connection, table, self._narrow(table))
        brought = [one for one in (*BRINGING, *SERVED, *OF_ORDER, *OF_VENDOR) if one in self.tables]
        batches = " UNION ".join(BATCHES.format(table=table) for table in brought)
        connection.execute(f"INSERT INTO allowed_batch {batches}")
        return connection

    def _narrow(self, table: str) -> str:
        if table in NARROW:
            return NARROW[table].format(file=self._file)
        where = " WHERE institution_id IN (FROM allowed)" if table in BY_INSTITUTION else ""
        return f"SELECT * FROM {self._file}.{table}{where}"  # noqa: S608

    @staticmethod
    def _view(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
        connection.execute(f"CREATE TEMP VIEW {name} AS {query}")


_open: dict[Path, RunFile] = {}
_opening = threading.Lock()
KEPT = 6


def current_file() -> Path | None:
    """Return the serving file that pages read now, or None before the first run."""
    from zhunsheng import runs

    return runs.current(home())


def open_run(path: Path) -> RunFile:
    """Return the opened file of a run; the few used last stay open, an older one closes with its last reader.

    Raises Problem ZS716 for a file that cannot be read.
    """
    with _opening:
        found = _open.pop(path, None) or _opened(path)
        _open[path] = found
        while len(_open) > KEPT:
            _open.pop(next(iter(_open)))
        return found


def close_all() -> None:
    """Close the opened files. Who forks does so first: a child would hold them without the threads they work by."""
    with _opening:
        _open.clear()


def _opened(path: Path) -> RunFile:
    try:
        return RunFile(path)
    except (duckdb.Error, OSError, ValueError) as error:
        raise Problem("ZS716", run=path.parent.name) from error


def current_run() -> RunFile | None:
    """Return the opened file of the current run, or None before the first run. Raises Problem ZS716."""
    path = current_file()
    return open_run(path) if path else None
