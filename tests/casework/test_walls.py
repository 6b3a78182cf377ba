"""The wall of the database: what a query forgets to ask about stays out of sight."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from tests.web.people import create
from tests.web.serving import FAR, LEAD, TOWN
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.outbox.actions import Process, append, deed
from zhunsheng.casework.outbox.models import EvidenceOutbox

AT = datetime(2026, 11, 2, tzinfo=UTC)


def test_every_scoped_model_stands_behind_the_wall_or_is_read_before_it():
    labels = {model._meta.label for model in walls.walled()}
    assert "decisions.Decision" in labels and "outbox.EvidenceOutbox" in labels and "desk.Response" in labels
    assert not labels & walls.BEFORE_SCOPE
    assert all(walls.condition(model) for model in walls.walled())


def test_a_path_without_a_policy_is_refused():
    unsaid = SimpleNamespace(SCOPE_PATH="rule_id", _meta=Decision._meta)
    with pytest.raises(ValueError, match="no policy"):
        walls.condition(unsaid)


def test_a_connection_that_is_made_anew_passes_through_one_wall():
    """Its wrappers outlive a reconnect, which comes every ten minutes: hundreds of them ended in RecursionError."""
    other, made = object(), SimpleNamespace(vendor="postgresql", execute_wrappers=[])
    made.execute_wrappers.append(other)
    for _ in range(3):
        walls.guard(made)
    first, *rest = made.execute_wrappers
    assert isinstance(first, walls._Told) and first.told is None and rest == [other]


@pytest.mark.django_db
def test_without_walls_nothing_is_claimed():
    assert walls.holds() is (None if connection.vendor == "sqlite" else True)


@pytest.fixture
def decisions(db, county):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row security: scope() is the only wall there")
    people = create("head", "lead", "town", "consortium")
    for number, place in enumerate((LEAD, TOWN, FAR)):
        decide(people["head"], place.id, f"F{number}")
    return people


def decide(user, institution, finding):
    return Decision.objects.create(
        finding_id=finding, rule_id="fund/x", rule_digest="d", run_id="r", institution_id=institution, month="2026-09",
        amount_fen=1, outcome="confirmed", body=user.body, decided_by=user, decided_at=AT,
    )  # fmt: skip


def seen():
    return set(Decision.objects.values_list("institution_id", flat=True))


def test_a_query_that_forgets_its_filter_shows_what_is_in_scope(decisions):
    expected = {"lead": {LEAD.id}, "town": {TOWN.id}, "consortium": {LEAD.id, TOWN.id}, "head": {LEAD.id, TOWN.id}}
    for login, places in expected.items():
        with walls.within(walls.wall_of(scope(decisions[login]))):
            assert seen() == places
            assert Decision.objects.count() == len(places)
    assert seen() == {LEAD.id, TOWN.id, FAR.id}


def test_before_a_reader_is_known_nothing_is_seen(decisions):
    with walls.within(walls.NOTHING):
        assert seen() == set()
        assert EvidenceOutbox.objects.count() == 0


def test_a_connection_that_was_told_nothing_shows_nothing(decisions):
    with connection.connection.cursor() as raw:  # past everything of the site
        raw.execute("SELECT set_config('zhunsheng.institutions', '', true), set_config('zhunsheng.bodies', '', true)")
        raw.execute("SELECT COUNT(*) FROM decisions_decision")
        assert raw.fetchone()[0] == 0
        raw.execute("RESET zhunsheng.institutions")
        raw.execute("SELECT COUNT(*) FROM decisions_decision")
        assert raw.fetchone()[0] == 0


def test_nothing_is_written_for_another_or_moved_there(decisions):
    lead = decisions["lead"]
    with walls.within(walls.wall_of(scope(lead))):
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
            decide(lead, TOWN.id, "F9")
        assert Decision.objects.filter(institution_id=TOWN.id).update(amount_fen=9) == 0
        with pytest.raises(ProgrammingError), transaction.atomic():
            Decision.objects.filter(institution_id=LEAD.id).update(institution_id=TOWN.id)
        assert Decision.objects.filter(institution_id=TOWN.id).delete()[0] == 0
    assert seen() == {LEAD.id, TOWN.id, FAR.id}


def test_a_transaction_that_is_undone_does_not_lift_the_wall(decisions):
    narrow = walls.wall_of(scope(decisions["lead"]))
    with pytest.raises(RuntimeError), transaction.atomic(), walls.within(narrow):
        assert seen() == {LEAD.id}
        raise RuntimeError
    with walls.within(walls.wall_of(scope(decisions["town"]))):
        assert seen() == {TOWN.id}


def test_evidence_is_left_also_by_whom_it_is_not_shown_to(decisions):
    with walls.within(walls.NOTHING):
        deed(append)(Process("login"), "login.failed", "login:x", {})
        assert EvidenceOutbox.objects.count() == 0
    assert EvidenceOutbox.objects.filter(kind="login.failed").count() == 1
