"""Samples: how often the same findings were drawn from, whatever the method."""

import pytest

from tests.casework.walking import INSTITUTION, staff
from zhunsheng.casework.samples import actions, queries

pytestmark = pytest.mark.django_db
ROWS = [{"finding_id": f"f{n:02d}", "amount_fen": 1000 * n, "rule_id": f"r{n % 2}", "rule_name": "", "month": ""}
        for n in range(1, 41)]  # fmt: skip
PLAN = {"title": "重复收费抽查", "size_by": "fixed", "count": "6", "confidence": "95", "tolerable": "100"}


def test_another_method_does_not_hide_that_it_was_drawn_before():
    people = staff()
    made = [
        actions.draw(people["one"], PLAN | {"method": method}, ROWS, INSTITUTION, "run", None)
        for method in ("simple", "by_rule", "by_band", "amount")
    ]
    actions.draw(people["one"], PLAN | {"method": "simple"}, ROWS[:-1], INSTITUTION, "run", None)
    assert [queries.of_population(one) for one in made] == [4] * 4
