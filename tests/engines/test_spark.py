"""Spark is held against both other forms: the same hits, word for word, from the same SQL; the same run from the lake.

Every worked example of the rule book and many generated loads are judged at once, one question per pattern: a question
costs Spark a second, however little it is about.
"""

from __future__ import annotations

import random
from contextlib import nullcontext
from dataclasses import fields, replace
from datetime import date
from itertools import groupby

import pytest

from tests import effort
from tests.effort import drawn
from tests.engines.hand_made import AS_OF, few, lake_at
from tests.patterns import whole_loads
from tests.patterns.loads import bindings, cases
from zhunsheng import runs, sources
from zhunsheng.book import load
from zhunsheng.cli.county import knowledge_of
from zhunsheng.engines import dialect, duck, spark
from zhunsheng.generator import generate
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.patterns import JUDGES, PATTERNS, POPULATIONS, Bindings, clues
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.example_loads import load_of
from zhunsheng.patterns.examples import case_of
from zhunsheng.runs import serving

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]

BOOK = load(ROOT / "rulebook")
BOUND = bind(BOOK)
IDS = {
    "person_id", "encounter_id", "institution_id", "practitioner_id", "line_id", "order_id", "record_id", "check_id",
    "settlement_id", "move_id", "trace_id", "trace_code", "phone_key", "account_key",
}  # fmt: skip


def marked(loaded, mark):
    """Return a case or a whole load whose people, places and rows belong to no other."""

    def tell(row):
        held = {name: getattr(row, name) for name in IDS & set(row._fields)}
        return row._replace(**{name: f"{mark}~{one}" for name, one in held.items() if one})

    parts = {one.name: getattr(loaded, one.name) for one in fields(loaded)}
    told = {name: tuple(map(tell, held)) for name, held in parts.items() if isinstance(held, tuple)}
    return replace(loaded, **told)


def examples(names):
    """Yield each worked example of the rules of some patterns under a name of its own."""
    for rule in BOOK.rules.values():
        for number, example in enumerate(rule.examples):
            if rule.pattern in names:
                yield example, f"{rule.id}#{number}"


def crowd():
    """Return the people of every worked example, and generated ones."""
    told = [case_of(example, name) for example, name in examples(JUDGES)]
    return told + [
        replace(marked(case, number), person_id=f"{number}~{case.person_id}")
        for number, one in enumerate(drawn(cases(), effort.times(150)))
        for case in one
    ]


def bound(name, more):
    """Return the binding rows of the book beside generated ones, whose rules are told apart by draw."""
    rows = [row._replace(rule_id=f"{row.rule_id}/{n}") for n, one in enumerate(more) for row in one.rows]
    return Bindings(PATTERNS[name], [*BOUND[name].rows, *rows])


def rows(table):
    return sorted(map(str, zip(*table.to_pydict().values(), strict=True)))


def brought(con, judge, name):
    """Return what a judging step appends to a table of hits, sorted."""
    con.execute("DROP TABLE IF EXISTS appended")
    duck.create_hit_table(con, "appended")
    judge(con, PATTERNS[name], "appended")
    return sorted(con.execute("SELECT * FROM appended").fetchall())


@pytest.fixture(scope="module")
def people(away):
    """Everyone, the bindings, and DuckDB and Spark that hold both."""
    everyone = crowd()
    limits = {name: bound(name, drawn(bindings(name), 12)) for name in JUDGES}
    with duck.connect(threads=1) as con:
        duck.load_cases(con, everyone)
        away.take(con, [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()])
        duck.load_bindings(con, limits)
        yield con, everyone, limits


@pytest.mark.parametrize("name", JUDGES)
def test_the_same_hits_as_both_other_forms(away, people, name):
    con, everyone, limits = people
    here = sorted(tuple(hit) for hit in duck.hits(con, PATTERNS[name]))
    assert brought(con, away.collect, name) == here
    assert len(here) > 50, "case-loads that never hit prove nothing"
    assert here == sorted(tuple(hit) for case in everyone for hit in JUDGES[name](case, limits[name]))
    counted = away.ask(PATTERNS[name].count_sql)
    assert dict(zip(*counted.to_pydict().values(), strict=True)) == duck.candidates(con, PATTERNS[name])


@pytest.fixture(scope="module")
def wholes(away):
    """Whole loads side by side, bindings, and DuckDB and Spark that hold both."""
    told = [marked(load_of(example, name), name) for example, name in examples(POPULATIONS)]
    told += [marked(whole_loads.load(random.Random(number)), number) for number in range(8)]
    together = {one.name: tuple(row for load in told for row in getattr(load, one.name)) for one in fields(told[0])}
    limits = {
        name: bound(name, [whole_loads.bindings(random.Random(f"{name}{n}"), name) for n in range(6)])
        for name in POPULATIONS
    }
    with duck.connect(threads=1) as con:
        duck.load_whole(con, type(told[0])(**together))
        held = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        away.take(con, [*held, "peer"])
        duck.load_bindings(con, limits)
        yield con, told, limits


def each_by_itself(measures, limits):
    """Return what stands out in each load: side by side their institutions would be each other's peers."""

    def mark(one):
        return one.institution_id.partition("~")[0]

    return [out for _, own in groupby(sorted(measures, key=mark), mark) for out in clues.decide(own, limits)]


#: Patterns over vendors hit rarely in these loads.
RARE = frozenset({"abnormal_streak", "staff_certificate", "not_told"})
#: Judges the prices of a market: loads side by side share vendors and items, and would be one market.
MARKET = "filed_price"


@pytest.mark.parametrize("name", [n for n in POPULATIONS if n != MARKET])
def test_the_same_hits_of_whole_loads_as_both_other_forms(away, wholes, name, monkeypatch):
    con, told, limits = wholes
    monkeypatch.setattr(duck, "decide", each_by_itself)
    found, measured = [], []
    for engine in (duck, away):

        def judge(con, pattern, table, engine=engine):
            engine.judge_whole(con, pattern, limits[name], table)

        duck.create_measure_table(con)
        found.append(brought(con, judge, name))
        measured.append(sorted(con.execute("SELECT * FROM measure").fetchall()))
    assert found[1] == found[0]
    assert measured[1] == measured[0]
    assert len(found[0]) > (20 if name in RARE else 50), "loads that never hit prove nothing"
    assert found[0] == sorted(tuple(hit) for one in told for hit in clues.judged(POPULATIONS[name], one, limits[name]))


def test_the_same_hits_on_filed_prices_of_one_load_after_another(away):
    """Each load is a market of its own, and is laid by itself."""
    told = [load_of(example, name) for example, name in examples([MARKET])]
    told += [whole_loads.load(random.Random(number)) for number in range(4)]
    read = {table for text in PATTERNS[MARKET].texts for table in dialect.tables(text)}
    limits = bound(MARKET, [whole_loads.bindings(random.Random(f"{MARKET}{n}"), MARKET) for n in range(6)])

    def judged_by(engine, con):
        duck.create_measure_table(con)
        return brought(con, lambda con, pattern, table: engine.judge_whole(con, pattern, limits, table), MARKET)

    hits = 0
    for one in told:
        with duck.connect(threads=1) as con:
            duck.load_whole(con, one)
            held = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
            away.take(con, [name for name in (*held, "peer") if name in read])
            duck.load_bindings(con, {MARKET: limits})
            here, there = judged_by(duck, con), judged_by(away, con)
        assert there == here
        assert here == sorted(tuple(hit) for hit in clues.judged(POPULATIONS[MARKET], one, limits))
        hits += len(here)
    assert hits > 50, "loads that never hit prove nothing"


def test_the_same_facts_from_the_same_lake(tmp_path, away, monkeypatch):
    """As of a day that cuts into a stay: the same facts, the same result, another run; a replay asks Spark again."""
    monkeypatch.setattr(spark, "opened", lambda _where: nullcontext(away))
    monkeypatch.setattr(serving, "live", few)
    home = lake_at(tmp_path)
    by = {"rulebook": ROOT / "rulebook", "as_of": AS_OF, "finished_at": 1}
    here = runs.execute(home, **by)
    there = runs.execute(home, **by, where=spark.Where())
    assert (there.result_digest, there.counts["findings"]) == (here.result_digest, here.counts["findings"])
    assert here.counts["findings"] > 2
    assert (here.run_id == there.run_id, there.engine) == (False, away.name)
    with duck.connect(str(home.runs / there.run_id / "serving.duckdb"), read_only=True) as con:
        duck.create_peers(con)
        assert {"line", "encounter", "person", "peer"} <= set(away.kept)
        for name in away.kept:
            both = [rows(one) for one in (away.ask(f"SELECT * FROM {name}"), con.table(name).to_arrow_table())]
            assert both[0] == both[1], name
    assert runs.replay(home, there.run_id).engine == away.name
    assert runs.replay(home, here.run_id).engine == duck.NAME
    away.forget()


def test_the_same_result_of_a_whole_county(away, tmp_path, monkeypatch):
    """Every live rule over a generated county: one digest over all findings, reasons and rows."""
    monkeypatch.setattr(spark, "opened", lambda _where: nullcontext(away))
    home = Home(tmp_path / "var")
    generate(tmp_path / "files", lines=8_000, months=12, start=date(2025, 11, 1), knowledge=knowledge_of(BOOK))
    sources.load(home, [tmp_path / "files" / "import"], recorded_at=1_793_000_000)
    by = {"rulebook": ROOT / "rulebook", "as_of": date(2026, 10, 31), "finished_at": 1, "draft": True}
    here, there = (runs.execute(home, **by, where=where) for where in (None, spark.Where()))
    assert there.result_digest == here.result_digest
    assert there.counts == here.counts
    assert there.counts["findings"] > 200
    away.forget()
