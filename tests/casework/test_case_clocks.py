"""Clocks by worked examples over the published calendar, what stands still, what happens when time runs out."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.casework.walking import Clock, opened, staff, take
from tests.effort import times
from zhunsheng.book.cycles import Clock as Limit
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.cases import actions, clocks, library, queries
from zhunsheng.casework.cases.clocks import Happened, Running, Standing, replay
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.workdays import add_workdays, workday


def limit(days, kind="working", **more):
    return Limit(id="x", zh="期限", en="limit", days=days, kind=kind, at_end="remind", cite="c", **more)


def due(clock, since, spent=0):
    return clocks._timed(clock, Running("x", clock.days, since, spent))


@pytest.mark.parametrize(
    ("days", "kind", "since", "expected"),
    [
        (15, "working", date(2026, 2, 9), date(2026, 3, 6)),  # 14 and 28 February are make-up Saturdays
        (7, "working", date(2026, 2, 12), date(2026, 2, 28)),  # ends on a make-up Saturday
        (1, "working", date(2026, 2, 13), date(2026, 2, 14)),  # a make-up Saturday is the next working day
        (1, "working", date(2026, 2, 14), date(2026, 2, 24)),  # Spring Festival, 15 to 23 February
        (5, "working", date(2026, 2, 17), date(2026, 2, 28)),  # begins within the holiday
        (15, "calendar", date(2026, 2, 9), date(2026, 2, 24)),
        (90, "calendar", date(2026, 1, 1), date(2026, 4, 1)),
        (0, "year_end", date(2026, 3, 2), date(2026, 12, 31)),
    ],
)  # fmt: skip
def test_a_limit_is_counted_over_spring_festival_and_its_make_up_days(days, kind, since, expected):
    assert due(limit(days, kind), since).due_on == expected


def test_a_limit_beyond_the_published_calendar_is_provisional():
    told = due(limit(5), date(2026, 12, 29))
    assert told.provisional and told.due_on == date(2027, 1, 5)
    assert not due(limit(2), date(2026, 12, 28)).provisional


@given(st.integers(1, 60), st.dates(date(2024, 1, 1), date(2026, 6, 1)), st.integers(0, 59), st.integers(0, 90))
@settings(max_examples=times(150), deadline=None)
def test_standing_still_neither_gives_nor_takes_a_working_day(days, since, ran, still):
    """However long it stood still, the days that passed before and after add up to the limit."""
    clock = limit(days)
    stop = add_workdays(since, min(ran, days)).day
    if not workday(since).is_working and min(ran, days) == 0:
        stop = since
    halted = clocks._stopped(clock, due(clock, since), stop)
    again = clocks._timed(clock, clocks.replace(halted, since=stop + timedelta(days=still)))
    assert halted.spent == min(ran, days) and halted.due_on is None
    assert clocks.passed(clock, again.since, again.due_on) == days - halted.spent


@pytest.fixture
def crew(db):
    return staff()


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.mark.django_db
def test_the_time_to_decide_stands_still_during_an_appraisal(crew, clock):
    clock.day = date(2026, 1, 5)
    cycle = library.cycle("fund_case")
    case = opened(cycle, crew)
    assert case.due_on == date(2026, 4, 5)
    clock.day = date(2026, 1, 25)
    case = take(case, cycle, "ask_appraisal", crew)
    assert case.due_on == date(2026, 3, 26)  # of the appraisal itself
    [_, decision] = queries.clock_views(case, crew["one"], clock.day)
    assert (decision.stands_still, decision.spent, decision.days_left) == (True, 20, None)
    with pytest.raises(Problem, match="ZS912"):
        actions.extend(crew["two"], case, "decision", 30, "复杂", version=case.version)
    clock.day = date(2026, 3, 1)
    case = take(case, cycle, "appraisal_done", crew)
    assert case.due_on == date(2026, 3, 1) + timedelta(days=70)
    case = actions.extend(crew["two"], case, "decision", 30, "案情复杂", version=case.version)
    case = actions.extend(crew["two"], case, "decision", 60, "特别复杂", version=case.version)
    assert case.due_on == date(2026, 3, 1) + timedelta(days=160)
    with pytest.raises(Problem, match="ZS912"):
        actions.extend(crew["two"], case, "decision", 1, "再延", version=case.version)


@pytest.mark.django_db
def test_a_late_clue_is_escalated_once_and_again_after_an_extension(crew, clock):
    case = opened(library.cycle("clue"), crew)
    assert actions.tick(case.due_on) == []
    day = case.due_on + timedelta(days=1)
    [event] = actions.tick(day)
    assert (event.kind, event.about, event.actor_key, event.shown) == (
        "escalated",
        "verification",
        "process:clock",
        False,
    )
    assert actions.tick(day) == [] == actions.tick(day + timedelta(days=40))
    case.refresh_from_db()
    assert case.escalated_on == day and case.version == 1  # nobody's form is stale because time passed
    clock.day = day
    case = actions.extend(crew["two"], case, "verification", 15, "补充核查", version=case.version)
    [event] = actions.tick(case.due_on + timedelta(days=1))
    assert event.kind == "escalated"
    assert EvidenceOutbox.objects.filter(kind="case.clock_escalated").count() == 2


@pytest.mark.django_db
def test_a_case_that_fails_holds_up_no_other(crew, clock, monkeypatch):
    broken, sound = (opened(library.cycle("clue"), crew) for _ in range(2))
    take = actions._tick
    monkeypatch.setattr(actions, "_tick", lambda pk, day: take(None if pk == broken.pk else pk, day))
    with pytest.raises(Case.DoesNotExist):
        actions.tick(sound.due_on + timedelta(days=1))
    assert [len(one.events.filter(kind="escalated")) for one in (broken, sound)] == [0, 1]


@pytest.mark.django_db
def test_the_clock_moves_a_case_and_a_late_pass_does_what_an_early_one_does(crew, clock):
    cycle = library.cycle("rectification")
    case = take(opened(cycle, crew), cycle, "accept", crew)
    proposal = actions.propose(crew["one"], case, "revoke", {"reason": "问题不存在"}, version=case.version)
    day = case.due_on + timedelta(days=1)
    [event] = actions.tick(day)
    case.refresh_from_db()
    proposal.refresh_from_db()
    assert (event.about, case.state, proposal.state) == ("fall_late", "escalated", "lapsed")
    assert case.due_on == add_workdays(day, 10).day
    assert [one.about for one in actions.tick(day + timedelta(days=60))] == ["settling"]


@pytest.mark.django_db
def test_points_end_with_the_calendar_year(crew, clock):
    clock.day = date(2026, 3, 2)
    cycle = library.cycle("points_decision")
    case = opened(cycle, crew)
    for name in ("notify", "confirm", "enter"):
        case = take(case, cycle, name, crew)
    assert case.due_on == date(2026, 12, 31)
    assert not [one for one in actions.tick(date(2026, 12, 31)) if one.case == case]
    actions.tick(date(2027, 1, 1))
    case.refresh_from_db()
    assert case.state == "lapsed" and case.due_on is None


@pytest.mark.django_db
def test_a_provisional_day_is_counted_again_once_the_year_is_published(crew, clock, monkeypatch):
    clock.day = date(2026, 12, 28)
    case = opened(library.cycle("clue"), crew)
    assert case.provisional and case.due_on == date(2027, 1, 18)
    published = {date(2027, 1, 1), date(2027, 1, 4)}

    def announced(start, n):
        day, left = start, n
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in published
        return clocks.Due(day, provisional=False)

    monkeypatch.setattr(clocks, "add_workdays", announced)
    [event] = actions.tick(date(2026, 12, 29))
    case.refresh_from_db()
    assert event.kind == "recounted" and not case.provisional and case.due_on == date(2027, 1, 20)
    assert actions.tick(date(2026, 12, 29)) == []


@pytest.mark.django_db
def test_a_person_cannot_make_the_clocks_move_and_a_party_without_duty_nothing(crew, clock):
    cycle = library.cycle("fund_case")
    case = take(opened(cycle, crew), cycle, "notify", crew)
    for actor in (crew["one"], crew["office"], Process("cli")):
        with pytest.raises(Problem, match="ZS904"):
            actions.move(actor, case, "defence_lapses", {}, version=case.version)
    bodies.end_duty(Process("test"), crew["office"].duties.get(), date(2020, 1, 2))
    with pytest.raises(Problem, match="ZS904"):
        actions.move(crew["office"], case, "waive", {}, version=case.version)


def test_replay_of_nothing_is_nothing_and_events_of_no_clock_change_none(db):
    cycle = library.cycle("clue")
    assert replay(cycle, []) == Standing()
    day = date(2026, 3, 2)
    start = Happened("opened", "clue", "received", day)
    still = [Happened(kind, "", "received", day) for kind in ("proposed", "refused", "attached")]
    assert replay(cycle, [start, *still]) == replay(cycle, [start])


@pytest.mark.django_db
def test_the_job_of_the_clocks_does_what_is_due(crew, clock):
    from zhunsheng.casework.cases import tasks

    case = opened(library.cycle("clue"), crew)
    told = tasks.tick({"day": str(case.due_on + timedelta(days=1))}, lambda *_: None)
    assert told.result == {"events": 1, "reminded": 0} and CaseEvent.objects.filter(kind="escalated").count() == 1
    assert Case.objects.get().escalated_on
