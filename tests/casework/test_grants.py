"""Grants of sight: two bodies and two people, a purpose and days; they widen what is read and nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from tests.web.people import ACTOR, PASSWORD
from tests.web.serving import FAR, LEAD, OTHER, TOWN
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import BodyKind, DutyName
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.actions import attach, move, open_case
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.grants import actions, queries
from zhunsheng.casework.grants.models import Grant, GrantUse
from zhunsheng.casework.grants.policies import Request, Terms
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(people):
    """The authority of a far town, which owns; the police of the county, which ask; a case and findings of each."""
    body = bodies.create_body(ACTOR, BodyKind.INSURANCE_AUTHORITY, "远山市医疗保障局", region="330802")
    for login in ("owner", "second"):
        people[login] = bodies.create_user(ACTOR, login, f"职员{login}", body, PASSWORD)
        bodies.assign_duty(ACTOR, people[login], DutyName.HEAD, date(2026, 1, 1))
    officers = [people["owner"].pk, people["second"].pk]
    for place in (FAR, LEAD):
        given = {"officers": officers, "article": "reg-735/38", "reason": "核查"}
        made = open_case(people["owner"], "fund_case", given, body=body, institution_id=place.id)
        attach(people["owner"], made, "内部.txt", [b"x"], internal=True)
        people[f"case-{place.mark}"] = made
    return people


def terms(places=(), *, internal=False, first=0, days=30):
    start = now().date() + timedelta(days=first)
    return Terms(tuple(places), internal, start, start + timedelta(days=days))


def asked(world, opens="findings", places=(FAR.id,), who="police", **more):
    number = world["case-枫"].number if opens == "case" else ""
    given = terms(() if opens == "case" else places, internal=more.pop("internal", False), first=more.pop("first", 0))
    return actions.ask(world[who], world["owner"].body, Request(opens, "核查同一线索", given, number=number, **more))


def held(world, *args, **more):
    grant = asked(world, *args, **more)
    return actions.give(world["owner"], grant, _terms(grant))


def _terms(grant, **more):
    return Terms(**{
        "institutions": tuple(grant.institutions), "internal": grant.internal, "valid_from": grant.valid_from,
        "valid_to": grant.valid_to, **more,
    })  # fmt: skip


def seen(user):
    with scope(user).lake() as reader:
        return {row["institution_id"] for row in reader.rows("SELECT DISTINCT institution_id FROM finding")}


def cases(user):
    return set(scope(user).rows(Case.objects.all()))


def test_findings_are_seen_by_a_grant_and_no_longer_when_it_ends(world):
    police = world["police"]
    assert seen(police) == set()
    grant = asked(world)
    assert seen(police) == set()  # asking opens nothing
    actions.give(world["owner"], grant, _terms(grant))
    assert seen(police) == {FAR.id} and not scope(police).own.readable
    assert scope(police).several is False and seen(world["vendor"]) == set()
    actions.end(police, grant, "查完")
    assert seen(police) == set()
    told = EvidenceOutbox.objects.filter(subject=f"grant:{grant.pk}").values_list("kind", flat=True)
    assert list(told) == ["sight.asked", "sight.given", "sight.ended"]


@pytest.mark.parametrize(("first", "days", "holds"), [(0, 1, True), (1, 5, False), (-5, 6, True)])
def test_a_grant_holds_from_its_first_day_to_the_day_before_its_end(world, first, days, holds):
    grant = asked(world, first=-10)
    Grant.objects.filter(pk=grant.pk).update(
        state="given", settled_by=world["owner"], valid_from=now().date() + timedelta(days=first),
        valid_to=now().date() + timedelta(days=first + days),
    )  # fmt: skip
    assert bool(seen(world["police"])) is holds
    Grant.objects.filter(pk=grant.pk).update(valid_from=date(2026, 1, 1), valid_to=now().date())
    assert seen(world["police"]) == set()


def test_only_the_named_person_or_duty_sees(world):
    held(world, duty=DutyName.ANALYST)
    assert seen(world["police"]) == {FAR.id}
    bodies.end_duty(ACTOR, world["police"].duties.get(name="analyst"), now().date())
    assert seen(world["police"]) == set()
    other = bodies.create_user(ACTOR, "police-2", "另一人", world["police"].body, PASSWORD)
    held(world, person=world["police"])
    assert seen(world["police"]) == {FAR.id} and seen(other) == set()


def test_one_case_is_joined_without_or_with_its_internal_part(world):
    police, case = world["police"], world["case-枫"]
    grant = held(world, "case")
    assert cases(police) == {case}
    assert not case_queries.sees_all(scope(police), case) and not case_queries.attachments(scope(police), case)
    actions.end(world["owner"], grant, "改为含内部材料")
    held(world, "case", internal=True)
    assert case_queries.sees_all(scope(police), case)
    assert [one.name for one in case_queries.attachments(scope(police), case)] == ["内部.txt"]


def test_cases_about_institutions_are_seen_by_kind(world):
    held(world, "cases", (LEAD.id,), cycle="clue")
    assert cases(world["police"]) == set()
    held(world, "cases", (LEAD.id,), cycle="fund_case")
    assert cases(world["police"]) == {world["case-松"]}


def test_a_grant_of_all_cases_opens_no_tip_off(world):
    given = {"channel": "page", "act": "charge", "about": "", "content": "护理费同一天收了两次，有清单。"}
    tip = open_case(Process("public"), "tip_off", given, body=world["owner"].body, institution_id=FAR.id)
    held(world, "cases", internal=True)
    reader = scope(world["police"])
    assert tip not in cases(world["police"]) and not case_queries.sights(reader, tip)
    if connection.vendor == "postgresql":
        with walls.within(walls.wall_of(reader)):
            assert list(Case.objects.all()) == [world["case-枫"]]


def test_nothing_is_done_by_a_grant(world):
    held(world, "case", internal=True)
    told = {"article": "reg-735/38", "loss_fen": "10.00", "facts": "多收费用"}
    with pytest.raises(Problem, match="ZS904"):
        move(world["police"], world["case-枫"], "notify", told, version=world["case-枫"].version)
    with pytest.raises(Problem, match="ZS904"):
        attach(world["police"], world["case-枫"], "y.txt", [b"y"])


def test_what_is_granted_is_not_granted_on_and_no_wider_than_the_owner(world):
    grant = asked(world, places=(FAR.id, OTHER.id))
    with pytest.raises(Problem, match="ZS995"):
        actions.give(world["owner"], grant, _terms(grant))
    actions.give(world["owner"], grant, _terms(grant, institutions=(FAR.id,)))
    assert seen(world["police"]) == {FAR.id}
    Grant.objects.filter(pk=grant.pk).update(institutions=[FAR.id, OTHER.id])  # whoever wrote it so
    assert seen(world["police"]) == {FAR.id}
    held(world, who="head")  # sight of the far town, by its authority
    on = actions.ask(world["vendor"], world["head"].body, Request("findings", "x", terms((FAR.id,))))
    with pytest.raises(Problem, match="ZS995"):
        actions.give(world["head"], on, _terms(on))


def test_two_people_of_two_bodies_settle_and_nobody_else(world):
    grant = asked(world)
    for login in ("police", "head", "auditor", "reviewer"):
        with pytest.raises(Problem, match="ZS702"):
            actions.give(world[login], grant, _terms(grant))
    Grant.objects.filter(pk=grant.pk).update(asked_by=world["owner"])  # has changed bodies since
    with pytest.raises(Problem, match="ZS993"):
        actions.give(world["owner"], grant, _terms(grant))
    actions.give(world["second"], grant, _terms(grant))
    with pytest.raises(Problem, match="ZS992"):
        actions.give(world["second"], grant, _terms(grant))
    with pytest.raises(Problem, match="ZS702"):
        actions.end(world["head"], grant, "x")


def test_a_grant_is_narrowed_and_never_widened(world):
    grant = asked(world, "cases", (FAR.id, LEAD.id))
    day = timedelta(days=1)
    wider = ({"internal": True}, {"institutions": (FAR.id, OTHER.id)}, {"institutions": ()},
             {"valid_to": grant.valid_to + day}, {"valid_from": grant.valid_from - day})  # fmt: skip
    for more in wider:
        with pytest.raises(Problem, match="ZS996"):
            actions.give(world["owner"], grant, _terms(grant, **more))
    actions.give(world["owner"], grant, _terms(grant, valid_to=grant.valid_to - timedelta(days=1)))
    assert cases(world["police"]) == {world["case-枫"], world["case-松"]}
    narrowed = actions.narrow(
        world["owner"], grant, _terms(grant, institutions=(LEAD.id,), valid_to=grant.valid_from + timedelta(days=2))
    )
    assert cases(world["police"]) == {world["case-松"]} and narrowed.asked["institutions"] == sorted([FAR.id, LEAD.id])
    with pytest.raises(Problem, match="ZS996"):
        actions.narrow(world["owner"], grant, _terms(grant))


@pytest.mark.parametrize(
    ("opens", "more"),
    [
        ("findings", {"places": ()}), ("findings", {"number": "X1"}), ("case", {"number": ""}), ("other", {}),
        ("findings", {"cycle": "clue"}), ("cases", {"cycle": "none"}), ("cases", {"duty": "none"}),
        ("cases", {"purpose": ""}), ("cases", {"days": 0}), ("cases", {"days": 367}), ("cases", {"first": -40}),
    ],
)  # fmt: skip
def test_terms_that_are_not_complete_are_refused(world, opens, more):
    given = terms(
        more.pop("places", () if opens == "case" else (FAR.id,)), first=more.pop("first", 0), days=more.pop("days", 30)
    )
    with pytest.raises(Problem, match="ZS991"):
        actions.ask(world["police"], world["owner"].body, Request(opens, more.pop("purpose", "x"), given, **more))


def test_who_is_asked_must_answer_for_it_and_a_case_must_exist(world):
    for body in (world["police"].body, world["operator"].body, world["lead"].body):
        with pytest.raises(Problem, match="ZS991"):
            actions.ask(world["police"], body, Request("findings", "x", terms((FAR.id,))))
    none = actions.ask(world["police"], world["owner"].body, Request("case", "x", terms(), number="没有"))
    with pytest.raises(Problem, match="ZS994"):
        actions.give(world["owner"], none, _terms(none))
    actions.refuse(world["owner"], none, "没有这一编号")
    with pytest.raises(Problem, match="ZS992"):
        actions.withdraw(world["police"], none)


def test_sums_are_told_without_the_decisions_behind_them(world):
    owner = world["owner"]
    for number, outcome in enumerate(("confirmed", "confirmed", "overturned")):
        Decision.objects.create(
            finding_id=f"F{number}", rule_id="fund/x", rule_digest="d", run_id="r", institution_id=FAR.id,
            month="2026-09", amount_fen=100, outcome=outcome, body=owner.body, decided_by=owner, decided_at=now(),
        )  # fmt: skip
    grant = held(world, "amounts")
    mine = scope(world["police"])
    told = {(one["outcome"], one["n"], one["fen"]) for one in queries.amounts(mine, grant)}
    assert told == {("confirmed", 2, 200), ("overturned", 1, 100)}
    assert not mine.rows(Decision.objects.all()) and not seen(world["police"])
    assert queries.amounts(scope(world["vendor"]), grant) is None


def test_a_list_counts_once_a_day_and_a_record_each_time(world):
    grant, police = held(world), world["police"]
    for _ in range(2):
        actions.note_list(police, {grant.pk})
        actions.note_use(police, grant.pk, "finding:1")
    assert sorted(GrantUse.objects.values_list("subject", flat=True)) == ["", "finding:1", "finding:1"]
    assert EvidenceOutbox.objects.filter(kind="sight.used").count() == 3


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row security")
def test_behind_the_wall_granted_rows_are_read_and_not_written(world):
    held(world, "case")
    held(world, "cases", (LEAD.id,))
    held(world)
    owner = world["owner"]
    Decision.objects.create(
        finding_id="F1", rule_id="fund/x", rule_digest="d", run_id="r", institution_id=FAR.id, month="2026-09",
        amount_fen=100, outcome="confirmed", body=owner.body, decided_by=owner, decided_at=now(),
    )  # fmt: skip
    with walls.within(walls.wall_of(scope(world["police"]))):
        assert set(Case.objects.all()) == {world["case-枫"], world["case-松"]} and Decision.objects.count() == 1
        assert CaseEvent.objects.count() > 1
        assert Case.objects.update(state="x") == 0 and Decision.objects.update(amount_fen=1) == 0
        assert Grant.objects.count() == 3
        first = CaseEvent.objects.first()
        first.pk, first.sequence = None, 99
        with pytest.raises(ProgrammingError), transaction.atomic():
            first.save(force_insert=True)
    with walls.within(walls.wall_of(scope(world["vendor"]))):
        assert not Case.objects.all() and not CaseEvent.objects.all() and not Grant.objects.all()
    assert TOWN.id not in seen(world["police"])
