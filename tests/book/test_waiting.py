"""A rule that waits is loaded, linted, found and shown with what it waits for; it is never run."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.book.books import BOOK
from zhunsheng.book import load
from zhunsheng.book.search import KINDS, index
from zhunsheng.kernel.errors import Problem
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.lint import lint

LIVE = "rules/fund/overlapping-stays.yaml"
WAITING = "rules/fund/substituted-item.yaml"
DAY = date(2026, 11, 22)


def changed(tmp_path: Path, place: str, old: str, new: str) -> Path:
    folder = tmp_path / "rulebook"
    shutil.copytree(BOOK, folder)
    text = (folder / place).read_text("utf-8")
    assert old in text
    (folder / place).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_a_waiting_rule_is_in_the_book_and_judges_nothing():
    book = load(BOOK)
    rule = book.rules["fund/substituted-item"]
    assert rule.waits_for == ("stock_move", "trace_code")
    assert rule.id not in book.live
    assert rule.id not in book.judging(DAY).rules
    assert rule.id in book.as_of(DAY).rules
    assert all(row.rule_id != rule.id for found in bind(book).values() for row in found.rows)


def test_a_live_rule_that_is_made_to_wait_loses_its_bindings(tmp_path):
    book = load(changed(tmp_path, LIVE, "area: fund\n", "area: fund\nwaits_for: [complaint]\n"))
    assert bind(load(BOOK))["overlap"].rows
    assert bind(book)["overlap"].rows == ()


@pytest.mark.parametrize(
    ("place", "old", "new", "code", "told"),
    [
        (LIVE, "pattern: overlap\n", "", "ZS402", "what it waits for"),
        (WAITING, "waits_for: [stock_move, trace_code]\n", "", "ZS402", "what it waits for"),
        (WAITING, "stock_move, trace_code", "stock_move, moonlight", "ZS404", "moonlight"),
        (WAITING, 'seq: "X13"', 'seq: "X99"', "ZS404", "X99"),
        (WAITING, "waits_for: [stock_move, trace_code]", "pattern: overlap", "ZS402", "examples"),
    ],
)
def test_what_is_wrong_about_waiting_is_named(tmp_path, place, old, new, code, told):
    with pytest.raises(Problem) as caught:
        load(changed(tmp_path, place, old, new))
    assert caught.value.code == code
    assert told in str(caught.value)


def test_the_linter_says_what_each_waits_for_and_asks_no_example():
    told = [one for one in lint(load(BOOK), DAY) if one.about == "fund/substituted-item"]
    assert [one.zh for one in told if one.code == "waiting"] == ["等待进销存台账", "等待药品耗材追溯码"]
    assert not [one for one in told if one.level == "error"]


def test_a_code_that_differs_from_the_scheme_is_an_error(tmp_path):
    book = load(changed(tmp_path, WAITING, "code: X13", "code: X14"))
    assert [one.about for one in lint(book, DAY) if one.code == "code"] == ["fund/substituted-item"]


def test_a_waiting_rule_can_be_found():
    found = index(load(BOOK)).search("串换药品", dict.fromkeys(KINDS, 10))
    assert "fund/substituted-item" in [hit.key for hit in found[0].hits]


def test_the_scheme_has_128_places_and_the_command_line_shows_them(capsys, monkeypatch, tmp_path):
    from typer.testing import CliRunner

    from zhunsheng.cli import app

    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    rows = json.loads(CliRunner().invoke(app, ["book", "show", "--json"]).output)["rules"]
    one = next(row for row in rows if row["id"] == "fund/substituted-item")
    assert (one["seq"], [awaited["code"] for awaited in one["waits_for"]]) == ("X13", ["stock_move", "trace_code"])
    assert len(load(BOOK).scheme) == 128
