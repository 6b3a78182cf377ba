"""The rules about vendors against the answer key of the generated year: stories are caught, look-alikes raise none.

Judged is what the files hold, read by the ordinary import and by the whole path of a run.
"""

import csv
from datetime import date, timedelta

import pytest

from tests.generator.points import KNOWLEDGE
from zhunsheng.book import load as read_book
from zhunsheng.engines import duck
from zhunsheng.facts import lake
from zhunsheng.generator import generate
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.bind import bind
from zhunsheng.runs import serving
from zhunsheng.sources import load

LAB, PATHOLOGY, IMAGING = "91990124MA7QH00016", "91990124MA7QH00029", "91990124MA7QH0003C"
COURIER, ECG, REHAB = "91990124MA7QH0004F", "91990124MA7QH0005J", "91990124MA7QH0006M"
PLANTED = {
    "altered_reports": (LAB, "report-altered"),
    "outside_scope": (LAB, "outside-licensed-scope"),
    "qc_shift": (LAB, "control-out-of-range"),
    "misdiagnosis_rising": (PATHOLOGY, "discordance-rising"),
    "surge_and_delay": (IMAGING, "volume-up-timeliness-down"),
    "late_rising": (COURIER, "late-service"),
    "no_certificate": (REHAB, "certificate-not-valid"),
    "missing_node": (ECG, "course-of-service"),
}


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """A connection with the findings of the vendors of a generated year, and the answer key."""
    out, home = tmp_path_factory.mktemp("county"), Home(tmp_path_factory.mktemp("site"))
    generate(out, lines=60_000, knowledge=KNOWLEDGE)
    load(home, [out / "import" / "vendors"], recorded_at=1_790_000_000)
    with duck.connect(threads=1) as con:
        con.execute("SET VARIABLE as_of = DATE '2026-12-31'")
        for name in lake_tables():
            files = lake.files(home, lake.latest(home), name)
            con.execute(f"CREATE TEMP VIEW lake_{name} AS {lake.select(name, files)}")
        con.execute(serving.sql("facts"))
        book = read_book(ROOT / "rulebook").judging(date(2026, 12, 31))
        book = book.model_copy(update={"rules": {k: r for k, r in book.rules.items() if r.area == "vendors"}})
        serving.load_rules(con, book)
        serving.judge(con, bind(book), lambda *_: None)
        serving.assemble(con, None)
        with (out / "vendor_key.csv").open(encoding="utf-8") as file:
            yield con, {row["story"]: row for row in csv.DictReader(file)}


def lake_tables():
    return serving.TABLES


def findings(year, vendor, rule):
    """Return (day, subject key) of the findings of a vendor by a rule that are no unknowns."""
    return year[0].execute(
        "SELECT service_date, subject_key FROM finding WHERE institution_id = ? AND rule_id = ? "
        "AND verdict <> 'unknown' ORDER BY ALL", [vendor, f"vendors/{rule}"],
    ).fetchall()  # fmt: skip


@pytest.mark.parametrize("story", PLANTED)
def test_each_story_is_caught_and_not_before_it_began(year, story):
    vendor, rule = PLANTED[story]
    found, told = findings(year, vendor, rule), year[1][story]
    assert (told["verdict"], told["vendor_id"]) == ("planted", vendor)
    assert found
    if (
        story != "late_rising"
    ):  # single late orders are told from the first month on; the rise is a matter of indicators
        assert min(day for day, _ in found).isoformat()[:7] >= told["first_day"][:7]


def test_the_altered_reports_are_those_without_a_reason_and_the_amended_ones_stay_out(year):
    assert len(findings(year, LAB, "report-altered")) == 5


def test_the_three_orders_without_a_reading_are_told_of_from_their_first_day_on(year):
    days = [day for day, _ in findings(year, ECG, "course-of-service")]
    first = date.fromisoformat(year[1]["missing_node"]["first_day"])
    assert len(days) == 3
    assert first <= min(days) <= first + timedelta(days=2)  # the story takes the next orders from its day on


def test_every_order_outside_the_scope_is_one_of_the_unlicensed_item(year):
    found = {key for _, key in findings(year, LAB, "outside-licensed-scope")}
    rows = year[0].execute(
        "SELECT vendor_id || '|' || order_id FROM service_order WHERE item_code = '002504010250099' "
        "AND state NOT IN ('rejected', 'cancelled')"
    ).fetchall()  # fmt: skip
    assert found == {key for (key,) in rows}


def test_only_the_shifted_control_is_out_and_the_new_analyser_is_not(year):
    found = findings(year, LAB, "control-out-of-range")
    assert {key.split("|")[1:3] == ["KY-A1", "GLU"] for _, key in found} == {True}
    (reports,) = year[0].execute(
        "SELECT COUNT(*) FROM finding_row AS r JOIN finding AS f USING (finding_id) WHERE r.row_kind = 'result' "
        "AND f.rule_id = 'vendors/control-out-of-range'"
    ).fetchone()  # fmt: skip
    assert reports > 0


def test_only_the_person_without_certificate_is_named(year):
    rows = (
        year[0]
        .execute("SELECT institution_id, subject_key FROM finding WHERE rule_id = 'vendors/certificate-not-valid'")
        .fetchall()
    )
    assert [(vendor, key.split("|")[1]) for vendor, key in rows] == [(REHAB, "AX004")]
    involved = "SELECT COUNT(*) FROM finding_row WHERE finding_id IN (SELECT finding_id FROM finding WHERE rule_id = ?)"
    assert year[0].execute(involved, ["vendors/certificate-not-valid"]).fetchone() == (6,)


@pytest.mark.parametrize(
    ("rule", "vendors"),
    [
        ("volume-up-timeliness-down", {IMAGING}),
        ("discordance-rising", {PATHOLOGY}),
        ("results-drift-up", set()),
        ("results-drift-down", set()),
        ("results-drift-apart", set()),
        ("course-of-service", {ECG}),
        ("training-insufficient", set()),
        ("outside-licensed-scope", {LAB}),
        ("report-altered", {LAB}),
    ],
)
def test_nobody_else_is_told_of(year, rule, vendors):
    """Holidays, the new analyser, the renewed certificate and the amended reports raise nothing."""
    query = "SELECT DISTINCT institution_id FROM finding WHERE rule_id = ?"
    assert {v for (v,) in year[0].execute(query, [f"vendors/{rule}"]).fetchall()} == vendors


def test_every_vendor_rule_judged_something_or_says_why_not(year):
    (idle,) = year[0].execute("SELECT LIST(rule_id) FROM rule_stat WHERE candidates = 0").fetchone()
    assert not idle
    assert {r for (r,) in year[0].execute("SELECT DISTINCT pattern FROM finding").fetchall()} <= PATTERNS.keys()
