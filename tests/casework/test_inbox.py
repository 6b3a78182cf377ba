"""The inbox: what is asked of whom, live and in few statements; reminders and levels; who acts for whom."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tests.casework.walking import DAY, INSTITUTION, Clock, opened, person, sample, staff, take
from tests.web.people import ACTOR
from zhunsheng.book.reminders import Reminder
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import Body, DutyName, User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions, clocks, library, notices
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case, CaseEvent, Proposal
from zhunsheng.casework.inbox import actions as inbox
from zhunsheng.casework.inbox import queries
from zhunsheng.casework.inbox.models import Delegation, Notice
from zhunsheng.casework.jobs import handlers
from zhunsheng.casework.jobs.worker import Worker
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI

pytestmark = pytest.mark.django_db
FAR = date(2099, 1, 1)


@pytest.fixture
def crew(db):
    return staff()


@pytest.fixture
def clock(monkeypatch):
    told = Clock(monkeypatch)
    for module in (
        "cases.permissions",
        "inbox.actions",
        "bodies.permissions",
        "bodies.policies",
        "bodies.actions",
        "inbox.outgoing",
    ):
        monkeypatch.setattr(f"zhunsheng.casework.{module}.now", told.now)
    return told


def asked(user, day=DAY, **wanted):
    found = queries.waiting_for(scope(user), user, day, queries.Wanted(**wanted))
    return found, found.tasks(0, 50)


def told(user, kind=None):
    found = Notice.objects.filter(user=user)
    return [one.key for one in (found.filter(kind=kind) if kind else found).order_by("pk") if "duty" not in one.key]


def deputy(crew, clock, giver="two", taker="clerk", duties=("head",), kinds=(), days=10):
    until = clock.day + timedelta(days=days)
    return inbox.delegate(crew[giver], crew[taker], list(duties), list(kinds), clock.day, until, "出差")


def test_the_inbox_holds_what_is_asked_now_in_the_order_of_its_days(crew, clock):
    late = opened(library.cycle("clue"), crew)
    clock.day += timedelta(days=30)
    soon = opened(library.cycle("fund_case"), crew)
    found, tasks = asked(crew["one"], clock.day)
    assert [(one.key, one.sender) for one in tasks] == [(late.pk, "职员one"), (soon.pk, "职员one")]
    assert found.counts["late"] == 1 and found.total == 2 and tasks[0].why and tasks[0].address == f"/cases/{late.pk}"
    assert asked(crew["one"], clock.day, group="late")[1] == tasks[:1]
    assert [one.key for one in asked(crew["one"], clock.day, q=soon.number)[1]] == [soon.pk]
    assert [one.key for one in asked(crew["one"], clock.day, kind="clue")[1]] == [late.pk]
    assert asked(crew["office"], clock.day)[1] == [] == asked(crew["away"], clock.day)[1]


def test_a_proposal_is_the_task_of_who_may_confirm_it_and_says_who_asks(crew, clock):
    cycle = library.cycle("clue")
    case = take(opened(cycle, crew), cycle, "assign", crew)
    given = sample(cycle.move("file").needs, crew, case)
    actions.propose(crew["one"], case, "file", given, version=case.version)
    assert asked(crew["one"])[1] == []
    [task] = asked(crew["two"])[1]
    assert "确认" in str(task.title) and task.sender == "职员one"


def test_the_number_of_statements_does_not_grow_with_the_cases(crew, clock):
    """100,000 cases are measured by hand; here the statements of few and of many are counted."""
    first = opened(library.cycle("clue"), crew)

    def statements():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            asked(crew["one"])
        return len(seen)

    few = statements()
    Case.objects.bulk_create(
        Case(
            bound=first.bound, cycle="clue", number=f"N{n}", state=first.state, body=first.body,
            institution_id=INSTITUTION, opened_at=clock.now(), due_on=DAY, clocks=[],
        )
        for n in range(300)
    )  # fmt: skip
    assert statements() == few <= 25
    assert asked(crew["one"])[0].total == 301


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 2), []),
        (date(2026, 3, 4), ["before-3"]),
        (date(2026, 3, 5), ["before-3"]),
        (date(2026, 3, 6), ["before-1"]),
        (date(2026, 3, 8), ["before-1"]),  # a Sunday: one working day is left
        (date(2026, 3, 9), ["today"]),
        (date(2026, 3, 11), []),
        (date(2026, 3, 12), ["head"]),
        (date(2026, 3, 23), ["head", "further"]),
    ],
)
def test_stages_are_counted_in_the_days_of_the_clock(day, expected):
    cycle = library.cycle("clue")
    running = clocks.Running("verification", 15, DAY, due_on=date(2026, 3, 9))
    plan = Reminder(before=(3, 1), head_after=3, further_after=10)
    assert cycle.clock("verification").kind == "working"
    assert notices.stages(plan, cycle, running, day) == expected


def test_a_late_pass_makes_up_and_none_is_told_twice(crew, clock):
    above = bodies.create_body(ACTOR, "insurance_authority", "金华市医疗保障局", region="330700")
    chief = person("chief", above, DutyName.HEAD)
    case = opened(library.cycle("clue"), crew)
    due, key = case.due_on, f"case:{case.pk}:verification:{case.due_on}"
    notices.remind(due - timedelta(days=1))
    notices.remind(due)
    notices.remind(due)
    assert told(crew["one"]) == [f"{key}:before-1", f"{key}:today"]
    for _ in range(2):  # the worker was away for two months: every level hears once
        clock.day = due + timedelta(days=60)
        actions.tick(clock.day)
        notices.remind(clock.day)
    assert told(crew["one"])[2:] == [f"{key}:late"]
    assert told(crew["two"], "case_escalated") == [f"{key}:head"] and told(chief) == [f"{key}:further"]
    assert (
        Notice.objects.get(user=chief, kind="case_further").address == ""
    )  # another body's case: number and title, and no way in
    assert told(crew["office"]) == [] == told(crew["away"])
    assert EvidenceOutbox.objects.filter(kind="case.reminded").count() == 3


def test_no_notice_holds_a_word_of_a_case_but_number_and_names(crew, clock):
    cycle = library.cycle("clue")
    case = take(opened(cycle, crew, summary="张某某住院期间多收"), cycle, "assign", crew)
    take(case, cycle, "file", crew, {"reason": "张某某属实"})
    found = Notice.objects.filter(user=crew["one"], kind="case_moved")
    assert found.exists() and found.filter(by=crew["two"]).exists()
    assert not [one for one in Notice.objects.all() if "张" in f"{one.zh}{one.en}{one.number}{one.key}"]
    assert not Notice.objects.filter(user=crew["office"], kind="case_moved").exists()  # an internal step


def test_a_day_begins_once_at_midnight_in_shanghai_also_when_the_clock_is_set_back(monkeypatch, db):
    begun, moment = [], [datetime(2026, 3, 2, 23, 59, tzinfo=SHANGHAI)]
    monkeypatch.setattr(handlers, "EACH_DAY", [begun.append])
    monkeypatch.setattr("zhunsheng.casework.jobs.worker.now", lambda: moment[0])
    worker = Worker(threading.Event())
    for minute in (0, 0, 1, 1, -1, 1):
        moment[0] = datetime.combine(date(2026, 3, 2), time(23, 59), SHANGHAI) + timedelta(minutes=minute)
        worker.begin_day()
    assert [day.day for day in begun] == [2, 3, 2, 3]


def test_a_day_that_could_not_be_begun_is_tried_again(monkeypatch, db):
    begun = []

    def fails_once(day):
        begun.append(day)
        if len(begun) == 1:
            raise OSError

    monkeypatch.setattr(handlers, "EACH_DAY", [fails_once])
    worker = Worker(threading.Event())
    worker.begin_day()
    worker.begin_day()
    assert len(begun) == 1
    worker.again = 0.0
    worker.begin_day()
    worker.begin_day()
    assert len(begun) == 2


def test_a_delegate_acts_in_the_own_name_on_behalf_and_the_giver_sees_it(crew, clock, monkeypatch):
    crew["deputy"] = person("deputy", crew["one"].body, DutyName.LEGAL_REVIEWER)
    case = opened(library.cycle("clue"), crew)
    assert asked(crew["deputy"])[1] == []
    deputy(crew, clock, "one", "deputy", ["reviewer"])
    [task] = asked(crew["deputy"])[1]
    assert "代职员one" in str(task.why)
    officers = {"officers": [crew["one"].pk, crew["two"].pk]}
    actions.move(crew["deputy"], case, "assign", officers, version=case.version)
    event = CaseEvent.objects.get(about="assign")
    assert (event.actor, event.on_behalf_of) == (crew["deputy"], crew["one"])
    payload = EvidenceOutbox.objects.get(pk=event.evidence).payload
    assert f'"on_behalf_of":"user:{crew["one"].pk}"' in payload
    assert [one.number for one in queries.done_for(crew["one"])] == [case.number]


def proposed(crew, by):
    cycle = library.cycle("clue")
    case = take(opened(cycle, crew), cycle, "assign", crew)
    given = sample(cycle.move("file").needs, crew, case)
    return actions.propose(crew[by], case, "file", given, version=case.version), case


def test_a_delegate_confirms_neither_the_own_proposal_nor_the_giver_s(crew, clock):
    crew["deputy"] = person("deputy", crew["one"].body, DutyName.LEGAL_REVIEWER)
    proposal, case = proposed(crew, "two")
    given = deputy(crew, clock, "two", "deputy")
    assert asked(crew["deputy"])[1] == [] and not cases.may_confirm(proposal, crew["deputy"])
    with pytest.raises(Problem, match="ZS957"):
        actions.confirm(crew["deputy"], proposal, version=case.version)
    actions.refuse(crew["two"], proposal, "收回")
    proposal = actions.propose(crew["deputy"], case, "file", proposal.fields, version=case.version)
    assert proposal.on_behalf_of == crew["two"]
    with pytest.raises(Problem, match="ZS909"):
        actions.confirm(crew["deputy"], proposal, version=case.version)
    with pytest.raises(Problem, match="ZS957"):
        actions.confirm(crew["two"], proposal, version=case.version)
    assert asked(crew["two"])[1] == [] and Proposal.objects.filter(state="confirmed").count() == 0
    assert actions.confirm(crew["one"], proposal, version=case.version).state == "filed"
    inbox.end_delegation(crew["deputy"], given)
    assert "delegation:" in told(crew["two"], "delegation_ended")[0]


def test_one_who_could_confirm_in_the_own_name_does_so_and_for_the_giver_alone_does_not(crew, clock):
    """The reviewer is the head's delegate as well: own duty counts, unless the head proposed."""
    deputy(crew, clock, "two", "one")
    proposal, case = proposed(crew, "two")
    case = actions.confirm(crew["one"], proposal, version=case.version)
    assert case.state == "filed" and CaseEvent.objects.get(about="file", kind="moved").on_behalf_of is None


def test_a_delegation_ends_with_its_day_with_the_duty_and_at_once(crew, clock):
    crew["deputy"] = person("deputy", crew["one"].body, DutyName.LEGAL_REVIEWER)
    opened(library.cycle("clue"), crew)
    given = deputy(crew, clock, "one", "deputy", ["reviewer"], ["fund_case"])
    assert asked(crew["deputy"])[1] == []  # for other kinds only
    inbox.end_delegation(crew["one"], given)
    deputy(crew, clock, "one", "deputy", ["reviewer"], ["clue"], days=2)
    assert len(asked(crew["deputy"])[1]) == 1
    clock.day += timedelta(days=2)
    assert asked(crew["deputy"])[1] == []
    assert inbox.tell_of_ended(clock.day) == 1 and inbox.tell_of_ended(clock.day) == 0
    again = deputy(crew, clock, "one", "deputy", ["reviewer"])
    assert len(asked(crew["deputy"])[1]) == 1
    crew["one"].duties.update(valid_to=clock.day)
    assert asked(crew["deputy"])[1] == []
    User.objects.filter(pk=crew["one"].pk).update(is_active=False)
    with pytest.raises(Problem, match="ZS702"):
        inbox.end_delegation(crew["away"], again)


def test_who_can_be_a_delegate_and_of_what_is_limited(crew, clock):
    body = crew["one"].body
    officer, keeper = person("officer", body, DutyName.ANALYST), person("keeper", body, DutyName.AUDITOR)
    officer.duties.create(body=body, name="officer", certificate="33-1", valid_from=date(2020, 1, 1))
    for giver, taker, duty, days, code in [
        ("two", "away", "head", 5, "ZS951"),
        ("two", "two", "head", 5, "ZS951"),
        ("two", "keeper", "head", 5, "ZS951"),
        ("two", "clerk", "head", 5, "ZS951"),  # reads no cases
        ("two", "one", "reviewer", 5, "ZS952"),  # not held: no delegate delegates on
        ("officer", "one", "officer", 5, "ZS952"),  # a certificate is personal
        ("two", "one", "head", 181, "ZS953"),
        ("two", "one", "head", 0, "ZS106"),
    ]:
        people = {**crew, "officer": officer, "keeper": keeper}
        with pytest.raises(Problem, match=code):
            deputy(people, clock, giver, taker, [duty], days=days)
    with pytest.raises(Problem, match="ZS952"):
        deputy(crew, clock, "two", "one", ["head"], ["no_such_kind"])
    assert Delegation.objects.count() == 0


def test_tasks_of_a_person_who_leaves_pass_on_with_the_duty_or_are_listed(crew, clock):
    opened(library.cycle("clue"), crew)
    view = scope(crew["two"])
    assert queries.unowned(view) == []
    keeper = person("keeper", Body.objects.get(name="邻县医疗保障局"), DutyName.SECURITY)
    [duty] = crew["one"].duties.all()
    bodies.end_duty(keeper, crew["two"].duties.get(), clock.day)
    bodies.hand_over(keeper, duty, crew["clerk"], clock.day)
    assert len(asked(crew["clerk"])[1]) == 1 and asked(crew["one"])[1] == []
    assert told(crew["clerk"]) == [] and Notice.objects.filter(user=crew["clerk"], kind="duty_given").count() == 2
    crew["clerk"].duties.filter(name="reviewer").update(valid_to=clock.day)
    [left] = queries.unowned(view)
    assert (left.count, left.held, left.needed) == (1, 0, 1) and "审核员" in map(str, left.duties)
    assert queries.unowned(scope(crew["away"])) == []


def test_a_notice_outside_a_transaction_is_refused(db, monkeypatch):
    monkeypatch.setattr(connections["default"], "in_atomic_block", False)
    with pytest.raises(RuntimeError):
        inbox.tell([], inbox.News("case_moved", "k", "x", "x"))
