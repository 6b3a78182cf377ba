"""Vendor-years without a story: the shape of the facts, the shares that were asked for, the same rows again."""

from math import sqrt

import pyarrow.compute as pc
import pytest

from zhunsheng.facts.schema import TABLES
from zhunsheng.generator.vendors import null_years

COUNT = 40


@pytest.fixture(scope="module")
def null():
    return null_years(COUNT, seed=7)


def share(flags):
    return pc.mean(flags.cast("int64")).as_py()


def near(found, expected, rows):
    """Within five standard errors: a wrong share fails, chance does not."""
    return abs(found - expected) < 5 * sqrt(expected * (1 - expected) / rows)


def test_rows_have_the_columns_and_types_of_the_facts_and_what_they_require(null):
    for name, table in null.items():
        promised = TABLES[name]
        assert {field.name: field.type for field in table.schema} == {
            one: promised.arrow.field(one).type for one in table.column_names
        }
        assert {one.name for one in promised.columns if one.required} <= set(table.column_names)
        keys = table.select(list(promised.key)).group_by(list(promised.key)).aggregate([])
        assert keys.num_rows == table.num_rows
        assert len(pc.unique(table["vendor_id"])) == COUNT


def test_nothing_is_wrong_but_by_chance(null):
    orders = null["service_order"]
    assert orders.num_rows == pytest.approx(COUNT * 12 * 150, rel=0.02)
    done = orders.filter(pc.is_valid(orders["done_at"]))
    late = pc.greater(done["done_at"], done["due_at"])
    assert near(share(late), 0.03, done.num_rows)
    read = null["second_reading"]
    assert near(1 - share(read["concordant"]), 0.005, read.num_rows)
    answers = null["survey_answer"]
    assert near(share(pc.less(answers["attitude"], 3)), 0.06, answers.num_rows)
    runs = null["qc_run"]
    far = pc.greater(pc.abs(pc.subtract(runs["value_e4"], runs["mean_e4"])), pc.multiply(runs["sd_e4"], 2))
    assert near(share(far), 0.0455, runs.num_rows)


def test_the_same_seed_gives_the_same_rows_and_another_one_others(null):
    again, other = null_years(3, seed=7, months=2), null_years(3, seed=8, months=2)
    assert null_years(3, seed=7, months=2) == again
    assert other["service_order"] != again["service_order"]
