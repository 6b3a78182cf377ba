"""A draft tried on the facts of a run finds what a run by it would find, and says what is known of that already."""

from __future__ import annotations

from datetime import date

import pytest

from tests.runs.county import WOMAN_ONLY, Line, few_rules, fill, home_at
from zhunsheng import runs
from zhunsheng.book import draft, load
from zhunsheng.kernel.errors import Problem
from zhunsheng.runs import backtest as trial
from zhunsheng.runs.backtest import backtest

AS_OF = date(2026, 3, 31)
RULE = "fund/sex-limited-service"


@pytest.fixture
def judged(tmp_path):
    home = home_at(tmp_path)
    people = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1980, 1, 1)), "nobody": (None, None)}
    fill(home, people, [Line(f"L-{name}", name, WOMAN_ONLY, 8_000) for name in people])
    runs.execute(home, few_rules(), as_of=AS_OF, finished_at=0)
    return home


def tried(home, rule, **more):
    run_id = runs.current_id(home)
    return backtest(runs.current(home), runs.manifest(home, run_id), load(few_rules()), rule, **more)


def the_rule(**changes):
    return load(few_rules()).rules[RULE].model_copy(update=changes)


def test_the_rule_in_force_finds_the_same_again(judged):
    found = tried(judged, the_rule())
    assert found.verdicts == {"violation": 1, "suspected": 0, "unknown": 1}
    assert found.changed == {"new": 0, "same": 2, "gone": 0}
    assert found.amount_fen == 8_000
    assert found.candidates == 3
    assert [month["findings"] for month in found.months] == [1]


def test_another_id_is_a_new_rule_and_overlaps_with_the_one_in_force(judged):
    found = tried(judged, the_rule(id="fund/draft"))
    assert found.changed is None
    assert [(one["rule_id"], one["findings"], one["amount_fen"]) for one in found.overlap] == [(RULE, 2, 8_000)]


def test_a_draft_that_begins_later_loses_what_it_found(judged):
    found = tried(judged, the_rule(valid_from=date(2026, 12, 1)))
    assert sum(found.verdicts.values()) == 0 and found.changed == {"new": 0, "same": 0, "gone": 2}


def test_what_people_decided_is_counted_on_the_findings_of_the_draft(judged):
    dear = next(one for one in tried(judged, the_rule()).findings if one["verdict"] == "violation")
    found = tried(judged, the_rule(), decisions={dear["finding_id"]: "overturned", "elsewhere": "confirmed"})
    assert found.decided == {"confirmed": 0, "overturned": 1, "open": 1}
    assert {one["outcome"] for one in found.findings} == {"overturned", None}


def test_institutions_out_of_view_are_not_counted(judged):
    found = tried(judged, the_rule(), institutions=frozenset({"elsewhere"}))
    assert sum(found.verdicts.values()) == 0 and found.persons == 0 and found.findings == ()
    assert found.changed == {"new": 0, "same": 0, "gone": 0}


def test_the_run_stays_as_it_was(judged):
    before = runs.current(judged).read_bytes()
    tried(judged, the_rule())
    assert runs.current(judged).read_bytes() == before


def test_a_draft_that_names_no_list_of_the_book_is_refused(judged):
    with pytest.raises(Problem) as refused:
        tried(judged, the_rule(lists=("nowhere",)))
    assert refused.value.code == "ZS404"


@pytest.mark.parametrize(("text", "code"), [("a: [", "ZS401"), ("id: x", "ZS402"), ("- 1", "ZS402")])
def test_a_draft_that_cannot_be_read_says_so(text, code):
    with pytest.raises(Problem) as refused:
        draft(text, "draft.yaml")
    assert refused.value.code == code


def test_no_query_of_a_trial_compares_every_row_with_every_other(judged):
    """The overlap joins rows by kind and id; a plan with nested loops would not end on a county."""
    from zhunsheng.runs import serving

    book = load(few_rules())
    alone = book.model_copy(update={"rules": {RULE: book.rules[RULE]}})
    with serving.reopen(runs.current(judged)) as con:
        con.execute(f"SET VARIABLE as_of = DATE '{AS_OF}'")
        trial._judge(con, alone, RULE)
        trial._narrow(con, None)
        plan = con.execute(f"EXPLAIN {trial._OVERLAP}").fetchone()[1]
    assert "NESTED_LOOP" not in plan and "BLOCKWISE" not in plan
