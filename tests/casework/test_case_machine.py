"""Cases under any row of deeds: whatever people, clocks and double clicks do, state, events and evidence agree."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.casework import test_case_walks
from tests.casework.walking import PDF, Clock, opened, sample, staff
from tests.effort import times
from zhunsheng.casework.cases import actions, library, queries
from zhunsheng.casework.cases.models import Case, CaseEvent, Proposal
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem

PEOPLE = ("one", "two", "clerk", "office", "doctor", "away")
WILLING = ("one", "two", "office")
#: What a refusal may be: anything else is a fault of the engine.
REFUSALS = {f"ZS{number}" for number in range(903, 917)}


#: How often each kind of event was reached, over all examples.
done: Counter[str] = Counter()


class Machine(RuleBasedStateMachine):
    """One case of some life-cycle, and people who try what they like."""

    monkeypatch: pytest.MonkeyPatch

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()  # undone at the end of each example
        self.block.__enter__()

    def teardown(self):
        done.update(CaseEvent.objects.values_list("kind", flat=True))
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize(name=st.sampled_from(test_case_walks.NAMES))
    def begin(self, name):
        self.people = staff()
        self.clock = Clock(self.monkeypatch)
        self.cycle = library.cycle(name)
        self.pk = opened(self.cycle, self.people).pk
        self.keys = 0

    @property
    def case(self):
        return Case.objects.get(pk=self.pk)

    def tried(self, act):
        """Do something; a refusal leaves everything as it was."""
        before = (
            Case.objects.filter(pk=self.pk).values().get(),
            CaseEvent.objects.count(),
            EvidenceOutbox.objects.count(),
        )
        try:
            act()
        except Problem as problem:
            assert problem.code in REFUSALS, problem
            after = (
                Case.objects.filter(pk=self.pk).values().get(),
                CaseEvent.objects.count(),
                EvidenceOutbox.objects.count(),
            )
            assert after == before

    @rule(seed=st.integers(0, 2**64 - 1))
    def deed(self, seed):
        """Do one of the deeds: mostly what leads on, now and then anything by anyone."""
        # weighs the deeds: drawn one by one, the plain ones crowd out those that lead on
        dice = random.Random(f"{seed} {self.cycle.name} {self.case.sequence}")
        deeds = (self.go_on, self.push, self.settle, self.extend, self.attach, self.wait)
        if self.case.closed_at and dice.random() < 0.7:
            self.pk = opened(self.cycle, self.people).pk
        for what in dice.choices(deeds, (6, 2, 2, 3, 1, 2), k=4):
            what(dice)
            test_case_walks.agree(self.case)

    def go_on(self, dice):
        """Take a step that is offered to somebody, and mostly confirm it where it takes two."""
        case = self.case
        offered = [(who, one) for who in WILLING for one in queries.allowed(case, self.people[who])]
        if offered:
            login, step = dice.choice(offered)
            self.send(login, case, self.cycle.move(step.move), case.version, twice=dice.random() < 0.3)
        waiting = Proposal.objects.filter(case_id=self.pk, state="open").last()
        if waiting and dice.random() < 0.5:
            other = self.people["two" if waiting.proposed_by == self.people["one"] else "one"]
            self.tried(lambda: actions.confirm(other, waiting, version=self.case.version))

    def push(self, dice):
        """Try any step, by anyone, from a form of any age."""
        case, move = self.case, dice.choice(self.cycle.moves)
        self.send(dice.choice(PEOPLE), case, move, case.version - dice.randint(0, 1), twice=False)

    def send(self, login, case, move, version, twice):
        files = any(need.kind == "attachment" for need in move.needs)
        given = {} if files and case.closed_at else sample(move.needs, self.people, case)
        act = actions.propose if move.two_person else actions.move
        self.keys += 1
        for _ in range(1 + twice):
            self.tried(lambda: act(self.people[login], case, move.id, given, version=version, key=f"k{self.keys}"))

    def settle(self, dice):
        proposal, user = Proposal.objects.filter(case_id=self.pk).last(), self.people[dice.choice(PEOPLE)]
        if proposal and dice.random() < 0.6:
            self.tried(lambda: actions.confirm(user, proposal, version=self.case.version))
        elif proposal:
            self.tried(lambda: actions.refuse(user, proposal, "不同意"))

    def extend(self, dice):
        case, user, days = self.case, self.people[dice.choice((*PEOPLE, *["two"] * 9))], dice.choice((0, 5, 15, 31))
        name = dice.choice([one.clock for one in case.standing.clocks] or ["none"])
        self.tried(lambda: actions.extend(user, case, name, days, "需要", version=case.version))

    def attach(self, dice):
        user, data, internal = (
            self.people[dice.choice(PEOPLE)],
            PDF + bytes([dice.randint(48, 50)]),
            dice.random() < 0.5,
        )
        self.tried(lambda: actions.attach(user, self.case, "证据.pdf", [data], internal=internal))

    def wait(self, dice):
        self.clock.day += timedelta(days=dice.randint(0, 40))
        actions.tick(self.clock.day)
        assert actions.tick(self.clock.day) == []

    @invariant()
    def all_agree(self):
        if hasattr(self, "pk"):
            test_case_walks.agree(self.case)


@pytest.mark.any_database
@pytest.mark.django_db
def test_any_row_of_deeds_leaves_case_events_and_evidence_in_agreement(monkeypatch):
    Machine.monkeypatch = monkeypatch
    checks = list(HealthCheck)
    done.clear()
    within = settings(
        max_examples=times(40), stateful_step_count=12, deadline=None, derandomize=True, suppress_health_check=checks
    )
    run_state_machine_as_test(Machine, settings=within)
    assert {*EventKind} - {EventKind.RECOUNTED} <= set(done), "the deeds did not reach every kind of event"
    assert done["moved"] > 50, done
