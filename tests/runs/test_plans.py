"""Cost of a run grows with its rows, not with their square: no statement compares every row with every other."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from tests.runs.county import WOMAN_ONLY, Line, fill, home_at
from zhunsheng.book import load
from zhunsheng.engines import duck
from zhunsheng.facts import lake
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.bind import bind
from zhunsheng.runs import serving

AS_OF = date(2026, 3, 31)
SQUARE = ("BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN")


def square(con, text):
    """Run every statement of a text and return those whose plan is quadratic."""
    bad = []
    for statement in duckdb.extract_statements(text):
        body = statement.query.strip()
        plan = con.execute(f"EXPLAIN {body}").fetchone()
        if plan and any(mark in plan[1] for mark in SQUARE):
            bad.append(body)
        con.execute(statement)
    return bad


@pytest.fixture
def con(tmp_path):
    home = home_at(tmp_path)
    fill(home, {"man": ("M", date(1980, 1, 1))}, [Line("L1", "man", WOMAN_ONLY, 8_000)])
    with duck.connect() as con:
        serving.open_lake(con, home, lake.latest(home), AS_OF)
        yield con


def test_no_statement_of_a_run_is_quadratic(con):
    book = load(ROOT / "rulebook").as_of(AS_OF)
    assert square(con, serving.sql("facts")) == []
    serving.load_rules(con, book)
    bindings = bind(book)
    serving.judge(con, bindings, lambda *_: None)
    for name, pattern in PATTERNS.items():
        # a pattern without points meets every row with its few bindings by date alone
        # (those over populations have a test of their own in tests/patterns)
        if pattern.uses_knowledge and not pattern.is_population:
            assert square(con, pattern.sql) == [], name
    con.execute(f"CREATE TEMP TABLE previous_finding ({serving.FINDING_COLUMNS})")
    assert square(con, serving.sql("assemble")) == square(con, serving.sql("totals")) == []
    serving.measure(con, book, lambda *_: None)
    assert square(con, serving.sql("digest")) == square(con, serving.sql("counts")) == []
    assert con.execute("SELECT COUNT(*) > 0 FROM finding").fetchone() == (True,)


def test_the_check_notices_a_condition_on_one_side_of_an_outer_join(con):
    """Written so, three joins of a run of three million lines took 126 of its 130 seconds."""
    square(con, serving.sql("facts"))
    slow = (
        "SELECT l.item_code FROM encounter AS e LEFT JOIN charge_line AS l "
        "ON e.encounter_id = l.encounter_id AND e.visit_type = 'inpatient'"
    )
    assert square(con, slow) == [slow]
