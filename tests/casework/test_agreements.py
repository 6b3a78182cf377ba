"""Agreements: clauses block signing, refused vendors get no new one, what was agreed for a day stays readable."""

from datetime import date

import pytest

from tests.casework import vendoring
from tests.casework.vendoring import CODE, entered, filled, registered, step, two
from tests.casework.walking import Clock, person, sample
from tests.web.people import ACTOR
from zhunsheng.book.load import load_indicators
from zhunsheng.casework.agreements import actions, queries
from zhunsheng.casework.agreements import library as deals
from zhunsheng.casework.agreements.models import Agreement, ConflictCheck, Declaration
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.ratings import sources as rated
from zhunsheng.casework.ratings.sources import Asked
from zhunsheng.casework.vendors import library
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT
from zhunsheng.lights.values import Value

pytestmark = pytest.mark.django_db
SIGNED = {"signatory": "法定代表人"}


@pytest.fixture
def clock(monkeypatch):
    found = Clock(monkeypatch)
    found.day = date(2026, 11, 2)
    monkeypatch.setattr("zhunsheng.casework.vendors.actions.now", found.now)
    return found


@pytest.fixture
def people(db):
    return vendoring.crew()


@pytest.fixture
def served(people, clock):
    """A laboratory in service at the consortium."""
    vendor = registered(people)
    filled(people, vendor)
    entered(people, vendor, clock)
    return vendor


def refused_as(code, act):
    with pytest.raises(Problem) as refused:
        act()
    assert refused.value.code == code
    return str(refused.value)


def drafted(people, vendor):
    return actions.draft(people["clerk"], vendor, {"kind": "laboratory", "title": "医学检验外送服务合同"})


def written(people, agreement, without=()):
    """Mark every clause that is asked, but for some, and add values and prices."""
    for one in queries.check_of(agreement, date(2026, 11, 20)):
        if one.clause.id not in without:
            actions.mark(people["clerk"], agreement, {"clause": one.clause.id, "present": "yes", "place": "第三条"})
    given = {"indicator": "report_timeliness", "value": "95", "valid_from": "2026-12-01"}
    actions.promise(people["clerk"], agreement, given)
    priced(people, agreement, "5.00", "2026-12-01")


def priced(people, agreement, price, since, reason=""):
    given = {"item_code": "GLU", "item_name": "葡萄糖测定", "price": price, "valid_from": since, "reason": reason}
    return actions.set_price(people["clerk"], agreement, given)


def signed(people, agreement):
    """Walk a complete draft to its first day."""
    case = agreement.case
    step(people["clerk"], case, "submit")
    step(people["colleague"], case, "clear", opinion="条款齐备。")
    step(people["lab"], case, "sign", **SIGNED)
    step(people["head"], case, "countersign", **SIGNED, from_on="2026-12-01", until_on="2027-12-01")
    return Agreement.objects.get(pk=agreement.pk)


def test_a_missing_mandatory_clause_blocks_and_two_sides_sign(people, served, clock):
    one = drafted(people, served)
    assert {c.check for c in queries.check_of(one, clock.day)} == {"unknown"}  # nobody has looked: no pass
    written(people, one, without=("data_destruction",))
    told = refused_as("ZS913", lambda: step(people["clerk"], one.case, "submit"))
    assert "数据返还与销毁" in told and "违约责任" not in told
    actions.mark(people["clerk"], one, {"clause": "data_destruction", "present": "no"})
    refused_as("ZS913", lambda: step(people["clerk"], one.case, "submit"))
    actions.mark(people["clerk"], one, {"clause": "data_destruction", "present": "yes", "place": "第九条"})
    step(people["colleague"], one.case, "submit")
    refused_as("ZS913", lambda: step(people["colleague"], one.case, "clear", opinion="可以"))  # not by who sent it
    refused_as("ZS672", lambda: priced(people, one, "6.00", "2027-01-01"))  # the text is closed meanwhile
    step(people["head"], one.case, "clear", opinion="条款齐备。")
    refused_as("ZS904", lambda: step(people["head"], one.case, "sign", **SIGNED))  # the vendor's own side signs
    step(people["lab"], one.case, "sign", **SIGNED)
    days = {"from_on": "2027-12-01", "until_on": "2027-12-01"}
    refused_as("ZS913", lambda: step(people["head"], one.case, "countersign", **SIGNED, **days))
    step(people["head"], one.case, "countersign", **SIGNED, from_on="2026-12-01", until_on="2027-12-01")
    one.refresh_from_db()
    assert (one.state, str(one.valid_from), str(one.valid_to)) == ("in_force", "2026-12-01", "2027-12-01")


def test_a_refused_vendor_gets_no_new_agreement_and_the_old_one_still_settles(people, served, clock):
    one = drafted(people, served)
    written(people, one)
    signed(people, one)
    given = {"ground": "《处罚决定书》第 7 号", "reason": "伪造报告"}
    body = people["bureau"].body
    case = cases.open_case(people["bureau2"], "negative_entry", given, body=body, institution_id=CODE)
    two(people["bureau2"], people["bureau"], case, "list", from_on="2026-11-02", until_on="2027-11-02")
    assert "第 7 号" in refused_as("ZS671", lambda: drafted(people, served))
    sla = queries.sla(CODE, "laboratory", "report_timeliness", date(2027, 1, 5))
    assert (sla.value_e4, sla.agreement) == (950_000, one)
    assert queries.price(CODE, "laboratory", "GLU", date(2027, 1, 5)).unit_price_e6 == 5_000_000
    two(people["head"], second_head(people), one.case, "terminate", from_on="2027-03-01", reason="列入负面清单")
    assert queries.price(CODE, "laboratory", "GLU", date(2027, 2, 28)).unit_price_e6 == 5_000_000
    assert queries.price(CODE, "laboratory", "GLU", date(2027, 3, 1)) is None


def second_head(people):
    return person("head2", people["head"].body, DutyName.HEAD)


def test_a_suspended_line_blocks_a_draft_that_was_begun(people, served, clock):
    one = drafted(people, served)
    written(people, one)
    line = served.lines.get()
    step(people["clerk"], line.life, "suspend", ground="合同", reason="误报增多")
    assert "暂停" in refused_as("ZS913", lambda: step(people["clerk"], one.case, "submit"))


def test_prices_and_values_are_dated_and_never_written_over(people, served, clock):
    one = drafted(people, served)
    written(people, one)
    refused_as("ZS673", lambda: priced(people, one, "9.00", "2026-12-01", "更正"))
    assert "理由" in refused_as("ZS671", lambda: priced(people, one, "4.50", "2027-06-01"))
    priced(people, one, "4.50", "2027-06-01", "集采降价")
    wrong = {"indicator": "report_timeliness", "value": "100.01", "valid_from": "2027-01-01"}
    refused_as("ZS671", lambda: actions.promise(people["clerk"], one, wrong))
    refused_as("ZS671", lambda: actions.promise(people["clerk"], one, {**wrong, "indicator": "repair_hours"}))
    signed(people, one)
    price = lambda day: getattr(queries.price(CODE, "laboratory", "GLU", day), "unit_price_e6", None)  # noqa: E731
    days = [date(2026, 11, 30), date(2026, 12, 1), date(2027, 5, 31), date(2027, 6, 1), date(2027, 12, 1)]
    assert [price(day) for day in days] == [None, 5_000_000, 5_000_000, 4_500_000, None]
    assert queries.sla(CODE, "laboratory", "test_accuracy", date(2027, 1, 1)) is None  # not promised: not guessed


@pytest.mark.parametrize(
    ("counts", "missed"),
    [((95, 100, 0), 0), ((949, 1000, 0), 1), ((94, 98, 2), None), ((90, 98, 2), 1), ((99, 100, 0), 0), (None, None)],
)
def test_promised_values_that_the_counts_of_a_period_miss_are_counted(
    people, served, clock, monkeypatch, counts, missed
):
    one = drafted(people, served)
    written(people, one)
    asked = Asked(people["clerk"].body, object(), None, date(2027, 1, 1), date(2027, 7, 1))
    told = [Value("vendors/report_on_time", CODE, date(2027, 3, 1), *counts)] if counts else []
    before = Value("vendors/report_on_time", CODE, date(2026, 12, 1), 0, 500, 0)  # of the period before
    monkeypatch.setattr(rated.sources, "values", lambda *_given: [before, *told])
    assert rated.COUNTS["promises_missed"](asked).of(CODE) is None  # a draft promises nothing
    signed(people, one)
    promised = queries.owed(people["clerk"].body_id, date(2027, 6, 30))
    assert [(p.vendor, p.indicator, p.value_e4) for p in promised] == [(CODE, "vendors/report_on_time", 950_000)]
    assert queries.owed(people["clerk"].body_id, date(2027, 12, 1)) == []  # the agreement has ended
    assert rated.COUNTS["promises_missed"](asked).of(CODE) == missed
    assert rated.COUNTS["promises_missed"](asked).of("nobody") is None


def test_a_promise_that_nothing_counts_leaves_the_count_unknown_and_is_no_pass(people, served, clock, monkeypatch):
    one = drafted(people, served)
    written(people, one)
    given = {"indicator": "satisfaction", "value": "90", "valid_from": "2026-12-01"}
    actions.promise(people["clerk"], one, given)
    signed(people, one)
    told = [Value("vendors/report_on_time", CODE, date(2027, 3, 1), 99, 100, 0)]
    monkeypatch.setattr(rated.sources, "values", lambda *_given: told)
    asked = Asked(people["clerk"].body, object(), None, date(2027, 1, 1), date(2027, 7, 1))
    owed = queries.owed(people["clerk"].body_id, date(2027, 6, 30))
    assert sorted(p.indicator for p in owed) == ["", "vendors/report_on_time"]
    assert rated.COUNTS["promises_missed"](asked).of(CODE) is None


def test_what_counts_a_promised_value_is_of_its_kind_its_unit_and_its_direction():
    listed, indicators = deals.clauses().sla, load_indicators(ROOT / "rulebook", "vendors")
    for one in listed:
        named = {one.counted_of(kind.id) for kind in library.kinds().kinds if not one.kinds or kind.id in one.kinds}
        for name in named - {""}:
            assert indicators[name].unit == {"%": "percent", "h": "hours"}[one.unit], one.id
            assert indicators[name].direction == {"at_least": "higher", "at_most": "lower"}[one.direction], one.id
    on_time = next(one for one in listed if one.id == "delivery_on_time")
    assert on_time.counted_of("sterile_supply") == "vendors/sterile_on_time"  # not that of the couriers
    assert next(one for one in listed if one.id == "report_hours").counted_of("tele_ecg") == ""


def test_a_mean_of_hours_keeps_a_promise_to_the_second_and_is_unknown_where_many_are_open():
    kept = lambda seconds, unknown=0: queries.keeps(245_000, "at_most", seconds, 20, unknown, "h")  # noqa: E731
    assert kept(20 * 88_200) and kept(20 * 88_200 + 1) is False  # 24.5 hours each
    assert kept(1, 1) and kept(1, 2) is None  # 1 of 21 open is few, 2 of 22 are not
    assert queries.keeps(245_000, "at_most", 0, 0, 3, "h") is None


def test_the_list_puts_first_what_ended_then_what_lacks_a_clause_then_what_ends_soon(people, served, clock):
    first = drafted(people, served)
    written(people, first)
    signed(people, first)
    lacking = drafted(people, served)
    order = lambda day: [(one.agreement.pk, one.left) for one in queries.lines(Agreement.objects.all(), day)]  # noqa: E731
    assert order(date(2027, 12, 1)) == [(first.pk, 0), (lacking.pk, None)]
    assert order(date(2027, 10, 1)) == [(lacking.pk, None), (first.pk, 61)]
    refused_as("ZS913", lambda: step(people["clerk"], first.case, "expire"))
    clock.day = date(2027, 12, 1)
    assert step(people["clerk"], first.case, "expire").state == "expired"


def test_both_sides_see_an_agreement_and_declarations_stay_with_the_buyer(people, served, clock):
    one = drafted(people, served)
    away = bodies.create_body(ACTOR, "vendor", "别家检验", code="91330781MA2LABX02J", region="330781")
    others = person("rival", away, DutyName.HEAD)
    given = {"person": "P1", "name": "采购负责人", "relation": "配偶任供应商监事"}
    declared = actions.declare(people["clerk"], CODE, given)
    for user, sees, told in ((people["clerk"], [one], 1), (people["lab"], [one], 0), (others, [], 0)):
        found = scope(user)
        with walls.within(walls.wall_of(found)):
            assert list(queries.agreements(found)) == sees
            assert len(queries.declared(found, clock.day)) == told
    refused_as("ZS701", lambda: queries.one(scope(others), one.pk))
    refused_as("ZS702", lambda: actions.mark(people["lab"], one, {"clause": "exit", "present": "no"}))
    step(people["clerk"], declared, "recuse", from_on=str(clock.day), duty="由副院长承担")
    row = Declaration.objects.get()
    assert (row.declared_on, row.recused_on) == (clock.day, clock.day)
    check = actions.open_check(people["clerk"], CODE, "P9", "P9 → V")
    assert actions.open_check(people["clerk"], CODE, "P9", "P9 → V") == check
    two(people["clerk"], people["head"], check, "clear", reason="同名不同人")
    assert actions.open_check(people["clerk"], CODE, "P9", "P9 → V") != check
    assert ConflictCheck.objects.count() == 2
    assert EvidenceOutbox.objects.filter(kind__startswith="interest_declaration").count() == 2


def test_a_member_hospital_agrees_with_a_vendor_that_serves_it_and_declares_and_opens_nothing_else(people, served):
    """A member buys under the entry of its consortium; letting in, checking and sanctioning stay with that."""
    own = bodies.create_body(ACTOR, "institution", "青禾县人民医院", code=vendoring.LEAD)
    outside = bodies.create_body(ACTOR, "institution", "邻县医院", code="H33078200001")
    buyer, stranger = person("buyer", own, DutyName.OFFICE), person("stranger", outside, DutyName.OFFICE)
    given = {"kind": "laboratory", "title": "检验外送合同"}
    assert actions.draft(buyer, served, given).body == own
    assert "未办理" in refused_as("ZS671", lambda: actions.draft(stranger, served, given))
    for cycle in ("vendor_entry", "service_line", "vendor_check", "vendor_sanction", "vendor_exit", "negative_entry"):
        refused_as("ZS904", lambda cycle=cycle: cases.open_case(buyer, cycle, {}, body=own, institution_id=CODE))


def test_an_agreement_in_force_is_no_open_case_that_speaks_against_the_vendor(people, served, clock):
    kind = library.kinds().kind("laboratory")
    agreement = drafted(people, served)
    written(people, agreement)
    signed(people, agreement)
    assert vendors.review(CODE, kind, clock.day).mark == "met"
    given = {"kind": "laboratory", "incident": "data_leak", "occurred_on": "2026-11-01", "content": "检验数据外泄"}
    needs = {one.id for one in cycles.cycle("vendor_incident").opening.needs}
    told = sample(cycles.cycle("vendor_incident").opening.needs, {}) | {n: v for n, v in given.items() if n in needs}
    cases.open_case(people["clerk"], "vendor_incident", told, body=people["head"].body, institution_id=CODE)
    assert vendors.review(CODE, kind, clock.day).mark == "unmet"
