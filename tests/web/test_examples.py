"""Worked examples for reading: steady runs are folded, all else stands as it is."""

from __future__ import annotations

from zhunsheng.book import load
from zhunsheng.book.worked import ExampleLine
from zhunsheng.kernel.home import ROOT
from zhunsheng.web.examples import folded


def line(name, at, **other):
    return ExampleLine(id=name, item="X", at=at, price="1.00", **other)


def told(lines):
    return [(first.id, last and last.id, days, count) for first, last, days, count in folded(lines)]


def test_a_steady_run_is_told_once_and_what_follows_apart():
    lines = [line(f"L{n}", f"2026-03-{n:02d} 08:00") for n in range(1, 6)]
    assert told([*lines, line("L6", "2026-04-13 08:00")]) == [("L1", "L5", 1, 5), ("L6", None, 0, 1)]


def test_a_step_of_weeks_is_a_run_too():
    assert told([line(f"L{n}", f"2026-03-{1 + 7 * n:02d}") for n in range(4)]) == [("L0", "L3", 7, 4)]


def test_other_hours_other_scope_and_short_runs_stay_as_they_are():
    lines = [line("L1", "2026-03-01 08:00"), line("L2", "2026-03-02 09:00"), line("L3", "2026-03-03", in_scope="1.00")]
    assert told(lines) == [(name, None, 0, 1) for name in ("L1", "L2", "L3")]


def test_no_line_of_any_rule_is_lost():
    for rule in load(ROOT / "rulebook").rules.values():
        for example in rule.examples:
            assert sum(count for *_, count in folded(example.lines)) == len(example.lines)
