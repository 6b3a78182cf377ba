"""The demo's story is walked by its accounts through the actions of every case, once."""

from __future__ import annotations

from datetime import date

import pytest

from tests.web.serving import LEAD, TOWN
from zhunsheng.casework.bodies.demo import create_demo_people
from zhunsheng.casework.cases.demo import tell
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.queries import book, owed
from zhunsheng.casework.documents import demo as documents
from zhunsheng.casework.ledger.queries import differences
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.points import demo as points
from zhunsheng.casework.points.models import PointEntry
from zhunsheng.facts.rulings import InForce
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import now

FOUND = [{"finding_id": "a" * 20, "amount_fen": 12345}, {"finding_id": "b" * 20, "amount_fen": 55}]


@pytest.fixture
def accounts(db, county):
    columns = ("institution_id", "name", "kind", "level", "parent_id", "region")
    rows = [
        (LEAD.id, LEAD.name, "hospital", "2", None, "330781"),
        (TOWN.id, TOWN.name, "township_centre", "1", LEAD.id, "330781"),
    ]
    return create_demo_people([dict(zip(columns, row, strict=True)) for row in rows])


def test_the_story_ends_with_an_instalment_missed_and_is_told_once(accounts):
    case = tell(FOUND, LEAD.id)
    assert (case.cycle, case.state, case.origin.state) == ("fund_case", "late", "filed")
    decided = case.events.get(about="decide_penalty", kind="moved")
    assert decided.proposal.proposed_by_id != decided.proposal.settled_by_id
    assert (decided.fields["fine_fen"], decided.fields["graded"]["outside"]) == (14880, [])
    assert case.events.get(about="pass_review").actor.login == "legal"
    assert {one.actor.login for one in case.events.filter(about="pay")} == {"finance"}
    assert owed(case) == 12400 + 14880 - 2 * 4133 - 4960 - 1  # of 124.00 the first part is a fen larger
    assert book(case).late(date(2026, 10, 31)) == 4960 and list(differences()) == []
    assert case.events.last().day == date(2026, 10, 1) and case.events.last().actor is None
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


def test_after_the_story_one_has_points_and_one_is_suspended_from_today_on(
    accounts, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        ruling = points.tell(tell(FOUND, LEAD.id), ["D0001D1", "D0001D2"])
    assert (ruling.state, ruling.institution_id) == ("in_force", LEAD.id)
    assert list(PointEntry.objects.values_list("practitioner_id", "points")) == [("D0001D1", 2), ("D0001D2", 9)]
    held = InForce(home()).of("D0001D2")
    assert [(one.decision, one.valid_from) for one in held] == [(ruling.number, now().date())]
    assert points.tell(None, ["D0001D1", "D0001D2"]) is None


def test_nothing_found_is_no_case(accounts):
    assert tell([], LEAD.id) is None
    assert not Case.objects.exists()
