"""The demo's story is walked by its accounts through the actions of every case, once."""

from __future__ import annotations

import pytest

from tests.web.serving import LEAD, TOWN
from zhunsheng.casework.bodies.demo import create_demo_people
from zhunsheng.casework.cases.demo import tell
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.queries import owed
from zhunsheng.casework.documents import demo as documents
from zhunsheng.casework.outbox.models import EvidenceOutbox

FOUND = [{"finding_id": "a" * 20, "amount_fen": 12345}, {"finding_id": "b" * 20, "amount_fen": 55}]


@pytest.fixture
def accounts(db, county):
    columns = ("institution_id", "name", "kind", "level", "parent_id", "region")
    rows = [
        (LEAD.id, LEAD.name, "hospital", "2", None, "330781"),
        (TOWN.id, TOWN.name, "township_centre", "1", LEAD.id, "330781"),
    ]
    return create_demo_people([dict(zip(columns, row, strict=True)) for row in rows])


def test_the_story_ends_with_a_decision_by_two_and_is_told_once(accounts):
    case = tell(FOUND, LEAD.id)
    assert (case.cycle, case.state, case.origin.state) == ("fund_case", "decided", "filed")
    assert owed(case) == 2 * 12400
    last = case.events.last()
    assert last.about == "decide_penalty" and last.proposal.proposed_by_id != last.proposal.settled_by_id
    assert case.events.get(about="defend").actor.login == "hospital"
    rows = set(CaseEvent.objects.values_list("evidence", flat=True))
    assert rows <= set(EvidenceOutbox.objects.values_list("pk", flat=True)) and len(rows) == CaseEvent.objects.count()
    assert tell(FOUND, LEAD.id) is None and Case.objects.count() == 2


def test_its_notice_and_decision_are_issued_once(accounts):
    case = tell(FOUND, LEAD.id)
    notice, decision = documents.tell(case)
    assert (notice.kind, decision.kind) == ("penalty_notice", "penalty_decision")
    assert decision.drafted_by_id != decision.issued_by_id and {notice.state, decision.state} == {"issued"}
    assert documents.tell(case) == []


def test_nothing_found_is_no_case(accounts):
    assert tell([], LEAD.id) is None
    assert not Case.objects.exists()
