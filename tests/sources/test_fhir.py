"""FHIR R4: what each resource becomes, how references find each other, and that nothing counts twice."""

import copy
import json
import random
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.sources.conftest import Site, faults
from tests.sources.fhir_samples import (
    HYSTEROGRAPHY,
    benefit,
    bundle,
    claim,
    county,
    item,
    lines,
    named,
    refer,
    resource,
    visit,
    without,
    write,
    yuan,
)
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.ids import pseudonym, site_key
from zhunsheng.sources.mapping import mapping

FED = ("person", "institution", "department", "practitioner", "encounter", "diagnosis", "procedure", "medical_order",
       "settlement", "charge_line", "death")  # fmt: skip


def facts(site):
    """Return all facts without what says where they came from."""
    names = {table: ", ".join(column.name for column in TABLES[table].columns) for table in FED}
    return {table: sorted(map(repr, site.rows(table, names[table]))) for table in FED}


def who(site, number):
    return pseudonym(site_key(site.home.key), "psn_no", number)


def same_key(site, other):
    other.home.key.parent.mkdir(parents=True, exist_ok=True)
    other.home.key.write_bytes(site.home.key.read_bytes())


def notices(report):
    return {one["code"]: one["count"] for file in report.files for one in file.notices}


def test_a_bundle_loads_whole(site):
    report = site.load(write(site.inbox, county()))
    assert report.store.count == 0 and not notices(report)
    assert {one.kind: one.rows_loaded for one in report.files} == {
        "patient": 2, "organization": 2, "practitioner_role": 1, "encounter": 2, "diagnosis": 2, "procedure": 2,
        "medication_request": 1, "claim": 2, "claim_item": 3, "benefit": 1, "benefit_item": 2,
    }  # fmt: skip
    assert {one.state for one in site.load().files} == {"unchanged"}


def test_people_and_places(site):
    site.load(write(site.inbox, county()))
    assert site.rows("person", "person_id, sex, birth_date") == [
        (who(site, "330000000001"), "F", date(1985, 1, 1)),
        (who(site, "man"), "M", date(1980, 5, 1)),
    ]
    assert site.one("institution", "institution_id, name, kind") == ("H33010200001", "第一县人民医院", "hospital")
    assert site.one("department", "institution_id, department_id, name") == ("H33010200001", "D1", "妇科")
    columns = "practitioner_id, institution_id, department_id, name, valid_from, valid_to"
    assert site.one("practitioner", columns) == ("D33", "H33010200001", "D1", "李四", date(2020, 1, 1), None)


def test_a_visit_with_what_was_found_done_and_ordered(site):
    site.load(write(site.inbox, county()))
    columns = (
        "institution_id, department_id, practitioner_id, visit_type, insurance_kind, start_date, end_at - start_at"
    )
    own = "encounter_id = 'E1'"
    assert site.one("encounter", columns, own) == (
        "H33010200001", "D1", "D33", "outpatient", "310", date(2026, 3, 10), 5400,
    )  # fmt: skip
    assert site.one("encounter", "principal_diagnosis", own) == ("N97.900",)
    diagnoses = site.rows("diagnosis", "sequence, code, is_principal, present_on_admission, source_row")
    # the order is the claim's, although it names the second one first; the Condition it means is not counted again
    assert diagnoses == [(1, "N97.900", True, "1", 15), (2, "R05.x00", False, None, 15)]
    procedures = sorted(site.rows("procedure", "sequence, code, performed_on"))
    assert procedures == [(1, "87.8300", date(2026, 3, 10)), (2, "68.2300", date(2026, 3, 10))]
    order = site.one("medical_order", "item_code, item_name, ordered_on, quantity_e4, supply_days, institution_id")
    assert order == ("XJ01CAA040A001010101445", "阿莫西林胶囊", date(2026, 3, 10), 20_000, 7, "H33010200001")


def test_a_claim_and_its_explanation_are_one_settlement(site):
    site.load(write(site.inbox, county()))
    columns = "settlement_id, settled_on, total_fen, pooled_fen, copayment_fen, currency, q_parts_mismatch"
    assert site.rows("settlement", columns) == [
        ("C1", date(2026, 3, 12), 12_950, 10_000, 2_950, None, False),
        ("C2", date(2026, 3, 10), 12_000, None, None, None, False),
    ]
    columns = "line_id, encounter_id, practitioner_id, item_code, quantity_e4, unit_price_e6, amount_fen, in_scope_fen"
    assert site.rows("charge_line", columns) == [
        ("C1-1", "E1", "D33", HYSTEROGRAPHY, 10_000, 120_000_000, 12_000, 12_000),
        ("C1-2", "E1", "D33", "001102000010000", 10_000, 9_500_000, 950, 950),
        ("C2-1", "E2", None, HYSTEROGRAPHY, 10_000, 120_000_000, 12_000, None),
    ]


def test_an_explanation_alone_is_stored_under_the_number_of_its_claim(site):
    report = site.load(write(site.inbox, without(county(), "C1")))
    assert report.store.count == 0 and notices(report) == {"ZS275": 1, "ZS281": 2}
    assert site.one("settlement", "total_fen, pooled_fen, copayment_fen", "settlement_id = 'C1'") == (
        12_950,
        10_000,
        2_950,
    )
    assert len(site.rows("charge_line", "line_id", "settlement_id = 'C1'")) == 2
    told = faults(site.load(write(site.inbox, without(county(), "B1", "C2"), "late.json")))
    assert (15, "/entry/14/resource/id", "ZS227") in told
    assert {code for row, _, code in told if row == 15} == {"ZS227"}
    assert len(site.rows("settlement", "settlement_id", "settlement_id = 'C1'")) == 1


def test_two_explanations_of_one_claim_need_a_person(site):
    found = county()
    found.append({**copy.deepcopy(named(found, "B1")), "id": "B2", "created": "2026-03-20T08:00:00+08:00"})
    # the explanation and its two lines
    assert faults(site.load(write(site.inbox, found))) == [(18, "/entry/17/resource/claim", "ZS269")] * 3
    found[-1]["status"] = "cancelled"
    report = site.load(write(site.inbox, found))
    assert report.store.count == 0 and notices(report) == {"ZS271": 1}
    assert site.one("settlement", "pooled_fen", "settlement_id = 'C1'") == (10_000,)


def test_files_by_type_give_the_facts_of_one_bundle(site, tmp_path):
    site.load(write(site.inbox, county()))
    (tmp_path / "other").mkdir()
    other = Site(tmp_path / "other")
    same_key(site, other)
    kinds = sorted({one["resourceType"] for one in county()})
    for kind in kinds:
        write(other.inbox, [one for one in county() if one["resourceType"] == kind], f"{kind}.ndjson")
    report = other.load()
    assert report.store.count == 0
    assert facts(other) == facts(site)
    assert {one.state for one in other.load().files} == {"unchanged"}
    # another payment in one file changes the settlement that another file brought
    explained = benefit("B1", named(county(), "C1"), 90.0, 39.5)
    write(other.inbox, [explained], "ExplanationOfBenefit.ndjson")
    assert {one.state for one in other.load().files if one.kind} == {"replaced"}
    assert other.one("settlement", "pooled_fen", "settlement_id = 'C1'") == (9_000,)


def test_a_correction_takes_back_what_it_no_longer_says(site):
    site.load(write(site.inbox, county()))
    report = site.load(write(site.inbox, without(county(), "first", "later")))
    assert {one.state for one in report.files} == {"replaced"}
    assert site.rows("procedure") == [] and len(site.rows("charge_line")) == 3


def test_references_by_every_address(site):
    found = bundle(county(), "transaction")
    text = json.dumps(found)
    for one in county():
        number = f"urn:uuid:{one['id']}"
        text = text.replace(f'"http://example.org/{one["resourceType"]}/{one["id"]}"', json.dumps(number))
        if one["resourceType"] == "Encounter":
            text = text.replace(f'"reference": "Encounter/{one["id"]}"', f'"reference": "{number}"')
    text = text.replace('"reference": "Patient/man"', '"reference": "http://other.example/fhir/Patient/man/_history/2"')
    (site.inbox / "a.json").write_text(text, "utf-8")
    assert site.load().store.count == 0
    assert len(site.rows("charge_line")) == 3


def test_a_contained_coverage_and_a_conditional_reference(site):
    found = without(county(), "cover")
    for one in found:
        for insurance in one.get("insurance", []):
            insurance["coverage"] = {"reference": "#own"}
            one["contained"] = [{"resourceType": "Coverage", "id": "own", "type": {"coding": [{"code": "390"}]}}]
    named(found, "later")["performer"] = [{"actor": {"reference": "RelatedPerson/mother"}}]
    named(found, "H1")["identifier"].append({"system": "http://x.example", "value": "7"})
    named(found, "C2")["provider"] = {"reference": "Organization?identifier=http://x.example|7"}
    assert site.load(write(site.inbox, found)).store.count == 0
    assert {row[0] for row in site.rows("encounter", "insurance_kind")} == {"390"}


def test_what_is_said_twice_counts_once_and_what_contradicts_is_sent_back(site):
    write(site.inbox, county(), "a.json")
    other = [copy.deepcopy(named(county(), name)) for name in ("H1", "man")]
    other[0]["meta"] = {"lastUpdated": "2026-04-01T00:00:00Z"}
    other[1]["gender"] = "female"
    write(site.inbox, other, "b.json")
    report = site.load()
    assert notices(report) == {"ZS282": 1}
    (told,) = report.rejects
    assert (told.file, told.row, told.column, told.code) == ("b.json#patient", 2, "/entry/1/resource/id", "ZS266")
    assert told.values["file"] == "a.json" and told.values["row"] == "6"
    assert len(site.rows("person")) == 2


def test_dollars_stay_dollars(site):
    found = json.loads(json.dumps(county()).replace('"CNY"', '"USD"'))
    assert site.load(write(site.inbox, found)).store.count == 0
    assert {row[0] for row in site.rows("charge_line", "currency")} == {"USD"}
    assert {row[0] for row in site.rows("settlement", "currency")} == {"USD"}


def test_money_that_is_not_reckoned_in_one_currency_is_sent_back(site):
    found = county()
    named(found, "C1")["item"][0]["net"]["currency"] = "USD"
    del named(found, "C2")["total"]["currency"]
    assert sorted(faults(site.load(write(site.inbox, found)))) == [
        (15, "/entry/14/resource/item/0/net/currency", "ZS267"),
        (17, "/entry/16/resource/total/currency", "ZS267"),
    ]


def test_quantity_price_and_net_follow_from_each_other(site):
    rows = [
        {"net": yuan(30)},
        {"unitPrice": yuan(2.5), "quantity": {"value": 4}},
        {"unitPrice": yuan(10), "factor": 0.9, "quantity": {"value": 3}, "net": yuan(27)},
        {"net": yuan(10), "quantity": {"value": 3}},
        {"unitPrice": yuan(10), "quantity": {"value": 3}, "net": yuan(31)},
        {},
    ]
    bare = [
        {"sequence": n, "productOrService": {"coding": [{"code": "X"}]}, "servicedDate": "2026-03-10", **row}
        for n, row in enumerate(rows, 1)
    ]
    bare[0]["encounter"] = [refer("Encounter", "E2")]
    own = claim("C2", "man", "E2", [item(1, "X", 1.0)], item=bare, total=yuan(108))
    report = site.load(write(site.inbox, [*without(county(), "C2"), own]))
    assert report.store.count == 0
    assert site.rows(
        "charge_line", "quantity_e4, unit_price_e6, amount_fen, q_amount_mismatch", "settlement_id = 'C2'"
    ) == [
        (10_000, 30_000_000, 3_000, False),
        (40_000, 2_500_000, 1_000, False),
        (30_000, 9_000_000, 2_700, False),
        (30_000, 3_333_333, 1_000, False),
        (30_000, 10_000_000, 3_100, True),
    ]
    assert notices(report) == {"ZS272": 1, "ZS281": 1, "ZS246": 1}
    own["total"] = yuan(109)
    assert notices(site.load(write(site.inbox, [*without(county(), "C2"), own])))["ZS273"] == 1


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ({"start": "2026-03-09T16:30:00Z", "end": "2026-03-10T09:00:00+08:00"}, date(2026, 3, 10)),
        ({"start": "2026-03-10", "end": "2026-03-11"}, None),
        ({"start": "2026-03-10"}, None),
    ],
)
def test_a_line_without_a_day_takes_the_period_only_where_that_is_one_day(site, period, day):
    found = county()
    own = named(found, "C2")
    del own["item"][0]["servicedDate"]
    own["billablePeriod"] = period
    told = faults(site.load(write(site.inbox, found)))
    assert told == ([] if day else [(17, "/entry/16/resource/item/0/servicedDate", "ZS220")])
    assert [row[0] for row in site.rows("charge_line", "service_date", "line_id = 'C2-1'")] == ([day] if day else [])


def test_what_did_not_happen_is_counted_and_not_stored(site):
    found = county()
    named(found, "E2")["status"] = "planned"
    named(found, "C2")["status"] = "draft"
    named(found, "first")["status"] = "not-done"
    named(found, "cough")["verificationStatus"] = {"coding": [{"code": "refuted"}]}
    found += [
        resource("Observation", "o1"),
        resource("Patient", "baby", birthDate="2026-03"),
        resource("Practitioner", "x"),
    ]
    report = site.load(write(site.inbox, found))
    assert notices(report) == {"ZS271": 4, "ZS270": 1, "ZS277": 1, "ZS276": 1}
    assert len(site.rows("encounter")) == 1 and len(site.rows("procedure")) == 1
    assert site.one("person", "birth_date", f"person_id = '{who(site, 'baby')}'") == (None,)


def test_two_principal_diagnoses_make_none(site):
    found = county()
    named(found, "C1")["diagnosis"][0]["type"] = [{"coding": [{"code": "principal"}]}]
    assert notices(site.load(write(site.inbox, found))) == {"ZS279": 1}
    assert site.one("encounter", "principal_diagnosis", "encounter_id = 'E1'") == (None,)
    assert {row[0] for row in site.rows("diagnosis", "is_principal")} == {False}


def test_a_folder_is_read_for_resources_only(site):
    write(site.inbox, county())
    (site.inbox / "summary.json").write_text('{"files": 3}', "utf-8")
    assert {one.file.split("#")[0] for one in site.load().files} == {"county.json"}
    report = site.load(site.inbox / "summary.json")
    assert report.files[0].problem["code"] == "ZS261"


def test_every_element_named_by_the_mapping_feeds_a_fact_that_exists():
    for kind in mapping("fhir").kinds.values():
        for one in kind.fields:
            assert one.element is not None
            for table, column in one.to:
                assert TABLES[table].column(column)


@settings(max_examples=times(12))
@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 400), min_size=1, max_size=4))
def test_order_and_form_of_the_resources_change_no_fact(draw: random.Random, fen):
    found = county()
    for n, cents in enumerate(fen):
        own = [item(1, HYSTEROGRAPHY, cents / 100), item(2, "X", 1.0, quantity={"value": 2}, unitPrice=yuan(0.5))]
        found += [visit(f"V{n}", "man"), claim(f"P{n}", "man", f"V{n}", own)]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        first, second = Site(Path(one)), Site(Path(two))
        assert first.load(write(first.inbox, found)).store.count == 0
        same_key(first, second)
        mixed = list(found)
        draw.shuffle(mixed)
        cut = draw.randint(0, len(mixed))
        (second.inbox / "a.ndjson").write_text(lines(mixed[:cut]) or "\n", "utf-8")
        (second.inbox / "b.ndjson").write_text(lines(mixed[cut:]) or "\n", "utf-8")
        assert second.load().store.count == 0
        assert facts(second) == facts(first)
        total = sum(row[0] for row in second.rows("charge_line", "amount_fen"))
        assert total == 24_950 + sum(fen) + 100 * len(fen)
