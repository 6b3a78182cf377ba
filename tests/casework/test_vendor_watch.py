"""What files and agreements of vendors ask of people: each thing once, of those whose it is, gone when it is done."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.casework import vendoring
from tests.casework.test_agreements import drafted, served, signed, written
from tests.casework.vendoring import CODE, paper
from tests.casework.walking import Clock
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.inbox import queries
from zhunsheng.casework.vendors import actions, hours
from zhunsheng.casework.vendors.models import VendorPaper

pytestmark = pytest.mark.django_db
__all__ = ["served"]
DAY = date(2026, 11, 20)


@pytest.fixture
def clock(monkeypatch):
    found = Clock(monkeypatch)
    found.day = date(2026, 11, 2)
    monkeypatch.setattr("zhunsheng.casework.vendors.actions.now", found.now)
    return found


@pytest.fixture
def people(db):
    return vendoring.crew()


def asked(user, kind, day=DAY):
    """Return number, last day and address of what is asked of a person."""
    found = queries.waiting_for(scope(user), user, day, queries.Wanted(kind=kind))
    told = found.tasks(0, 50)
    assert len(told) == found.total == sum(found.counts.values())
    return [(one.number, one.due_on, one.address) for one in told]


def test_a_paper_that_ends_is_one_task_of_both_sides_until_the_next_one_counts(people, served):
    VendorPaper.objects.filter(kind="iso_15189").update(valid_to=date(2027, 2, 1))
    file = f"/vendors/{CODE}"
    row = ("iso_15189-1", date(2027, 1, 31), file)
    assert row not in asked(people["lab"], "vendor_papers", date(2026, 11, 2))  # the 91st day before
    for day in (
        date(2026, 11, 3),
        date(2027, 1, 2),
        date(2027, 1, 25),
        date(2027, 2, 10),
    ):  # 90, 30 and 7 before, after
        rows = [one for one in asked(people["lab"], "vendor_papers", day) if one[0] == row[0]]
        assert rows == [row], day
    assert row in asked(people["clerk"], "vendor_papers")
    assert asked(people["bureau"], "vendor_papers") == []
    made = actions.add_paper(
        people["lab"], served,
        {"kind": "iso_15189", "number": "新证", "issuer": "CNAS", "valid_from": "2026-11-19", "valid_to": "2028-01-01"},
    )  # fmt: skip
    assert row in asked(people["lab"], "vendor_papers")  # what nobody has checked does not count yet
    assert asked(people["clerk"], "vendor_checks") == [("新证", None, file)]
    assert asked(people["lab"], "vendor_checks") == []
    actions.check_paper(people["colleague"], made, accepted=True)
    assert asked(people["clerk"], "vendor_checks") == []
    assert row not in asked(people["lab"], "vendor_papers")


def test_a_paper_is_not_checked_by_who_entered_it(people, served):
    given = {"kind": "iso_15189", "number": "新证", "issuer": "CNAS", "valid_from": "2026-11-19"}
    actions.add_paper(people["clerk"], served, given)
    assert asked(people["clerk"], "vendor_checks") == []
    assert [one[0] for one in asked(people["colleague"], "vendor_checks")] == ["新证"]


def test_a_paper_that_counts_for_days_only_ends_by_them(people, served):
    paper(people, served, "encrypted_storage", number="E2", valid_from="2025-12-31")
    VendorPaper.objects.filter(kind="encrypted_storage").exclude(number="E2").delete()
    assert ("E2", date(2026, 12, 30), f"/vendors/{CODE}") in asked(people["clerk"], "vendor_papers")


def test_training_that_falls_short_is_asked_for_in_the_last_quarter(people, served, monkeypatch):
    given = {"practitioner_id": "P1", "name": "检验师", "profession": "检验", "valid_from": "2026-01-01"}
    made = actions.add_person(people["clerk"], served, given)
    assert asked(people["lab"], "vendor_training", date(2026, 10, 1)) == []
    assert asked(people["lab"], "vendor_training", date(2026, 10, 2)) == [
        ("P1", date(2026, 12, 31), f"/vendors/{CODE}"),
    ]
    type(made).objects.filter(pk=made.pk).update(trained={"2025": 80, "2026": 39})
    assert len(asked(people["clerk"], "vendor_training")) == 1
    type(made).objects.filter(pk=made.pk).update(trained={"2026": 40})
    assert asked(people["clerk"], "vendor_training") == []
    told = {(CODE, "P1"): {"hours_e4": 399_999, "unknown": 0}}
    monkeypatch.setattr(hours, "counted", lambda *_asked: told)
    type(made).objects.filter(pk=made.pk).update(trained={})
    assert len(asked(people["clerk"], "vendor_training")) == 1, "39.9999 hours of the facts are not forty"
    told[CODE, "P1"]["hours_e4"] = 400_000
    assert asked(people["clerk"], "vendor_training") == [], "the facts count as the file does"
    type(made).objects.filter(pk=made.pk).update(trained={}, valid_to=DAY)
    told.clear()
    assert asked(people["clerk"], "vendor_training") == []


def test_an_agreement_that_ends_is_asked_of_both_sides_until_another_takes_over(people, served, clock):
    agreement = drafted(people, served)
    written(people, agreement)
    signed(people, agreement)
    agreement.refresh_from_db()
    day = agreement.valid_to - timedelta(days=90)
    row = (agreement.case.number, agreement.valid_to, f"/agreements/{agreement.pk}")
    assert asked(people["clerk"], "agreements", day - timedelta(days=1)) == []
    assert asked(people["clerk"], "agreements", day) == asked(people["lab"], "agreements", day) == [row]
    assert asked(people["bureau"], "agreements", day) == []
    later = drafted(people, served)
    written(people, later)
    signed(people, later)
    type(later).objects.filter(pk=later.pk).update(valid_to=agreement.valid_to + timedelta(days=365))
    assert asked(people["clerk"], "agreements", day) == []


def test_who_looks_after_no_vendor_is_asked_nothing_and_pays_no_statement(people, served, django_assert_num_queries):
    from zhunsheng.casework.inbox.offers import Asker
    from zhunsheng.casework.vendors import watch

    user = people["bureau"]
    asker = Asker(scope(user), user, frozenset(), DAY)
    user.body  # noqa: B018 - read before the count
    with django_assert_num_queries(3):  # the duties alone, once for each
        for source in watch.SOURCES:
            assert list(source.rows(asker)) == []
