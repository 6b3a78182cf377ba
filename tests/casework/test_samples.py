"""Samples: how often the same findings were drawn from, whatever the method."""

import pytest

from tests.casework.walking import INSTITUTION, person, staff
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import DutyName
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


def test_who_takes_over_the_evaluation_begins_with_an_empty_form():
    people = staff()
    made = actions.draw(people["one"], PLAN | {"method": "simple"}, ROWS, INSTITUTION, "run", None)
    firms = [bodies.create_body(ACTOR, "vendor", f"评估{n}", code=f"91330781MA2LABX0{n}K") for n in (1, 2)]
    first, second = (person(f"v{n}", firm, DutyName.HEAD) for n, firm in enumerate(firms))
    unit, other = list(made.drawn)[:2]
    said = {"outcome": "not_established", "note": "病历齐全"}
    held = actions.share(people["one"], made, firms[0])
    actions.tell(first, held, {unit: said, other: said})
    held = actions.share(people["one"], held, firms[1])
    assert queries.told(held, second) == {} and queries.set_aside(held) == 2
    assert actions.tell(second, held, {unit: said}) == {}  # the same words are an answer of its own
    assert list(queries.told(held, second)["independent"]) == [unit]
    assert queries.estimated(held, queries.told(held, people["one"]), "independent").told == 1
    assert held.results.count() == 3
    held = actions.share(people["one"], held, firms[0])  # who had it before begins anew too
    assert queries.told(held, first) == {} and queries.set_aside(held) == 3
    assert actions.tell(first, held, {other: said}) == {}
    held = actions.share(people["one"], held, firms[0])  # shared again with the same: nothing begins anew
    assert list(queries.told(held, first)["independent"]) == [other] and queries.set_aside(held) == 3
