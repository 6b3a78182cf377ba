"""Marks, notes and saved views: whose they are, that each deed leaves evidence, that nothing written is lost."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from tests.web.people import ACTOR, PASSWORD
from tests.web.serving import LEAD, OTHER
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.worklist import actions, queries
from zhunsheng.casework.worklist.models import Mark, NoteVersion
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


def a_finding(place=LEAD):
    with current_run().reader(None) as reader:
        sql = "SELECT MIN(finding_id) AS f FROM finding WHERE institution_id = ?"
        return reader.one(sql, [place.id])["f"]


def last_evidence():
    row = EvidenceOutbox.objects.order_by("sequence").last()
    return row.kind, row.actor, row.subject, json.loads(row.payload)


def test_marking_twice_is_marking_once_and_each_deed_leaves_evidence(people):
    user, key = people["head"], a_finding()
    mark = actions.set_mark(user, key, LEAD.id, shared=False)
    assert last_evidence() == ("mark.set", user.actor_key, f"finding:{key}", {"mark": mark.pk, "shared": False})
    count = EvidenceOutbox.objects.count()
    assert actions.set_mark(user, key, LEAD.id, shared=False) == mark
    assert EvidenceOutbox.objects.count() == count
    actions.lift_mark(user, mark)
    assert last_evidence()[0] == "mark.lifted"
    again = actions.set_mark(user, key, LEAD.id, shared=False)
    assert again.pk != mark.pk and Mark.objects.count() == 2


def test_a_mark_set_by_two_at_once_is_one_mark(people, monkeypatch):
    """Both looked before either wrote: who comes second gets the mark of the first."""
    key, first = a_finding(), people["head"]
    mark = actions.set_mark(first, key, LEAD.id, shared=True)
    with monkeypatch.context() as both:
        both.setattr(QuerySet, "first", lambda _: None)
        assert actions.set_mark(people["reviewer"], key, LEAD.id, shared=True) == mark
    assert Mark.objects.count() == 1 and EvidenceOutbox.objects.filter(kind="mark.set").count() == 1


def test_two_standing_marks_of_one_person_on_one_finding_cannot_be(people):
    user = people["head"]
    row = {"finding_id": "f", "institution_id": LEAD.id, "body": user.body, "owner": user, "made_at": now()}
    Mark.objects.create(**row, shared=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mark.objects.create(**row, shared=False)


def test_own_marks_stay_with_their_owner_and_shared_ones_in_the_body(people):
    key = a_finding()
    actions.set_mark(people["head"], key, LEAD.id, shared=False)
    actions.set_mark(people["reviewer"], key, LEAD.id, shared=True)
    seen = {login: queries.work_on(scope(people[login]), people[login], [key])[key] for login in people}
    assert seen["head"] == {"mine": True, "body": True, "notes": 0}
    assert seen["reviewer"] == {"mine": False, "body": True, "notes": 0}
    others = set(people) - {
        "head",
        "reviewer",
        "legal",
        "finance",
        "auditor",
        "admin",
    }  # these four belong to the same body
    assert all(seen[login] == {"mine": False, "body": False, "notes": 0} for login in others)


def test_an_authority_does_not_read_what_an_institution_notes_for_itself(people):
    key = a_finding()
    actions.add_note(people["lead"], key, LEAD.id, "内部核对", shared=True)
    actions.save_view(people["lead"], "本院视图", "findings", "", shared=True)
    for login in ("head", "whole", "consortium", "town"):
        user = people[login]
        assert queries.notes(scope(user), user) == []
        assert queries.views(scope(user), user) == []
    assert len(queries.notes(scope(people["lead"]), people["lead"])) == 1


def test_a_shared_mark_may_be_lifted_by_a_colleague_and_set_again(people):
    key = a_finding()
    mark = actions.set_mark(people["head"], key, LEAD.id, shared=True)
    actions.lift_mark(people["reviewer"], mark)
    assert queries.lifted_mark(scope(people["reviewer"]), people["reviewer"], mark.pk) == mark
    assert queries.lifted_mark(scope(people["head"]), people["head"], mark.pk) is None
    assert queries.marked_ids(scope(people["head"]), people["head"], "body") == ()


def test_a_correction_is_a_further_version(people):
    user, key = people["head"], a_finding()
    note = actions.add_note(user, key, LEAD.id, "  先记一笔  ", shared=True)
    assert last_evidence()[3] == {"note": note.pk, "version": 1, "shared": True, "text": last_evidence()[3]["text"]}
    assert "先记一笔" not in str(last_evidence())
    actions.correct_note(user, note, "后来更正", 1)
    assert [(v.number, v.text) for v in NoteVersion.objects.filter(note=note)] == [(1, "先记一笔"), (2, "后来更正")]
    with pytest.raises(Problem, match="ZS718"):
        actions.correct_note(user, note, "同时写的", 1)
    with pytest.raises(Problem, match="ZS702"):
        actions.correct_note(people["reviewer"], note, "别人的话", 2)
    assert queries.notes(scope(user), user, [key])[0].latest.text == "后来更正"


@pytest.mark.parametrize("text", ["", "   ", "长" * 2001])
def test_a_note_says_something_and_not_too_much(people, text):
    with pytest.raises(Problem, match="ZS719"):
        actions.add_note(people["head"], a_finding(), LEAD.id, text, shared=False)
    assert not EvidenceOutbox.objects.filter(kind="note.written").exists()


@pytest.mark.parametrize("login", ["pharmacy", "auditor", "admin", "idle", "stranger"])
def test_who_may_not_work_on_findings_writes_nothing(people, login):
    user = people[login]
    with pytest.raises(Problem, match="ZS702"):
        actions.set_mark(user, a_finding(), LEAD.id, shared=False)
    with pytest.raises(Problem, match="ZS702"):
        actions.add_note(user, a_finding(), LEAD.id, "话", shared=False)
    with pytest.raises(Problem, match="ZS702"):
        actions.save_view(user, "名", "findings", "", shared=False)


def test_a_view_is_renamed_deleted_and_restored_by_its_owner_only(people):
    user, colleague = people["head"], people["reviewer"]
    view = actions.save_view(user, "十月", "findings", "month=2026-10", shared=True)
    assert [one.name for one in queries.views(scope(colleague), colleague)] == ["十月"]
    for deed in (
        lambda: actions.change_view(colleague, view, name="别名", shared=True),
        lambda: actions.delete_view(colleague, view),
        lambda: actions.restore_view(colleague, view),
    ):
        with pytest.raises(Problem, match="ZS702"):
            deed()
    actions.change_view(user, view, name="十月清单", shared=False)
    assert queries.views(scope(colleague), colleague) == []
    actions.delete_view(user, view)
    assert queries.view(scope(user), user, view.pk) is None
    actions.restore_view(user, view)
    assert queries.view(scope(user), user, view.pk).name == "十月清单"
    kinds = list(EvidenceOutbox.objects.filter(subject=f"view:{view.pk}").values_list("kind", flat=True))
    assert kinds == ["view.saved", "view.changed", "view.deleted", "view.restored"]


@pytest.mark.parametrize(("page", "query"), [("logout", ""), ("findings", "x" * 1001)])
def test_a_view_leads_to_a_list_of_this_site_only(people, page, query):
    with pytest.raises(Problem, match=r"ZS709|ZS719"):
        actions.save_view(people["head"], "名", page, query, shared=False)


def test_who_moves_to_another_body_leaves_marks_behind(people):
    user, key = people["lead"], a_finding()
    actions.set_mark(user, key, LEAD.id, shared=False)
    user.body = people["other"].body
    user.save()
    assert queries.marked_ids(scope(user), user, "any") == ()


def test_marks_of_a_finding_out_of_view_are_not_listed(as_, people):
    actions.set_mark(people["lead"], a_finding(OTHER), OTHER.id, shared=False)
    assert "工作清单：0 件" in as_("lead").get("/worklist").content.decode()


def test_a_new_colleague_meets_what_is_shared(people):
    key = a_finding()
    actions.add_note(people["head"], key, LEAD.id, "共用的话", shared=True)
    actions.add_note(people["head"], key, LEAD.id, "自己的话", shared=False)
    fresh = bodies.create_user(ACTOR, "fresh", "新同事", people["head"].body, PASSWORD)
    assert [note.latest.text for note in queries.notes(scope(fresh), fresh)] == ["共用的话"]
