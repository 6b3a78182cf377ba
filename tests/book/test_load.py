"""The rule book loads whole or says which file, place and reason; dates and references are checked."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from zhunsheng.book import load
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT
from zhunsheng.patterns.bind import bind

BOOK = ROOT / "rulebook"
RULE = "rules/fund/overlapping-stays.yaml"


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "rulebook"
    shutil.copytree(BOOK, folder)

    def change(place, old, new):
        path = folder / place
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
        return folder

    return change


def test_the_digest_names_the_content_not_the_files(copy):
    same = copy(RULE, "area: fund\n", "area: fund  # a comment changes nothing\n")
    assert load(same).digest == load(BOOK).digest
    assert load(copy(RULE, "value: 24", "value: 25")).digest != load(BOOK).digest


@pytest.mark.parametrize(
    ("place", "old", "new", "code", "told"),
    [
        (RULE, "version: 1", "version: [", "ZS401", "overlapping-stays.yaml"),
        (RULE, "version: 1", "version: none", "ZS402", "version"),
        (RULE, "verdict: suspected\nscenes", "verdict: guilty\nscenes", "ZS402", "verdict"),
        (RULE, "area: fund", "area: fund\nsurprise: 1", "ZS402", "surprise"),
        (RULE, "id: fund/overlapping-stays", "id: fund/other", "ZS403", "fund/other"),
        (RULE, 'article: "40"', 'article: "99"', "ZS404", "99"),
        (RULE, 'item: "1"', 'item: "9"', "ZS404", "9"),
        (
            RULE,
            "valid_from: 2021-05-01\nground",
            "valid_from: 2021-05-01\nvalid_to: 2021-05-01\nground",
            "ZS402",
            "valid_to",
        ),
        ("rules/fund/duplicate-charge.yaml", "lists: [exclusive_services]", "lists: [nothing]", "ZS404", "nothing"),
        ("knowledge/sex_limited_services.csv", "子宫造影,F", "子宫造影,X", "ZS405", "sex"),
        ("knowledge/sex_limited_services.csv", "nhsa-1,002101030300000", "nhsa-99,002101030300000", "ZS405", "nhsa-99"),
        ("knowledge/daily_quantity_caps.csv", "住院诊查费,1,", "住院诊查费,one,", "ZS405", "daily_cap"),
        ("knowledge/daily_quantity_caps.csv", "daily_cap", "limit", "ZS405", "daily_cap"),
    ],
)
def test_a_broken_book_says_where_and_why(copy, place, old, new, code, told):
    folder = copy(place, old, new)
    with pytest.raises(Problem) as caught:
        load(folder)
    assert caught.value.code == code
    assert told in str(caught.value)


def test_a_folder_that_is_no_rule_book_is_refused(tmp_path):
    with pytest.raises(Problem, match="ZS401"):
        load(tmp_path)


def test_a_missing_parameter_and_an_unknown_pattern_are_named(copy):
    with pytest.raises(Problem, match="ZS406"):
        bind(load(copy(RULE, "name: tolerance_hours", "name: tolerance_days")))
    with pytest.raises(Problem, match="ZS407"):
        bind(load(copy(RULE, "pattern: overlap", "pattern: overlapping")))


def test_a_point_inherits_the_dates_of_its_batch_and_may_differ(copy):
    folder = copy("knowledge/sex_limited_services.csv", "子宫造影,F,,", "子宫造影,F,2025-09-01,2026-01-01")
    points = {p.get("item_code"): p for p in load(folder).knowledge["sex_limited_services"].points}
    assert points["002101030300000"].period.start == date(2025, 9, 1)
    assert points["002101030300000"].valid_to == date(2026, 1, 1)
    assert points["002101030310000"].valid_from == load(BOOK).batches["nhsa-1"].valid_from


def test_a_parameter_that_changes_inside_a_period_gives_two_rows(copy):
    value = "{value: 48, valid_from: 2026-07-01, citation: c, confirmed_on: 2026-07-01, ground: local}"
    folder = copy(RULE, "valid_from: 2021-05-01, citation", "valid_from: 2021-05-01, valid_to: 2026-07-01, citation")
    text = (folder / RULE).read_text("utf-8").replace("law:\n", f"      - {value}\nlaw:\n", 1)
    (folder / RULE).write_text(text, "utf-8")
    rows = [(r.tolerance_hours, r.valid_from, r.valid_to.year) for r in bind(load(folder))["overlap"].rows]
    assert rows == [(24, date(2021, 5, 1), 2026), (48, date(2026, 7, 1), 9999)]


def test_the_book_of_a_past_day_holds_what_had_begun():
    then = load(BOOK).as_of(date(2025, 12, 31))
    assert then.knowledge["daily_quantity_caps"].points == ()
    assert then.knowledge["sex_limited_services"].points
    assert load(BOOK).as_of(date(2019, 12, 31)).rules == {}


def test_every_list_row_is_cited_and_every_rule_stands_on_something():
    book = load(BOOK)
    assert all(book.batches[p.batch].citation for known in book.knowledge.values() for p in known.points)
    assert all(rule.stands_on and rule.stands_on_en for rule in book.rules.values())
