"""The set form and the Python form over whole random loads give identical measures and hits; the statistic is sound."""

from __future__ import annotations

import math
import random

import pytest

from tests.effort import times
from tests.patterns import whole_loads
from zhunsheng.engines import duck
from zhunsheng.patterns import PATTERNS, POPULATIONS, Bindings, clues
from zhunsheng.patterns.population import Load, Measure

#: Rounds at least, and at most where a pattern is rarely hit.
ROUNDS, MOST = times(60), 60


@pytest.fixture(scope="module")
def con():
    with duck.connect(threads=1) as con:
        yield con


@pytest.mark.parametrize("name", POPULATIONS)
def test_sets_and_plain_python_agree_on_whole_loads(con, name):
    dice, found, measured = random.Random(name), 0, 0
    for number in range(MOST):
        if number >= ROUNDS and found > 50 and (measured > 50 or PATTERNS[name].family == "rows"):
            break
        bound, load = whole_loads.bindings(dice, name), whole_loads.load(dice, name)
        duck.load_bindings(con, {name: bound})
        duck.load_whole(con, load)
        by_set = sorted(map(tuple, duck.whole_hits(con, PATTERNS[name], bound)))
        assert by_set == sorted(map(tuple, clues.judged(POPULATIONS[name], load, bound)))
        kept = sorted(con.execute("SELECT * FROM measure").fetchall())
        assert kept == sorted(map(tuple, POPULATIONS[name].measures(load, bound)))
        found, measured = found + len(by_set), measured + len(kept)
    assert found > 50 and (measured > 50 or PATTERNS[name].family == "rows"), "loads that never hit prove nothing"


@pytest.mark.parametrize("name", POPULATIONS)
def test_the_order_of_rows_does_not_matter(con, name):
    dice = random.Random(3)
    bound, load = whole_loads.bindings(dice, name), whole_loads.load(dice, name)
    turned = Load(**{field: tuple(reversed(getattr(load, field))) for field in load.__dataclass_fields__})
    first, second = (sorted(map(tuple, clues.judged(POPULATIONS[name], one, bound))) for one in (load, turned))
    assert first == second


@pytest.mark.parametrize("name", POPULATIONS)
def test_no_rule_and_no_fact_mean_no_hit(con, name):
    for bound in (Bindings(PATTERNS[name], []), whole_loads.bindings(random.Random(1), name)):
        duck.load_bindings(con, {name: bound})
        duck.load_whole(con, Load())
        assert duck.whole_hits(con, PATTERNS[name], bound) == []


@pytest.mark.parametrize("name", POPULATIONS)
def test_no_statement_compares_every_row_with_every_other(con, name):
    dice = random.Random(name)
    drawn = [row for _ in range(20) for row in whole_loads.bindings(dice, name).rows]
    rows = [row._replace(rule_id=f"R{number}") for number, row in enumerate(drawn)]
    duck.load_bindings(con, {name: Bindings(PATTERNS[name], rows)})
    duck.load_whole(con, whole_loads.load(dice, name))
    duck.whole_hits(con, PATTERNS[name], Bindings(PATTERNS[name], rows))
    con.execute("CREATE OR REPLACE TEMP TABLE outlier AS SELECT '' AS rule_id, '' AS point_id, '' AS subject_kind, "
                "'' AS subject_id, '' AS institution_id, '2026-01' AS period, '' AS item_code, '' AS row_id, "
                "'' AS verdict, '' AS reason, '' AS expected, '' AS actual")  # fmt: skip
    # for a handful of rows the planner takes a loop whatever the conditions; here it has to show that it need not
    con.execute("SET nested_loop_join_threshold = 0")
    for text in PATTERNS[name].texts:
        plan = con.execute(f"EXPLAIN {text}").fetchone()[1]
        assert "NESTED_LOOP_JOIN" not in plan and "BLOCKWISE_NL" not in plan, name
    con.execute("DROP TABLE outlier")


def test_tails_agree_with_sums_of_exact_terms():
    for mean in (0.5, 3.0, 20.0):
        exact = 1 - sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(9))
        assert clues.count_tail(9, mean, 0.0) == pytest.approx(exact, rel=1e-9)
    # negative binomial of mean 4 and variance 8: r = 4, success 1/2
    exact = 1 - sum(math.comb(k + 3, k) * 0.5**4 * 0.5**k for k in range(6))
    assert clues.count_tail(6, 4.0, 4.0) == pytest.approx(exact, rel=1e-9)
    assert clues.count_tail(2_001, 1_900.0, 0.0) == pytest.approx(0.0112, abs=0.001)


def test_intervals_are_those_of_the_books():
    low, high = clues.wilson(0.1, 100)
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)
    low, high = clues.byar(10)
    assert (round(low, 2), round(high, 2)) == (4.79, 18.39)
    assert clues.byar(0)[0] == 0.0


def test_false_discoveries_are_held_step_by_step():
    ps = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    assert clues.false_discoveries(ps, 0.05) == [True, True, *[False] * 8]
    assert clues.false_discoveries([], 0.05) == []


def test_equal_peers_give_no_clue_and_one_far_above_does():
    pattern = PATTERNS["off_hours"]
    row = pattern.row("R", "", "suspected", whole_loads.FIRST, whole_loads.OPEN_END, "weekend", 0, 0, 20, 5, 150, 50)
    bound = Bindings(pattern, [row])

    def measure(place, n):
        return Measure("R", "", "institution", place, place, "2026-01", "", "hospital/2", n, 100, 100, "")

    equal = [measure(place, 20) for place in "ABCDEFGH"]
    assert clues.decide(equal, bound) == []
    (one,) = clues.decide([measure("A", 60), *equal[1:]], bound)
    assert (one.subject_id, one.verdict, one.reason) == ("A", "suspected", "stands_out")
    assert one.expected == "200000 7 1"
