"""The desk changes its rule book without a pause, keeps to its budget, and never calls unjudged passed."""

from __future__ import annotations

import shutil
import threading
from itertools import count

import pytest

from zhunsheng.book import load
from zhunsheng.desk.aside import compiled_aside
from zhunsheng.desk.compiled import compiled
from zhunsheng.desk.desk import Desk
from zhunsheng.desk.focus import OrderView
from zhunsheng.desk.forms import OrderForm
from zhunsheng.desk.judging import judge
from zhunsheng.desk.store import Store
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns.base import Case

BOOK = load(ROOT / "rulebook")
READY = compiled(BOOK)
WOMAN_ONLY = "002101030300000"
ORDER = OrderForm.model_validate(
    {
        "person": {"person_id": "p", "sex": "M"},
        "encounter": {"encounter_id": "E1", "visit_type": "outpatient", "start": "2026-03-10"},
        "lines": [
            {"line_id": "L1", "item_code": WOMAN_ONLY, "at": "2026-03-10", "quantity": "1", "unit_price": "80"},
        ],
    }
)


def made(*books):
    """Return what makes one book after the other."""
    waiting = iter(books)
    return lambda _held: next(waiting, None)


def told(found):
    return {one.rule_id for one in found.answer.findings}


def test_an_answer_names_the_book_that_judged_and_a_new_one_takes_its_place(tmp_path):
    rules = {key: rule for key, rule in BOOK.rules.items() if key != "fund/sex-limited-service"}
    less = compiled(BOOK.model_copy(update={"rules": rules, "digest": "less"}))
    desk = Desk(Store(tmp_path), made(READY, less))
    assert desk.renew()
    first = desk.ask(ORDER, "p", "A", 1e6)
    assert "fund/sex-limited-service" in told(first)
    assert desk.renew()
    assert not desk.renew()
    second = desk.ask(ORDER, "p", "A", 1e6)
    assert "fund/sex-limited-service" not in told(second)
    assert (first.answer.book.digest, second.answer.book.digest) == (BOOK.digest, "less")


def test_orders_are_answered_while_a_book_is_made(tmp_path):
    begun, finish = threading.Event(), threading.Event()

    def slow(held):
        if held is None:
            return READY
        begun.set()
        finish.wait(10)
        return None

    desk = Desk(Store(tmp_path), slow)
    desk.renew()
    renewing = threading.Thread(target=desk.renew)
    renewing.start()
    assert begun.wait(5)
    try:
        assert told(desk.ask(ORDER, "p", "A", 1e6))
    finally:
        finish.set()
        renewing.join()


def test_a_broken_book_leaves_the_one_before_in_force(tmp_path):
    shutil.copytree(ROOT / "rulebook", tmp_path / "rulebook")
    desk = Desk(Store(tmp_path), lambda held: compiled_aside(tmp_path / "rulebook", tmp_path / "none", held))
    assert desk.renew()
    assert desk.digest == BOOK.digest
    assert not desk.renew(), "the child says that nothing changed"
    broken = tmp_path / "rulebook" / "rules" / "fund" / "sex-limited-service.yaml"
    broken.write_text("id: [", "utf-8")
    with pytest.raises(Problem, match="ZS401"):
        desk.renew()
    assert desk.digest == BOOK.digest
    broken.unlink()
    assert desk.renew()
    assert desk.digest != BOOK.digest


def test_a_child_makes_the_same_book():
    again = compiled_aside(ROOT / "rulebook", ROOT / "none", None)
    assert (again.digest, again.texts, again.points, again.items) == (
        READY.digest, READY.texts, READY.points, READY.items,
    )  # fmt: skip
    for moment, stations in READY.stations.items():
        assert [(s.pattern, s.bindings.rows) for s in again.stations[moment]] == [
            (s.pattern, s.bindings.rows) for s in stations
        ]


def test_rules_without_the_moment_are_left_out():
    for moment, stations in READY.stations.items():
        for station in stations:
            assert all(moment in BOOK.rules[row.rule_id].scenes for row in station.bindings.rows)


def test_before_the_first_book_nothing_is_judged(tmp_path):
    with pytest.raises(Problem, match="ZS740"):
        Desk(Store(tmp_path), made()).ask(ORDER, "p", "A", 1.0)


def test_what_the_budget_does_not_reach_is_not_judged(tmp_path):
    desk = Desk(Store(tmp_path), made(READY))
    desk.renew()
    view = desk.ask(ORDER, "p", "A", 1e6).view
    whole = judge(READY, view, "before", budget_ms=1e6)
    for limit in range(0, 200, 3):
        ticks = count()
        answer = judge(READY, view, "before", budget_ms=limit * 1000, clock=lambda t=ticks: float(next(t)), began=0.0)
        assert answer.judged | answer.late == whole.judged
        assert not answer.judged & answer.late
        assert {one.rule_id for one in answer.findings} <= answer.judged
        assert {f for f in whole.findings if f.rule_id in answer.judged} == set(answer.findings)


def test_an_order_without_lines_and_an_empty_case_are_answered():
    assert judge(READY, OrderView(Case("p"), [], []), "during", budget_ms=1e6).findings == ()
