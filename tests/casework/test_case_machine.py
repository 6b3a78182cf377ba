"""Cases under any row of deeds: whatever people, clocks and double clicks do, state, events and evidence agree."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.casework import test_case_walks
from tests.casework.walking import PDF, Clock, opened, sample, staff
from zhunsheng.casework.cases import actions, library, queries
from zhunsheng.casework.cases.models import Case, CaseEvent, Proposal
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem

PEOPLE = st.sampled_from(["one", "two", "clerk", "office", "doctor", "away"])
#: What a refusal may be: anything else is a fault of the engine.
REFUSALS = {f"ZS{number}" for number in range(803, 817)}


class Machine(RuleBasedStateMachine):
    """One case of some life-cycle, and people who try what they like."""

    monkeypatch: pytest.MonkeyPatch

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()  # undone at the end of each example
        self.block.__enter__()

    def teardown(self):
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

    @rule(login=PEOPLE, number=st.integers(0, 40), stale=st.integers(0, 9), twice=st.booleans())
    def take(self, login, number, stale, twice):
        """Mostly a step that is offered, now and then any step at all."""
        case = self.case
        offered = [one.move for one in queries.allowed(case, self.people[login])]
        names = offered if offered and number % 4 else [move.id for move in self.cycle.moves]
        move = self.cycle.move(names[number % len(names)])
        version = case.version - (stale == 0)
        filled = not any(need.kind == "attachment" for need in move.needs) or not case.closed_at
        given = sample(move.needs, self.people, case) if filled else {}
        act = actions.propose if move.two_person else actions.move
        self.keys += 1
        for _ in range(1 + twice):
            self.tried(lambda: act(self.people[login], case, move.id, given, version=version, key=f"k{self.keys}"))

    @rule(login=PEOPLE, yes=st.integers(0, 3))
    def settle(self, login, yes):
        proposal = Proposal.objects.filter(case_id=self.pk).last()
        if proposal is None:
            return
        user = self.people[login]
        if yes:
            self.tried(lambda: actions.confirm(user, proposal, version=self.case.version))
        else:
            self.tried(lambda: actions.refuse(user, proposal, "不同意"))

    @rule(login=PEOPLE, days=st.integers(0, 70))
    def extend(self, login, days):
        case = self.case
        user, clocks = self.people[login], [one.clock for one in case.standing.clocks]
        name = clocks[0] if clocks else "none"
        self.tried(lambda: actions.extend(user, case, name, days, "需要", version=case.version))

    @rule(login=PEOPLE, number=st.integers(0, 2), internal=st.booleans())
    def attach(self, login, number, internal):
        data = PDF + bytes([48 + number])
        self.tried(lambda: actions.attach(self.people[login], self.case, "证据.pdf", [data], internal=internal))

    @rule(days=st.integers(0, 40))
    def wait(self, days):
        self.clock.day += timedelta(days=days)
        actions.tick(self.clock.day)
        assert actions.tick(self.clock.day) == []

    @invariant()
    def all_agree(self):
        if hasattr(self, "pk"):
            test_case_walks.agree(self.case)


@pytest.mark.django_db
def test_any_row_of_deeds_leaves_case_events_and_evidence_in_agreement(monkeypatch):
    Machine.monkeypatch = monkeypatch
    checks = list(HealthCheck)
    within = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(Machine, settings=within)
