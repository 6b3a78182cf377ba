"""How one text for DuckDB becomes one for Spark: what sqlglot leaves, and what it would change without a word."""

from __future__ import annotations

from datetime import date

import pytest
import sqlglot
from sqlglot import exp

from zhunsheng.engines import dialect
from zhunsheng.engines.dialect import for_spark, steps
from zhunsheng.facts.schema import TABLES
from zhunsheng.patterns import PATTERNS
from zhunsheng.runs import serving

COLUMNS = {"t": ("a", "b", "day"), "u": ("b", "c")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("WITH c AS MATERIALIZED (SELECT 1 AS x) SELECT x FROM c", "WITH c AS (SELECT 1 AS x) SELECT x FROM c"),
        ("SELECT CAST(a AS HUGEINT) * b // 2 FROM t", "SELECT CAST(a AS DECIMAL(38, 0)) * b DIV 2 FROM t"),
        (
            "SELECT ARG_MAX(a, ROW(b, day)) FROM t",
            "SELECT MAX_BY(a, CASE WHEN NOT a IS NULL THEN STRUCT(b, day) END) FROM t",
        ),
        ("SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a NULLS LAST"),
        ("SELECT a FROM t WHERE day <= GETVARIABLE('now')", "SELECT a FROM t WHERE day <= CAST('2026-01-02' AS DATE)"),
        (
            "SELECT * EXCLUDE (a) REPLACE (day + 1 AS day) FROM t",
            "SELECT t.b AS b, t.day + 1 AS day FROM t AS t",
        ),
        (
            "SELECT a FROM t UNION ALL BY NAME SELECT c FROM u",
            "SELECT t.a AS a, NULL AS c FROM t AS t UNION ALL SELECT NULL AS a, u.c AS c FROM u AS u",
        ),
    ],
)
def test_what_spark_says_otherwise(text, said):
    assert for_spark(text, COLUMNS, {"now": date(2026, 1, 2)}) == said


def test_a_filter_on_windows_sees_the_table_and_not_what_the_select_makes_of_it():
    """The last b of the table decides, though the select gives another b."""
    text = "SELECT t.a, t.a + 1 AS b FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY t.a ORDER BY t.b DESC) = 1"
    said = for_spark(text, COLUMNS)
    assert "ORDER BY t.b DESC" in said
    assert said.startswith("SELECT a, b FROM (SELECT t.a AS a, t.a + 1 AS b, ROW_NUMBER()")
    assert said.endswith("AS _windowed WHERE _window0 = 1")


def test_an_unknown_variable_stops():
    with pytest.raises(KeyError):
        for_spark("SELECT GETVARIABLE('other')")


def test_a_cte_read_twice_becomes_a_table_and_keeps_its_name_for_columns():
    text = """
        WITH b AS (SELECT 1 AS x), k AS (SELECT x FROM b), once AS (SELECT k.x FROM k)
        SELECT k.x FROM k INNER JOIN once ON k.x = once.x
    """
    (name, kept), (_, last) = steps(text, "p")
    assert (name, kept.sql()) == ("p_k", "WITH b AS (SELECT 1 AS x) SELECT x FROM b")
    assert last.sql() == (
        "WITH once AS (SELECT k.x FROM p_k AS k) SELECT k.x FROM p_k AS k INNER JOIN once ON k.x = once.x"
    )


def test_only_the_facts_that_are_asked_for_are_made():
    stored = dialect.statements(serving.sql("facts"))
    assert dialect.needed(stored, {"person"}) == ["person"]
    assert dialect.needed(stored, {"line"})[-2:] == ["charge_line", "line"]
    assert "person" not in dialect.needed(stored, {"line"})


def test_temporary_tables_are_steps():
    text = "CREATE TEMP TABLE a AS SELECT 1; CREATE TABLE b AS SELECT 2; CREATE VIEW c AS SELECT 3"
    assert dialect.temporary(text) == {"a"}
    assert {"refund", "undone"} <= dialect.temporary(serving.made())


def test_every_text_can_be_said():
    columns = {f"lake_{name}": table.names for name, table in TABLES.items()}
    for name, query in dialect.statements(serving.made()).items():
        assert for_spark(query, columns, {"as_of": date(2026, 1, 2)}), name
    for pattern in PATTERNS.values():
        for text in pattern.texts:
            assert all(for_spark(tree) for _, tree in steps(text, pattern.name))


def test_every_text_reads_what_is_made_for_it():
    """The facts, the peers, the binding rows, and what stands between measures and hits of populations."""
    stored = {*dialect.statements(serving.made()), "measure", "outlier"}
    for pattern in PATTERNS.values():
        for text in pattern.texts:
            own = {one.alias for one in sqlglot.parse_one(text, dialect="duckdb").find_all(exp.CTE)}
            assert dialect.tables(text) - own <= {*stored, pattern.table}, pattern.name
