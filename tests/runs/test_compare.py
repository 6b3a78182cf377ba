"""Two rule books on the same history: who is hit now, who no longer, and by which change."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from tests.runs.county import CAPPED, MAN_ONLY, MARCH, WOMAN_ONLY, Line, few_rules, fill, home_at
from zhunsheng import runs
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.ids import identity
from zhunsheng.runs.compare import CAUSES, of_runs

BOOK = few_rules()
PEOPLE = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1))}
LINES = [
    Line("L1", "man", WOMAN_ONLY, 12_000),
    Line("L2", "woman", MAN_ONLY, 9_000),
    Line("L3", "woman", CAPPED, 2_000, quantity=3),
]
STAYS = [("man", "S1", "H1", MARCH, date(2026, 3, 20)), ("man", "S2", "H1", date(2026, 3, 10), date(2026, 3, 15))]
SEX, CAP, OVERLAP = "fund/sex-limited-service", "fund/daily-quantity-cap", "fund/overlapping-stays"


@pytest.fixture
def home(tmp_path):
    home = home_at(tmp_path)
    fill(home, PEOPLE, LINES, stays=STAYS)
    return home


@pytest.fixture
def book(tmp_path):
    return shutil.copytree(BOOK, tmp_path / "rulebook")


def run(home, book=BOOK, as_of=date(2026, 3, 31), **more):
    return runs.execute(home, book, as_of=as_of, finished_at=1, **more).run_id


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def groups(home, before, after):
    return {(g.rule_id, g.state, g.cause, g.findings) for g in of_runs(home, before, after).groups}


def test_equal_books_differ_in_nothing(home, book):
    edit(book / "rules" / "fund" / "sex-limited-service.yaml", "version: 1\n", "version: 2\n")
    found = of_runs(home, run(home), run(home, book, draft=True))
    assert (found.same, found.groups, found.changes, found.findings) == (4, (), (), ())


def test_a_rule_taken_out_added_or_changed_is_the_cause_and_the_field_is_named(home, book):
    first = run(home)
    (book / "rules" / "fund" / "sex-limited-service.yaml").unlink()
    edit(book / "rules" / "fund" / "overlapping-stays.yaml", "verdict: suspected", "verdict: violation")
    second = run(home, book, draft=True)
    assert groups(home, first, second) == {(SEX, "gone", "rule_removed", 2), (OVERLAP, "changed", "rule_changed", 1)}
    assert groups(home, second, first) == {(SEX, "new", "rule_added", 2), (OVERLAP, "changed", "rule_changed", 1)}
    told = {(one.cause, one.what) for one in of_runs(home, first, second).changes}
    assert ("rule_changed", "verdict: suspected → violation") in told


def test_a_dated_parameter_is_shown_from_what_to_what(home, book):
    first = run(home)
    edit(book / "rules" / "fund" / "overlapping-stays.yaml", "value: 24", "value: 480")
    found = of_runs(home, first, run(home, book, draft=True))
    assert [(g.rule_id, g.state, g.cause) for g in found.groups] == [(OVERLAP, "gone", "rule_changed")]
    assert "tolerance_hours: 24" in found.changes[0].what
    assert "→ 480" in found.changes[0].what


def test_a_knowledge_point_is_the_cause_of_the_findings_that_rest_on_it_alone(home, book):
    first = run(home)
    path = book / "knowledge" / "sex_limited_services.csv"
    kept = [line for line in path.read_text("utf-8").splitlines() if WOMAN_ONLY not in line]
    path.write_text("\n".join(kept) + "\n", "utf-8")
    second = run(home, book, draft=True)
    assert groups(home, first, second) == {(SEX, "gone", "point_removed", 1)}
    assert groups(home, second, first) == {(SEX, "new", "point_added", 1)}
    (one,) = of_runs(home, first, second).findings
    assert (one["finding_id"], one["was"], one["now"]) == (identity(SEX, "L1"), "violation", None)
    assert (one["before_fen"], one["after_fen"]) == (12_000, None)


def test_a_later_day_and_other_facts_are_told_apart(home):
    first = run(home, as_of=MARCH)
    fill(home, PEOPLE, [*LINES, Line("L5", "man", WOMAN_ONLY, 500, day=date(2026, 3, 28))], stays=STAYS)
    early = Line("L6", "man", WOMAN_ONLY, 700)
    fill(home, {}, [early], batch="b2")
    assert groups(home, first, run(home)) >= {(SEX, "new", "day", 1), (SEX, "new", "facts", 1)}


def test_a_draft_leaves_the_current_run_where_it_is(home, book):
    first = run(home)
    (book / "rules" / "fund" / "sex-limited-service.yaml").unlink()
    second = run(home, book, draft=True)
    assert runs.current_id(home) == first
    run(home, book)
    assert runs.current_id(home) == second


def test_a_run_whose_file_was_removed_is_said_so(home, book):
    first = run(home)
    (book / "rules" / "fund" / "sex-limited-service.yaml").unlink()
    second = run(home, book)
    (home.runs / first / "serving.duckdb").unlink()
    with pytest.raises(Problem, match="ZS509"):
        of_runs(home, first, second)
    with pytest.raises(Problem, match="ZS501"):
        of_runs(home, "r1", second)


def test_every_cause_has_its_words():
    assert all(words["zh"] and words["en"] for words in CAUSES.values())
