"""The money of cases: any row of decisions, payments, plans, reversals and penalties reconciles to the fen."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.casework.walking import INSTITUTION, Clock, opened, person, plan, staff, take
from tests.effort import times
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions, computing, library, money, queries
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.inbox import actions as inbox
from zhunsheng.casework.ledger import queries as ledger
from zhunsheng.casework.ledger.models import CreditRecord, LedgerEntry, Standing
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.cli import app
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

DAY = date(2026, 3, 2)
CYCLE = library.cycle("fund_case")


def done(about, sequence, day, **fields):
    return money.Done(about, sequence, day, fields)


def decided(recover=100_000, fine=100_000, served=DAY):
    return [
        done("decide_penalty", 1, served, recover_fen=recover, fine_fen=fine),
        done("serve", 2, served, served_on=str(served)),
    ]


def paid(sequence, day, account, fen):
    return done("pay", sequence, day, account=account, paid_fen=fen, paid_on=str(day), voucher=f"V{sequence}")


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "reverse", "adjust", "refund", "late", "plan", "default"]),
        st.integers(0, 400_000),
        st.integers(0, 3),
        st.integers(0, 40),
        st.booleans(),
    ),
    max_size=14,
)


def step_for(book, deed, sequence, day):
    """Return the step that a deed asks for, as the guards would let it through; None where they would not."""
    kind, fen, number, _wait, flag = deed
    account = "fund" if flag else "treasury"
    if kind == "pay" and (left := book.left(account)):
        return paid(sequence, day, account, 1 + fen % left)
    if kind == "reverse":
        known = sorted({one.sequence for one in book.postings if money.payment(book, one.sequence)})
        return done("reverse_payment", sequence, day, payment=known[number % len(known)]) if known else None
    if kind == "adjust":
        return done("adjust", sequence, day, recover_fen=fen, fine_fen=fen // 2)
    if kind == "refund":
        over = sum(v for key, v in book.over.items() if book.recovery.charge(key).account == account)
        if over:
            return done("refund", sequence, day, account=account, refund_fen=1 + fen % over, voucher="R")
    if kind == "late" and (most := money.late_sum(book, day).open_fen):
        return done("add_surcharge", sequence, day, surcharge_fen=1 + fen % most)
    if kind == "plan":
        rows = money.proposed_plan(book, day + timedelta(days=1), 1 + number)
        return done("agree_instalments", sequence, day, plan=rows, on_default="all_due" if flag else "one_due")
    return done("default_on_instalments", sequence, day) if kind == "default" else None


@settings(max_examples=times(150), deadline=None)
@given(st.integers(0, 300_000), st.integers(0, 300_000), DEEDS)
def test_whatever_happens_the_ledger_reconciles_to_the_fen(recover, fine, deeds):
    steps, day = decided(recover, fine), DAY
    for deed in deeds:
        day += timedelta(days=deed[3])
        book = money.read(CYCLE, steps)
        step = step_for(book, deed, len(steps) + 1, day)
        if step is not None:
            steps.append(step)
        after = money.read(CYCLE, steps)
        assert after.postings[: len(book.postings)] == book.postings  # it only grows
        assert all(row.left >= 0 for row in after.rows)
        for charge in after.recovery.charges:
            rows = sum(row.left for row in after.live if row.charge == charge.id)
            assert after.balance(charge=charge.id) == rows - after.over.get(charge.id, 0)
        for account in after.recovery.accounts:
            mine = [one for one in after.instalments() if one.account == account.id]
            assert sum(one.left_fen for one in mine) == after.left(account.id)
            assert after.owed(account.id) - after.paid(account.id) == after.balance(account=account.id)
        late = money.late_sum(after, day)
        stood = sum(p.amount_fen for p in after.postings if p.charge == "fine" and p.kind in ("owed", "adjusted"))
        assert late.charged_fen + late.open_fen <= max(stood, late.charged_fen) and late.cap_fen == max(0, stood)


@given(
    st.lists(st.tuples(st.dates(DAY, DAY + timedelta(30)), st.integers(0, 10**9)), max_size=12), st.integers(0, 10**10)
)
def test_payments_are_set_against_the_oldest_first_and_nothing_is_lost(dues, amount):
    taken = money.allocate(dues, amount)
    assert sum(taken) == min(amount, sum(fen for _on, fen in dues))
    assert all(0 <= got <= fen for got, (_on, fen) in zip(taken, dues, strict=True))
    for (on, _fen), got in zip(dues, taken, strict=True):
        if got:
            assert all(taken[n] == fen for n, (other, fen) in enumerate(dues) if other < on)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 24))
def test_a_proposed_plan_comes_to_what_is_owed_with_the_remainder_in_the_last(recover, fine, parts):
    book = money.read(CYCLE, decided(recover, fine))
    rows = money.proposed_plan(book, date(2026, 1, 31), parts)
    assert len(rows) == parts
    for account, owed in (("fund", recover), ("treasury", fine)):
        assert sum(row[account] for row in rows) == owed
        assert all(row[account] == owed // parts for row in rows[:-1])
    days = [row["on"] for row in rows]
    assert days == sorted(set(days)) and days[:2] == ["2026-01-31", "2026-02-28"][:parts]


def test_the_late_penalty_of_the_law_is_three_per_cent_of_the_fine_a_day_and_at_most_the_fine():
    """A fine of 10,000 yuan is due on 17 March: ten days later 3,000 are added, after 34 days the cap holds."""
    book = money.read(CYCLE, decided(recover=500_000, fine=1_000_000))
    due = date(2026, 3, 17)
    told = {days: money.late_sum(book, due + timedelta(days=days)) for days in (0, 1, 10, 33, 34, 400)}
    assert {days: one.open_fen for days, one in told.items()} == {
        0: 0, 1: 30_000, 10: 300_000, 33: 990_000, 34: 1_000_000, 400: 1_000_000,
    }  # fmt: skip
    assert told[34].capped and not told[33].capped and told[10].days == 10
    [stretch] = told[10].stretches
    assert (stretch.first, stretch.last, stretch.late_fen) == (date(2026, 3, 18), date(2026, 3, 27), 1_000_000)


def test_the_day_of_payment_still_counts_and_only_the_unpaid_part_of_the_fine_grows():
    steps = [*decided(fine=1_000_000), paid(3, date(2026, 3, 20), "treasury", 600_000)]
    late = money.late_sum(money.read(CYCLE, steps), date(2026, 3, 22))
    assert [(str(one.first), one.days, one.late_fen) for one in late.stretches] == [
        ("2026-03-18", 3, 1_000_000), ("2026-03-21", 2, 400_000),
    ]  # fmt: skip
    assert late.open_fen == (3 * 1_000_000 + 2 * 400_000) * 3 // 100
    steps.append(done("add_surcharge", 4, date(2026, 3, 22), surcharge_fen=late.open_fen))
    assert money.late_sum(money.read(CYCLE, steps), date(2026, 3, 22)).open_fen == 0


def test_a_return_that_is_late_grows_nothing():
    assert money.late_sum(money.read(CYCLE, decided(fine=0)), date(2027, 1, 1)).open_fen == 0


def test_a_missed_instalment_makes_the_rest_due_where_the_plan_says_so():
    rows = [{"on": f"2026-0{m}-01", "fund": 50_000, "treasury": 50_000} for m in (4, 5)]
    missed = date(2026, 4, 2)
    for terms, late in (("all_due", 200_000), ("one_due", 100_000)):
        steps = [*decided(), done("agree_instalments", 3, DAY, plan=rows, on_default=terms)]
        book = money.read(CYCLE, steps)
        assert (book.next_on(), book.late(date(2026, 4, 1)), book.late(missed)) == (date(2026, 4, 1), 0, 100_000)
        book = money.read(CYCLE, [*steps, done("default_on_instalments", 4, missed)])
        assert book.late(date(2026, 4, 3)) == late and book.left() == 200_000


def test_a_reversal_is_the_mirror_of_its_payment_and_is_made_once():
    steps = [*decided(), paid(3, DAY, "fund", 70_000), done("reverse_payment", 4, DAY, payment=3)]
    book = money.read(CYCLE, steps)
    assert [(p.kind, p.amount_fen, p.reverses) for p in book.postings[2:]] == [
        ("payment", -70_000, None), ("reversal", 70_000, 3),
    ]  # fmt: skip
    assert book.left("fund") == 100_000 and money.payment(book, 3) == []


# ---- in the database


@pytest.fixture
def crew(db):
    return staff()


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def case(crew, clock):
    """A case that was decided and served: 1,000.00 to return, a fine of 1,200.00."""
    made = opened(CYCLE, crew)
    for name in ("notify", "waive", "submit_for_review", "pass_review"):
        made = take(made, CYCLE, name, crew)
    made = take(made, CYCLE, "decide_penalty", crew, {"multiple": "1.2", "fine_fen": "", "departure": ""})
    return take(made, CYCLE, "serve", crew, {"served_on": "2026-03-02"})


def pay(case, crew, account, yuan_, day="2026-03-02", voucher="V1"):
    given = {"account": account, "paid_fen": yuan_, "paid_on": day, "voucher": voucher}
    return take(case, CYCLE, "pay", crew, given)


def refused(act, code="ZS913"):
    with pytest.raises(Problem) as told:
        act()
    assert told.value.code == code
    return str(told.value.as_dict("zh")["message"])


def test_each_entry_is_tied_to_its_step_and_evidence_and_the_check_finds_no_difference(case, crew):
    assert case.events.get(about="decide_penalty", kind="moved").fields["fine_fen"] == 120_000
    case = pay(case, crew, "fund", "400.00")
    rows = [(one.kind, one.charge, one.account, one.amount_fen) for one in ledger.entries(scope(crew["one"]), case)]
    assert rows == [
        ("owed", "return", "fund", 100_000), ("owed", "fine", "treasury", 120_000),
        ("payment", "return", "fund", -40_000),
    ]  # fmt: skip
    for one in LedgerEntry.objects.select_related("event"):
        assert EvidenceOutbox.objects.get(pk=one.evidence).subject == f"case:{case.pk}"
        assert one.event.evidence == one.evidence
    assert queries.owed(case) == 180_000 and list(ledger.differences()) == []
    [record] = ledger.credit(scope(crew["office"]))
    assert (record.institution_id, record.grade, record.fine_fen) == (INSTITUTION, "first", 120_000)
    assert (record.valid_from, record.valid_to) == (DAY, date(2029, 3, 2))
    assert not ledger.credit(scope(crew["away"])).exists()


def test_the_check_finds_a_forged_copy_a_missing_entry_and_an_entry_too_many(case, crew):
    pay(case, crew, "fund", "400.00")
    Standing.objects.filter(account="fund").update(paid_fen=100_000)
    assert [one.what for one in ledger.differences()] == ["standing fund"]
    Standing.objects.filter(account="fund").update(paid_fen=40_000)
    last = LedgerEntry.objects.last()
    LedgerEntry.objects.create(
        case=case, event=last.event, number=9, kind="payment", charge="return", account="fund", amount_fen=-1,
        day=DAY, evidence=1,
    )  # fmt: skip
    assert [one.what for one in ledger.differences()] == ["entries", "evidence", "balance"]


def test_the_command_says_whether_ledger_and_cases_agree(case, crew, monkeypatch):
    monkeypatch.setattr("zhunsheng.cli.ledger.ready", lambda: None)
    told = CliRunner().invoke(app, ["ledger", "check", "--json"])
    assert (told.exit_code, json.loads(told.stdout)) == (0, {"entries": 2, "differences": 0})
    Standing.objects.filter(account="treasury").update(owed_fen=1)
    told = CliRunner().invoke(app, ["ledger", "check", "--json"])
    assert told.exit_code != 0 and "ZS944" in told.output and case.number in told.output


def test_the_database_refuses_to_change_an_entry(case):
    for statement in ("UPDATE ledger_ledgerentry SET amount_fen = 0", "DELETE FROM ledger_ledgerentry"):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_entry_is_not_replaced_by_one_of_its_number(case):
    names = [one.column for one in LedgerEntry._meta.fields]
    given = ", ".join({"id": "id + 99", "amount_fen": "1"}.get(name, name) for name in names)
    statement = f"INSERT OR REPLACE INTO ledger_ledgerentry ({', '.join(names)}) SELECT {given} FROM ledger_ledgerentry"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)  # PostgreSQL knows no such words
    assert sorted(LedgerEntry.objects.values_list("amount_fen", flat=True)) == [100_000, 120_000]


def test_too_much_is_refused_and_only_the_finance_officer_records_payments(case, crew):
    assert "1,000.00" in refused(lambda: pay(case, crew, "fund", "1000.01"))
    given = {"account": "fund", "paid_fen": "1.00", "paid_on": "2026-03-02", "voucher": "V"}
    refused(lambda: actions.move(crew["two"], case, "pay", given, version=case.version), "ZS904")
    refused(lambda: take(case, CYCLE, "settle", crew))
    for account, amount in (("fund", "1000.00"), ("treasury", "1200.00")):
        case = pay(case, crew, account, amount)
    assert take(case, CYCLE, "settle", crew).state == "paid" and list(ledger.differences()) == []


def test_a_voucher_is_booked_once_at_an_account_unless_it_was_reversed(case, crew):
    case = pay(case, crew, "fund", "400.00", voucher="YS-20260302")
    first = case.events.last().sequence
    for again in ("YS-20260302", "ys-20260302", "YS/20260302", "Ys._20260302"):
        assert f"第 {first} 步" in refused(lambda again=again: pay(case, crew, "fund", "1.00", voucher=again))
    case = pay(case, crew, "treasury", "1.00", voucher="YS-20260302")  # one slip, two accounts
    case = pay(case, crew, "fund", "1.00", voucher="YS-20260303")
    case = take(case, CYCLE, "reverse_payment", crew, {"payment": str(first)})
    case = pay(case, crew, "fund", "399.00", voucher="YS-20260302")
    refused(lambda: pay(case, crew, "fund", "1.00", voucher="YS-20260302"))
    assert queries.book(case).paid("fund") == 40_000 and list(ledger.differences()) == []


def test_another_voucher_of_the_same_digits_is_another_one(case, crew):
    case = pay(case, crew, "fund", "400.00", voucher="2026-1-12")
    case = pay(case, crew, "fund", "300.00", voucher="2026-11-2")
    case = pay(case, crew, "fund", "300.00", voucher="2026112")
    for again in ("2026/1/12", "2026_11.2"):
        refused(lambda again=again: pay(case, crew, "fund", "1.00", voucher=again))
    sent = {"recover_fen": "900.00", "fine_fen": "1200.00", "surcharge_fen": "0"}
    case = take(case, CYCLE, "adjust", crew, sent)
    given = {"account": "fund", "refund_fen": "10.00"}
    case = take(case, CYCLE, "refund", crew, given | {"voucher": "TK-1-12"})
    refused(lambda: take(case, CYCLE, "refund", crew, given | {"voucher": "tk/1-12"}))
    refused(lambda: take(case, CYCLE, "refund", crew, given | {"voucher": "2026/1-12"}))
    case = take(case, CYCLE, "refund", crew, given | {"voucher": "TK-11-2"})
    assert queries.book(case).paid("fund") == 98_000 and list(ledger.differences()) == []


def test_a_plan_sums_to_the_fen_and_each_instalment_runs_its_own_clock(case, crew, clock):
    def agree(rows):
        return take(case, CYCLE, "agree_instalments", crew, {"plan": rows})

    rows = plan(case, parts=3)
    assert "1,000.01" in refused(lambda: agree([rows[0] | {"fund": "333.34"}, *rows[1:]]))
    refused(lambda: agree([rows[1], rows[0], rows[2]]))
    refused(lambda: agree([*rows[:2], rows[2] | {"on": "2028-01-01"}]))
    refused(lambda: agree([rows[0] | {"fund": "1.555"}, *rows[1:]]), "ZS906")
    case = agree(rows)

    def due():
        [running] = Case.objects.get(pk=case.pk).standing.clocks
        return str(running.due_on), str(Case.objects.get(pk=case.pk).due_on)

    assert due() == (rows[0]["on"], rows[0]["on"]) == ("2026-04-01",) * 2
    case = pay(case, crew, "fund", "333.33")
    assert due()[0] == "2026-04-01"  # the treasury's part is still open
    case = pay(case, crew, "treasury", "400.00")
    assert due()[0] == "2026-05-01"
    assert actions.tick(date(2026, 5, 1)) == []
    clock.day = date(2026, 5, 2)
    actions.tick(clock.day)
    case.refresh_from_db()
    assert case.state == "late" and queries.book(case).late(date(2026, 5, 3)) == 146_667
    computed = money.late_sum(queries.book(case), date(2026, 5, 12))
    assert [(one.days, one.late_fen) for one in computed.stretches] == [(1, 40_000), (10, 80_000)]
    clock.day = date(2026, 5, 12)
    refused(lambda: take(case, CYCLE, "add_surcharge", crew, {"surcharge_fen": "252.01"}))
    case = take(case, CYCLE, "add_surcharge", crew, {"surcharge_fen": "252.00"})
    assert case.events.last().fields["late"]["open_fen"] == 25_200
    assert queries.owed(case) == 146_667 + 25_200 and list(ledger.differences()) == []
    assert queries.book(case).next_on() and json.loads(json.dumps(case.events.last().fields))


def test_an_annulled_fine_takes_its_late_penalty_and_the_credit_record_along(case, crew, clock):
    clock.day = date(2026, 3, 27)
    actions.tick(clock.day)
    case = take(case, CYCLE, "add_surcharge", crew, {"surcharge_fen": "360.00"})
    case = pay(case, crew, "treasury", "1300.00", "2026-03-27")  # the fine, and 100.00 of the late penalty
    sent = {"recover_fen": "1000.00", "fine_fen": "0", "surcharge_fen": ""}
    assert "360.00" in refused(lambda: take(case, CYCLE, "adjust", crew, sent))
    refused(lambda: take(case, CYCLE, "adjust", crew, sent | {"fine_fen": "1200.00", "surcharge_fen": "360.01"}))
    case = take(case, CYCLE, "adjust", crew, sent | {"surcharge_fen": "0"})
    book = queries.book(case)
    assert (book.left("treasury"), book.over) == (0, {"fine": 120_000, "late_penalty": 10_000})
    assert CreditRecord.objects.get().fine_fen == 0
    case = pay(case, crew, "fund", "1000.00", "2026-03-27")
    case = take(case, CYCLE, "refund", crew, {"account": "treasury", "refund_fen": "1300.00"})
    assert take(case, CYCLE, "settle", crew).state == "paid" and list(ledger.differences()) == []


def test_the_list_sums_what_is_in_view_and_what_is_late(case, crew, clock):
    day = date(2026, 3, 18)
    seen = {login: ledger.recoveries(scope(crew[login]), ledger.Wanted(), day) for login in ("one", "office", "away")}
    assert [len(one) for one in seen.values()] == [2, 2, 0]
    made = ledger.lines(seen["one"], day)
    assert (made[0].next_on, ledger.totals(made)) == (date(2026, 3, 17), ledger.Totals(220_000, 0, 220_000, 220_000))
    count = {
        key: ledger.recoveries(scope(crew["one"]), ledger.Wanted(**key_), day).count()
        for key, key_ in {
            "late": {"due": "late"}, "soon": {"due": "soon"}, "fund": {"account": "fund"}, "paid": {"due": "paid"},
            "state": {"state": "late"}, "place": {"institution": "nobody"},
        }.items()
    }  # fmt: skip
    assert count == {"late": 2, "soon": 0, "fund": 1, "paid": 0, "state": 0, "place": 0}


def test_a_second_case_of_the_article_is_repeated_and_another_grade_needs_a_reason(case, crew, clock):
    clock.day = date(2027, 3, 1)
    other = opened(CYCLE, crew)
    for name in ("notify", "waive", "submit_for_review", "pass_review"):
        other = take(other, CYCLE, name, crew)
    plain = {"multiple": "1.2", "fine_fen": "", "departure": ""}
    told = refused(lambda: take(other, CYCLE, "decide_penalty", crew, plain))
    assert "再次违规" in told and "档次" in told and "罚款幅度" in told
    done_ = take(other, CYCLE, "decide_penalty", crew, plain | {"departure": "主动整改到位，从轻。"})
    graded = done_.events.last().fields["graded"]
    assert graded["repeats"] == [case.number] and graded["outside"] == ["grade", "fine"]
    clock.day = date(2029, 4, 1)  # beyond the look-back of 24 months for the first, not for the second
    third = opened(CYCLE, crew)
    for name in ("notify", "waive", "submit_for_review", "pass_review"):
        third = take(third, CYCLE, name, crew)
    sent = plain | {"grade": "first", "article": "reg-735/40/1", "nature": "intent", "multiple": "2"}
    refused(lambda: take(third, CYCLE, "decide_penalty", crew, sent))
    fit = take(third, CYCLE, "decide_penalty", crew, sent | {"grade": "fraud"})
    assert fit.events.last().fields["graded"]["repeats"] == [] and fit.events.last().fields["fine_fen"] == 200_000
    assert CreditRecord.objects.count() == 3


def test_a_decision_of_which_review_left_nothing_makes_no_case_a_repeated_one(case, crew, clock):
    sent = {"recover_fen": "0", "surcharge_fen": "0", "reason": "复议撤销原决定。"}
    take(case, CYCLE, "adjust", crew, sent | {"fine_fen": "100.00"})
    assert [one["case"] for one in computing.repeats(opened(CYCLE, crew), "reg-735/38", 24, clock.day)] == [case.pk]
    take(Case.objects.get(pk=case.pk), CYCLE, "adjust", crew, sent | {"fine_fen": "0"})
    assert computing.repeats(opened(CYCLE, crew), "reg-735/38", 24, clock.day) == []


def test_who_handled_the_case_does_not_review_it(crew, clock):
    made = opened(CYCLE, crew)
    for name in ("notify", "waive", "submit_for_review"):
        made = take(made, CYCLE, name, crew)
    opening = CaseEvent.objects.filter(case=made, kind="opened")
    given = {"opinion": "同意"}
    refused(lambda: actions.move(crew["two"], made, "pass_review", given, version=made.version), "ZS904")
    assert opening.get().fields["officers"] and take(made, CYCLE, "pass_review", crew).state == "deciding"


def test_nobody_reviews_in_the_name_of_who_handled_the_case_or_had_it_handled(crew, clock):
    body = crew["one"].body
    crew |= {login: person(login, body, DutyName.LEGAL_REVIEWER) for login in ("both", "other")}
    crew["deputy"] = person("deputy", body, DutyName.FINANCE_OFFICER)
    bodies.assign_duty(ACTOR, crew["both"], DutyName.REVIEWER, date(2020, 1, 1))
    until = now().date() + timedelta(9)
    for taker, duty in (("finance", "reviewer"), ("deputy", "legal_reviewer")):
        inbox.delegate(crew["both"], crew[taker], [duty], [], now().date(), until, "出差")
    made = take(opened(CYCLE, crew), CYCLE, "notify", crew)
    made = take(made, CYCLE, "waive", crew)
    given = {"opinion": "经核查材料齐备，事实清楚。"}
    made = actions.move(crew["finance"], made, "submit_for_review", given, version=made.version)
    assert CaseEvent.objects.get(case=made, about="submit_for_review").on_behalf_of == crew["both"]
    for login in ("both", "deputy"):
        refused(lambda login=login: actions.move(crew[login], made, "pass_review", given, version=made.version))
    assert actions.move(crew["other"], made, "pass_review", given, version=made.version).state == "deciding"


def test_behind_the_wall_of_the_database_the_party_reads_its_ledger_and_others_nothing(case, crew):
    walled = connection.vendor == "postgresql"
    for login, rows in (("office", 2), ("one", 2), ("away", 0)):
        with walls.within(walls.wall_of(scope(crew[login]))):
            count = rows if walled else 2
            assert (LedgerEntry.objects.count(), Standing.objects.count()) == (count, count), login
            assert ledger.entries(scope(crew[login]), case).count() == rows


def test_a_payment_is_booked_behind_the_wall_of_the_finance_officer(case, crew):
    with walls.within(walls.wall_of(scope(crew["finance"]))):
        pay(case, crew, "fund", "1.00")
        assert list(ledger.differences()) == []
