"""Accounts in a real browser: one-time codes, a passkey by a virtual authenticator, and what was typed comes back."""

from __future__ import annotations

import base64
import re
import time

import pytest
from playwright.sync_api import expect

from tests.web.people import PASSWORD
from zhunsheng.casework.accounts import codes
from zhunsheng.kernel.home import ROOT

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def log_out(page):
    page.locator("details.menu--who summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(re.compile("/login$"))


def first_step(page, site, login):
    page.goto(f"{site}/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def code_of(secret, steps=0):
    return codes.code_at(secret, int(time.time()) // codes.STEP + steps)


@pytest.mark.parametrize("width", [1440, 390])
def test_one_time_codes_from_the_picture_to_the_next_login(full, enter, page, faults, shot, width):
    page.set_viewport_size({"width": width, "height": 900})
    enter(full, "police")
    page.goto(f"{full}/account")
    shot("account")
    page.get_by_role("link", name="添加动态口令").click()
    picture = page.locator("img.qr")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100"), "the policy lets the picture in"
    page.get_by_text("不能扫描时").click()
    spelled = page.locator("#spelled").inner_text().replace(" ", "")
    secret = base64.b32decode(spelled + "=" * (-len(spelled) % 8))
    shot("account-code")
    page.get_by_label("输入应用显示的六位数字").fill(code_of(secret, -1))
    page.keyboard.press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    recovery = page.locator(".codes li").first.inner_text()
    shot("account-codes")
    page.get_by_role("link", name="已保存，返回").click()
    expect(page.locator("#factors")).to_contain_text("还有 10 个可用")
    log_out(page)
    first_step(page, full, "police")
    page.wait_for_url(re.compile("/login/second"))
    shot("login-second")
    used = code_of(secret)
    page.get_by_label("动态口令").fill(used)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(inbox)?$"))
    log_out(page)
    first_step(page, full, "police")
    page.get_by_label("动态口令").fill(used)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("用过的不能再用")
    shot("login-second-wrong")
    faults[:] = [one for one in faults if "401" not in one]
    page.get_by_label("动态口令").fill(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(inbox)?$"))
    page.goto(f"{full}/account")
    expect(page.locator("#factors")).to_contain_text("还有 9 个可用")
    assert fits(page)
    page.locator("#factors").get_by_role("button", name="移除").click()
    expect(page.locator("#factors")).to_contain_text("未添加")
    assert faults == []


@pytest.fixture
def authenticator(page):
    """A device inside the browser that makes passkeys and signs with them; called, it loses them all."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    return lambda: session.send("WebAuthn.clearCredentials", {"authenticatorId": made})


def test_a_passkey_is_made_used_and_removed(full, page, faults, shot, authenticator):
    site = full.replace("127.0.0.1", "localhost")
    first_step(page, site, "idle")
    page.wait_for_url(re.compile(r"/(inbox)?$"))
    page.goto(f"{site}/account")
    page.get_by_label("名称，便于日后辨认").fill("办公室电脑")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="已保存，返回").click()
    expect(page.locator("#passkeys")).to_contain_text("办公室电脑")
    shot("account-passkey")
    page.get_by_label("名称，便于日后辨认").fill("又一次")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.locator("#passkeys [role=alert]")).to_be_visible()  # this device has one already
    log_out(page)
    first_step(page, site, "idle")
    page.wait_for_url(re.compile("/login/second"))
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url(re.compile(r"/(inbox)?$"))
    page.goto(f"{site}/account")
    expect(page.locator("#sessions")).to_contain_text("密码 + 通行密钥")
    log_out(page)
    authenticator()
    first_step(page, site, "idle")
    page.wait_for_url(re.compile("/login/second"))
    page.get_by_role("button", name="使用通行密钥").click()
    expect(page.get_by_text("没有完成")).to_be_visible()
    shot("login-second-passkey")
    assert faults == []


def test_what_was_typed_comes_back_after_a_login_that_ran_out(full, enter, page, shot):
    enter(full, "town")  # whose worklist no other test reads
    page.goto(f"{full}/findings")
    page.locator("[data-rows] tbody tr a").first.click()
    page.wait_for_url(re.compile(r"/findings/[0-9a-f]{20}"))
    address = page.url
    page.locator("#note").fill("已电话核对病历，待复印")
    page.context.clear_cookies(name="zhunsheng_session")
    page.locator("form", has=page.locator("#note")).locator("button[type=submit]").click()
    page.wait_for_url(re.compile("/login"))
    page.get_by_label("登录名").fill("town")
    page.get_by_label("密码").fill(PASSWORD)
    assert PASSWORD not in page.evaluate("JSON.stringify({...sessionStorage})")
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(address.rstrip("?"))
    expect(page.locator("#note")).to_have_value("已电话核对病历，待复印")
    expect(page.get_by_text("已恢复登录中断前填写的内容")).to_be_visible()
    shot("kept")
    page.locator("form", has=page.locator("#note")).locator("button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("已电话核对病历，待复印")
    page.goto(address)
    expect(page.locator("#kept")).to_be_hidden()
    assert page.evaluate("sessionStorage.length") == 0


def test_what_one_person_typed_is_not_shown_to_another(full, enter, page):
    enter(full, "reviewer")
    page.goto(f"{full}/findings")
    page.locator("[data-rows] tbody tr a").first.click()
    page.wait_for_url(re.compile(r"/findings/[0-9a-f]{20}"))
    address = page.url
    page.locator("#note").fill("只给自己看")
    page.context.clear_cookies(name="zhunsheng_session")
    enter(full, "head")
    page.goto(address)
    expect(page.locator("#note")).to_have_value("")
    assert "只给自己看" not in page.evaluate("JSON.stringify({...sessionStorage})")
    page.locator("#note").fill("再写")
    log_out(page)
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("width", [1440, 390])
def test_people_by_two_administrators_with_the_keyboard(full, enter, page, faults, shot, width):
    page.set_viewport_size({"width": width, "height": 900})
    enter(full, "operator")
    page.goto(f"{full}/people")
    page.get_by_label("登录名").last.fill(f"newcomer{width}")
    page.get_by_label("姓名", exact=True).fill("新人")
    page.get_by_label("单位").last.select_option(label="青禾县医疗保障局")
    page.get_by_label("单位").last.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#password")).to_have_text(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
    shot("people-made")
    assert fits(page)
    log_out(page)
    enter(full, "keeper")
    page.goto(f"{full}/people?q=newcomer{width}")
    page.locator("tbody a").click()
    page.get_by_label("职责", exact=True).select_option("reviewer")
    page.get_by_role("button", name="授予", exact=True).click()
    expect(page.locator("#duties")).to_contain_text("在任")
    page.get_by_label("职责", exact=True).select_option("auditor")
    page.get_by_role("button", name="授予", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("不能任“安全审计员”")
    shot("person-clash")
    assert fits(page)
    assert [one for one in faults if "409" not in one] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_on_pages_of_accounts(full, enter, page, scheme):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make assets")
    page.emulate_media(color_scheme=scheme)
    pages = {"reviewer": ("/account", "/account/code", "/account/password", "/confirm"), "operator": ("/bodies",),
             "keeper": ("/people", "/people?q=没有此人", "/people?q=reviewer")}  # fmt: skip
    for login, addresses in pages.items():
        enter(full, login)
        for address in addresses:
            page.goto(f"{full}{address}")
            if address.endswith("q=reviewer"):
                page.locator("tbody a").click()
                page.locator("details.data summary").first.click()
            page.evaluate(AXE.read_text("utf-8"))
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
            serious = [
                (one["id"], [node["target"] for node in one["nodes"]][:3])
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
            assert serious == [], address
        log_out(page)
