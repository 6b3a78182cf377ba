"""Binding rows: the points that a rule takes of its lists, sets of words, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from zhunsheng.book import load
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns.bind import bind, points
from zhunsheng.patterns.lint import lint

BOOK = load(Path(ROOT / "rulebook"))


def with_point(rule_id, **values):
    """Return the book of one rule whose first point has other values."""
    rule = BOOK.rules[rule_id]
    (name,) = rule.lists
    known = BOOK.knowledge[name]
    point = known.points[0].model_copy(update={"values": {**known.points[0].values, **values}})
    lists = {name: known.model_copy(update={"points": (point, *known.points[1:])})}
    return BOOK.model_copy(update={"rules": {rule_id: rule}, "knowledge": lists})


def test_where_takes_only_the_points_that_hold_the_text():
    injury, maternity = (BOOK.rules[f"fund/{name}"] for name in ("work-injury-drug", "maternity-drug"))
    assert injury.lists == maternity.lists
    assert {point.get("insurance") for point in points(BOOK, injury)} == {"work_injury"}
    both = len(points(BOOK, injury)) + len(points(BOOK, maternity))
    assert both == len(BOOK.knowledge["insurance_limited_drugs"].points)


def test_where_with_empty_text_takes_what_is_left_open():
    stated, open_ = (points(BOOK, BOOK.rules[f"fund/{name}"]) for name in ("child-limited-drug", "children-only-drug"))
    assert stated and all(point.get("max_age") for point in stated)
    assert open_ and not any(point.get("max_age") for point in open_)


def test_words_of_a_set_are_parted_by_single_spaces():
    rows = bind(with_point("fund/drug-indication", dx_codes="  H34   H91.2 "))["item_requires_dx"].rows
    assert rows[0].dx_codes == "H34 H91.2"


@pytest.mark.parametrize(
    ("rule_id", "values"),
    [
        ("fund/drug-indication", {"dx_codes": "H34 H9"}),
        ("fund/second-line-drug", {"prior_codes": "XB05"}),
        ("fund/visit-type-service", {"allowed_visits": "inpatient ward"}),
    ],
)
def test_a_word_too_short_or_unknown_is_refused(rule_id, values):
    with pytest.raises(Problem) as caught:
        bind(with_point(rule_id, **values))
    assert caught.value.code == "ZS406"
    assert next(iter(values)) in str(caught.value.as_dict()["message"])


def test_the_linter_notices_a_word_of_a_set_without_example():
    rule = BOOK.rules["fund/drug-indication"]
    poorer = tuple(one for one in rule.examples if one.name != "列明的每一种诊断都相符")
    book = BOOK.model_copy(update={"rules": {rule.id: rule.model_copy(update={"examples": poorer})}})
    remarks = [remark.en for remark in lint(book, date(2026, 11, 22)) if remark.code == "boundary"]
    assert "No example notices a change of dx_codes H34 H91.2 - H91.2" in remarks


def test_the_point_speaks_before_the_parameter_and_where_nobody_does_the_column_is_silent():
    rows = {row.item_code: row for row in bind(BOOK)["course_days"].rows}
    assessed, trained = rows["003402000050000"], rows["003402000210000"]
    assert (assessed.max_days, assessed.min_interval) == (90, 14)
    assert (trained.max_days, trained.min_interval) == (30, 0)
    assert rows["XC01EBC109B001010102049"].gap_days == 0, "a stay has no gap"


def test_a_parameter_may_differ_for_one_item():
    counts = {row.item_group: row.counts for row in bind(BOOK)["course_days"].rows}
    assert counts["帕妥珠单抗注射液"] == "span"
    assert counts["天麻素注射液"] == "days"


def test_a_rolling_cap_without_its_days_is_refused():
    with pytest.raises(Problem) as caught:
        bind(with_point("fund/service-period-frequency", period_days=""))
    assert caught.value.code == "ZS406"
    assert "period_days" in str(caught.value.as_dict()["message"])
