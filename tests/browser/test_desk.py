"""The desk in a browser: an order typed, judged while typing, answered; on a desk and on a phone, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
ITEM = "002101030300000"


def fill(page):
    """Type an order as a clinician would."""
    page.get_by_label("人员编号").fill("330781001")
    page.get_by_label("性别").select_option("M")
    page.get_by_label("出生日期").fill("1980-01-01")
    page.get_by_label("就诊或入院日期").fill("2026-03-10")
    for name, text in (("项目编码或名称", ITEM), ("数量", "1"), ("单价（元）", "80")):
        page.get_by_label(name).first.fill(text)


@pytest.mark.parametrize("width", [1440, 390])
def test_an_order_is_judged_while_it_is_typed(full, enter, page, faults, shot, width):
    page.set_viewport_size({"width": width, "height": 900})
    enter(full, "lead")
    page.goto(f"{full}/desk")
    shot("desk-empty")
    fill(page)
    told = page.locator("#told")
    expect(told).to_contain_text("项目限女性使用", timeout=20_000)
    expect(told).to_contain_text("怎么办")
    shot("desk-told")
    told.get_by_role("button", name="说明原因后继续").focus()
    told.get_by_placeholder("继续执行的原因").fill("会诊后使用")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(told).to_contain_text("已记录")
    shot("desk-answered")
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(overflow)
    page.goto(f"{full}/desk/reminders")
    expect(page.locator("main")).to_contain_text("会诊后使用")
    shot("desk-reminders")
    assert not page.evaluate(overflow)
    assert faults == []


def test_items_are_offered_and_the_page_speaks_english(full, enter, page, shot):
    enter(full, "lead")
    page.goto(f"{full}/desk")
    page.get_by_label("项目编码或名称").first.type(ITEM[:7])
    expect(page.locator(f'#items option[value="{ITEM}"]')).to_have_count(1)
    page.get_by_role("button", name="English").click()
    page.goto(f"{full}/desk")
    assert not re.search(r"[\u4e00-\u9fff]", page.locator("#order h2").first.inner_text())
    shot("desk-english")
    page.get_by_role("button", name="中文").click()


def test_a_head_sees_keys(full, enter, page, faults, shot):
    enter(full, "head")
    page.goto(f"{full}/desk/keys")
    page.get_by_label("用途").fill("HIS")
    page.get_by_role("button", name="发放", exact=True).click()
    expect(page.locator("main")).to_contain_text("zs_")
    shot("desk-keys")
    assert faults == []
