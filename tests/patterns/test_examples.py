"""Every worked example of the rule book, on both forms, one case-load per pattern; and the linter that guards them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from zhunsheng.book import load
from zhunsheng.book.workbooks.layouts import read_layouts
from zhunsheng.engines import duck
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns import JUDGES, PATTERNS, POPULATIONS
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.example_loads import load_of
from zhunsheng.patterns.examples import case_of, expected, hits_of, outcomes
from zhunsheng.patterns.lint import about_rule, lint

BOOK = load(Path(ROOT / "rulebook"))
BOUND = bind(BOOK)


@pytest.mark.parametrize("name", sorted({rule.pattern for rule in BOOK.live.values()} & JUDGES.keys()))
def test_examples_hold_on_both_forms(name):
    examples = [
        (rule, example, f"{rule.id}#{number}")
        for rule in BOOK.live.values()
        if rule.pattern == name
        for number, example in enumerate(rule.examples)
    ]
    people = [case_of(example, person) for _, example, person in examples]
    with duck.connect(threads=1) as con:
        duck.load_bindings(con, {name: BOUND[name]})
        duck.load_cases(con, people)
        by_set = duck.hits(con, PATTERNS[name])
    one_by_one = [hit for case in people for hit in JUDGES[name](case, BOUND[name])]
    assert sorted(map(tuple, by_set)) == sorted(map(tuple, one_by_one))
    for rule, example, person in examples:
        own = [hit for hit in by_set if hit.rule_id == rule.id and hit.row_id.startswith(f"{person}/")]
        assert outcomes(own) == expected(example, person), f"{rule.id}: {example.name}"


@pytest.mark.parametrize("name", sorted({rule.pattern for rule in BOOK.live.values()} & POPULATIONS.keys()))
def test_examples_of_whole_loads_hold_on_both_forms(name):
    """Each example is a load of its own: in one load their institutions would be each other's peers."""
    with duck.connect(threads=1) as con:
        duck.load_bindings(con, {name: BOUND[name]})
        for rule in (rule for rule in BOOK.live.values() if rule.pattern == name):
            for example in rule.examples:
                duck.load_whole(con, load_of(example, "P"))
                by_set = duck.whole_hits(con, PATTERNS[name], BOUND[name])
                referee = hits_of(rule, example, BOUND[name], "P")
                assert sorted(map(tuple, by_set)) == sorted(map(tuple, referee)), f"{rule.id}: {example.name}"
                own = [hit for hit in by_set if hit.rule_id == rule.id]
                assert outcomes(own) == expected(example, "P"), f"{rule.id}: {example.name}"


def test_a_clue_is_never_a_verdict_of_violation():
    for rule in BOOK.rules.values():
        if rule.pattern in POPULATIONS:
            assert rule.verdict == "suspected", rule.id


def test_every_rule_shows_both_sides_and_a_false_positive():
    for rule in BOOK.live.values():
        assert any(example.expect for example in rule.examples), rule.id
        assert any(not example.expect for example in rule.examples), rule.id
        assert any(example.known_false_positive for example in rule.examples), rule.id


def test_every_reason_is_shown_by_an_example():
    shown = {
        (rule.pattern, reason)
        for rule in BOOK.rules.values()
        for example in rule.examples
        for one in example.expect
        for reason in one.reasons
    }
    declared = {(p.name, reason) for p in PATTERNS.values() for reason in p.reasons}
    # no live rule judges by the day alone; the referees exercise that window
    assert declared - shown == {("dup_claim", "same_day")}


def test_every_published_window_of_exclusive_items_is_bound_and_shown_on_both_sides():
    """单日, 单次就诊, 6小时, 同一小时: for each a pair that is hit, and a pair of the same two items that is not."""
    (layout,) = (one for one in read_layouts(ROOT / "rulebook").layouts if one.list == "exclusive_services")
    rule, bound = BOOK.rules["fund/duplicate-charge"], BOUND["mutex_pair"]
    shown = {True: set(), False: set()}
    for example in rule.examples:
        items = {line.item for line in example.lines}
        windows = {row.time_window for row in bound.rows if {row.main_code, row.sub_code} == items}
        shown[bool(example.expect)] |= windows
    published = set(layout.values["time_window"].values())
    assert len(published) == 4
    assert shown == {True: published, False: published}
    assert {code for column in PATTERNS["mutex_pair"].columns for code in column.codes} >= published


def test_the_book_lints_clean():
    assert [remark for remark in lint(BOOK, date(2026, 11, 22)) if remark.level == "error"] == []


@pytest.mark.parametrize("rule_id", sorted(BOOK.live))
def test_a_boundary_without_its_example_is_noticed(rule_id):
    """Take away each example in turn: the linter finds a bare boundary for at least one of them."""
    rule = BOOK.rules[rule_id]

    def bare(gone):
        poorer = rule.model_copy(update={"examples": tuple(e for e in rule.examples if e is not gone)})
        return any(remark.code == "boundary" for remark in about_rule(poorer, BOUND[rule.pattern]))

    assert any(map(bare, rule.examples))


def test_a_wrong_example_is_named():
    rule = BOOK.rules["fund/sex-limited-service"]
    wrong = rule.examples[0].model_copy(update={"expect": ()})
    book = BOOK.model_copy(
        update={"rules": {rule.id: rule.model_copy(update={"examples": (wrong, *rule.examples[1:])})}}
    )
    remarks = [remark for remark in lint(book, date(2026, 11, 22)) if remark.code == "example"]
    assert len(remarks) == 1
    assert wrong.name in remarks[0].zh


def test_overdue_and_self_checked_rules_are_named():
    rule = BOOK.rules["fund/sex-limited-service"]
    changed = rule.model_copy(update={"checked_by": rule.authored_by, "next_review": date(2026, 1, 1)})
    book = BOOK.model_copy(update={"rules": {rule.id: changed}})
    codes = {remark.code: remark.level for remark in lint(book, date(2026, 11, 22))}
    assert codes["self_checked"] == "error"
    assert codes["overdue"] == "warning"
