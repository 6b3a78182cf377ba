"""Duties left undone and breaches of the pact are opened by the day, once for a cause, as drafts that people decide."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from tests.casework import overseeing
from tests.casework.vendoring import CODE, paper, two
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import breaches
from zhunsheng.casework.oversight import library as book
from zhunsheng.casework.vendors import duties
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.lights.values import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def served(monkeypatch, db):
    clock = overseeing.set_clock(monkeypatch, date(2026, 11, 2))
    monkeypatch.setattr(breaches, "lake", SimpleNamespace(current_run=lambda: None))
    return (*overseeing.serving(clock), clock)


def acts():
    found = Case.objects.filter(cycle="vendor_sanction").order_by("pk")
    return [one.events.get(kind="opened").fields["act"] for one in found]


def day(clock, on):
    clock.day = on
    return breaches.each_day(ServiceLine.objects.all(), on)


def test_a_duty_undone_past_its_grace_is_opened_once_and_a_paper_in_time_is_not(served):
    people, line, clock = served
    grace, since = duties.duties().undone.days, line.entered_on
    assert day(clock, since + timedelta(days=grace - 1)) == 0
    held = {one.duty.id: one.mark for one in duties.kept(CODE, ["laboratory"], clock.day)}
    missing = [one.id for one in duties.duties().duties if one.act and held[one.id] == "missing"]
    assert missing, "the laboratory of the tests has no self-check"
    assert day(clock, since + timedelta(days=grace)) == len({d.act for d in duties.duties().duties if d.id in missing})
    assert day(clock, since + timedelta(days=grace + 1)) == 0, "the same cause is not told twice"
    assert "self_check_undone" in acts() and Case.objects.filter(cycle="vendor_sanction", state="drafted").count()
    draft = Case.objects.filter(cycle="vendor_sanction").first()
    assert not draft.party_sees, "a draft is no notice: people decide"
    two(people["clerk"], people["head"], draft, "spare", reason="材料已在途。")
    assert day(clock, since + timedelta(days=grace + 2)) == 0, "nor one that people spared"


def test_a_paper_that_waits_for_its_check_is_not_undone(served):
    people, line, clock = served
    for one in duties.duties().duties:
        if one.act:
            paper(people, line.vendor, one.document, valid_from=str(clock.day))
    assert day(clock, line.entered_on + timedelta(days=duties.duties().undone.days)) == 0


def test_a_breach_of_the_pact_that_the_facts_tell_is_opened_once(served, monkeypatch):
    _people, line, clock = served
    told = [
        Event("I-1", CODE, "pact_breach", "", date(2026, 11, 5), date(2026, 11, 8)),
        Event("I-2", CODE, "delay", "", date(2026, 11, 5), date(2026, 11, 8)),
        Event("I-3", "91330781MA2LABX99K", "pact_breach", "", date(2026, 11, 5), date(2026, 11, 8)),
        Event("I-4", CODE, "pact_breach", "", date(2026, 11, 5), date(2026, 12, 30)),
    ]
    monkeypatch.setattr(breaches, "lake", SimpleNamespace(current_run=lambda: SimpleNamespace(tables={"incident"})))
    monkeypatch.setattr(breaches, "sources", SimpleNamespace(events=lambda *_: told, overseen=lambda *_: None))
    assert day(clock, date(2026, 11, 7)) == 0, "nobody knew of it yet"
    assert (day(clock, date(2026, 11, 8)), day(clock, date(2026, 11, 9))) == (1, 0)
    (one,) = Case.objects.filter(cycle="vendor_sanction")
    fields = one.events.get(kind="opened").fields
    assert (fields["act"], fields["kind"]) == ("pact_breach", line.kind) and "I-1" in fields["facts"]
    assert book.sanctions().act("pact_breach").grade == "moderate"
