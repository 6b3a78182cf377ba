"""Prescribers, decisions, nursing records, identity checks and invoices of cases, as the files say them."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tests.generator.test_plants import FIRST, LAST, example, fee, line, planted, rule, visit
from zhunsheng.generator import Knowledge, RuleText, Turn, generate
from zhunsheng.generator.plants.cases import cases, files
from zhunsheng.generator.plants.days import moves
from zhunsheng.generator.plants.staff import UNREGISTERED

STAY = {"id": "E1", "start": "2026-03-02 09:00", "end": "2026-03-02 09:40", "visit_type": "outpatient"}
LATER = STAY | {"id": "E2", "start": "2026-03-12 09:00", "end": "2026-03-12 09:40"}


def prescribed(practitioner: str | None = "DR1", **facts: object) -> RuleText:
    """Return a rule that looks at practice, with one example and one that names a prescriber."""
    one = example(lines=(line("2026-03-02 09:15", practitioner=practitioner),), **facts)
    named = example("有名", lines=(line("2026-03-02 09:15", practitioner="DR1"),))
    return rule(one, named, facts="line practice payment_status")


def test_prescribers_and_decisions_stand_in_the_registers_with_their_days(tmp_path):
    told = prescribed(
        practitioners=(
            {"title": "主治医师", "valid_from": "2020-01-01", "valid_to": "2026-05-01"},
            {"title": "主任医师", "valid_from": "2020-01-01", "institution": "B"},
        ),
        decisions=({"status": "suspended", "valid_from": "2026-02-01", "valid_to": "2026-07-01"},),
    )
    found, keys = planted(tmp_path, told)
    for key in keys:
        charged = fee(found, key)
        number, here = charged["bilg_dr_codg"], charged["fixmedins_code"]
        own, other = (row for row in found.rows("prac") if row["prac_psn_code"] == number)
        assert (own["fixmedins_code"], own["pro_tech_duty"], own["endtime"]) == (here, "主治医师", "2026-04-30")
        assert other["fixmedins_code"] != here
        assert (other["pro_tech_duty"], other["endtime"]) == ("主任医师", "")
        decided = [row for row in found.rows("payqual") if row["prac_psn_code"] == number]
        assert [(row["qual_stas"], row["begndate"], row["enddate"]) for row in decided] == [
            ("suspended", "2026-02-01", "2026-06-30")
        ]
        assert "2026-02-01" <= charged["fee_ocur_time"][:10] < "2026-05-01"
    assert keys


@pytest.mark.parametrize(("name", "number"), [(None, ""), ("DR9", UNREGISTERED)])
def test_a_line_without_a_prescriber_has_none_and_a_stranger_is_in_no_register(tmp_path, name, number):
    found, keys = planted(tmp_path, prescribed(name, practitioners=({"valid_from": "2020-01-01"},)))
    assert {fee(found, key)["bilg_dr_codg"] for key in keys} == {number}
    assert number not in {row["prac_psn_code"] for row in found.rows("prac")}


def test_of_whom_the_same_is_registered_at_one_place_is_one_prescriber(tmp_path):
    found, keys = planted(tmp_path, prescribed(practitioners=({"valid_from": "2020-01-01"},)))
    numbers = {(fee(found, key)["fixmedins_code"], fee(found, key)["bilg_dr_codg"]) for key in keys}
    assert len(numbers) == len({place for place, _ in numbers}) == len({number for _, number in numbers})


def test_a_case_does_not_cross_the_days_of_its_decisions():
    decided = {"status": "suspended", "valid_from": "2026-02-02", "valid_to": "2026-04-06"}
    (case, _), _ = cases([prescribed(decisions=(decided,))])
    ways = moves(case, FIRST, LAST)
    assert (min(ways), max(ways)) == (-28, 28)


def test_nursing_records_and_checks_stand_in_the_files(tmp_path):
    told = example(
        stays=(STAY,),
        nursing=({"day": "2026-03-02", "level": "special"}, {"day": "2026-03-03"}),
        checks=(
            {"id": "C1", "at": "2026-03-02 08:55", "result": "differed"},
            {"id": "C2", "at": "2026-03-02", "result": "matched"},
        ),
        lines=(line("2026-03-02 09:15"),),
    )
    found, keys = planted(tmp_path, rule(told, facts="line encounter nursing_record identity_check"))
    for key in keys:
        seen = visit(found, key)
        first = date.fromisoformat(seen["begntime"][:10])
        after = date.fromordinal(first.toordinal() + 1)
        nursed = [row for row in found.rows("nurscare") if row["mdtrt_id"] == seen["mdtrt_id"]]
        assert [(row["rec_time"], row["nurscare_lv"]) for row in nursed] == [(f"{first}", "special"), (f"{after}", "")]
        checked = [row for row in found.rows("idchk") if row["mdtrt_id"] == seen["mdtrt_id"]]
        assert [(row["check_time"], row["check_rslt"]) for row in checked] == [
            (f"{first} 08:55:00", "differed"),
            (f"{first}", "matched"),
        ]
        assert {row["psn_no"] for row in (*nursed, *checked)} == {key["person_no"]}
    assert keys
    for name in ("nurscare_sn", "check_sn"):
        kind = "nurscare" if name == "nurscare_sn" else "idchk"
        assert max(Counter(row[name] for row in found.rows(kind)).values()) == 1


def billed(*bills: dict[str, object], lines: tuple[dict[str, object], ...] = ()) -> RuleText:
    told = example(stays=(STAY, LATER), settlements=bills, lines=lines)
    return rule(told, facts="encounter settlement")


def test_settlements_say_invoice_and_total_of_the_case_and_nothing_where_it_is_silent(tmp_path):
    first = {"id": "S1", "day": "2026-03-02", "total": "126.50", "invoice": "K1 0001"}
    again = {"id": "S2", "day": "2026-03-13", "total": "99.00", "invoice": "K1 0001", "encounter": "E2"}
    found, keys = planted(tmp_path, billed(first, again, lines=(line("2026-03-02 09:15"),)))
    rows = {row["mdtrt_id"]: row for row in found.settlements}
    codes: list[set[str]] = []
    for key in keys:
        seen = [rows[row] for row in key["rows"].split("|") if row in rows]
        assert {(row["bill_code"].partition("-")[0], row["bill_no"]) for row in seen} == {("K1", "0001")}
        codes.append({row["bill_code"] for row in seen})
        assert [row["medfee_sumamt"] for row in seen] == ["126.50", "99.00"]
        lag = [(date.fromisoformat(r["setl_time"][:10]) - date.fromisoformat(r["endtime"][:10])).days for r in seen]
        assert lag == [0, 1]
    # each person has a number of the case
    assert [len(one) for one in codes] == [1] * len(keys)
    assert len(set().union(*codes)) == len(keys) > 1
    silent = {name: said for name, said in first.items() if name != "invoice"}
    told = billed(silent).examples + billed(first | {"invoice": "K2 0001"}).examples
    found, keys = planted(tmp_path / "silent", rule(*told, facts="encounter settlement"))
    rows = {row["mdtrt_id"]: row for row in found.settlements}
    own = {(rows[row]["bill_code"], rows[row]["bill_no"]) for key in keys for row in key["rows"].split("|")}
    # both examples have one name: the second states an invoice of its first encounter, and of the other none
    assert ("", "") in own
    assert all(code.startswith("K2-") for code, _ in own - {("", "")})


def test_every_other_settlement_has_an_invoice_of_its_own(files):
    own = [(row["bill_code"], row["bill_no"]) for row in files.settlements if row["bill_code"]]
    assert len(set(own)) == len(own) > 1_000


def test_a_total_below_the_lines_is_refused(tmp_path):
    bill = {"id": "S1", "day": "2026-03-02", "total": "12.00", "invoice": "K1 0001"}
    with pytest.raises(ValueError, match="cost more than the settlement"):
        generate(tmp_path, lines=3_000, knowledge=Knowledge(rules=[billed(bill, lines=(line("2026-03-02 09:15"),))]))


def test_an_encounter_settled_twice_and_a_bill_of_an_unstated_one_are_left_out_by_name():
    bill = {"id": "S1", "day": "2026-03-02", "total": "50.00"}
    for odd in (billed(bill, bill | {"id": "S2"}), billed(bill | {"encounter": "E9"})):
        assert cases([odd]) == ([], ["test/rule: 例"])


def test_a_turn_of_a_rule_holds_checks_and_bills_on_their_side():
    turn = Turn(date(2026, 3, 9), frozenset())
    bill = {"id": "S1", "day": "2026-03-02", "total": "50.00"}
    check = {"id": "C1", "at": "2026-03-10 08:55", "result": "matched"}
    (case,), _ = cases([rule(example(stays=(STAY,), settlements=(bill,), checks=(check,)), turns=(turn,))])
    assert moves(case, FIRST, LAST) == [0]


def test_each_rule_that_had_no_case_has_violations_and_look_alikes_written_apart():
    lately = {file.rule: {one.kind for one in file.cases} for file in files() if file.rule in LATELY}
    assert set(lately) == LATELY
    assert all({"violation", "look_alike"} <= kinds for kinds in lately.values())


LATELY = {
    "fund/antibiotic-grade",
    "fund/identity-differs",
    "fund/invoice-settled-twice",
    "fund/nursing-level-above-record",
    "fund/prescriber-not-qualified",
}
