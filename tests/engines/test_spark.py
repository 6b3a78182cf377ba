"""Spark is held against both other forms: the same hits, word for word, from the same SQL; the same run from the lake.

Every worked example of the rule book and many generated case-loads are judged at once, one question per pattern: a
question costs Spark a second, however little it is about.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from tests.patterns.loads import bindings, cases
from tests.runs.county import CAPPED, MAN_ONLY, MARCH, WOMAN_ONLY, Line, fill, home_at, moment
from zhunsheng import runs
from zhunsheng.book import load
from zhunsheng.engines import duck, spark
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns import JUDGES, PATTERNS, Bindings
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.examples import case_of

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]

IDS = ("person_id", "encounter_id", "institution_id", "line_id", "order_id", "record_id")
ONE_BY_ONE = [name for name, pattern in PATTERNS.items() if pattern.kind != "population"]


def drawn(strategy, times):
    """Return what a strategy gives, the same at each call."""
    found = []

    @settings(
        max_examples=times, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def gather(one):
        found.append(one)

    gather()
    return found


def marked(case, mark):
    """Return a case whose people, places and rows belong to no other load."""

    def tell(row):
        return row._replace(**{name: f"{mark}{getattr(row, name)}" for name in IDS if getattr(row, name, None)})

    rows = {name: tuple(map(tell, held)) for name in case.__slots__ if isinstance(held := getattr(case, name), tuple)}
    return replace(case, person_id=f"{mark}{case.person_id}", **rows)


def crowd():
    loads = drawn(cases(), 150)
    return [marked(case, f"{number}/") for number, load_ in enumerate(loads) for case in load_]


def bound(name, of_book):
    """Return the binding rows of the book beside generated ones, whose rules are told apart by draw."""
    rows = [
        row._replace(rule_id=f"{row.rule_id}/{number}")
        for number, one in enumerate(drawn(bindings(name), 12))
        for row in one.rows
    ]
    return Bindings(PATTERNS[name], [*of_book[name].rows, *rows])


@pytest.fixture(scope="module")
def judged(away):
    """The people, the bindings, and DuckDB and Spark that hold both."""
    book = load(ROOT / "rulebook")
    examples = [
        case_of(example, f"{rule.id}#{number}")
        for rule in book.rules.values()
        for number, example in enumerate(rule.examples)
    ]
    people = [*examples, *crowd()]
    of_book = bind(book)
    limits = {name: bound(name, of_book) for name in PATTERNS}
    with duck.connect(threads=1) as con:
        duck.load_cases(con, people)
        facts = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        away.take(con, facts)
        duck.load_bindings(con, limits)
        yield con, people, limits
    away.forget()


@pytest.mark.parametrize("name", PATTERNS)
def test_the_same_hits_as_both_other_forms(away, judged, name):
    con, people, limits = judged
    pattern = PATTERNS[name]
    here = sorted(tuple(hit) for hit in duck.hits(con, pattern))
    duck.create_hit_table(con, f"hit_{name}")
    away.collect(con, pattern, f"hit_{name}")
    there = sorted(con.execute(f"SELECT * FROM hit_{name}").fetchall())
    assert there == here
    assert len(here) > 50, "case-loads that never hit prove nothing"
    if name in ONE_BY_ONE:
        assert here == sorted(tuple(hit) for case in people for hit in JUDGES[name](case, limits[name]))
    counted = away.ask(pattern.count_sql)
    assert dict(zip(*counted.to_pydict().values(), strict=True)) == duck.candidates(con, pattern)


@pytest.fixture
def home(tmp_path):
    """Two batches: refunds named and unnamed, partial and disagreeing, a stay settled in parts, people contradicted."""
    place = home_at(tmp_path)
    people = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1)), "nobody": (None, None)}
    lines = [
        Line("L1", "man", WOMAN_ONLY, 12_000),
        Line("L2", "man", WOMAN_ONLY, 12_000),
        Line("L3", "man", WOMAN_ONLY, 12_000, quantity=3),
        Line("L4", "nobody", MAN_ONLY, 8_000, scope=None),
        Line("L5", "woman", CAPPED, 2_000, quantity=4, at=moment("2026-03-10 09:00")),
        Line("L6", "woman", MAN_ONLY, 5_000, currency="USD"),
        Line("L7", "woman", MAN_ONLY, 5_000, day=date(2026, 5, 2)),
        Line("R1", "man", WOMAN_ONLY, 12_000, quantity=-1),
        Line("R2", "man", WOMAN_ONLY, 12_000, quantity=-1, refund_of="L3"),
        Line("R3", "woman", CAPPED, 1_000, quantity=-4, refund_of="L5"),
        Line("R4", "woman", MAN_ONLY, 5_000, quantity=-1, refund_of="L9"),
    ]
    stays = [("man", "S1", "H1", MARCH, date(2026, 3, 20)), ("man", "S2", "H1", date(2026, 4, 1), date(2026, 4, 5))]
    fill(place, people, lines, stays=stays)
    more = [("man", "S1", "H1", MARCH, date(2026, 4, 10)), ("woman", "S3", "H1", MARCH, date(2026, 5, 1))]
    fill(place, people | {"woman": ("M", date(1985, 1, 1))}, [], batch="b2", stays=more)
    return place


def rows(table):
    return sorted(map(str, zip(*table.to_pydict().values(), strict=True)))


def test_the_same_run_from_the_same_lake(home, away, monkeypatch):
    """As of a day that cuts into a stay: the same facts, the same result, another run; a replay asks Spark again."""
    monkeypatch.setattr(spark, "opened", lambda _where: nullcontext(away))
    by = {"rulebook": ROOT / "rulebook", "as_of": date(2026, 4, 30), "finished_at": 1}
    here = runs.execute(home, **by)
    there = runs.execute(home, **by, where=spark.Where())
    assert (there.result_digest, there.counts["findings"]) == (here.result_digest, here.counts["findings"])
    assert here.counts["findings"] > 3
    assert (here.run_id == there.run_id, there.engine) == (False, away.name)
    with duck.connect(str(home.runs / there.run_id / "serving.duckdb"), read_only=True) as con:
        facts = [name for name in away.kept if not name.startswith("b_")]
        assert {"line", "encounter", "person"} <= set(facts)
        for name in facts:
            both = [rows(one) for one in (away.ask(f"SELECT * FROM {name}"), con.table(name).to_arrow_table())]
            assert both[0] == both[1], name
    assert runs.replay(home, there.run_id).engine == away.name
    assert runs.replay(home, here.run_id).engine == duck.NAME
