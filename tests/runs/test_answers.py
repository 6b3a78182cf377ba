"""Scoring against a key: what was found, missed and wrongly found, blind plants apart."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from tests.runs.county import MAN_ONLY, WOMAN_ONLY, Line, few_rules, fill, home_at
from zhunsheng import runs
from zhunsheng.kernel.errors import Problem
from zhunsheng.runs.answers import answers

RULE = "fund/sex-limited-service"
HEADER = "rule_id,kind,person_no,institution_id,rows,note,author,case,others\n"


@pytest.fixture
def scored(tmp_path):
    home = home_at(tmp_path)
    people = {"man": ("M", date(1980, 1, 1)), "nobody": (None, None)}
    lines = [Line("L1", "man", WOMAN_ONLY), Line("L2", "man", WOMAN_ONLY), Line("L3", "nobody", MAN_ONLY)]
    fill(home, people, lines)
    runs.execute(home, few_rules(), as_of=date(2026, 3, 31), finished_at=1)

    def score(*rows):
        key = tmp_path / "key.csv"
        text = [f"{RULE},{kind},P,H1,{line},,{author},{n},\n" for n, (kind, line, author) in enumerate(rows)]
        key.write_text(HEADER + "".join(text), "utf-8")
        with duckdb.connect(str(runs.current(home)), read_only=True) as con:
            return next(one for one in answers(con, key) if one.rule_id == RULE)

    return score


def test_a_right_key_scores_full_marks(scored):
    one = scored(("violation", "L1", "pattern"), ("violation", "L2", "standard"), ("unknown", "L3", "pattern"))
    assert (one.recall, one.precision, one.blind_planted, one.blind_found, one.unknown_found) == (1.0, 1.0, 1, 1, 1)
    assert not one.missed
    assert not one.wrong


def test_a_plant_that_was_not_found_lowers_recall(scored):
    one = scored(("violation", "L1", "pattern"), ("violation", "L2", "pattern"), ("violation", "L99", "standard"))
    assert (one.found, one.planted, one.blind_found) == (2, 3, 0)
    assert one.missed == ["L99"]


def test_a_finding_that_the_key_does_not_name_lowers_precision(scored):
    one = scored(("violation", "L1", "pattern"), ("unknown", "L3", "pattern"))
    assert (one.findings, one.findings_right, len(one.wrong)) == (2, 1, 1)


def test_unknown_where_a_violation_was_planted_is_not_found(scored):
    one = scored(("violation", "L3", "pattern"))
    assert (one.planted, one.found) == (1, 0)


def test_a_look_alike_that_is_hit_is_counted(scored):
    assert scored(("look_alike", "L1", "pattern")).look_alikes_hit == 1


def test_what_a_person_overturns_is_found_and_counts_neither_way(scored):
    one = scored(("known_false_positive", "L1", "pattern"), ("violation", "L2", "pattern"))
    assert (one.overturned_planted, one.overturned_found) == (1, 1)
    assert (one.planted, one.findings, one.precision) == (1, 1, 1.0)


def test_recall_without_the_blind_plants_is_told_apart(scored):
    one = scored(("violation", "L1", "pattern"), ("violation", "L99", "standard"))
    assert (one.recall, one.recall_known) == (0.5, 1.0)


def test_a_finding_on_a_case_of_another_rule_counts_beside(scored, tmp_path):
    one = scored(("violation", "L1", "pattern"), ("unknown", "L3", "pattern"))
    assert (one.beside, one.precision) == (0, 0.5)
    key = tmp_path / "key.csv"
    text = key.read_text("utf-8") + "fund/other,violation,P,H1,L9,,pattern,7,L2\n"
    key.write_text(text, "utf-8")
    with duckdb.connect(str(runs.current(home_at(tmp_path))), read_only=True) as con:
        again = next(one for one in answers(con, key) if one.rule_id == RULE)
    assert (again.beside, again.precision, again.wrong) == (1, 1.0, [])


def test_a_key_without_its_columns_is_refused(tmp_path):
    key = tmp_path / "key.csv"
    key.write_text("a,b\n1,2\n", "utf-8")
    with duckdb.connect() as con, pytest.raises(Problem, match="ZS506"):
        answers(con, key)
