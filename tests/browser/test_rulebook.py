"""The rule-book browser in a real browser: search while typing with the keyboard, on a phone, in English."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def speak(page, word, language):
    page.get_by_role("button", name=word).click()
    expect(page.locator("html")).to_have_attribute("lang", language)


PAGES = {
    "rules": "/rules",
    "rule": "/rules/fund/daily-quantity-cap",
    "rules-found": "/rules?q=诊查费",
    "rules-lint": "/rules/lint",
    "knowledge": "/knowledge/daily_quantity_caps",
}


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_typing_tells_what_is_found_and_enter_leads_there(full, enter, page, faults, shot):
    enter(full, "reviewer")
    page.goto(f"{full}/rules")
    field = page.get_by_role("combobox", name="查找规则、知识点、法条")
    field.fill("0011020")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(page.get_by_role("group", name="知识点")).to_contain_text("0011020")
    shot("rules-typed")
    field.press("ArrowDown")
    field.press("ArrowUp")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(1)
    expect(options.last).to_have_attribute("aria-selected", "true")
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    page.wait_for_url(re.compile(r"/knowledge/\w+\?q=\d+"))
    assert faults == []


def test_escape_closes_and_enter_without_a_choice_submits_the_form(full, enter, page):
    enter(full, "reviewer")
    page.goto(f"{full}/rules")
    field = page.get_by_role("combobox", name="查找规则、知识点、法条")
    field.fill("没有这个词")
    expect(page.locator(".suggest__box")).to_have_text("没有符合的内容")
    field.press("Escape")
    expect(page.locator(".suggest__box")).to_be_hidden()
    field.fill("子宫造影")
    field.press("Enter")
    page.wait_for_url(re.compile(r"/rules\?q="))
    expect(page.get_by_role("link", name="子宫造影")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_fits_its_screen(full, enter, page, faults, shot, width, language):
    enter(full, "head")
    if language == "en":
        speak(page, "English", "en")
    page.set_viewport_size({"width": width, "height": 900})
    for name, address in PAGES.items():
        page.goto(f"{full}{address}")
        assert fits(page), address
        shot(f"{name}-{language}")
    if language == "en":
        speak(page, "中文", "zh-CN")  # the site keeps what a person chose
    assert faults == []
