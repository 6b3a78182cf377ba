"""Three administrators are three people (三员分立), whatever is given, ended or handed over, in whatever order."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import BodyKind, Duty, DutyName, User
from zhunsheng.casework.bodies.permissions import ADMINISTRATORS, ALLOWED, Verb
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import OPEN_END

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)
days = st.integers(0, 40).map(lambda n: DAY + timedelta(days=n))
#: give (who, duty, from, to), end (which, day), hand over (which, to whom, day)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(0, 2), st.sampled_from(DutyName.values), days, st.none() | days),
        st.tuples(st.just("end"), st.integers(0, 9), days),
        st.tuples(st.just("hand"), st.integers(0, 9), st.integers(0, 2), days),
    ),
    max_size=14,
)


def crew(n=3):
    body = actions.create_body(ACTOR, BodyKind.INSURANCE_AUTHORITY, "甲局", region="330781")
    return [actions.create_user(ACTOR, f"person{i}", f"人员{i}", body, "x" * 12) for i in range(n)]


def attempt(people, deed):
    """Do one deed; a refusal is one of the known ones and changes nothing."""
    kind, which, *rest = deed
    duties = list(Duty.objects.order_by("pk"))
    try:
        with transaction.atomic():
            if kind == "give":
                name, start, end = rest
                certificate = "ZF-1" if name == DutyName.OFFICER else ""
                actions.assign_duty(ACTOR, people[which], name, start, end, certificate=certificate)
            elif which < len(duties):
                if kind == "end":
                    actions.end_duty(ACTOR, duties[which], rest[0])
                else:
                    actions.hand_over(ACTOR, duties[which], people[rest[0]], rest[1], certificate="ZF-2")
    except Problem as problem:
        assert problem.code in {"ZS106", "ZS750", "ZS751", "ZS757", "ZS758"}


def faults():
    """Pairs of duties of one person that share a day and may not: written as the regulation says it, day by day."""
    found = []
    for user in User.objects.all():
        held = [(d.name, d.valid_from, d.valid_to or OPEN_END) for d in user.duties.all()]
        for n in range(45):
            today = {name for name, start, end in held if start <= DAY + timedelta(days=n) < end}
            if today & set(ADMINISTRATORS) and len(today) > 1:
                found.append((user.login, n, sorted(today)))
    return found


@settings(max_examples=times(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds)
def test_no_order_of_deeds_gives_one_person_two_administrators_or_one_and_a_trade(todo):
    with transaction.atomic():
        people = crew()
        for deed in todo:
            attempt(people, deed)
        assert faults() == []
        transaction.set_rollback(True)


def test_the_referee_itself_can_fail():
    (user, *_) = crew()
    for name in ("security", "auditor"):
        Duty.objects.create(user=user, body=user.body, name=name, valid_from=DAY)
    assert faults()


def test_the_refusal_says_what_is_held_and_changes_nothing():
    user = crew(1)[0]
    actions.assign_duty(ACTOR, user, DutyName.ADMINISTRATOR, DAY)
    before = Duty.objects.count(), EvidenceOutbox.objects.count()
    for name in (DutyName.SECURITY, DutyName.AUDITOR, DutyName.REVIEWER):
        with pytest.raises(Problem, match="系统管理员") as caught:
            actions.assign_duty(ACTOR, user, name, DAY + timedelta(days=9))
        assert caught.value.code == "ZS750"
    assert (Duty.objects.count(), EvidenceOutbox.objects.count()) == before


def test_a_duty_that_has_ended_frees_its_holder_from_that_day_on():
    user = crew(1)[0]
    duty = actions.assign_duty(ACTOR, user, DutyName.SECURITY, DAY)
    actions.end_duty(ACTOR, duty, DAY + timedelta(days=10))
    with pytest.raises(Problem, match="ZS750"):
        actions.assign_duty(ACTOR, user, DutyName.REVIEWER, DAY + timedelta(days=9))
    assert actions.assign_duty(ACTOR, user, DutyName.REVIEWER, DAY + timedelta(days=10)).pk
    with pytest.raises(Problem, match="ZS757"):
        actions.end_duty(ACTOR, duty, DAY + timedelta(days=11))  # an end that moves later would let them meet


def test_a_duty_ended_before_it_began_can_be_given_again_from_the_same_day():
    user = crew(1)[0]
    for _ in range(3):
        duty = actions.assign_duty(ACTOR, user, DutyName.REVIEWER, DAY)
        actions.end_duty(ACTOR, duty, DAY)
    assert actions.assign_duty(ACTOR, user, DutyName.AUDITOR, DAY).pk
    assert not Duty.objects.on(DAY).filter(name=DutyName.REVIEWER).exists()


def test_a_duty_passes_to_another_on_a_day_and_nobody_holds_it_twice():
    first, second, _ = crew()
    duty = actions.assign_duty(ACTOR, first, DutyName.OFFICER, DAY, DAY + timedelta(days=90), certificate="ZF-1")
    taken = actions.hand_over(ACTOR, duty, second, DAY + timedelta(days=30), certificate="ZF-2")
    duty.refresh_from_db()
    assert (duty.valid_to, taken.valid_from, taken.valid_to) == (
        DAY + timedelta(days=30), DAY + timedelta(days=30), DAY + timedelta(days=90)
    )  # fmt: skip
    assert taken.certificate == "ZF-2"
    kinds = list(EvidenceOutbox.objects.order_by("sequence").values_list("kind", flat=True))[-3:]
    assert kinds == ["duty.ended", "duty.assigned", "duty.handed_over"]
    with pytest.raises(Problem, match="ZS753"):
        actions.hand_over(ACTOR, taken, first, DAY + timedelta(days=40))
    taken.refresh_from_db()
    assert taken.valid_to == DAY + timedelta(days=90)


def test_a_handover_stays_within_the_body_and_goes_to_somebody_else():
    first, second, _ = crew()
    other = actions.create_body(ACTOR, BodyKind.VENDOR, "乙公司")
    stranger = actions.create_user(ACTOR, "stranger", "外人", other, "x" * 12)
    duty = actions.assign_duty(ACTOR, first, DutyName.REVIEWER, DAY)
    second.is_active = False
    second.save()
    for user in (first, second, stranger):
        with pytest.raises(Problem, match="ZS758"):
            actions.hand_over(ACTOR, duty, user, DAY)


def test_the_rights_of_the_three_do_not_meet():
    powers = {Verb.MANAGE_PEOPLE, Verb.GIVE_DUTIES, Verb.READ_EVIDENCE}
    held = {duty: ALLOWED[duty] & powers for duty in DutyName}
    assert {duty: verbs for duty, verbs in held.items() if verbs} == {
        DutyName.ADMINISTRATOR: {Verb.MANAGE_PEOPLE},
        DutyName.SECURITY: {Verb.GIVE_DUTIES},
        DutyName.AUDITOR: {Verb.READ_EVIDENCE},
    }
