"""Draws, samples, estimates and agreement, each against a computation that shares no code with them."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import pytest

from zhunsheng.sampling.agreement import agreement
from zhunsheng.sampling.draws import draw, seed_of, team
from zhunsheng.sampling.estimates import estimate
from zhunsheng.sampling.plans import (
    Unit,
    allocate,
    bands,
    population_digest,
    sample,
    size_of_amount,
    size_of_proportion,
)

UNITS = [Unit(f"f{n}", 100 * (n + 1), "ab"[n % 2]) for n in range(40)]


def test_anybody_recomputes_a_draw_with_sha256_alone():
    seed = hashlib.sha256(b"secret\x1fwords").hexdigest()
    assert seed_of("secret", "words") == seed
    pool = [f"H{n}" for n in range(50)]
    by_hand = sorted((hashlib.sha256((seed + "\x1f" + code).encode()).hexdigest(), code) for code in pool)
    assert draw(reversed(pool), seed, 3) == [code for _, code in by_hand[:3]]
    assert seed_of("secret", "other") != seed


def test_who_is_tied_to_a_subject_is_left_out_with_the_reason():
    people = {f"p{n}": {} for n in range(6)} | {"p0": {"H1": "配偶在该院任职"}}
    seed = next(str(n) for n in range(99) if "p0" in draw(people, f"{n}\x1fH1", 2))
    drawn = team(people, seed, "H1", 2)
    assert "p0" not in drawn.drawn and len(drawn.drawn) == 2 and drawn.recused == {"p0": "配偶在该院任职"}
    assert not team(people, seed, "H2", 2).recused


@pytest.mark.parametrize(("population", "size"), [(0, 0), (1, 1), (100, 80), (1000, 278), (10_000, 370)])
def test_sizes_are_those_of_the_printed_tables(population, size):
    assert size_of_proportion(population, 95, 50) == size  # Krejcie and Morgan print 80, 278, 370


def test_the_size_by_amount_is_that_of_the_audit_guide():
    assert size_of_amount(95, 50) == 60 and size_of_amount(90, 100) == 24  # factors 3.00 and 2.31


def test_a_sample_is_the_same_on_any_machine_and_for_any_order():
    for method in ("simple", "stratified", "amount"):
        assert sample(UNITS, method, "s", 7) == sample(UNITS[::-1], method, "s", 7)
        assert sample(UNITS, method, "s", 7) != sample(UNITS, method, "t", 7)
    assert population_digest(UNITS) == population_digest(UNITS[::-1]) != population_digest(UNITS[1:])
    assert list(sample(UNITS, "simple", "s", 3)) == ["f10", "f13", "f12"]
    with pytest.raises(ValueError, match="other"):
        sample(UNITS, "other", "s", 3)


def test_strata_share_a_sample_by_size_and_none_is_left_out():
    assert allocate({"a": 90, "b": 9, "c": 1}, 20) == {"a": 17, "b": 2, "c": 1}
    assert sum(allocate({"a": 33, "b": 33, "c": 34}, 10).values()) == 10
    assert allocate({"a": 1}, 5) == {"a": 1}
    assert [one.stratum for one in bands([Unit("x", 9_999), Unit("y", 10_000), Unit("z", 1_000_000)])] == [
        "0",
        "1",
        "3",
    ]


def test_by_amount_hits_large_units_surely_and_empty_ones_never():
    units = [Unit("large", 1_000), Unit("none", 0), *(Unit(f"u{n}", 10) for n in range(100))]
    hits = sample(units, "amount", "s", 20)
    assert sum(hits.values()) == 20 and hits["large"] == 10 and "none" not in hits


def test_a_whole_population_leaves_nothing_to_estimate():
    hits = dict.fromkeys((one.id for one in UNITS), 1)
    judged = {one.id: one.fen // 2 for one in UNITS}
    for method in ("simple", "stratified"):
        told = estimate(UNITS, hits, judged, method, 95)
        assert told.low_fen == told.high_fen == told.point_low_fen == sum(judged.values()) and not told.few


def test_what_is_unknown_is_never_a_pass():
    hits = sample(UNITS, "simple", "s", 10)
    judged = dict.fromkeys(hits, 0)
    clean = estimate(UNITS, hits, judged, "simple", 95)
    assert clean.point_high_fen == clean.low_fen == 0 < clean.high_fen and clean.few
    some = estimate(UNITS, hits, judged | {next(iter(hits)): None}, "simple", 95)
    assert some.unknown == 1 and some.point_low_fen == 0 and some.point_high_fen > 0 and some.high_fen > some.low_fen
    untold = estimate(UNITS, hits, {}, "simple", 95)
    assert untold.point_low_fen is None and untold.told == 0 and untold.drawn == 10


@pytest.mark.parametrize("method", ["simple", "stratified", "amount"])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(method):
    truth = {one.id: one.fen if int(one.id[1:]) % 3 == 0 else 0 for one in UNITS}
    held = 0
    for number in range(300):
        hits = sample(UNITS, method, f"s{number}", 20)
        told = estimate(UNITS, hits, {key: truth[key] for key in hits}, method, 90)
        held += told.low_fen <= sum(truth.values()) <= told.high_fen
    assert 250 <= held <= 300  # 90 in 100, the normal interval of 20 units a little less


def test_a_sample_without_a_difference_is_not_certain():
    """By hand: 60 clean monetary units at 95 %: -ln(0.05) / 60 = 4.9929 % of 10,000 units of 1 yuan may be wrong."""
    units = [Unit(f"u{n:05d}", 100) for n in range(10_000)]
    hits = sample(units, "amount", "s", size_of_amount(95, 50))
    told = estimate(units, hits, dict.fromkeys(hits, 0), "amount", 95)
    assert sum(hits.values()) == 60 and (told.low_fen, told.high_fen) == (0, 49_929)
    one = sample(units, "simple", "s", 1)
    told = estimate(units, one, dict.fromkeys(one, 100), "simple", 95)
    assert (told.low_fen, told.high_fen) == (100, 1_000_000)


def test_kappa_as_printed():
    """Cohen on the table 20, 5, 10, 15 gives 0.4, worked by hand: (0.7 - 0.5) / (1 - 0.5)."""
    rows = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    ids = [str(n) for n in range(len(rows))]
    one, two = ({key: row[side] for key, row in zip(ids, rows, strict=True)} for side in (0, 1))
    found = agreement([one, two], ids)
    assert found.kappa == Fraction(2, 5) and found.share == Fraction(7, 10) and found.units == 50
    three = agreement([one, two, two], ids)
    assert three.units == 50 and three.equal == 35 and Fraction(1, 2) < three.kappa < Fraction(7, 10)
    some = agreement([one | {"0": None}, {key: two[key] for key in ids[1:]}], ids)
    assert (some.untold, some.unknown, some.units) == (1, 0, 49)
    assert agreement([one | {"0": None}, two], ids).unknown == 1
    assert agreement([{"0": True}, {"0": True}], ["0"]).kappa is None
