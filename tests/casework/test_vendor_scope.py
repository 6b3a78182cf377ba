"""Who sees what of the services of vendors, and what is known of them on the day of a run."""

from datetime import date

import duckdb
import pytest

from tests.web.serving import AS_OF, LEAD, OTHER, TOWN, County, load_facts, places
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.indicators.counting import sql
from zhunsheng.runs.serving import FINDING_COLUMNS

LAB, COURIER = "91990124MA7QH00016", "91990124MA7QH0004F"
DAY_END = (AS_OF - date(1970, 1, 1)).days * 86_400 + 57_600
LATER = date.fromordinal(AS_OF.toordinal() + 1)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A run file with two vendors: the laboratory serves a member of the consortium and a hospital outside of it."""
    county = County()
    places(county)
    for code in (LAB, COURIER):
        county.add("institution", institution_id=code, name=code, kind="vendor", valid_from=date(2020, 1, 1))
        county.add("qc_run", vendor_id=code, device_id="A", analyte="GLU", level="1", run_id="1", run_on=AS_OF,
                   value_e4=1)  # fmt: skip
    for number, place in enumerate((TOWN, OTHER), 1):
        order = {"vendor_id": LAB, "order_id": f"O{number}"}
        county.add("service_order", **order, service_kind="laboratory", institution_id=place.id, ordered_on=AS_OF,
                   done_at=DAY_END - 2 + number, state="done")  # fmt: skip
        county.add("service_event", **order, event_id=f"E{number}", node="tested", happened_on=AS_OF)
        county.add("second_reading", **order, reviewed_on=AS_OF)
        county.add("survey_answer", vendor_id=LAB, answer_id=f"A{number}", institution_id=place.id, answered_on=AS_OF)
    county.add("service_event", vendor_id=LAB, event_id="E9", node="data_destroyed", happened_on=LATER)
    county.add("complaint", vendor_id=LAB, complaint_id="C1", received_on=AS_OF, closed_on=LATER, upheld=True,
               satisfied=True)  # fmt: skip
    county.add("incident", vendor_id=LAB, incident_id="I1", occurred_on=AS_OF, reported_on=LATER)
    county.add("incident", vendor_id=LAB, incident_id="I2", occurred_on=AS_OF, weight="minor")
    county.add("incident", vendor_id=LAB, incident_id="I2", occurred_on=AS_OF, weight="major")
    county.rows["incident"][-1]["recorded_at"] += 1
    since = {"valid_from": date(2020, 1, 1)}
    county.add("ownership", holder_id="P1", company_id="C9", role="shareholder", share_ppm=1_000_000, **since)
    county.add("ownership", holder_id="C9", company_id=LAB, role="shareholder", share_ppm=500_000, **since)
    county.add("ownership", holder_id="D1", company_id=TOWN.id, role="director", **since)
    county.add("ownership", holder_id="P2", company_id=COURIER, role="manager", **since)
    county.add("kinship", person_a="D1", person_b="P1", declared_on=AS_OF, recused_on=LATER)
    path = tmp_path_factory.mktemp("run") / "run.duckdb"
    with duckdb.connect(str(path)) as con:
        load_facts(con, county)
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        con.execute(sql("patient_served"))
        findings(con)
    return RunFile(path)


def findings(con):
    """Two findings about the laboratory: of the town's order, and of both orders; and one that is gone."""
    con.execute(f"CREATE TABLE finding ({FINDING_COLUMNS})")
    con.execute(f"CREATE TABLE gone_finding ({FINDING_COLUMNS})")
    con.execute("CREATE TABLE finding_row (finding_id VARCHAR, position BIGINT, role VARCHAR, row_kind VARCHAR, "
                "row_id VARCHAR, amount_fen BIGINT, institution_id VARCHAR, encounter_id VARCHAR)")  # fmt: skip
    con.execute("CREATE TABLE finding_reason (finding_id VARCHAR, position BIGINT, point_id VARCHAR, verdict VARCHAR, "
                "reason VARCHAR, expected VARCHAR, actual VARCHAR)")  # fmt: skip
    con.execute("CREATE OR REPLACE TABLE batch AS SELECT UNNEST(['b-service_order', 'b-other']) AS id, 0 AS rejected")
    for table, name, person in (("finding", "F1", "p1"), ("finding", "F2", "p2"), ("gone_finding", "F3", "p3")):
        con.execute(f"INSERT INTO {table} (finding_id, institution_id, person_id, subject_key) VALUES (?, ?, ?, 'key')",
                    [name, LAB, person])  # fmt: skip
    for name, orders in (("F1", ("O1",)), ("F2", ("O1", "O2"))):
        for place, order in enumerate(orders):
            con.execute("INSERT INTO finding_row VALUES (?, ?, 'subject', 'service_order', ?, 0, ?, NULL)",
                        [name, place, f"{LAB}|{order}", LAB])  # fmt: skip
    con.execute("INSERT INTO finding_reason VALUES ('F2', 1, NULL, 'suspected', 'late', '1', ?)", [f"{LAB}|O2"])


def seen(file, allowed, table, column):
    with file.reader(allowed) as reader:
        return {row[column] for row in reader.rows(f"SELECT {column} FROM {table}")}


TOWN_ONLY, OTHER_ONLY, VENDOR = (frozenset({one}) for one in (TOWN.id, OTHER.id, LAB))
CONSORTIUM = frozenset({LEAD.id, TOWN.id, LAB})
NONE = frozenset()


@pytest.mark.parametrize(("table", "column", "mine", "theirs"), [
    ("service_order", "order_id", "O1", "O2"), ("service_event", "event_id", "E1", "E2"),
    ("second_reading", "order_id", "O1", "O2"), ("survey_answer", "answer_id", "A1", "A2"),
])  # fmt: skip
def test_a_member_sees_its_own_orders_and_the_vendor_all_of_its_own(file, table, column, mine, theirs):
    assert seen(file, TOWN_ONLY, table, column) == {mine}
    assert seen(file, OTHER_ONLY, table, column) == {theirs}
    assert seen(file, CONSORTIUM, table, column) == {mine}
    assert seen(file, VENDOR, table, column) == seen(file, None, table, column) == {mine, theirs}
    assert seen(file, frozenset({COURIER}), table, column) == seen(file, NONE, table, column) == set()


def test_whether_a_patient_died_is_seen_by_the_member_that_ordered_and_not_by_the_vendor(file):
    assert seen(file, TOWN_ONLY, "patient_served", "order_id") == {"O1"}
    assert seen(file, CONSORTIUM, "patient_served", "order_id") == {"O1"}
    assert seen(file, VENDOR, "patient_served", "order_id") == seen(file, NONE, "patient_served", "order_id") == set()
    assert seen(file, None, "patient_served", "order_id") == {"O1", "O2"}


def test_rows_of_a_vendor_as_a_whole_are_seen_by_whom_it_serves(file):
    assert seen(file, TOWN_ONLY, "qc_run", "vendor_id") == seen(file, VENDOR, "qc_run", "vendor_id") == {LAB}
    assert seen(file, frozenset({LEAD.id}), "qc_run", "vendor_id") == set()
    assert seen(file, None, "qc_run", "vendor_id") == {LAB, COURIER}
    assert seen(file, TOWN_ONLY, "incident", "incident_id") == set()
    assert seen(file, CONSORTIUM, "incident", "incident_id") == {"I2"}


def test_owners_are_seen_upwards_and_relatives_where_they_were_declared(file):
    assert seen(file, TOWN_ONLY, "ownership", "holder_id") == {"C9", "P1", "D1"}
    assert seen(file, VENDOR, "ownership", "holder_id") == {"C9", "P1"}
    assert seen(file, TOWN_ONLY, "kinship", "person_b") == {"P1"}
    assert seen(file, VENDOR, "kinship", "person_b") == seen(file, OTHER_ONLY, "kinship", "person_b") == set()


def test_what_happened_after_the_day_is_not_known(file):
    with file.reader(None) as reader:
        orders = reader.rows("SELECT order_id, done_at, state FROM service_order ORDER BY order_id")
        (complaint,) = reader.rows("SELECT closed_on, upheld, satisfied FROM complaint")
        (incident,) = reader.rows("SELECT incident_id, weight FROM incident")
        (kin,) = reader.rows("SELECT declared_on, recused_on FROM kinship")
        events = reader.rows("SELECT event_id FROM service_event WHERE node = 'data_destroyed'")
    assert [tuple(row.values()) for row in orders] == [("O1", DAY_END - 1, "done"), ("O2", None, "accepted")]
    assert set(complaint.values()) == {None}
    assert tuple(incident.values()) == ("I2", "major")
    assert tuple(kin.values()) == (AS_OF, None)
    assert events == []


def test_a_consortium_sees_the_findings_of_its_vendor_and_of_another_members_order_neither_number_nor_person(file):
    own, other = f"{LAB}|O1", f"{LAB}|O2"
    assert seen(file, CONSORTIUM, "finding", "finding_id") == {"F1", "F2"}
    assert seen(file, CONSORTIUM, "finding_row", "row_id") == {own, None}
    assert seen(file, CONSORTIUM, "finding", "person_id") == {"p1", None}
    assert seen(file, CONSORTIUM, "finding_reason", "actual") == {None}
    assert seen(file, CONSORTIUM, "gone_finding", "person_id") == {None}
    for allowed in (VENDOR, None):  # the vendor did both; who sees the site sees all
        assert seen(file, allowed, "finding_row", "row_id") == {own, other}
        assert seen(file, allowed, "finding", "person_id") == {"p1", "p2"}
        assert seen(file, allowed, "finding_reason", "actual") == {other}
    for allowed in (TOWN_ONLY, OTHER_ONLY, NONE):
        assert seen(file, allowed, "finding", "finding_id") == seen(file, allowed, "finding_row", "row_id") == set()


def test_the_files_that_brought_rows_of_a_vendor_have_names_for_whom_it_serves(file):
    assert seen(file, TOWN_ONLY, "batch", "id") == seen(file, VENDOR, "batch", "id") == {"b-service_order"}
    assert seen(file, NONE, "batch", "id") == set()


def test_vendors_stand_in_the_lists_of_vendors_and_in_none_of_the_fund(file):
    for allowed in (None, CONSORTIUM):
        seen_by = Scope(allowed, None, file)
        assert LAB in {one.institution_id for one in seen_by.places()}
        assert {LEAD.id, TOWN.id} <= {one.institution_id for one in seen_by.billing()}
        assert "vendor" not in {one.kind for one in seen_by.billing()}
