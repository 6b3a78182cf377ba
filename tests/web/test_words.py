"""How pages print money, counts, quantities and moments."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.utils import translation

from zhunsheng.web.evidence_words import kind_words
from zhunsheng.web.templatetags import words


@pytest.mark.parametrize(("fen", "shown"), [(0, "0.00"), (123456, "1,234.56"), (-5, "-0.05"), (None, "")])
def test_yuan(fen, shown):
    assert words.yuan(fen) == shown


@pytest.mark.parametrize(
    ("fen", "chinese", "english"),
    [(0, "0.00", "0.00"), (1_000_000, "1.00", "10.00"), (4_999, "0.00", "0.05"), (5_000, "0.01", "0.05"),
     (-1_500_000, "−1.50", "−15.00"), (None, "", "")],
)  # fmt: skip
def test_ten_thousand_yuan_and_in_english_thousand(fen, chinese, english):
    assert words.wan(fen) == chinese
    with translation.override("en"):
        assert words.wan(fen) == english


@pytest.mark.parametrize(
    ("e6", "shown"),
    [(1_500_000, "1.50"), (1_234_567_000_000, "1,234,567.00"), (123, "0.000123"), (0, "0.00"), (None, "")],
)
def test_a_unit_price_keeps_every_digit(e6, shown):
    assert words.price(e6) == shown


@pytest.mark.parametrize(("number", "shown"), [(41, "+41"), (-1200, "−1,200"), (0, "0")])
def test_a_difference_has_its_sign(number, shown):
    assert words.signed(number) == shown


def test_rates_need_a_whole():
    assert words.per_mille(486, 37_924) == "12.8"
    assert words.per_mille(1, 0) == ""
    assert words.percent(803, 1004) == "80.0%"


def test_a_moment_shows_shanghai_time_and_the_exact_one_on_hover():
    shown = words.moment(1_790_000_000)
    assert ">2026-09-21 22:13<" in shown
    assert 'title="2026-09-21T22:13:20+08:00"' in shown
    assert words.moment(None, date(2026, 3, 1)) == "2026-03-01"
    assert words.moment(None) == ""


def test_texts_come_in_the_language_of_the_reader_and_in_chinese_where_english_is_absent():
    thing = {"name": "甲", "name_en": "A"}
    assert words.tongue(thing, "name") == "甲"
    with translation.override("en"):
        assert words.tongue(thing, "name") == "A"
        assert words.tongue({"name": "甲", "name_en": ""}, "name") == "甲"
        assert words.label("violation", "verdict") == "Clear violation"


@pytest.mark.parametrize("value", ["violation", "suspected", "unknown", "pass"])
def test_a_verdict_is_shape_word_and_colour(value):
    shown = words.verdict(value)
    assert set(shown) == {"verdict", "shape", "word"}
    assert len({words.SHAPES[v] for v in words.SHAPES}) == 4


def test_every_kind_of_evidence_that_the_code_names_has_a_word():
    sources = [path.read_text("utf-8") for path in Path("zhunsheng/casework").rglob("*.py")]
    named = {kind for text in sources for kind in re.findall(r'append\(\s*[^"]*?"([a-z_]+\.[a-z_]+)"', text)}
    assert len(named) > 90 and sorted(named - kind_words().keys() - {"witness.db"}) == []


def test_a_period_ends_on_its_last_day_and_not_on_the_day_after():
    assert words.last_day(date(2026, 7, 1)) == date(2026, 6, 30)


@pytest.mark.parametrize(
    ("kind", "code", "chinese", "english"),
    [
        ("certificates", "cold_chain_training", "冷链岗位培训证明", "cold-chain training certificate"),
        ("kinds", "operating_room", "手术室", "operating room"),
        ("kinds", "a_room_of_its_own", "a_room_of_its_own", "a_room_of_its_own"),
    ],
)
def test_a_code_of_the_facts_has_a_word(kind, code, chinese, english):
    assert words.coded(code, kind) == chinese
    with translation.override("en"):
        assert words.coded(code, kind) == english
