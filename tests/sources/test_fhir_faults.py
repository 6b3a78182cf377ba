"""Hostile and broken FHIR: each fault is told with file, place, element and mend, and costs no more than it must."""

import copy
import json
import random
import re

import pytest

from tests.effort import times
from tests.sources.conftest import faults
from tests.sources.fhir_samples import bundle, county, item, lines, named, refer, without, write
from tests.sources.test_mutations import sound

ROWS, LINES = 20, 17


def broken(name, path, value):
    """Return the county with one element of a resource set, or taken away when the value is ``...``."""
    found = county()
    at, last = named(found, name), path.split("/")[-1]
    for part in path.split("/")[:-1]:
        at = at[int(part) if part.isdigit() else part]
    if value is ...:
        del at[last]
    else:
        at[int(last) if last.isdigit() else last] = value
    return found


FAULTS = [
    ("man", "birthDate", "1980-02-30", "/birthDate", "ZS105"),
    ("man", "birthDate", 19800501, "/birthDate", "ZS262"),
    ("man", "birthDate", "1580-05-01", "/birthDate", "ZS222"),
    ("man", "gender", "m", "/gender", "ZS221"),
    ("man", "id", ["man"], "/id", "ZS262"),
    ("man", "id", "a b", "/id", "ZS262"),
    ("H1", "name", ..., "/name", "ZS220"),
    ("H1", "name", "县\ud800医院", "/name", "ZS229"),
    ("H1", "name", "县\u0001医院", "/name", "ZS232"),
    ("H1", "name", "院" * 501, "/name", "ZS231"),
    ("D1", "partOf", ..., "/partOf", "ZS220"),
    ("E2", "class/code", "PLAY", "/class/code", "ZS221"),
    ("E2", "period/start", "2026-03-10T09:00:00", "/period/start", "ZS263"),
    ("E2", "period/end", "2026-03-09T09:00:00Z", "/period/end", "ZS223"),
    ("E2", "period", ..., "/period/start", "ZS220"),
    ("E2", "subject/reference", "Patient/nobody", "/subject", "ZS264"),
    ("E2", "subject/reference", "Organization/H1", "/subject", "ZS264"),
    ("E2", "participant/0/individual/reference", "#nobody", "/participant/0/individual", "ZS264"),
    ("first", "encounter/reference", "urn:uuid:0", "/encounter", "ZS264"),
    ("first", "code", ..., "/code", "ZS220"),
    ("order", "medicationReference/reference", "Medication/none", "/medicationReference", "ZS264"),
    ("order", "dispenseRequest/quantity/value", 1.00001, "/dispenseRequest/quantity/value", "ZS104"),
    ("C2", "total/value", 120.005, "/total/value", "ZS102"),
    ("C2", "total/value", -120, "/total/value", "ZS235"),
    ("C2", "total/currency", "RMB¥", "/total/currency", "ZS262"),
    ("C2", "item/0/net/value", 1e300, "/item/0/net/value", "ZS234"),
    ("C2", "item/0/net/value", 120.123, "/item/0/net/value", "ZS102"),
    ("C2", "item/0/net/value", "120", "/item/0/net/value", "ZS262"),
    ("C2", "item/0/net/value", True, "/item/0/net/value", "ZS262"),
    ("C2", "item/0/net/value", -120, "/item/0/net/value", "ZS225"),
    ("C2", "item/0/quantity/value", 0, "/item/0/quantity/value", "ZS224"),
    ("C2", "item/0/sequence", 1.5, "/item/0/sequence", "ZS104"),
    ("C2", "item/0/servicedDate", "2026-13-01", "/item/0/servicedDate", "ZS105"),
    ("C2", "item/0/servicedDate", "2026-03", "/item/0/servicedDate", "ZS105"),
    ("C2", "item", {"0": {}}, "/item", "ZS262"),
    ("C2", "patient", ..., "/patient", "ZS220"),
    ("C2", "provider/reference", "Patient/man", "/provider", "ZS264"),
    ("B1", "payment/amount/value", 112.416, "/payment/amount/value", "ZS102"),
]


@pytest.mark.parametrize(("name", "path", "value", "pointer", "code"), FAULTS)
def test_a_fault_is_told_at_its_element_and_costs_its_own_rows(site, name, path, value, pointer, code):
    found = broken(name, path, value)
    place = found.index(next(one for one, good in zip(found, county(), strict=True) if one != good))
    report = site.load(write(site.inbox, found))
    sound_but_rows(report)
    told = {(reject.column, reject.code) for reject in report.store.rows()}
    assert (f"/entry/{place}/resource{pointer}", code) in told, told
    for reject in report.store.rows():
        assert reject.as_dict()["mend"]["zh"] and "{" not in reject.as_dict()["reason"]["en"]
    assert report.rows_loaded >= ROWS - 8
    assert len(site.rows("charge_line", "line_id", "settlement_id = 'C1'")) == 2


def sound_but_rows(report):
    """The counts add up; one resource can lose several rows and is one place in its file."""
    for one in report.files:
        assert one.rows_read == one.rows_loaded + one.rows_rejected
        assert (one.problem is not None) == (one.state == "refused")
    assert {reject.file for reject in report.store.rows()} == {one.file for one in report.files if one.rows_rejected}


def test_lines_of_their_own(site):
    found = lines(county()).splitlines(keepends=True)
    found.insert(3, '{"resourceType": "Patient", "id": "cut\n')
    found.insert(5, "\n")
    found.insert(7, "[1, 2]\n")
    found.insert(9, '{"resourceType": "Patient", "id": "p", "id": "q"}\n')
    found.insert(10, '{"resourceType": "Patient", "id": "n", "multipleBirthInteger": NaN}\n')
    found.insert(11, "[" * 100_000 + "\n")
    found.insert(12, '{"resourceType": "Patient", "id": "big", "x": ' + "9" * 5000 + "}\n")
    (site.inbox / "a.ndjson").write_text("".join(found), "utf-8")
    report = site.load()
    told = [(row, code) for row, _, code in faults(report)]
    assert told == [(4, "ZS260"), (8, "ZS262"), (10, "ZS260"), (11, "ZS260"), (12, "ZS260"), (13, "ZS260")]
    assert report.rows_loaded == ROWS
    assert len(site.rows("charge_line")) == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.txt"])
def test_encodings(site, encoding, name):
    path = write(site.inbox, county(), name)
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    report = site.load(path)
    assert report.store.count == 0 and report.rows_loaded == ROWS
    assert site.one("department", "name") == ("妇科",)


def _whole(text):
    return json.dumps(text, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "ZS201"),
        (b"\x00" * 5000, "ZS201"),
        (_whole(bundle(county()))[:-3], "ZS260"),
        (b"[" * 200_000, "ZS260"),
        (b'{"a":' * 200_000, "ZS260"),
        (b'{"resourceType": "Bundle", "type": "collection", "type": "batch"}', "ZS260"),
        (b"[]", "ZS261"),
        (b'{"rows": []}', "ZS261"),
        (b'{"resourceType": "Bundle", "type": "document", "entry": []}', "ZS261"),
        (b'{"resourceType": "Bundle", "type": "batch", "entry": {}}', "ZS261"),
        (b'{"resourceType": "Bundle", "type": "batch", "entry": [7]}', "ZS262"),
        (_whole({"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "DELETE"}}]}), "ZS261"),
        (b'{"resourceType": "Patient"}', "ZS207"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole(site, data, code):
    path = site.inbox / "a.json"
    path.write_bytes(data)
    write(site.inbox, county(), "good.ndjson")
    report = site.load(path, site.inbox / "good.ndjson")
    sound(report)
    assert report.files[0].problem["code"] == code
    assert report.rows_loaded == ROWS


def test_a_file_of_a_gigabyte_is_not_read(site):
    path = site.inbox / "big.json"
    with path.open("wb") as file:
        file.write(b'{"resourceType": "Bundle", "type": "batch", "entry": [')
        file.truncate(1 << 30)
    report = site.load(path)
    assert report.files[0].problem["code"] == "ZS265"


def test_a_line_beyond_the_limit_costs_that_line(site, monkeypatch):
    monkeypatch.setattr("zhunsheng.sources.fhir.reading.LINE_CHARS", 5000)
    found = lines(county())
    (site.inbox / "a.ndjson").write_text(
        found + '{"x": "' + "y" * 20_000 + '"}\n' + found[: found.index("\n") + 1], "utf-8"
    )
    report = site.load()
    assert [(row, code) for row, _, code in faults(report)] == [(LINES + 1, "ZS265")]
    assert {one["code"] for file in report.files for one in file.notices} == {"ZS282"}


def test_more_resources_than_are_kept_in_mind(site, monkeypatch):
    monkeypatch.setattr("zhunsheng.sources.fhir.index.RESOURCES", 5)
    assert site.load(write(site.inbox, county())).files[0].problem["code"] == "ZS265"


def test_a_bill_over_two_encounters_keeps_its_lines(site):
    found = county()
    own = item(2, "X", 5.0, encounter=[refer("Encounter", "E1")])
    named(found, "C2")["item"].append(own)
    assert faults(site.load(write(site.inbox, found))) == [(17, "/entry/16/resource/item", "ZS268")]
    assert site.rows("charge_line", "line_id, encounter_id", "settlement_id = 'C2'") == [("C2-1", "E2"), ("C2-2", "E1")]


def test_a_missing_patient_takes_what_is_his_and_no_more(site):
    report = site.load(write(site.inbox, without(county(), "man")))
    assert {(code, column.split("/")[4]) for _, column, code in faults(report)} == {
        ("ZS264", "subject"),
        ("ZS264", "patient"),
    }
    assert len(site.rows("charge_line")) == 2 and len(site.rows("settlement")) == 1


def test_the_same_line_number_twice(site):
    found = county()
    again = copy.deepcopy(named(found, "C2")["item"][0])
    del again["encounter"]
    named(found, "C2")["item"].append(again)
    (told,) = site.load(write(site.inbox, found)).rejects
    assert (told.row, told.column, told.code) == (17, "/entry/16/resource/item/1/sequence", "ZS226")
    assert told.values["first"] == "17"


def test_the_report_names_element_and_reason(site, tmp_path):
    report = site.load(write(site.inbox, broken("C2", "item/0/net/value", 120.123)))
    book, data = report.write(tmp_path / "reports", "r")
    assert book.exists()
    (told,) = json.loads(data.read_text("utf-8"))["rejects"]
    assert (told["file"], told["row"]) == ("county.json#claim_item", 17)
    assert told["column"] == "/entry/16/resource/item/0/net/value"
    assert told["column_zh"] == "金额" and told["value"] == "120.123"


def mutant(draw, resources):
    """Return the county as JSON text with some values, keys or characters changed at random."""
    text = json.dumps(bundle(resources), ensure_ascii=False)
    values = (
        "null",
        "[]",
        "{}",
        "-1",
        '""',
        "1e400",
        "true",
        '"#x"',
        '"urn:uuid:E1"',
        '"Patient/woman"',
        "[null]",
        '[{"a": 1}]',
    )
    for _ in range(draw.randint(1, 6)):
        places = [match.span(1) for match in re.finditer(r': ("[^"]*"|[\d.]+|\[|\{)', text)]
        start, end = draw.choice(places)
        if text[start] in "[{":
            text = text[:start] + draw.choice(values) + ", " + '"x": ' + text[start:]
        else:
            text = text[:start] + draw.choice(values) + text[end:]
    return text


@pytest.mark.parametrize("seed", range(times(12)))
def test_a_mutated_bundle_is_loaded_or_explained(site, seed):
    (site.inbox / "a.json").write_text(mutant(random.Random(seed), county()), "utf-8")
    report = site.load()
    assert report.files
    sound_but_rows(report)
    for reject in report.store.rows():
        assert reject.as_dict()["reason"]["zh"] and reject.row >= 1 and reject.column.startswith("/entry/")
