"""Self-checks: from which day a finding counts as reported, and what the bureau sees of it."""

from datetime import date
from types import SimpleNamespace

import pytest

from tests.casework.walking import INSTITUTION, staff
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.selfchecks import actions, queries
from zhunsheng.casework.selfchecks.models import SelfReport

pytestmark = pytest.mark.django_db
STAKE = {"f1": 10_000, "f2": 20_000}


@pytest.fixture
def checking():
    people = staff()
    given = {"subject": "全部收费", "from_on": "2020-01-01", "until_on": "2020-12-31"}
    case = cases.open_case(people["one"], "self_check", given, body=people["one"].body, institution_id=INSTITUTION)
    return people, cases.move(people["office"], case, "start", {}, version=case.version)


def told(people, case, **yuan):
    """Mark the named findings as reported, the others as to be asked, and report."""
    case = Case.objects.get(pk=case.pk)
    answers = {one: {"answer": "reported", "yuan": yuan[one]} if one in yuan else {"answer": "ask"} for one in STAKE}
    assert not actions.mark(people["office"], case, answers, STAKE)
    return actions.report(people["office"], case, "自查情况", [], version=case.version, key="")


def returned(people, case):
    return cases.move(people["one"], case, "return", {"reason": "请补充"}, version=case.version)


def test_what_was_withdrawn_counts_from_the_day_on_which_it_is_reported_again(checking):
    people, case = checking
    case = returned(people, told(people, case, f1="100", f2="200"))
    SelfReport.objects.update(reported_on="2026-01-10")
    case = returned(people, told(people, case, f1="100"))
    told(people, case, f1="100", f2="200")
    assert set(queries.self_reported(STAKE, date(2026, 1, 15))) == {"f1"}


def test_the_bureau_sees_what_was_reported_and_not_what_is_being_marked(checking):
    people, case = checking
    case = returned(people, told(people, case, f1="100"))
    again = {"f1": {"answer": "no_violation", "reason": "有医嘱"}, "f2": {"answer": "reported", "yuan": "200"}}
    assert not actions.mark(people["office"], case, again, STAKE)
    all_in_view = SimpleNamespace(rows=lambda rows: rows)
    bureau, own = (queries.seen(all_in_view, case, party=party) for party in (False, True))
    assert {name: (one.answer, one.amount_fen, one.reason) for name, one in bureau.items()} == {
        "f1": ("reported", 10_000, "")
    }
    assert {name: one.answer for name, one in own.items()} == {"f1": "no_violation", "f2": "reported"}
