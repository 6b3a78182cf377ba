"""Each form of a pattern is the other's referee: generated case-loads give identical hits, evidence included."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.effort import FEWER, pooled, times
from tests.patterns.loads import bindings, cases
from zhunsheng.engines import duck
from zhunsheng.patterns import JUDGES, PATTERNS, Bindings
from zhunsheng.patterns.base import Hit

BEGINNINGS = 1 if FEWER else 2


@pytest.fixture(scope="module")
def con():
    with duck.connect(threads=1) as con:
        yield con


@pytest.mark.parametrize("name", JUDGES)
def test_sets_and_one_person_agree(con, name):
    """Also that a rule has never fewer candidates than subject rows."""
    found = 0

    @settings(max_examples=times(30), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def agree(data):
        nonlocal found
        bound, people = data.draw(bindings(name)), data.draw(pooled(cases))
        duck.load_bindings(con, {name: bound})
        duck.load_cases(con, people)
        by_set = sorted(tuple(hit) for hit in duck.hits(con, PATTERNS[name]))
        one_by_one = sorted(tuple(hit) for case in people for hit in JUDGES[name](case, bound))
        assert by_set == one_by_one
        judged = duck.candidates(con, PATTERNS[name])
        for rule, rows in subjects(by_set).items():
            assert judged[rule] >= rows
        found += len(by_set)

    # more beginnings where a pattern is rarely hit: one alone may draw no case of it
    for number in range(12):
        if number < BEGINNINGS or found <= 25:
            seed(number)(agree)()
    assert found > 25, "case-loads that never hit prove nothing"


def subjects(hits):
    """The number of rows that each rule has as a subject."""
    rows = {(hit.rule_id, hit.row_kind, hit.row_id) for hit in map(Hit._make, hits) if hit.role == "subject"}
    return Counter(rule for rule, _, _ in rows)


@pytest.mark.parametrize("name", JUDGES)
def test_no_binding_means_no_hit(con, name):
    duck.load_bindings(con, {name: Bindings(PATTERNS[name], [])})
    duck.load_cases(con, [])
    assert duck.hits(con, PATTERNS[name]) == []
    assert duck.candidates(con, PATTERNS[name]) == {}
