"""The example bundles load whole, counted again from their JSON; another judge finds the small county valid."""

import json
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle

from tests.sources.fhir_samples import bundle, county

SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def folder(shared_data):
    found = shared_data / "fhir_r4"
    if not found.is_dir():
        pytest.skip("fhir_r4 is absent from the outside data")
    return found


@pytest.fixture(scope="module")
def said(folder):
    """Return the resources of all bundles by type, each once."""
    found = defaultdict(dict)
    for path in sorted(folder.glob("*.json")):
        for entry in json.loads(path.read_text("utf-8"), parse_float=Decimal)["entry"]:
            one = entry["resource"]
            found[one["resourceType"]].setdefault(one["id"], one)
    return found


@pytest.fixture
def loaded(site, folder):
    return site.load(folder)


def day(text):
    return datetime.fromisoformat(text).astimezone(SHANGHAI).date()


def priced(claims):
    """Yield (claim, item) for each item with an amount whose claim's period is one day of Asia/Shanghai."""
    for one in claims.values():
        period = one["billablePeriod"]
        for item in one["item"]:
            if "net" in item and day(period["start"]) == day(period["end"]):
                yield one, item


def to_the_cent(value):
    return Decimal(value) * 100 == int(Decimal(value) * 100)


def test_every_resource_becomes_what_it_should(site, said, loaded):
    assert len(site.rows("person")) == len(said["Patient"]) == 8
    assert len(site.rows("encounter")) == len(said["Encounter"]) == 102
    assert len(site.rows("institution")) == len(said["Organization"]) == 9
    assert len(site.rows("procedure")) == len(said["Procedure"]) == 46
    assert len(site.rows("medical_order")) == len(said["MedicationRequest"]) == 33
    assert len(site.rows("settlement")) == len(said["Claim"]) == 135
    stated = {(one["encounter"]["reference"], one["code"]["coding"][0]["code"]) for one in said["Condition"].values()}
    assert len(site.rows("diagnosis")) == len(stated) == 32
    dead = [one for one in said["Patient"].values() if "deceasedDateTime" in one]
    assert [row[0] for row in site.rows("death", "died_on")] == [day(one["deceasedDateTime"]) for one in dead]
    # no resource says where a clinician practises, so none is stored, and the report says so
    assert site.rows("practitioner") == []
    told = sum(one["count"] for file in loaded.files for one in file.notices if one["code"] == "ZS276")
    assert told == len(said["Practitioner"]) == 9


def test_every_cent_of_the_lines_is_there(site, said, loaded):
    rows = list(priced(said["Claim"]))
    lines = {
        row[0]: row[1:] for row in site.rows("charge_line", "line_id, amount_fen, service_date, in_scope_fen, currency")
    }
    assert len(lines) == len(rows) == 135
    for one, item in rows:
        amount, served, scoped, currency = lines[f"{one['id']}-{item['sequence']}"]
        assert amount == scoped == int(item["net"]["value"] * 100)
        assert (served, currency) == (day(one["billablePeriod"]["start"]), "USD")
    assert sum(row[0] for row in lines.values()) == sum(int(item["net"]["value"] * 100) for _, item in rows)
    late = [one for one in loaded.store.rows() if one.code == "ZS220"]
    assert len(late) == 138 - 135 and all(one.column.endswith("/servicedDate") for one in late)


def test_settlements_carry_what_was_paid_where_it_is_exact(site, said, loaded):
    paid = {one["claim"]["reference"].removeprefix("urn:uuid:"): one["payment"]["amount"]["value"]
            for one in said["ExplanationOfBenefit"].values()}  # fmt: skip
    inexact = {claim for claim, value in paid.items() if not to_the_cent(value)}
    rows = site.rows("settlement", "settlement_id, total_fen, pooled_fen")
    assert sum(row[1] for row in rows) == sum(int(one["total"]["value"] * 100) for one in said["Claim"].values())
    refused = {
        one.row for one in loaded.store.rows() if one.code == "ZS102" and one.column.endswith("/payment/amount/value")
    }
    assert refused and len(inexact) == 63
    for claim, _, pooled in rows:
        if claim not in paid or claim in inexact:
            assert pooled is None
        elif pooled is not None:
            assert pooled == int(paid[claim] * 100)
    # an explanation whose share of the person is no whole cent is sent back as well: four more
    share = {one.row for one in loaded.store.rows() if one.code == "ZS102"}
    assert len(share) >= len(refused)


def test_the_small_county_is_valid_by_another_judge():
    Bundle.model_validate(bundle(county()))
    for one in county():
        get_fhir_model_class(one["resourceType"]).model_validate(one)
    broken = county()[0] | {"nmae": "x"}
    with pytest.raises(ValueError, match="nmae"):
        get_fhir_model_class("Organization").model_validate(broken)
