"""The rule-book browser: results in scope, what a rule waits for, sign-off, search with and without script."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import pytest

from zhunsheng.book import load
from zhunsheng.book.lint import Remark
from zhunsheng.book.search import KINDS, index
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.web import book as web_book
from zhunsheng.web import views

pytestmark = pytest.mark.django_db
RULE = "/rules/fund/duplicate-charge"


def plain(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def figures(response):
    found = re.search(r'id="results".*?</section>', response.content.decode(), re.S)[0]
    return [text.strip() for text in re.findall(r"<dd>\s*([\d,.]+)", found)]


def test_the_results_of_a_rule_are_those_in_view_and_agree_with_the_list(as_):
    whole, town = as_("whole").get(RULE), as_("town").get(RULE)
    assert figures(whole) != figures(town)
    assert int(figures(town)[3]) == 1
    for login, page in (("whole", whole), ("town", town)):
        listed = as_(login).get("/findings?rule=fund/duplicate-charge")
        total = sum(int(text.replace(",", "")) for text in figures(page)[:3])
        assert f"疑点 {total:,}" in plain(listed) or f"{total:,} 件" in plain(listed)


def test_who_may_not_read_findings_sees_the_rule_and_no_result(as_):
    page = as_("admin").get(RULE)
    assert page.status_code == 200
    assert "没有可显示的结果" in plain(page)


def test_a_rule_shows_sign_off_and_what_it_waits_for(as_):
    page = plain(as_("head").get(RULE))
    assert "尚无人核对" in page
    assert "尚无第二人核对" in page
    assert "起始日 2026-01-01 待对照原通知确认" in page
    assert "转科当日" in page


def test_every_rule_shows_the_day_of_its_next_review(as_):
    client = as_("head")
    for rule in load(ROOT / "rulebook").rules.values():
        assert f"下次复核 {rule.next_review}" in plain(client.get(f"/rules/{rule.id}")), rule.id


@pytest.mark.parametrize("days", [0, 1])
def test_page_list_and_linter_agree_from_which_day_on_a_review_is_overdue(as_, monkeypatch, days):
    rules = load(ROOT / "rulebook").rules.values()
    due = min(rule.next_review for rule in rules)
    rule, late = next(rule for rule in rules if rule.next_review == due), days > 0
    today = datetime.combine(due + timedelta(days=days), time(9), SHANGHAI)
    for module in (views.rulebook, web_book):
        monkeypatch.setattr(module, "now", lambda: today)
    page, listed = (plain(as_("head").get(path)) for path in (f"/rules/{rule.id}", "/rules"))
    assert ("已过期" in page) is (f"复核已于 {due} 到期" in page) is ("条规则已过复核日期" in listed) is late


def test_the_list_tells_examples_results_and_sign_off_of_every_rule(as_):
    page = as_("head").get("/rules")
    book = load(ROOT / "rulebook")
    for rule in book.live.values():
        row = re.search(rf'<tr data-href="/rules/{rule.id}".*?</tr>', page.content.decode(), re.S)[0]
        told = re.sub(r"<[^>]+>", " ", row)
        assert rule.name in told
        assert str(len(rule.examples)) in told.split()
        assert "尚无人核对" in told
        assert "verdict=violation" in row


def test_the_list_parts_live_rules_from_waiting_ones(as_):
    client, waits = as_("head"), "/rules/fund/substituted-item"
    assert f'data-href="{waits}"' in client.get("/rules").content.decode()
    assert f'data-href="{waits}"' not in client.get("/rules?state=live").content.decode()
    waiting = client.get("/rules?state=waiting").content.decode()
    assert f'data-href="{waits}"' in waiting
    assert f'data-href="{RULE}"' not in waiting
    for page in (waiting, client.get(waits).content.decode()):
        assert "等待 药品耗材追溯码" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_form_finds_without_a_script_and_leads_to_the_place(as_):
    client = as_("head")
    page = client.get("/rules?q=子宫造影")
    assert "知识点 1" in plain(page)
    assert 'href="/knowledge/sex_limited_services?q=002101030300000"' in page.content.decode()
    listed = client.get("/knowledge/sex_limited_services?q=002101030300000")
    assert "子宫造影" in plain(listed)
    assert "没有符合的内容" in plain(client.get("/rules?q=没有这个词"))
    assert "<script>" not in client.get("/rules?q=<script>").content.decode().split("<main")[1]


def test_the_answer_for_scripts_is_what_the_index_finds(as_):
    answer = as_("head").get("/rules.json?q=00110").json()
    found = index(load(ROOT / "rulebook")).search("00110", dict.fromkeys(KINDS, 10))
    assert {g["kind"]: g["total"] for g in answer["groups"]} == {g.kind: g.total for g in found if g.total}
    assert all(set(hit) == {"title", "code", "note", "url"} for g in answer["groups"] for hit in g["hits"])
    assert as_("head").get("/rules.json").json()["groups"] == []


def test_the_answer_speaks_the_language_of_the_reader(as_):
    client = as_("head")
    client.post("/language", {"language": "en", "next": "/"})
    groups = client.get("/rules.json?q=daily quantity").json()["groups"]
    assert groups[0]["word"] == "Rule"
    assert groups[0]["hits"][0]["title"] == "Daily quantity cap of service items"


def test_the_checks_are_a_page_with_errors_first(as_):
    page = plain(as_("head").get("/rules/lint"))
    assert "其中错误 0 条" in page
    assert "尚无第二人核对" in page


def test_what_examples_say_is_kept_for_all_processes_until_book_or_code_change(tmp_path, monkeypatch):
    asked = []

    def judged(book, _bindings):
        asked.append(book.digest)
        return [Remark("rule", "fund/x", "error", "boundary", "没有算例", "No example")]

    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    monkeypatch.setattr(web_book, "about_examples", judged)
    book = load(ROOT / "rulebook")
    changed = book.model_copy(update={"digest": "0" * 64})
    first = web_book.tried(book, {})
    assert web_book.tried(book, {}) == first == judged(book, {}) and len(asked) == 2
    web_book.tried(changed, {})
    assert asked[-1] == changed.digest
    monkeypatch.setattr(web_book, "judging", lambda: "other code")
    for damage in (None, b"", b"[]", b'{"of": 1}'):
        if damage is not None:
            (tmp_path / "linted.json").write_bytes(damage)
        before = len(asked)
        assert web_book.tried(changed, {}) == first and len(asked) == before + 1
    (tmp_path / "linted.json").unlink()
    (tmp_path / "linted.json").mkdir()  # nothing can be kept: told all the same
    assert web_book.tried(book, {}) == first
