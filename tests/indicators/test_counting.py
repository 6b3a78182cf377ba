"""The query and the plain form count alike: on every worked example, and on generated rows."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from zhunsheng.book import load
from zhunsheng.book.indicators import SUBJECTS, Indicator
from zhunsheng.engines import duck
from zhunsheng.facts.table import ARROW, Kind
from zhunsheng.facts.wide import COUNTED
from zhunsheng.indicators import lint
from zhunsheng.indicators.compile import passes, query
from zhunsheng.indicators.lists import held
from zhunsheng.indicators.plain import Counted, count
from zhunsheng.kernel.home import ROOT

BOOK = load(ROOT / "rulebook")
ALL = list(BOOK.indicators.values())
DAYS = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 31)]


def lists(said):
    return held(BOOK, said)


def by_query(con, indicators, tables):
    """Count by the compiled queries over rows in memory."""
    for name, rows in tables.items():
        schema = pa.schema([(c.name, ARROW[c.kind]) for c in COUNTED[name].columns])
        con.register(name, pa.Table.from_pylist([{c: row.get(c) for c in schema.names} for row in rows], schema=schema))
    found = []
    for one in passes(indicators):
        found += [Counted(*row) for row in con.execute(query(one, lists).sql("duckdb")).fetchall()]
    for name in tables:
        con.unregister(name)
    return sorted(found)


@pytest.fixture(scope="module")
def con():
    return duck.connect(threads=1)


def test_examples_come_to_what_they_say_in_both_forms(con):
    for table in {one.table for one in ALL}:
        those = [one for one in ALL if one.table == table]
        for one in those:
            for example in one.examples:
                rows = lint.rows(one, example)
                plain = sorted(count(one, rows, lists))
                assert lint.tried(one, example, lists) == example.gives, (one.id, example.name)
                assert by_query(con, [one], {table: rows}) == plain, (one.id, example.name)


def test_every_change_of_a_definition_is_noticed_by_an_example():
    remarks = [one for one in lint.lint(BOOK, date(2026, 11, 23)) if one.level == "error"]
    assert not remarks, [f"{one.about}: {one.en}" for one in remarks]


def values(column, indicators):
    """What a column may hold: empty, what conditions name and what lies beside it."""
    said = [c for one in indicators for c in one.conditions if c.column == column.name]
    named = [v for c in said for v in (*([c.equals] if c.equals is not None else ()), *c.any_of, *c.none_of, *c.starts)]
    if column.kind is Kind.DATE:
        named = DAYS
    elif column.kind is Kind.FLAG:
        named = [True, False]
    elif column.kind is Kind.TEXT:
        named += ["a", "b"]
    else:
        bounds = [b for c in said for b in (c.at_least, c.at_most) if b is not None]
        named += [0, 1, 86_400, *(b + step for b in bounds for step in (-1, 0, 1))]
    return st.sampled_from(named if column.required else [None, None, *named])


@pytest.mark.parametrize("table", sorted({one.table for one in ALL}))
def test_both_forms_agree_on_generated_rows(con, table):
    those = [one for one in ALL if one.table == table]
    read = {name for one in those for name in (*one.columns, one.date, *SUBJECTS[one.subject])}
    columns = [c for c in COUNTED[table].columns if c.name in read]
    row = st.fixed_dictionaries({c.name: values(c, those) for c in columns})

    @settings(max_examples=times(40), deadline=None)
    @given(st.lists(row, max_size=12))
    def agree(rows):
        expected = sorted(c for one in those for c in count(one, rows, lists))
        assert by_query(con, those, {table: rows}) == expected

    agree()


def test_a_list_that_holds_nothing_leaves_the_row_unknown(con):
    one = ALL[0].model_copy(update={"table": "charge", "date": "service_date"})
    data = one.model_dump()
    data |= {"universe": [], "exclusions": [], "numerator": {"rows": True, "where": [
        {"column": "item_code", "listed": "antibiotic_grades", "holding": {"grade": "absent"}}]},
        "denominator": {"rows": True}, "targets": [], "usual": {}, "needs": [], "unit": "percent"}  # fmt: skip
    one = Indicator.model_validate(data)
    rows = [{"institution_id": "A", "service_date": DAYS[0] + timedelta(days=n), "item_code": "X"} for n in range(3)]
    assert sum(c.unknown for c in count(one, rows, lists)) == 3
    assert by_query(con, [one], {"charge": rows}) == sorted(count(one, rows, lists))
