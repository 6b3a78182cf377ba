"""Points follow a penalty, reach a threshold, lead to a ruling by two, and the ruling acts and ceases to act."""

from __future__ import annotations

from datetime import date

import pytest

from tests.casework.walking import DAY, INSTITUTION, Clock, opened, punished, staff, take
from zhunsheng.casework.cases import actions, library
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.points import tasks
from zhunsheng.casework.points.actions import points_row, ruling_row
from zhunsheng.casework.points.models import PaymentRuling, PointEntry
from zhunsheng.facts.rulings import InForce
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home

pytestmark = pytest.mark.django_db
WHO = "D330781000001"


@pytest.fixture
def crew(db, monkeypatch, tmp_path):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    return staff()


@pytest.fixture
def clock(monkeypatch):
    found = Clock(monkeypatch)
    monkeypatch.setattr("zhunsheng.casework.points.actions.now", found.now)
    return found


def given(crew, **about):
    """Points on a person, in force."""
    cycle = library.cycle("points_decision")
    case = opened(cycle, crew, practitioner=WHO, **about)
    for name in ("notify", "confirm", "enter"):
        case = take(case, cycle, name, crew)
    return case


NINE = {"severity": "serious", "responsibility": "main", "points": "9"}


def ruling():
    return Case.objects.filter(cycle="payment_ruling").order_by("pk").last()


def decided(crew, case, **fields):
    for name, with_ in (("notify", {}), ("decide", {"start_on": str(DAY), "months": "2"} | fields)):
        case = take(case, case.life, name, crew, with_)
    return case


def test_points_are_given_only_after_a_penalty_and_within_the_scheme(crew, clock):
    cycle = library.cycle("points_decision")
    clue = opened(library.cycle("clue"), crew)
    body = crew["one"].body
    from tests.casework.walking import sample

    fields = sample(cycle.opening.needs, crew) | {"practitioner": WHO}

    def refused(origin, place=INSTITUTION, code="ZS913", **extra):
        with pytest.raises(Problem) as found:
            actions.open_case(crew["one"], cycle.name, fields | extra, body=body, institution_id=place, origin=origin)
        assert found.value.code == code
        if code != "ZS913":
            return ""
        return str(found.value.values["reason"])

    assert "行政处罚" in refused(None) and "行政处罚" in refused(clue)
    done = punished(crew)
    refused(done, "H33078100099", "ZS941")
    assert "2 至 3" in refused(done, responsibility="main", points="1")
    assert "未规定" in refused(done, article="reg-735/15")
    assert not PointEntry.objects.exists()


def test_reaching_nine_points_proposes_a_suspension_once_and_two_decide_it(crew, clock):
    given(crew, points="2")
    assert ruling() is None
    first = given(crew, **NINE)
    case = ruling()
    assert (case.state, case.origin, case.institution_id) == ("proposed", first, INSTITUTION)
    given(crew, points="1", responsibility="general")
    last = ruling()
    assert last != case and last.events.first().fields["status"] == "terminated"
    case = take(case, case.life, "notify", crew)
    for wrong in (
        {"start_on": "2026-03-01", "months": "2"},
        {"start_on": str(DAY), "months": "7"},
        {"start_on": str(DAY)},
    ):
        with pytest.raises(Problem, match="ZS913"):
            actions.propose(crew["one"], case, "decide", wrong, version=case.version)
    waiting = actions.propose(crew["one"], case, "decide", {"start_on": str(DAY), "months": "6"}, version=case.version)
    with pytest.raises(Problem, match="ZS909"):
        actions.confirm(crew["one"], waiting, version=case.version)
    assert not PaymentRuling.objects.exists()
    actions.confirm(crew["two"], waiting, version=case.version)
    row = PaymentRuling.objects.get()
    assert (row.status, row.valid_from, row.valid_to) == ("suspended", DAY, date(2026, 9, 2))


def test_a_ruling_is_in_force_with_its_commit_and_gone_when_lifted_or_withdrawn(
    crew, clock, django_capture_on_commit_callbacks
):
    ruled = InForce(home())
    given(crew, **NINE)
    with django_capture_on_commit_callbacks(execute=True):
        case = decided(crew, ruling())
    assert [(o.decision, o.valid_from, o.valid_to) for o in ruled.of(WHO)] == [(case.number, DAY, date(2026, 5, 2))]
    with django_capture_on_commit_callbacks(execute=True):
        case = take(case, case.life, "lift", crew, {"lifted_on": str(DAY)})
    assert [(one.valid_from, one.valid_to) for one in ruled.of(WHO)] == [(DAY, DAY)]
    given(crew, points="2")
    with django_capture_on_commit_callbacks(execute=True):
        case = decided(crew, ruling())
    assert len(ruled.of(WHO)) == 2
    with django_capture_on_commit_callbacks(execute=True):
        take(case, case.life, "withdraw", crew)
    assert len(ruled.of(WHO)) == 1
    before = tasks.put_in_force()
    (home().lake / "rulings" / "current").unlink()
    assert tasks.put_in_force() == before and len(ruled.of(WHO)) == 1


def test_twelve_points_in_one_decision_bar_registration_for_three_years(crew, clock):
    given(crew, severity="fraud", responsibility="main", points="12", article="reg-735/40")
    case = ruling()
    assert case.events.first().fields["no_return_months"] == 36
    case = take(case, case.life, "notify", crew)
    case = take(case, case.life, "decide", crew, {"start_on": str(DAY), "months": ""})
    assert PaymentRuling.objects.get().valid_to is None
    with pytest.raises(Problem, match="2029-03-02"):
        take(case, case.life, "lift", crew, {"lifted_on": "2029-03-01"})
    take(case, case.life, "lift", crew, {"lifted_on": "2029-03-02"})


def test_repair_takes_one_point_each_and_four_in_a_year_and_needs_a_proof(crew, clock):
    case = given(crew, **NINE)
    other = given(crew, points="2")
    with pytest.raises(Problem, match="ZS913"):
        take(case, case.life, "credit", crew, {"credit": "2"})
    with pytest.raises(Problem, match="ZS906"):
        take(case, case.life, "credit", crew, {"proof": []})
    for one in (case, case, case, other):
        take(one, one.life, "credit", crew)
    with pytest.raises(Problem, match="ZS913"):
        take(case, case.life, "credit", crew)


def test_points_enter_in_the_year_of_the_entry(crew, clock):
    cycle = library.cycle("points_decision")
    case = opened(cycle, crew)
    for name in ("notify", "confirm"):
        case = take(case, cycle, name, crew)
    for wrong in ("2027-01-01", "2026-03-03"):  # with a day to come nobody would look at the threshold again
        with pytest.raises(Problem, match="ZS913"):
            take(case, cycle, "enter", crew, {"from_on": wrong})


def test_points_that_were_withdrawn_carry_no_ruling_and_those_of_last_year_do(crew, clock):
    first = given(crew, **NINE)
    case = take(ruling(), ruling().life, "notify", crew)
    take(first, first.life, "withdraw", crew)
    with pytest.raises(Problem, match="ZS913"):
        take(case, case.life, "decide", crew, {"start_on": str(DAY), "months": "2"})
    take(case, case.life, "withdraw", crew)
    clock.day = date(2026, 12, 30)
    other = given(crew, **NINE)
    clock.day = date(2027, 1, 4)
    assert Case.objects.get(pk=other.pk).pk and ruling() != case
    assert decided(crew, ruling(), start_on="2027-01-04").state == "in_force"


def test_rows_are_what_the_events_make_them(crew, clock):
    case = given(crew, **NINE)
    take(case, case.life, "credit", crew)
    decided(crew, ruling())
    take(case, case.life, "withdraw", crew)
    for model, make in ((PointEntry, points_row), (PaymentRuling, ruling_row)):
        for row in model.objects.all():
            events = list(CaseEvent.objects.filter(case=row.case, kind__in=("opened", "moved")).order_by("sequence"))
            assert {name: getattr(row, name) for name in make(events)} == make(events)
    assert PointEntry.objects.get(case=case).ended_on == DAY
