"""Small parts: screening, weights, rounding, ages."""

from datetime import date

import numpy as np
import pytest

from tests.generator.points import KNOWLEDGE, LONG_AGO
from zhunsheng.generator import Knowledge
from zhunsheng.generator.catalogue import Catalogue, ordinary, price_at
from zhunsheng.generator.edition import digest_of, edition
from zhunsheng.generator.export import cleared, scaled
from zhunsheng.generator.knowledge import index
from zhunsheng.generator.months import EMERGENCY_VISIT, TOWNSHIP_VISIT, calendar
from zhunsheng.generator.pools import CATEGORIES, GROUPS, TIERS, build
from zhunsheng.generator.settle import half_up


def codes(known: Knowledge) -> set[str]:
    return {item.code for item in ordinary(index(known))}


def test_screening_drops_an_item_limited_to_the_other_sex():
    scan = "002202020010000"  # kept by the table for women
    assert scan in codes(Knowledge(sex=[(scan, "经阴道B超检查", "F", LONG_AGO, None)]))
    assert scan not in codes(Knowledge(sex=[(scan, "经阴道B超检查", "M", LONG_AGO, None)]))


@pytest.mark.parametrize(
    ("high", "unit", "kept"),
    [(14, "year", True), (5, "year", True), (4, "year", False), (36, "month", False), (72, "month", True)],
)
def test_screening_keeps_a_child_item_only_well_inside_its_band(high, unit, kept):
    infusion = "001204000070000"  # the table gives it to children up to four
    assert (infusion in codes(Knowledge(age=[(infusion, "小儿头皮静脉输液", 0, high, unit, LONG_AGO, None)]))) is kept


def test_screening_drops_an_adult_item_from_an_age_list():
    count = "002501010150000"
    assert count not in codes(Knowledge(age=[(count, "血细胞分析", 0, 14, "year", LONG_AGO, None)]))
    assert count not in codes(Knowledge(age=[(count, "血细胞分析", 6, None, "year", LONG_AGO, None)]))


def test_of_a_pair_the_fixed_fee_stays():
    pair = ("002501010150000", "血细胞分析", "001102000050000", "住院诊查费", "day", LONG_AGO, None)
    kept = codes(Knowledge(pairs=[pair]))
    assert "001102000050000" in kept
    assert "002501010150000" not in kept


def test_quantities_stay_below_a_cap():
    known = Knowledge(caps=[("003107010220000", "心电监测", 120_000, LONG_AGO, None)])
    items = {item.code: item for item in ordinary(index(known))}
    assert items["003107010220000"].day_quantity[1] <= 12


def test_a_price_depends_on_the_tier_for_services_alone():
    catalogue = Catalogue(ordinary(index(KNOWLEDGE)))
    service, drug = (
        catalogue.items[catalogue.named("血细胞分析(五分类)")],
        catalogue.items[catalogue.named("缬沙坦胶囊")],
    )
    assert price_at(service, 0) < price_at(service, 1) < price_at(service, 2)
    assert price_at(drug, 0) == price_at(drug, 2)


def test_every_group_and_tier_has_drugs():
    pools = build(Catalogue(ordinary(index(Knowledge()))))
    tiers = pools.length.reshape(len(CATEGORIES), len(GROUPS), TIERS)
    assert (tiers[CATEGORIES.index("drug")] > 5).all()
    assert (tiers[CATEGORIES.index("retail")] > 5).all()


def test_popular_items_come_first():
    pools = build(Catalogue(ordinary(index(Knowledge()))))
    group, tier = np.zeros(20_000, dtype=np.int64), np.full(20_000, 2, dtype=np.int64)
    drawn = np.bincount(pools.draw(np.random.default_rng(1), "drug", group, tier))
    first = pools.items[pools.start[2]]
    assert drawn[first] == drawn.max()
    assert drawn[first] > 5 * np.median(drawn[drawn > 0])


@pytest.mark.parametrize(("value", "by", "expected"), [(15, 10, 2), (14, 10, 1), (-15, 10, -2), (5, 10, 1), (0, 10, 0)])
def test_halves_go_away_from_zero(value, by, expected):
    assert half_up(np.array([value]), by).tolist() == [expected]


def test_decimals_are_printed_exactly():
    assert scaled(np.array([10_000, 5_000, -25_000, 1]), 4, 0).to_pylist() == ["1", "0.5", "-2.5", "0.0001"]
    assert scaled(np.array([1_230, -5, 0]), 2, 2).to_pylist() == ["12.30", "-0.05", "0.00"]
    assert scaled(np.array([116_800, 12_000_000]), 6, 2).to_pylist() == ["0.1168", "12.00"]


def test_names_are_cleared_of_what_would_need_quoting():
    assert cleared('a,b"c\nd') == "a，b＂c d"


def test_a_long_holiday_is_quieter_than_a_weekend():
    (february,) = calendar(date(2026, 2, 1), 1)
    township, emergency = february.weights[TOWNSHIP_VISIT], february.weights[EMERGENCY_VISIT]
    weekend, festival, working = township[6], township[17], township[3]  # 7, 18 and 4 February
    assert festival < weekend < working
    assert emergency[17] > emergency[3]


def test_beyond_the_published_calendar_weekends_are_free():
    months = calendar(date(2031, 1, 1), 2)
    assert [month.label for month in months] == ["2031-01", "2031-02"]
    assert months[0].weights[TOWNSHIP_VISIT][3] < months[0].weights[TOWNSHIP_VISIT][1]  # Saturday 4, Thursday 2


def test_an_edition_changes_with_code_and_tables_and_with_nothing_else(tmp_path):
    (tmp_path / "data").mkdir()
    table = tmp_path / "data" / "items.csv"
    table.write_text("code,name\n", "utf-8")
    first = digest_of(tmp_path)
    (tmp_path / "data" / "notes.txt").write_text("x", "utf-8")
    assert digest_of(tmp_path) == first
    table.write_text("code,name\n1,x\n", "utf-8")
    second = digest_of(tmp_path)
    table.rename(tmp_path / "items.csv")
    assert len({first, second, digest_of(tmp_path)}) == 3
    assert len(edition()) == 64
