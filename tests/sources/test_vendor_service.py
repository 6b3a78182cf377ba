"""The contract of files about services of vendors: rows in, facts and rejects out, nothing lost."""

import csv
from datetime import date

import openpyxl
import pytest

from tests.sources.conftest import faults
from zhunsheng.facts import lake
from zhunsheng.facts.schema import SERVICES, TABLES
from zhunsheng.kernel.ids import pseudonym, site_key
from zhunsheng.sources.mapping import mapping

MAPPING = mapping("vendor_service")
VENDOR = "91990124MA7QH00016"
#: A value for each type of column that any check lets pass.
VALUES = {"id": "A1", "text": "文字", "moment": "2026-03-01 09:30:00", "day": "2026-03-02", "last_day": "2026-12-31"}
VALUES |= {"fen": "12.50", "e4": "3.25", "e6": "12.500000", "count": "2", "person": "990124000000000001"}
OWN = {"vendor_id": VENDOR, "digest": "ab" * 32, "high": "9.5", "valid_from": "2025-12-01", "occurred_on": "2026-03-01"}


def sample(kind, /, **over):
    """Return a row of a kind with every column filled, codes in the first word that is known."""
    row = {one.name: next(iter(one.codes), "") or VALUES.get(one.type, "") for one in kind.fields}
    return row | {name: value for name, value in OWN.items() if name in row} | over


def write(folder, kind, rows, *, chinese=False, suffix="csv"):
    path = folder / f"{kind.name}.{suffix}"
    head = [one.zh if chinese else one.name for one in kind.fields]
    cells = [head, *([row[one.name] for one in kind.fields] for row in rows)]
    if suffix == "xlsx":
        book = openpyxl.Workbook()
        for line in cells:
            book.active.append(line)
        book.save(path)
        return path
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(cells)
    return path


@pytest.mark.parametrize(("chinese", "suffix"), [(False, "csv"), (True, "csv"), (True, "xlsx")])
def test_every_kind_loads_whole_into_its_table(site, chinese, suffix):
    for kind in MAPPING.kinds.values():
        write(site.inbox, kind, [sample(kind)], chinese=chinese, suffix=suffix)
    report = site.load()
    assert faults(report) == []
    told = {one.kind: (one.source, one.state, one.rows_loaded) for one in report.files}
    assert told == dict.fromkeys(MAPPING.kinds, ("vendor_service", "loaded", 1))
    filled = {one.name: site.one(one.name, ", ".join(c.name for c in one.columns)) for one in SERVICES}
    assert all(value is not None for row in filled.values() for value in row)


def test_every_column_of_the_tables_is_fed_once():
    fed = [target for kind in MAPPING.kinds.values() for one in kind.fields for target in one.to]
    assert sorted(fed) == sorted((table.name, column.name) for table in SERVICES for column in table.columns)
    codes = {(t, c): set(one.codes.values()) for k in MAPPING.kinds.values() for one in k.fields for t, c in one.to}
    for table in SERVICES:
        for column in table.columns:
            assert not column.codes or codes[table.name, column.name] == set(column.codes), (table.name, column.name)


def test_an_order_keeps_its_numbers_and_hides_the_person(site):
    kind = MAPPING.kinds["order"]
    rows = [sample(kind, told="否", declined="", state="已受理", done_at="", service_kind="病理诊断")]
    site.load(write(site.inbox, kind, rows))
    columns = "vendor_id, service_kind, person_id, ordered_on, ordered_at, done_at, quantity_e4, unit_price_e6"
    person = pseudonym(site_key(site.home.key), "psn_no", VALUES["person"])
    assert site.one("service_order", f"{columns}, amount_fen, told, declined, state") == (
        VENDOR, "pathology", person, date(2026, 3, 1), 1772328600, None, 32_500, 12_500_000, 1250, False, None,
        "accepted",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "over", "column", "code"),
    [
        ("order", {"vendor_id": "91990124MA7QH0001A"}, "vendor_id", "ZS640"),
        ("price", {"vendor_id": "H33010200001"}, "vendor_id", "ZS640"),
        ("survey", {"waiting": "6"}, "waiting", "ZS641"),
        ("survey", {"waiting": "0"}, "waiting", "ZS104"),
        ("result", {"digest": "xyz"}, "digest", "ZS642"),
        ("result", {"low": "9.6"}, "low", "ZS643"),
        ("holding", {"share_ppm": "1000001"}, "share_ppm", "ZS644"),
        ("order", {"done_at": "2026-03-01 09:29:59"}, "done_at", "ZS223"),
        ("order", {"due_at": "2026-02-28"}, "due_at", "ZS223"),
        ("incident", {"reported_on": "2026-02-28"}, "reported_on", "ZS223"),
        ("order", {"service_kind": "算命"}, "service_kind", "ZS221"),
        ("reading", {"reviewed_on": "昨天"}, "reviewed_on", "ZS105"),
        ("qc", {"value": ""}, "value", "ZS220"),
    ],
)
def test_a_wrong_row_comes_back_with_its_place_and_the_right_one_loads(site, name, over, column, code):
    kind = MAPPING.kinds[name]
    other = {kind.key_columns[1]: "A2"} if kind.field(kind.fields[1].name).type == "id" else {}
    report = site.load(write(site.inbox, kind, [sample(kind, **over), sample(kind, **other)]))
    assert faults(report) == [(2, column, code)]
    assert len(site.rows(kind.key_table)) == 1


LIMITS = [("holding", "share_ppm", "1000000"), ("survey", "waiting", "5"), ("order", "done_at", "2026-03-01")]


@pytest.mark.parametrize(("name", "column", "value"), [*LIMITS, ("result", "low", "9.5")])
def test_values_on_the_limit_load(site, name, column, value):
    kind = MAPPING.kinds[name]
    assert faults(site.load(write(site.inbox, kind, [sample(kind, **{column: value})]))) == []


def test_a_dry_run_reports_the_same_and_stores_nothing(site):
    kind = MAPPING.kinds["complaint"]
    path = write(site.inbox, kind, [sample(kind), sample(kind, kind="天气")])
    assert faults(site.load(path, dry_run=True)) == [(3, "kind", "ZS221")]
    assert lake.latest(site.home) is None


def test_the_same_key_twice_in_one_file_is_told_and_a_later_file_speaks_instead(site):
    kind = MAPPING.kinds["incident"]
    first = site.load(write(site.inbox, kind, [sample(kind), sample(kind)]))
    assert [code for *_, code in faults(first)] == ["ZS226"]
    later = write(site.inbox, kind, [sample(kind, weight="重大")]).rename(site.inbox / "later.csv")
    assert faults(site.load(later)) == []
    assert len(site.rows("incident")) == 2
    assert TABLES["incident"].key == ("vendor_id", "incident_id")
