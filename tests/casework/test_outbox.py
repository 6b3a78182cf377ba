"""Every deed leaves evidence in its own transaction, and nobody changes it afterwards."""

import json
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from tests.web.fixtures import CURRENT, EARLIER
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import Body, Duty, User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.imports.actions import start_import
from zhunsheng.casework.imports.inbox import Received
from zhunsheng.casework.imports.models import Import
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.judgements.actions import record_missing_runs, record_run, start_run
from zhunsheng.casework.judgements.models import RunRecord
from zhunsheng.casework.outbox import actions as outbox
from zhunsheng.casework.outbox.models import EvidenceOutbox, Unchangeable
from zhunsheng.casework.outbox.queries import evidence_of
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


def test_a_row_says_who_did_what_to_what_and_seals_it():
    body = actions.create_body(ACTOR, "vendor", "恒诺检验")
    row = EvidenceOutbox.objects.get()
    assert (row.kind, row.actor, row.subject) == ("body.created", "process:test", f"body:{body.pk}")
    assert json.loads(row.payload)["name"] == "恒诺检验"
    sealed = {"kind": row.kind, "actor": row.actor, "body": row.body, "subject": row.subject, "at": row.at.isoformat()}
    assert row.digest == digest(canonical(sealed) + b"\n" + row.payload.encode())
    assert row.digest != digest(canonical(sealed) + b"\n" + row.payload.replace("恒诺", "恒信").encode())


def test_evidence_outside_a_transaction_is_refused(monkeypatch):
    monkeypatch.setattr(outbox, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.append(ACTOR, "body.created", "body:1", {})


def deeds(people):
    """Every action beside how many rows its model holds."""
    user = people["reviewer"]
    manifest = {"run_id": "r-x", "as_of": "2026-10-31", "result_digest": "0"}
    return {
        "create_body": (Body, lambda: actions.create_body(ACTOR, "vendor", "新机构")),
        "create_user": (User, lambda: actions.create_user(ACTOR, "new", "新人", user.body, "x" * 12)),
        "assign_duty": (Duty, lambda: actions.assign_duty(ACTOR, user, "head", date(2026, 3, 1))),
        "start_import": (Import, lambda: start_import(user, [Received("a.csv", "0" * 64, 3)])),
        "start_run": (Job, lambda: start_run(user, date(2026, 10, 31))),
        "record_run": (RunRecord, lambda: record_run(manifest, user)),
    }


@pytest.mark.parametrize(
    "name", ["create_body", "create_user", "assign_duty", "start_import", "start_run", "record_run"]
)
def test_a_deed_whose_evidence_fails_did_not_happen(people, monkeypatch, name):
    model, deed = deeds(people)[name]
    before = model.objects.count(), EvidenceOutbox.objects.count()

    def fail(*_args, **_kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(EvidenceOutbox, "save", fail)
    with pytest.raises(DatabaseError, match="disk full"), transaction.atomic():
        deed()
    monkeypatch.undo()
    assert (model.objects.count(), EvidenceOutbox.objects.count()) == before
    deed()
    assert model.objects.count() == before[0] + 1
    assert EvidenceOutbox.objects.count() > before[1]


def test_a_row_cannot_be_changed_through_the_model():
    actions.create_body(ACTOR, "vendor", "恒诺检验")
    row = EvidenceOutbox.objects.get()
    row.kind = "body.deleted"
    for attempt in (row.save, row.delete, EvidenceOutbox.objects.all().delete):
        with pytest.raises(Unchangeable):
            attempt()
    with pytest.raises(Unchangeable):
        EvidenceOutbox.objects.update(kind="x")
    with pytest.raises(Unchangeable):
        EvidenceOutbox.objects.bulk_update([row], ["kind"])
    assert EvidenceOutbox.objects.get().kind == "body.created"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outbox_evidenceoutbox SET kind = 'x'",
        "DELETE FROM outbox_evidenceoutbox",
        "around",  # what triggers on those two do not see
    ],
)
def test_the_database_refuses_what_goes_around_the_model(statement):
    if statement == "around":
        replace = "INSERT OR REPLACE INTO outbox_evidenceoutbox SELECT sequence, 'x', actor, body, subject, payload, "
        replace += "digest, at FROM outbox_evidenceoutbox"
        statement = replace if connection.vendor == "sqlite" else "TRUNCATE outbox_evidenceoutbox"
    actions.create_body(ACTOR, "vendor", "恒诺检验")
    with pytest.raises(DatabaseError, match="never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert EvidenceOutbox.objects.get().kind == "body.created"


def test_evidence_is_read_within_the_scope_of_the_reader(people):
    start_run(people["reviewer"], date(2026, 10, 31))
    job = Job.objects.get()
    assert evidence_of(scope(people["auditor"]), f"job:{job.pk}").count() == 2
    assert evidence_of(scope(people["lead"]), f"job:{job.pk}").count() == 0


def test_a_run_as_of_a_day_to_come_is_refused(people):
    tomorrow = now().date() + timedelta(days=1)
    with pytest.raises(Problem, match="ZS508"):
        start_run(people["reviewer"], tomorrow)
    assert not Job.objects.exists()


def test_a_run_published_by_a_process_that_was_killed_is_recorded_by_the_next_worker(people, work):
    for _ in ("first worker", "second worker"):
        work()
        recorded = EvidenceOutbox.objects.filter(kind__startswith="run.").values_list("kind", "actor", "subject")
        assert list(recorded) == [("run.recorded", "process:run", f"run:{name}") for name in (EARLIER, CURRENT)]
    assert set(RunRecord.objects.values_list("run_id", flat=True)) == {EARLIER, CURRENT}


def test_a_run_under_way_is_left_to_its_own_job(people):
    start_run(people["reviewer"], date(2026, 10, 31))
    assert (record_missing_runs(), RunRecord.objects.count()) == (0, 0)
