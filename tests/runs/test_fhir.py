"""From FHIR to findings: the rules judge what a bundle says in yuan, and each finding leads back to its place."""

import json
import re
from datetime import date

import duckdb
import pytest

from tests.sources.conftest import Site
from tests.sources.fhir_samples import HYSTEROGRAPHY, county, item, named, write
from zhunsheng import runs
from zhunsheng.book import load
from zhunsheng.kernel.home import ROOT
from zhunsheng.runs.explain import explain

MONITORING, NURSING = "001103000010000", "001201000030000"


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def judge(site):
    return runs.execute(site.home, ROOT / "rulebook", as_of=date(2026, 3, 31), finished_at=1_800_000_000)


def ask(site, query):
    with duckdb.connect(str(runs.current(site.home)), read_only=True) as con:
        return con.execute(query).fetchall()


def found(site):
    return ask(site, "SELECT rule_id, subject_key, verdict, amount_fen, in_scope_fen FROM finding ORDER BY rule_id")


def test_the_man_is_found_and_the_woman_is_not(site):
    site.load(write(site.inbox, county()))
    counts = judge(site).counts
    assert (counts["lines"], counts["judged_lines"], counts["settlements"], counts["persons"]) == (3, 3, 2, 2)
    assert found(site) == [("fund/sex-limited-service", "C2-1", "violation", 12_000, None)]
    assert ask(site, "SELECT candidates, passed FROM rule_stat WHERE rule_id = 'fund/sex-limited-service'") == [(2, 1)]


def test_the_evidence_leads_back_to_the_place_in_the_file(site):
    site.load(write(site.inbox, county()))
    judge(site)
    (finding,) = ask(site, "SELECT finding_id FROM finding")[0]
    with duckdb.connect(str(runs.current(site.home)), read_only=True) as con:
        (line,) = explain(con, load(ROOT / "rulebook"), finding)["rows"]
    assert (line["item_code"], line["file_name"], line["source_row"]) == (HYSTEROGRAPHY, "county.json#claim_item", 17)


def test_two_items_of_which_one_includes_the_other(site):
    told = county()
    claimed = named(told, "C1")
    claimed["item"] += [item(3, MONITORING, 96.0), item(4, NURSING, 28.0)]
    claimed["total"]["value"] += 124
    assert site.load(write(site.inbox, told)).store.count == 0
    judge(site)
    # a claim states no ordering department, so the day of a transfer cannot be told: no pass, and no violation
    assert ("fund/duplicate-charge", "C1-4", "unknown", 2_800, None) in found(site)


def test_dollars_are_counted_and_not_judged(site):
    text = json.dumps(county()).replace('"CNY"', '"USD"')
    site.load(write(site.inbox, json.loads(text)))
    counts = judge(site).counts
    assert (counts["lines_in_other_currency"], counts["judged_lines"]) == (3, 0)
    assert found(site) == []


def in_force(text):
    """Return a bundle four years later and in yuan: the rules hold from 2021 on, the examples end in 2020."""
    later = re.sub(r'"([12]\d{3})(-\d\d-\d\d)', lambda found: f'"{int(found[1]) + 4}{found[2]}', text)
    return later.replace('"USD"', '"CNY"')


@pytest.mark.parametrize(("change", "judged"), [(str, 0), (in_force, 135)])
def test_the_example_bundles_go_through_the_rules(site, shared_data, change, judged):
    folder = shared_data / "fhir_r4"
    if not folder.is_dir():
        pytest.skip("fhir_r4 is absent from the outside data")
    for path in folder.glob("*.json"):
        (site.inbox / path.name).write_text(change(path.read_text("utf-8")), "utf-8")
    site.load()
    counts = judge(site).counts
    assert (counts["lines"], counts["encounters"], counts["settlements"], counts["persons"]) == (135, 102, 135, 8)
    assert (counts["judged_lines"], counts["lines_in_other_currency"]) == (judged, 135 - judged)
    candidates = ask(site, "SELECT coalesce(sum(candidates), 0) FROM rule_stat")[0][0]
    assert (candidates > 0) == (counts["findings"] > 0) == (judged > 0)
