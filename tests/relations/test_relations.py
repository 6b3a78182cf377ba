"""Holdings agree with a plain matrix series; days, rings, unknown shares, relatives and recusals count."""

import random
from datetime import date

import numpy as np
import pytest

from zhunsheng.book.conflict import load_conflict
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT
from zhunsheng.relations.conflict import Declared, Limits, Tie, find
from zhunsheng.relations.graph import PPM, Edge, Graph

DAY, EARLY = date(2026, 3, 1), date(2020, 1, 1)
POSTS = frozenset({"director", "manager", "legal_representative"})
LIMITS = Limits(50_000, 500_000, 4, POSTS | {"buyer"}, POSTS)


def holds(holder, company, share=None, role="shareholder", start=EARLY, end=None):
    return Edge(holder, company, role, share, start, end)


def found(edges, ties=(), declared=(), day=DAY, vendors=("V",)):
    return find(edges, ties, declared, vendors, ["H"], day, LIMITS)


@pytest.mark.parametrize("seed", range(30))
def test_shares_are_the_sum_of_the_powers_of_the_matrix_also_in_rings(seed):
    dice, n, depth = random.Random(seed), 7, 4
    matrix = np.zeros((n, n), dtype=object)
    for _ in range(14):
        matrix[dice.randrange(n), dice.randrange(n)] = dice.randrange(1, PPM)  # rings and holdings of itself too
    edges = [holds(str(i), str(j), matrix[i, j]) for i in range(n) for j in range(n) if matrix[i, j]]
    series, power = np.zeros((n, n), dtype=object), np.identity(n, dtype=object)
    for step in range(1, depth + 1):
        power = power.dot(matrix)
        series = series + power * PPM ** (depth - step)
    dice.shuffle(edges)
    graph = Graph(edges, DAY, depth)
    for company in range(n):
        told = graph.behind(str(company))
        assert [told[str(i)].least if str(i) in told else 0 for i in range(n)] == list(series[:, company])


def test_a_ring_adds_its_terms_and_never_more_than_the_whole_series():
    edges = [holds("P", "A", 600_000), holds("B", "A", 400_000), holds("A", "B", 500_000)]
    least = [Graph(edges, DAY, depth).behind("A")["P"].least / PPM**depth for depth in (1, 3, 5, 7)]
    assert least == sorted(least) and least[0] == 0.6 and least[1] == 0.72
    assert least[-1] < 0.6 / (1 - 0.2) <= least[-1] + 0.002


def test_forty_percent_of_sixty_percent_is_a_conflict_and_its_days_count():
    edges = [
        holds("甲", "H", role="director"),
        holds("甲", "乙", 400_000, end=date(2026, 4, 1)),
        holds("乙", "V", 600_000),
    ]
    (one,) = found(edges)
    assert (one.share_ppm, one.standing, [step.holder_id for step in one.held.chains[0].steps]) == (
        240_000, "undeclared", ["甲", "乙"],
    )  # fmt: skip
    assert found(edges, day=date(2026, 4, 1)) == []  # the first day on which it no longer holds
    assert len(found(edges, day=date(2026, 3, 31))) == 1


def test_the_limit_itself_is_a_conflict_and_a_part_below_it_is_none():
    post = holds("甲", "H", role="buyer")
    assert len(found([post, holds("甲", "V", 50_000)])) == 1
    assert found([post, holds("甲", "V", 49_999)]) == []
    two = [post, holds("甲", "V", 25_000), holds("甲", "X", 500_000), holds("X", "V", 50_000)]
    assert found(two)[0].held.least == 50_000 * PPM**3  # two chains add up to it


def test_an_unknown_share_is_unknown_and_neither_nothing_nor_a_conflict():
    edges = [holds("甲", "H", role="director"), holds("甲", "乙"), holds("乙", "V", 600_000)]
    assert [(one.standing, one.held.unknown) for one in found(edges)] == [("unknown", True)]
    assert found([*edges, holds("甲", "V", 60_000)])[0].standing == "undeclared"


def test_a_relative_who_was_declared_and_recused_is_harmless_and_is_told():
    edges = [holds("甲", "H", role="director"), holds("乙", "V", 100_000)]
    tie = Tie("甲", "乙", "spouse", None, None)
    assert found(edges, [tie])[0].standing == "undeclared"
    assert found(edges, [tie._replace(declared_on=DAY)])[0].standing == "declared"
    recused = tie._replace(declared_on=EARLY, recused_on=DAY)
    assert found(edges, [recused])[0].standing == "recused"
    assert found(edges, [recused], day=date(2026, 2, 28))[0].standing == "declared"  # recused from a later day on
    assert found(edges, [tie._replace(recused_on=EARLY)])[0].standing == "undeclared"  # nobody said why
    at_site = Declared("甲", "V", date(2026, 1, 5), date(2026, 1, 6))
    assert found(edges, [tie], [at_site])[0].standing == "recused"
    assert found(edges, [tie], [at_site._replace(vendor_id="W")])[0].standing == "undeclared"


def test_a_post_in_the_vendor_counts_and_one_in_a_company_that_steers_it():
    own, post = holds("甲", "H", role="manager"), holds("甲", "乙", role="legal_representative")
    assert [len(one.posts) for one in found([own, holds("甲", "V", role="manager")])] == [1]
    assert [one.posts[0][1].steps[0].holder_id for one in found([own, post, holds("乙", "V", 500_000)])] == ["乙"]
    assert found([own, post, holds("乙", "V", 499_999)]) == []
    assert found([own, holds("甲", "V", role="buyer")]) == []


def test_the_limits_of_the_rule_book_are_dated():
    rules = load_conflict(ROOT / "rulebook")
    assert (rules.on(DAY).share_ppm, rules.on(DAY).depth) == (50_000, 4)
    with pytest.raises(Problem, match="ZS670"):
        rules.on(date(2019, 12, 31))
