"""Vendors: a file, an entry of two people, lines that refuse new work, re-reviews, negative list, papers that end."""

from datetime import date, timedelta

import pytest

from tests.casework import vendoring
from tests.casework.vendoring import (
    ABSENT,
    CODE,
    LEAD,
    applied,
    approved,
    entered,
    filled,
    paper,
    registered,
    step,
    two,
)
from tests.casework.walking import Clock, person
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.inbox.models import Notice
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.vendors import actions, library, queries, tasks
from zhunsheng.casework.vendors.models import Assessment, NegativeEntry, ServiceLine, VendorPaper
from zhunsheng.kernel.errors import Problem

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 2)


@pytest.fixture
def people(db):
    return vendoring.crew()


@pytest.fixture
def clock(monkeypatch):
    found = Clock(monkeypatch)
    found.day = DAY
    monkeypatch.setattr("zhunsheng.casework.vendors.actions.now", found.now)
    return found


def refused_as(code, act):
    with pytest.raises(Problem) as refused:
        act()
    assert refused.value.code == code
    return str(refused.value)


def test_an_entry_is_reviewed_by_one_and_approved_by_another_then_serves(people, clock):
    vendor = registered(people)
    filled(people, vendor)
    case = applied(people, vendor, by="lab")  # the vendor itself applies
    line = ServiceLine.objects.get()
    assert (line.state, line.tier, line.entry_id) == ("applied", "medium", case.pk)
    assert queries.refused(CODE, "laboratory", DAY).reason == "not_entered"
    step(people["clerk"], case, "accept")
    assert "利益" in refused_as("ZS913", lambda: step(people["clerk"], case, "recommend", opinion="可以"))
    step(people["head"], case, "declare_interest", interest="none")
    step(people["head"], case, "recommend", opinion="材料齐备。")
    again = {"interest": "none", "opinion": "同意。"}
    refused_as("ZS913", lambda: step(people["head"], case, "approve", **again))  # who reviewed does not approve
    twin = person("twin", people["head"].body, DutyName.HEAD)
    twin.display_name = people["head"].display_name
    twin.save()
    assert "同一人" in refused_as("ZS913", lambda: step(twin, case, "approve", **again))  # nor by a second account
    other = person("other", people["head"].body, DutyName.HEAD)
    refused_as("ZS913", lambda: step(other, case, "approve", interest="has", opinion="同意。"))
    step(other, case, "approve", **again)
    refused_as("ZS913", lambda: step(people["clerk"], case, "enter"))  # still published
    clock.day = DAY + timedelta(days=20)
    step(people["clerk"], case, "enter")
    line.refresh_from_db()
    assert (line.state, line.entered_on, line.life.cycle) == ("in_service", clock.day, "service_line")
    assert queries.refused(CODE, "laboratory", clock.day) is None
    assert queries.refused(CODE, "laboratory", DAY).reason == "not_entered"  # of the day that is asked about
    frozen = Assessment.objects.filter(case=case).values_list("mark", "low", "high")
    assert list(frozen) == [("met", 95, 95)] * 2  # 40 x 100 + 35 x 100 + 25 x 80


def test_what_is_missing_is_unknown_and_stops_the_review(people, clock):
    vendor = registered(people)
    case = applied(people, vendor)
    assert "ISO 15189" in refused_as("ZS913", lambda: step(people["clerk"], case, "accept"))
    filled(people, vendor)
    step(people["clerk"], case, "accept")
    step(people["clerk"], case, "declare_interest", interest="none")
    kind = library.kinds().kind("laboratory")
    unchecked = VendorPaper.objects.get(kind="iso_15189")
    VendorPaper.objects.filter(pk=unchecked.pk).update(accepted=None)
    found = queries.review(CODE, kind, DAY)
    assert (found.mark, next(one for one in found.points if one.id == "iso_15189").mark) == ("unknown", "unknown")
    refused_as("ZS913", lambda: step(people["clerk"], case, "recommend", opinion="可以"))
    old = {one.id: one.mark for one in queries.review(CODE, kind, DAY + timedelta(days=100)).points}
    assert (old["dishonesty"], old["penalty"], old["encrypted_storage"]) == ("unknown", "met", "unmet")  # they grow old
    VendorPaper.objects.filter(pk=unchecked.pk).update(accepted=True)
    vendor.vendorfacts.filter(kind="eqa_pass").delete()
    found = queries.review(CODE, kind, DAY)
    assert (found.low, found.high, found.mark) == (55, 95, "unknown")


def test_pathology_takes_each_signing_physician_and_each_scanner(people, clock):
    vendor, kind = registered(people), library.kinds().kind("pathology")
    ids = lambda: {p.id: p.mark for p in queries.review(CODE, kind, DAY).points}  # noqa: E731
    assert ids()["signing_licence"] == "unknown"
    for key in ("P1", "P2"):
        given = {
            "practitioner_id": key,
            "name": f"医师{key}",
            "profession": "病理",
            "role": "signing",
            "valid_from": "2026-01-01",
        }
        actions.add_person(people["clerk"], vendor, given)
    actions.add_device(
        people["clerk"], vendor, {"device_id": "S1", "name": "扫描仪", "role": "scanner", "valid_from": "2026-01-01"}
    )
    paper(people, vendor, "signing_licence", subject="P1")
    paper(people, vendor, "scanner_record", subject="S1", valid_from="2025-01-05")
    found = ids()
    assert (found["signing_licence:P1"], found["signing_licence:P2"], found["scanner_record:S1"]) == (
        "met",
        "unknown",
        "unmet",
    )


def test_a_paper_is_checked_by_another_person_than_who_entered_it(people):
    vendor = registered(people)
    given = {"kind": "iso_15189", "number": "L1", "issuer": "CNAS", "valid_from": "2026-01-05"}
    made = actions.add_paper(people["clerk"], vendor, given)
    refused_as("ZS654", lambda: actions.check_paper(people["clerk"], made, accepted=True))
    refused_as("ZS702", lambda: actions.check_paper(people["lab"], made, accepted=True))
    actions.check_paper(people["colleague"], made, accepted=True)
    refused_as("ZS655", lambda: actions.check_paper(people["colleague"], made, accepted=False, reason="不符"))
    refused_as("ZS653", lambda: actions.add_paper(people["clerk"], vendor, {**given, "valid_to": "2025-01-01"}))
    refused_as("ZS702", lambda: actions.add_fact(people["lab"], vendor, {"kind": "penalty", "value": "none"}))


def test_a_line_refuses_new_work_from_the_day_of_its_step(people, clock):
    vendor = registered(people)
    filled(people, vendor, iso_15189="2027-03-01")
    entered(people, vendor, clock)
    line, day = ServiceLine.objects.get(), clock.day
    ask = lambda on, **more: getattr(queries.refused(CODE, "laboratory", on, **more), "reason", None)  # noqa: E731
    assert (ask(day), ask(day, member=LEAD), ask(day, member="H99")) == (None, None, "not_entered")
    assert (ask(date(2026, 12, 28)), ask(date(2027, 3, 1))) == (None, "paper_ended")
    step(people["clerk"], line.life, "suspend_part", items=["I1"], ground="合同", reason="误报")
    assert (ask(day, item="I1"), ask(day, item="I2"), ask(day)) == ("suspended", None, "suspended")
    step(people["clerk"], line.life, "suspend", ground="合同", reason="误报增多")
    assert ask(day) == "suspended"
    two(people["clerk"], people["head"], line.life, "resume", reason="整改到位")
    assert ask(day) is None
    two(people["clerk"], people["head"], line.life, "begin_exit", ground="合同", reason="到期")
    assert ask(day) == "exited"


def reviewed(people, how):
    given = {"kind": "laboratory", "cause": "drift", "statement": "及时率下滑"}
    case = cases.open_case(people["clerk"], "vendor_review", given, body=people["head"].body, institution_id=CODE)
    words = {"opinion": "合格"} if how == "pass" else {"reason": "及时率不达标"}
    return two(people["clerk"], people["head"], case, how, **words)


def test_two_failed_re_reviews_in_a_row_cancel_the_entry_and_a_pass_between_does_not(people, clock):
    vendor = registered(people)
    filled(people, vendor)
    entered(people, vendor, clock)
    states = []
    for how in ("fail", "pass", "fail", "fail"):
        clock.day += timedelta(days=1)
        reviewed(people, how)
        states.append(ServiceLine.objects.get().state)
    assert states == ["on_notice", "in_service", "on_notice", "cancelled"]
    assert queries.refused(CODE, "laboratory", clock.day).reason == "exited"


def test_the_negative_list_blocks_new_work_with_its_entry_and_nothing_else(people, clock):
    vendor = registered(people)
    filled(people, vendor)
    given = {"ground": "《处罚决定书》第 7 号", "reason": "伪造报告"}
    body = people["bureau"].body
    case = cases.open_case(people["bureau2"], "negative_entry", given, body=body, institution_id=CODE)
    days = {"from_on": "2026-11-02", "until_on": "2027-11-02"}
    refused_as("ZS907", lambda: step(people["bureau2"], case, "list", **days))
    entered_before = applied(people, vendor)
    two(people["bureau2"], people["bureau"], case, "list", **days)
    (hit,) = queries.negative_hits(CODE, "laboratory", DAY)
    assert (hit.id, hit.until) == (case.number, date(2027, 11, 2))
    assert "第 7 号" in refused_as("ZS913", lambda: applied(people, vendor, "imaging"))
    step(people["clerk"], entered_before, "accept")  # what was begun goes on to its review, and no further
    assert not queries.negative_hits(CODE, "laboratory", date(2027, 11, 2))
    two(people["bureau2"], people["bureau"], case, "strike", reason="已撤销")
    assert not queries.negative_hits(CODE, "laboratory", DAY)
    told = {"kind": "dishonesty", "value": "some", "on": "2026-11-01", "source": "信用网站查询"}
    actions.add_fact(people["clerk"], vendor, told)
    assert [one.id for one in queries.negative_hits(CODE, "laboratory", DAY)] == ["dishonesty"]
    assert NegativeEntry.objects.count() == 1


def test_the_short_form_takes_three_years_of_the_best_rating(people, clock):
    vendor = registered(people)
    filled(people, vendor)
    vendor.vendorfacts.filter(kind="eqa_pass").delete()  # not measured: the full form cannot be met
    case = applied(people, vendor)
    step(people["clerk"], case, "accept")
    step(people["clerk"], case, "declare_interest", interest="none")
    for year in ("2024", "2025"):
        rated = {"kind": "rating", "value": "AAA", "year": year, "on": "2026-01-05", "source": "年度评级"}
        actions.add_fact(people["clerk"], vendor, rated)
    refused_as("ZS913", lambda: step(people["clerk"], case, "short_form", opinion="连续评级"))
    actions.add_fact(people["clerk"], vendor, {**rated, "year": "2023"})
    step(people["clerk"], case, "short_form", opinion="连续三年 AAA")
    assert step(people["head"], case, "approve", interest="none", opinion="同意").state == "published"


def test_low_risk_is_filed_and_nothing_else_is(people, clock):
    vendor = registered(people)
    filled(people, vendor)
    cleaning, laboratory = applied(people, vendor, "cleaning"), applied(people, vendor)
    for case in (cleaning, laboratory):
        step(people["clerk"], case, "accept")
        step(people["clerk"], case, "declare_interest", interest="none")
    assert step(people["clerk"], cleaning, "file", opinion="备案").state == "published"
    refused_as("ZS913", lambda: step(people["clerk"], laboratory, "file", opinion="备案"))
    refused_as("ZS652", lambda: applied(people, vendor))


def test_papers_are_told_of_once_per_stage_to_both_sides(people, clock):
    vendor = registered(people)
    applied(people, vendor)
    paper(people, vendor, "iso_15189", valid_to="2027-01-31")
    end = date(2027, 1, 31)
    told = [tasks.each_day(end - timedelta(days=left)) for left in (91, 90, 60, 30, 30, 7, 0, -1)]
    assert told == [0, 1, 0, 1, 0, 1, 1, 0]
    assert set(Notice.objects.filter(kind="paper_ends").values_list("user__login", flat=True)) == {
        "clerk", "colleague", "head", "lab",
    }  # fmt: skip
    paper(people, vendor, "iso_15189", valid_to="2030-01-31")
    assert tasks.each_day(end) == 0  # a renewed one is told of no more


def test_each_sees_the_vendors_that_are_its_own_matter(people, clock):
    vendor = registered(people)
    other = registered(people, "91330781MA2LABX02J")
    applied(people, vendor)
    see = lambda login: set(queries.vendors(scope(people[login])).values_list("institution_id", flat=True))  # noqa: E731
    assert (see("clerk"), see("lab"), see("bureau")) == ({CODE}, {CODE}, {CODE, other.institution_id})
    found = scope(people["clerk"])
    with walls.within(walls.wall_of(found)):  # the database holds the same line
        assert [one.institution_id for one in queries.lines(found)] == [CODE]
        filled(people, vendor)
        assert approved(people, Case.objects.get()).state == "published"
    with walls.within(walls.wall_of(scope(people["lab"]))):
        withdrawn = applied(people, vendor, "imaging", by="lab")
        step(people["lab"], withdrawn, "withdraw", reason="另行申请")
    assert EvidenceOutbox.objects.filter(kind="vendor_entry.withdrawn").count() == 1
    assert CaseEvent.objects.filter(case=withdrawn).count() == 2
    assert len(ABSENT) == 4
