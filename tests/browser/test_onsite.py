"""The page for the site in a real browser: written without a line, closed, opened again, sent, and merged by two."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.people import PASSWORD
from tests.web.serving import LEAD

pytestmark = pytest.mark.browser
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
KEPT = """async () => {
  const bases = await indexedDB.databases();
  return [bases.length, (await caches.keys()).length];
}"""
RAW = """async () => {
  const open = (name) => new Promise((done) => { const r = indexedDB.open(name); r.onsuccess = () => done(r.result); });
  const base = await open((await indexedDB.databases())[0].name);
  const rows = await new Promise((done) => {
    const r = base.transaction("kept").objectStore("kept").getAll(); r.onsuccess = () => done(r.result); });
  base.close();
  return rows.map((row) => new TextDecoder().decode(row.data)).join();
}"""

#: Keeps what stands in the note at the moment at which the form opens.
OPENED = """() => {
  const at = (id) => document.getElementById(id);
  const keep = () => { window.opened = at("o-note").value; };
  new MutationObserver(keep).observe(at("o-form"), { attributeFilter: ["inert"] });
  return at("o-form").inert;
}"""
NO_LOCKS = "Object.defineProperty(navigator, 'locks', { value: undefined });"


@pytest.fixture
def enter(browser, full):
    contexts = []

    def log_in(login):
        context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{full}/login")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_url(re.compile(r"/(inbox)?$"))
        return page

    yield log_in
    for context in contexts:
        context.close()


def arranged(full, one, two):
    """Let two people plan, draw and arrive; return the address of the page for the site."""
    for name in ("职员reviewer", "职员head"):
        one.goto(f"{full}/inspections/people")
        one.locator("#i-user").select_option(label=name)
        one.get_by_role("button", name="加入").click()
        expect(one.locator("#main table")).to_contain_text(name)
    one.goto(f"{full}/inspections")
    one.locator("#p-title").fill("现场检查演练")
    one.locator("#p-outline").fill("按方案")
    one.get_by_role("button", name="拟定计划").click()
    one.get_by_label(LEAD.name, exact=True).check()
    one.get_by_role("button", name="封存", exact=True).click()
    expect(one.locator("#draw")).to_contain_text("请本单位另一名")
    two.goto(one.url)
    two.locator("#d-words").fill("双色球 2026135")
    two.get_by_role("button", name="抽取", exact=True).click()
    one.reload()
    one.get_by_role("button", name="确认抽取结果").click()
    visit = one.locator("#drawn tbody th a").get_attribute("href")
    one.locator("#drawn tbody td a").first.click()
    one.wait_for_url(re.compile("/cases/"))
    one.locator("summary", has_text="进场出示通知书").click()
    one.locator("input[type=date]").first.fill("2026-01-05")
    one.get_by_role("button", name="进场出示通知书").click()
    one.wait_for_url(re.compile("#steps"))
    return f"{full}/onsite/{visit.rsplit('/', 1)[1]}"


def write(page, note, yuan="12.30"):
    page.locator("#o-check").select_option("duplicate")
    page.get_by_label("成立", exact=True).check()
    page.locator("#o-yuan").fill(yuan)
    page.locator("#o-note").fill(note)


def ready(page, address):
    page.goto(address)
    page.locator("#onsite[data-ready]").wait_for()
    return page


def test_what_is_written_without_a_line_is_kept_and_sent_later(full, enter, tmp_path):
    one, two = enter("reviewer"), enter("head")
    address = arranged(full, one, two)
    faults = []
    one.on("pageerror", lambda error: faults.append(str(error)))
    ready(one, address)
    expect(one.locator("#o-state")).to_contain_text("全部已发送")
    one.evaluate("navigator.serviceWorker.ready.then(() => true)")
    again = one.context.new_page()
    again.on("pageerror", lambda error: faults.append(str(error)))
    again.goto(address)
    expect(again.locator("#o-state")).to_contain_text("另一标签页")  # one tab at a time writes
    expect(again.locator("#o-send")).to_be_disabled()
    assert again.evaluate(OPENED)
    one.context.set_offline(True)
    write(one, "第一条，离线填写")
    picture = Path(tmp_path / "ward.png")
    picture.write_bytes(PNG)
    one.locator("#o-photo").set_input_files(str(picture))
    expect(one.locator("#o-photos img")).to_have_count(1)
    one.close()  # in the middle of a record: the tab that waited goes on from it

    again.locator("#onsite[data-ready]").wait_for()
    expect(again.locator("#o-note")).to_have_value("第一条，离线填写")
    assert again.evaluate("window.opened") == "第一条，离线填写"  # closed until the draft is in it
    expect(again.locator("#o-photos img")).to_have_count(1)
    again.get_by_role("button", name="保存").click()
    expect(again.locator("#o-state")).to_contain_text("1 条未发送")
    expect(again.locator("#o-state")).to_contain_text("离线")
    assert "离线填写" not in again.evaluate(RAW)
    again.reload()
    expect(again.locator("#o-items")).to_contain_text("第一条，离线填写")
    expect(again.locator("#o-state")).to_contain_text("1 条未发送")
    again.context.set_offline(False)
    expect(again.locator("#o-state")).to_have_text("全部已发送")

    merged(again, two, address)
    gone(two)
    assert faults == []


def merged(again, two, address):
    """Let two people change one record without seeing each other, and one of them, without locks, merge it."""
    two.add_init_script(NO_LOCKS)
    ready(two, address)
    expect(two.locator("#o-items")).to_contain_text("1 张照片")
    for page, note in ((again, "甲的改动"), (two, "乙的改动")):
        page.context.set_offline(True)
        page.get_by_role("button", name="修改").click()
        page.locator("#o-note").fill(note)
        page.get_by_role("button", name="保存").click()
    again.context.set_offline(False)
    expect(again.locator("#o-state")).to_have_text("全部已发送")
    two.context.set_offline(False)
    expect(two.locator("#o-items")).to_contain_text("两个版本")
    expect(two.locator("#o-items")).to_contain_text("甲的改动")
    two.get_by_role("button", name="合并").click()
    expect(two.locator("#o-torn")).to_contain_text("乙的改动")
    assert two.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    if folder := os.environ.get("ZHUNSHENG_SCREENSHOTS"):
        two.screenshot(path=Path(folder) / "onsite-390.png", full_page=True)
    two.locator("#o-note").fill("合并后的说明")
    two.get_by_role("button", name="保存").click()
    expect(two.locator("#o-items")).not_to_contain_text("两个版本")
    expect(two.locator("#o-state")).to_have_text("全部已发送")


def gone(two):
    """Write once more, log out, and find nothing left on the device."""
    two.context.set_offline(True)
    write(two, "退出前没有发送")
    two.get_by_role("button", name="保存").click()
    two.context.set_offline(False)
    expect(two.locator("#o-state")).to_have_text("全部已发送")
    two.locator("details.menu--who summary").click()
    two.get_by_role("button", name="退出登录").click()
    two.wait_for_url(re.compile("/login"))
    assert two.evaluate(KEPT) == [0, 0]
