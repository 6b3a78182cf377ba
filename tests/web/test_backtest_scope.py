"""A trial tells who sees a part of the site nothing of the rest, and never takes what it did not judge as passed."""

from __future__ import annotations

from datetime import date

import pytest

from tests.web.serving import TOWN
from zhunsheng.book import load
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.engines import duck
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT
from zhunsheng.runs import backtest as trial
from zhunsheng.runs.backtest import backtest

CROSSING = "fund/overlapping-stays"

#: A finding f of the draft at institution A over a row of A and one of B, and a finding of each on both rows.
SMALL = """
CREATE SCHEMA facts;
CREATE TABLE finding AS
SELECT 'f' AS finding_id, 'draft' AS rule_id, 'violation' AS verdict, 'A' AS institution_id;
CREATE TABLE gone_finding AS FROM finding LIMIT 0;
CREATE TABLE finding_row AS FROM (VALUES
    ('f', 'line', 'a', 'subject', 100, 'A'), ('f', 'line', 'b', 'subject', 7, 'B')
) AS t (finding_id, row_kind, row_id, role, amount_fen, institution_id);
CREATE TABLE facts.finding AS FROM (VALUES
    ('x', 'of-a', 'A'), ('y', 'of-b', 'B')
) AS t (finding_id, rule_id, institution_id);
CREATE TABLE facts.finding_row AS FROM (VALUES
    ('x', 'line', 'a', 'subject'), ('x', 'line', 'b', 'subject'),
    ('y', 'line', 'b', 'subject'), ('y', 'line', 'a', 'subject')
) AS t (finding_id, row_kind, row_id, role);
CREATE TABLE facts.rule AS SELECT 'of-a' AS rule_id, 'A' AS name, 'A' AS name_en
"""


@pytest.fixture(scope="module")
def book():
    return load(ROOT / "rulebook")


def tried(book, rule_id=CROSSING, institutions=None, manifest=None, **change):
    file = current_run()
    draft = book.rules[rule_id].model_copy(update=change)
    return backtest(file.path, {**file.manifest, **(manifest or {})}, book, draft, institutions=institutions)


def test_what_another_institution_has_at_stake_is_no_part_of_the_overlap():
    """A finding of A names a row of B, on which B has a finding of another rule: A learns of neither."""
    with duck.connect() as con:
        con.execute(SMALL)
        told = {}
        for who in (None, {"A"}):
            for view in trial._VIEWS:
                con.execute(f"DROP VIEW IF EXISTS {view}")
            trial._narrow(con, who)
            told[bool(who)] = {row["rule_id"]: row["amount_fen"] for row in trial._rows(con, trial._OVERLAP)}
    assert told == {False: {"of-a": 107, "of-b": 107}, True: {"of-a": 100}}


def test_rows_are_counted_for_who_sees_them_all(county, book):
    assert tried(book).candidates
    assert tried(book, institutions={TOWN.id}).candidates is None


def test_findings_of_a_part_are_those_of_the_whole_that_lie_in_it(county, book):
    part, whole = tried(book, institutions={TOWN.id}), tried(book)
    assert part.findings
    own = {one["finding_id"] for one in whole.findings if one["institution_id"] == TOWN.id}
    assert {one["finding_id"] for one in part.findings} == own
    assert {one["institution_id"] for one in part.institutions} == {TOWN.id}


@pytest.mark.parametrize(
    ("change", "why"), [({"valid_from": date(2099, 1, 1)}, "later"), ({"waits_for": ("consent",)}, "waits"), ({}, "")]
)
def test_why_a_draft_was_not_judged_is_said(county, book, change, why):
    found = tried(book, **change)
    assert found.unjudged == why and bool(found.findings) is not bool(why)


def test_what_the_run_did_not_know_is_not_known_to_the_trial(county, book):
    assert tried(book, "fund/sex-limited-service").findings
    early = tried(book, "fund/sex-limited-service", manifest={"knowledge_as_of": "2000-01-01"})
    assert not early.findings and early.changed["gone"]


@pytest.mark.parametrize("value", ["0", "-1", "999999999999999999999"])
@pytest.mark.parametrize("rule", ["fund/night-admissions", "fund/consumable-share", "fund/service-course-days"])
def test_a_value_that_cannot_be_reckoned_with_is_a_problem_and_no_error(county, book, rule, value):
    parameters = tuple(
        one.model_copy(update={"values": tuple(v.model_copy(update={"value": value}) for v in one.values)})
        for one in book.rules[rule].parameters
    )
    try:
        tried(book, rule, parameters=parameters)
    except Problem as problem:
        assert problem.code in ("ZS104", "ZS406", "ZS410")


def test_a_trial_writes_nothing_where_the_process_works(county, book, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZHUNSHENG_MEMORY", "200MiB")
    tried(book)
    assert list(tmp_path.iterdir()) == []
    assert not list(current_run().path.parent.glob("*.tmp"))
