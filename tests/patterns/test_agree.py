"""Each form of a pattern is the other's referee: generated case-loads give identical hits, evidence included."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.patterns.loads import bindings, cases
from zhunsheng.engines import duck
from zhunsheng.patterns import JUDGES, PATTERNS, Bindings


@pytest.fixture(scope="module")
def con():
    with duck.connect(threads=1) as con:
        yield con


@pytest.mark.parametrize("name", JUDGES)
def test_sets_and_one_person_agree(con, name):
    found = 0

    @settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def agree(data):
        nonlocal found
        bound, people = data.draw(bindings(name)), data.draw(cases())
        duck.load_bindings(con, {name: bound})
        duck.load_cases(con, people)
        by_set = sorted(tuple(hit) for hit in duck.hits(con, PATTERNS[name]))
        one_by_one = sorted(tuple(hit) for case in people for hit in JUDGES[name](case, bound))
        assert by_set == one_by_one
        found += len(by_set)

    agree()
    assert found > 50, "case-loads that never hit prove nothing"


@pytest.mark.parametrize("name", JUDGES)
def test_candidates_are_never_fewer_than_subject_rows(con, name):
    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def enough(data):
        bound, people = data.draw(bindings(name)), data.draw(cases())
        duck.load_bindings(con, {name: bound})
        duck.load_cases(con, people)
        judged = duck.candidates(con, PATTERNS[name])
        subjects: dict[str, set[str]] = {}
        for hit in duck.hits(con, PATTERNS[name]):
            if hit.role == "subject":
                subjects.setdefault(hit.rule_id, set()).add(hit.row_id)
        for rule, rows in subjects.items():
            assert judged[rule] >= len(rows)

    enough()


@pytest.mark.parametrize("name", JUDGES)
def test_no_binding_means_no_hit(con, name):
    duck.load_bindings(con, {name: Bindings(PATTERNS[name], [])})
    duck.load_cases(con, [])
    assert duck.hits(con, PATTERNS[name]) == []
    assert duck.candidates(con, PATTERNS[name]) == {}
