"""Every life-cycle of the rule book, walked by the real engine: each move from each state, by each kind of actor."""

from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import transaction

from tests.casework import walking
from tests.casework.walking import Clock, opened, sample, staff, take
from tests.effort import some
from zhunsheng.book.cycle_lint import reached
from zhunsheng.casework.cases import actions, library, queries
from zhunsheng.casework.cases.clocks import replay
from zhunsheng.casework.cases.models import Case, CaseEvent, Proposal
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan

pytestmark = pytest.mark.django_db
NAMES = (
    "clue",
    "fund_case",
    "inspection",
    "payment_ruling",
    "points_decision",
    "rectification",
    "self_check",
    "tip_off",
    "vendor_alert",
    "vendor_rating",
)
#: Walked with people of a consortium and a vendor. What their guards ask has tests of its own: test_vendors.py,
#: test_agreements.py, test_oversight.py and test_periodic.py here.
VENDORS = (
    "conflict_check",
    "interest_declaration",
    "negative_entry",
    "price_exception",
    "service_agreement",
    "service_line",
    "vendor_check",
    "vendor_complaint",
    "vendor_entry",
    "vendor_exit",
    "vendor_incident",
    "vendor_review",
    "vendor_sanction",
    "vendor_survey",
)
EVERY = (*NAMES, *VENDORS)
#: Opened by the clock or the writer on frozen figures of a run, or by readings as they arrive: walked on those in
#: test_periodic.py and test_trip_alarms.py.
ON_FIGURES = ("cold_chain_alarm", "quality_paper", "supervision_report")
#: Cases of several bodies that follow each other: walked in test_meetings.py.
AT_TABLE = ("joint_meeting", "meeting_opinion", "resolution")


@pytest.fixture
def crew(db, request, monkeypatch):
    asked = getattr(request.node, "callspec", None)
    of_vendors = asked is not None and asked.params["name"] in VENDORS
    return walking.vendor_staff(monkeypatch) if of_vendors else staff()


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def paths(cycle):
    """The shortest row of moves to each state, as names of moves; what the clock moves is reached by waiting."""
    found, fresh = {cycle.opening.to: ()}, [cycle.opening.to]
    while fresh:
        state = fresh.pop(0)
        for move in cycle.moves_from(state):
            to = cycle.target(move, state)
            if to not in found:
                found[to] = (*found[state], move.id)
                fresh.append(to)
    return found


def advance(case, cycle, name, crew, clock):
    """Take a step; one of the clock by the pass over the clocks, on the day after the last one."""
    ready(case, cycle, name, crew, clock)
    if any(who.side == "clock" for who in cycle.named(cycle.move(name).who)):
        key = next(one.id for one in cycle.clocks if one.move == name)
        due = next(one.due_on for one in case.standing.clocks if one.clock == key)
        clock.day = due + timedelta(days=1)
        actions.tick(clock.day)
        return Case.objects.get(pk=case.pk)
    return take(case, cycle, name, crew, extra(case, name))


def ready(case, cycle, name, crew, clock):
    """What a guard asks for before its step: all paid, all repaired, a suspension over."""
    move = cycle.move(name)
    if "nothing_owed" in move.guards and (left := queries.owed(case)):
        take(case, cycle, "pay", crew, {"paid_fen": yuan(left)})
    if "balanced" in move.guards:
        for account in ("fund", "treasury"):
            if left := queries.book(case).left(account):
                take(case, cycle, "pay", crew, {"account": account, "paid_fen": yuan(left)})
    if "payment_stands" in move.guards:
        take(case, cycle, "pay", crew)
    if "within_overpaid" in move.guards:
        take(case, cycle, "pay", crew, {"paid_fen": "1000.00"})
        take(case, cycle, "adjust", crew, {"recover_fen": "900.00", "surcharge_fen": ""})
    if "ruling_over" in move.guards:
        clock.day = date(2028, 2, 1)
    if "repaired_in_full" in move.guards:
        for _ in range(2):
            take(case, cycle, "credit", crew)


def extra(case, name):
    if name == "merge":
        other = Case.objects.exclude(pk=case.pk).exclude(state="merged").filter(body=case.body).first()
        return {"other_case": other.number}
    if name == "reverse_payment":
        return {"payment": str(CaseEvent.objects.filter(case=case, about="pay").last().sequence)}
    if name == "adjust":
        return {"surcharge_fen": ""}  # none was charged yet
    if name == "reward":
        return {"scheme": "local_default"}  # for a value of 1.00 it gives its floor, which the sample names
    return {}


def at_each_state(cycle, crew, clock, look):
    """Lead a case along the tree of its paths and look at it in each state; each branch is undone before the next."""
    routes = paths(cycle)

    @contextmanager
    def undone():
        day = clock.day
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        clock.day = day

    def below(state, case):
        assert case.state == state
        look(state, case, undone)
        for further, route in routes.items():
            if route and route[:-1] == routes[state]:
                with undone():
                    below(further, advance(Case.objects.get(pk=case.pk), cycle, route[-1], crew, clock))

    opened(cycle, crew)  # another case, into which one can be merged
    below(cycle.opening.to, opened(cycle, crew))


def test_the_rule_book_holds_these_life_cycles_and_each_state_is_reached():
    found = library.cycles()
    assert tuple(found) == tuple(sorted((*EVERY, *ON_FIGURES, *AT_TABLE)))
    for cycle in found.values():
        assert reached(cycle) == {state.id for state in cycle.states} == set(paths(cycle))


@pytest.mark.parametrize("name", EVERY)
def test_every_move_is_taken_from_every_state_it_leaves(crew, clock, name):
    cycle = library.cycle(name)
    taken = set()

    def look(state, case, undone):
        for move in cycle.moves_from(state):
            with undone():
                after = advance(Case.objects.get(pk=case.pk), cycle, move.id, crew, clock)
                assert after.state == cycle.target(move, state), (move.id, state)
                event = CaseEvent.objects.filter(case=after).last()
                assert (event.about, event.from_state, event.to_state) == (move.id, state, after.state)
                assert after.sequence > case.sequence
                agree(after)
                taken.add((move.id, state))

    at_each_state(cycle, crew, clock, look)
    assert taken == {(move.id, state) for move in cycle.moves for state in move.source}


def agree(case):
    """State, events and evidence of a case say the same, and its events make it again."""
    events = list(CaseEvent.objects.filter(case=case).order_by("sequence"))
    assert [one.sequence for one in events] == list(range(1, case.sequence + 1))
    standing = replay(case.life, [one.happened for one in events])
    assert standing == case.standing
    rows = EvidenceOutbox.objects.filter(subject=f"case:{case.pk}").order_by("sequence")
    assert [row.pk for row in rows] == [one.evidence for one in events]
    assert all(row.actor == one.actor_key for row, one in zip(rows, events, strict=True))
    assert bool(case.closed_at) == case.life.state(case.state).final
    waiting = list(Proposal.objects.filter(case=case, state="open").values_list("move", "proposed_by", "on_behalf_of"))
    copied = (case.proposed_move, case.proposed_by_id, case.proposed_for_id)
    assert waiting == ([copied] if case.proposed_by_id else [])


@pytest.mark.any_database
@pytest.mark.parametrize("name", EVERY)
def test_whoever_may_not_take_a_move_is_refused_and_nothing_changes(crew, clock, name):
    cycle = library.cycle(name)

    def look(state, case, undone):
        told = CaseEvent.objects.count()
        for move in cycle.moves if not cycle.state(state).final else ():
            # each move from each state; on the build server by two of those who may not
            for login in some((one for one in crew if not may(cycle, move, case, one)), 2, name, state, move.id):
                with pytest.raises(Problem) as refused:
                    actions.move(crew[login], case, move.id, {}, version=case.version)
                assert refused.value.code == "ZS904", (move.id, login)
        assert CaseEvent.objects.count() == told

    at_each_state(cycle, crew, clock, look)


DUTIES = {
    "one": "reviewer",
    "two": "head",
    "three": "head",
    "office": "office",
    "legal": "legal_reviewer",
    "finance": "finance_officer",
}


def may(cycle, move, case, login):
    """Who may, said a second time: the bureau's reviewer and head by their duty, the hospital's office as the party."""
    duty = DUTIES.get(login)
    side = "party" if login == "office" else "handling"
    if side == "party" and not (case.party_sees and case.institution_id == walking.INSTITUTION):
        return False
    return any(who.side == side and duty in who.duties for who in cycle.named(move.who))


@pytest.mark.any_database
@pytest.mark.parametrize("name", EVERY)
def test_a_move_that_does_not_follow_and_one_of_two_people_are_refused(crew, clock, name):
    cycle = library.cycle(name)

    def look(state, case, undone):
        for move in cycle.moves:
            login = next((one for one in ("two", "finance", "legal", "office") if may(cycle, move, case, one)), "")
            if login and state not in move.source:
                with pytest.raises(Problem) as refused:
                    actions.move(crew[login], case, move.id, {}, version=case.version)
                assert refused.value.code == "ZS903"
            elif login and move.two_person:
                with undone():
                    given = sample(move.needs, crew, case)
                    case.refresh_from_db()
                    with pytest.raises(Problem) as refused:
                        actions.move(crew[login], case, move.id, given, version=case.version)
                    assert refused.value.code == "ZS907"

    at_each_state(cycle, crew, clock, look)


def test_the_public_opens_a_tip_off_and_nothing_else(crew, clock):
    body = crew["one"].body
    for name, cycle in library.cycles().items():
        given = sample(cycle.opening.needs, crew)
        about = {"institution_id": walking.INSTITUTION} if cycle.party == "required" else {}
        if name == "tip_off":
            assert actions.open_case(walking.PUBLIC, name, given, body=body, **about).number == "JB2026-00001"
        else:
            with pytest.raises(Problem, match="ZS904"):
                actions.open_case(walking.PUBLIC, name, given, body=body, **about)
