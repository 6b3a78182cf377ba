"""Ordinary traffic uses listed items where what is asked of them is there; cases are harmless to other rules."""

from collections import Counter
from pathlib import Path

import pytest

from tests.generator.county_files import CountyFiles
from tests.generator.test_plants import DRUG, example, fee, line, planted, rule, visit
from zhunsheng.generator import Knowledge, Need, NeedPoint, generate
from zhunsheng.generator.catalogue import ordinary
from zhunsheng.generator.knowledge import index
from zhunsheng.generator.plants.harmless import diagnoses

COUNT, DRIP, SET, CT, LENS = (
    "002501010150000",
    "001204000060000",
    "C9900010011000199001",
    "002103000010000",
    "C9900100011001099010",
)


def need(kind: Need, *any_of: str, code: str = COUNT, most: int = 0, rule: str = "other/rule") -> NeedPoint:
    return NeedPoint(rule, code, kind, any_of, most)


def charged(out: Path, one: NeedPoint) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Return the charges of an item with their encounters in a county where a rule asks something of it."""
    generate(out, lines=9_000, months=2, knowledge=Knowledge(needs=[one]))
    files = CountyFiles(out)
    visits = {row["mdtrt_id"]: row for row in files.settlements}
    found = [(row, visits[row["mdtrt_id"]]) for row in files.fees if row["med_list_codg"] == one.code]
    assert len(found) > 5
    return found


def registered(files: CountyFiles) -> dict[tuple[str, str], str]:
    """Return the specialty of each department."""
    return {(row["fixmedins_code"], row["hosp_dept_codg"]): row["caty"] for row in files.rows("dept")}


def test_a_diagnosis_that_is_asked_for_is_there(tmp_path):
    rows = charged(tmp_path, need(Need.DIAGNOSIS, "J18", "I63"))
    assert {seen["dise_codg"][:3] for _, seen in rows} == {"J18", "I63"}


def test_the_department_is_of_a_specialty_that_may_order(tmp_path):
    rows = charged(tmp_path, need(Need.SPECIALTY, "A03"))
    specialties = {
        (row["fixmedins_code"], row["hosp_dept_codg"]): row["caty"] for row in CountyFiles(tmp_path).rows("dept")
    }
    assert {specialties[row["fixmedins_code"], row["bilg_dept_codg"]][:3] for row, _ in rows} == {"A03"}


def test_the_level_is_one_that_may_charge(tmp_path):
    assert {row["fixmedins_code"][:-1] for row, _ in charged(tmp_path, need(Need.LEVEL, "2", "3"))} == {"H9901240000"}


def test_the_kind_of_visit_is_one_that_may_charge(tmp_path):
    assert {seen["med_type"] for _, seen in charged(tmp_path, need(Need.VISIT, "inpatient"))} == {"21"}


@pytest.mark.parametrize(("held", "anybody"), [("ct_64", True), ("pet_ct", False)])
def test_the_device_is_registered_where_it_is_asked_for(tmp_path, held, anybody):
    generate(tmp_path, lines=9_000, months=2, knowledge=Knowledge(needs=[need(Need.REGISTERED, held, code=CT)]))
    assert any(row["med_list_codg"] == CT for row in CountyFiles(tmp_path).fees) == anybody


def test_what_goes_with_an_item_is_charged_on_the_day_and_never_given_back(tmp_path):
    rows = charged(tmp_path, need(Need.WITH_DAY, DRIP, code=SET))
    files = CountyFiles(tmp_path)
    drips = {(row["mdtrt_id"], row["fee_ocur_time"][:10]) for row in files.fees if row["med_list_codg"] == DRIP}
    assert all((row["mdtrt_id"], row["fee_ocur_time"][:10]) in drips for row, _ in rows)
    assert not [row for row in files.fees if row["med_list_codg"] == DRIP and row["init_feedetl_sn"]]


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (need(Need.INSURANCE, "510"), False),
        (need(Need.EARLIER, "XA02B", most=90), False),
        (need(Need.RECORD), False),
        (need(Need.RECORD, code=LENS), True),
        (need(Need.UNPAID), False),
        (need(Need.UNPAID, code="C9900130011001399013"), True),
        (need(Need.PRICE, most=18_000_000), True),
        (need(Need.PRICE, most=17_990_000), False),
        (need(Need.QUANTITY, most=10_000), False),
        (need(Need.QUANTITY, code=LENS, most=10_000), True),
        (need(Need.AMOUNT, code=LENS, most=155_999), False),
        (need(Need.AMOUNT, code=LENS, most=156_000), True),
        (need(Need.ALONE), False),
        (need(Need.ALONE, code="003310060020000"), True),
    ],
)
def test_an_item_goes_where_ordinary_traffic_could_not_be_sure(one, kept):
    assert (one.code in {item.code for item in ordinary(index(Knowledge(needs=[one])))}) is kept


def test_of_the_parts_of_a_bundle_one_is_kept():
    parts = ("002503050070000", "002503050080000", "002503070010000")
    needs = [need(Need.APART, *(other for other in parts if other != code), code=code) for code in parts]
    kept = Counter(item.code for item in ordinary(index(Knowledge(needs=needs))))
    assert sum(kept[code] for code in parts) == 1


def harmless(
    tmp_path: Path, *needs: NeedPoint, facts: str = "line encounter"
) -> tuple[CountyFiles, list[dict[str, str]]]:
    """Return a county with one rule of one stay, and what other rules ask of its drug."""
    told = example(
        stays=({"id": "E1", "start": "2026-03-01 08:00", "end": "2026-03-05 10:30"},),
        lines=(line("2026-03-02 09:15"),),
    )
    return planted(tmp_path, rule(told, facts="line encounter"), *needs)


def test_a_case_has_the_diagnosis_insurance_department_and_level_that_other_rules_ask_for(tmp_path):
    asked = (need(Need.DIAGNOSIS, "I63", code=DRUG), need(Need.DIAGNOSIS, "I", "J", code=DRUG))
    asked += (need(Need.INSURANCE, "510", code=DRUG), need(Need.SPECIALTY, "A15", code=DRUG))
    found, keys = harmless(tmp_path, *asked, need(Need.LEVEL, "1", code=DRUG))
    specialties = registered(found)
    for key in keys:
        charge, seen = fee(found, key), visit(found, key)
        assert (seen["dise_codg"], seen["hi_type"]) == ("I63.900", "510")
        assert specialties[charge["fixmedins_code"], charge["bilg_dept_codg"]] == "A15"
        assert charge["fixmedins_code"].startswith("H990124001")
    assert keys


def test_a_case_has_beside_it_what_other_rules_ask_for(tmp_path):
    asked = (need(Need.WITH_DAY, DRIP, code=DRUG), need(Need.EARLIER, "XC03CA", code=DRUG, most=14))
    found, keys = harmless(tmp_path, *asked, need(Need.RECORD, code=DRUG))
    for key in keys:
        stay = [row for row in found.fees if row["mdtrt_id"] == fee(found, key)["mdtrt_id"]]
        days = {row["med_list_codg"]: row["fee_ocur_time"][:10] for row in stay}
        first_line = next(day for code, day in days.items() if code.startswith("XC03CA"))
        assert (days[DRIP], first_line < days[DRUG]) == (days[DRUG], True)
        used = [row for row in found.rows("exerecd") if row["mdtrt_id"] == stay[0]["mdtrt_id"]]
        assert [(row["med_list_codg"], row["exe_cnt"], row["exe_time"]) for row in used] == [(DRUG, "1", days[DRUG])]
    assert keys


def test_what_a_rule_itself_asks_for_or_looks_at_is_left_alone(tmp_path):
    own = need(Need.DIAGNOSIS, "I63", code=DRUG, rule="test/rule")
    found, keys = harmless(tmp_path / "own", own, need(Need.WITH_DAY, DRIP, code=DRUG, rule="test/rule"))
    assert not [
        row for row in found.fees if row["med_list_codg"] == DRIP and row["psn_no"] in {k["person_no"] for k in keys}
    ]
    stay = {"id": "E1", "start": "2026-03-01", "end": "2026-03-05"}
    pair = (("无", stay), ("有", stay | {"diagnoses": ("J18.900",)}))
    told = [example(name, stays=(one,), lines=(line("2026-03-02 09:15"),)) for name, one in pair]
    looking = rule(*told, facts="line encounter diagnosis")
    found, keys = planted(tmp_path / "looked", looking, need(Need.DIAGNOSIS, "I63", code=DRUG))
    assert {visit(found, key)["dise_codg"] for key in keys} == {""}


def test_few_diagnoses_suit_many_needs():
    needs = [need(Need.DIAGNOSIS, "G81", "I69"), need(Need.DIAGNOSIS, "I69.3", "Z50"), need(Need.DIAGNOSIS, "Z50")]
    assert diagnoses(needs) == ("Z50.900", "G81")
    assert diagnoses([]) == ()


def test_an_end_that_no_example_states_is_the_last_charge(tmp_path):
    told = example(stays=({"id": "E1", "start": "2026-03-01"},), lines=(line("2026-03-03"),))
    found, keys = planted(tmp_path, rule(told, facts="line encounter"))
    for key in keys:
        assert visit(found, key)["endtime"] == fee(found, key)["fee_ocur_time"]
    assert keys


def test_who_was_not_discharged_or_has_died_is_seen_no_more(tmp_path):
    begun = {"id": "E1", "start": "2026-01-05 09:00"}
    day = (line("2026-01-06 09:15"),)
    opened, dead = (
        example("在院", stays=(begun,), lines=day),
        example("亡故", person={"died_on": ("2026-01-20",)}, lines=day),
    )
    closed = example("出院", stays=(begun | {"end": "2026-01-08 09:00"},), lines=day)
    for name, one in (("open", opened), ("dead", dead)):
        found, keys = planted(tmp_path / name, rule(one, closed, facts="line encounter"))
        for key in keys:
            last = fee(found, key)["fee_ocur_time"][:10]
            mine = [row for row in found.settlements if row["psn_no"] == key["person_no"]]
            assert max(row["begntime"][:10] for row in mine) <= last
        assert keys
