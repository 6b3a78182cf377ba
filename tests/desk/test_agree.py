"""The desk says of an order what a run says of the same rows: rule, subject, verdict, reason, values, amount, rows."""

from __future__ import annotations

import pytest

from tests.desk.county import judged, told
from zhunsheng.desk.compiled import MOMENTS
from zhunsheng.desk.judging import judge


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    return judged(tmp_path_factory.mktemp("desk"), 20_000)


@pytest.mark.parametrize("moment", MOMENTS)
def test_last_encounters_as_orders(county, moment):
    found, rules, verdicts = 0, set(), set()
    for person in county.people:
        view = county.last(person)
        answer = judge(county.compiled, view, moment, budget_ms=1e9)
        seen = {(one.rule_id, one.subject_key): sorted(map(told, one.hits)) for one in answer.findings}
        assert seen == county.bulk(view, moment), person
        found += len(seen)
        rules |= {one.rule_id for one in answer.findings}
        verdicts |= {str(one.verdict) for one in answer.findings}
    assert len(county.people) > 300
    assert found > 100
    assert len(rules) > 15
    assert verdicts == {"violation", "suspected", "unknown"}
