"""Pages of the subsidy for remote areas: the sum leads to its orders, unknown is said, and each reader sees its own."""

from datetime import date

import pytest
from django.test import Client

from tests.casework.informed import RIVAL, SECRETS
from tests.casework.test_subsidies import book
from tests.casework.vendoring import CODE
from tests.web.serving import OTHER, TOWN
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.web import book as shown_book

pytestmark = pytest.mark.django_db
HERE = f"/ratings/subsidies/{CODE}/2026-Q4"
#: Three orders of the town: one of 123.45, two without an amount; at 5 %.
AMOUNT, SUBSIDY = "123.45", "6.17"


@pytest.fixture
def named(served, monkeypatch):
    """The county names the town, and a code that no register has."""
    listed = book((TOWN.id, date(2026, 1, 1), None), ("H99", date(2026, 1, 1), date(2026, 3, 1)))
    monkeypatch.setattr(shown_book, "book", lambda: listed)
    return served


def seen(client, path, *words, status=200):
    got = client.get(path)
    text = got.content.decode("utf-8-sig")
    assert got.status_code == status, (path, text[-800:])
    for word in words:
        assert word in text, word
    assert not any(secret in text for secret in SECRETS)
    return text


def test_without_a_list_the_pages_say_that_nothing_is_reckoned(as_, served):
    for login in ("consortium", "vendor", "head"):
        for path in ("/ratings", "/ratings/subsidies"):
            text = seen(as_(login), path, "没有机构列为偏远地区：不计算", "5%", "2026-01-01")
            assert SUBSIDY not in text
    seen(as_("consortium"), HERE, status=404)


def test_the_page_of_ratings_leads_to_the_sum_and_the_sum_to_its_orders(as_, named):
    office = as_("consortium")
    seen(office, "/ratings", HERE, AMOUNT, "至少", SUBSIDY, "2 单", "季度未结束", "/ratings/subsidies")
    listed = seen(office, "/ratings/subsidies", HERE, TOWN.name, "青政〔2026〕1号", "演示", "补贴合计 6.17 元")
    assert "有金额未知，实际不少于此数" in listed
    detail = seen(office, HERE, TOWN.name, "O1", "O3", "O4", AMOUNT, "未填报", "青政〔2026〕1号")
    assert "O2" not in detail and "H99" not in detail  # of another hospital; and who is named without orders
    sent = seen(office, f"/ratings/subsidies.csv?vendor={CODE}", "恒诺医学检验", TOWN.id, AMOUNT, SUBSIDY, "小计")
    assert "四舍五入到分" in sent and "5%" in sent
    assert EvidenceOutbox.objects.filter(kind="list.exported").exists()
    assert office.get("/ratings/subsidies.xlsx").status_code == 200


def test_the_vendor_and_the_member_see_their_own_and_others_nothing(as_, named):
    for login in ("vendor", "town", "consortium", "head"):
        seen(as_(login), "/ratings", SUBSIDY)
        seen(as_(login), HERE, SUBSIDY, "O3")
    vendor = seen(as_("vendor"), f"/ratings/subsidies?vendor={CODE}", SUBSIDY, "名单所列")
    assert TOWN.name not in vendor  # the list is open knowledge, the register of members is not
    for login in ("other", "lead", "far"):
        assert SUBSIDY not in seen(as_(login), "/ratings/subsidies")
        seen(as_(login), HERE, status=404)
        seen(as_(login), f"/ratings/subsidies?vendor={CODE}", status=404)
    assert OTHER.name not in seen(as_("town"), "/ratings/subsidies")
    for login in ("admin", "auditor", "pharmacy"):
        seen(as_(login), "/ratings/subsidies", status=403)
        seen(as_(login), HERE, status=403)
    assert Client().get(HERE).status_code == 302


@pytest.mark.parametrize("path", [
    f"/ratings/subsidies/{CODE}/2026-Q1", f"/ratings/subsidies/{CODE}/2026-Q9", f"/ratings/subsidies/{CODE}/x",
    f"/ratings/subsidies/{RIVAL}/2026-Q4", "/ratings/subsidies/%00/2026-Q4", "/ratings/subsidies.pdf",
    "/ratings/subsidies?vendor=none",
])  # fmt: skip
def test_what_is_not_there_is_not_found(as_, named, path):
    seen(as_("consortium"), path, status=404)


def test_a_page_of_the_list_that_is_no_number_is_refused(as_, named):
    seen(as_("consortium"), "/ratings/subsidies?page=x", "ZS709", status=400)


def test_before_the_first_run_nothing_can_be_reckoned(as_, named, monkeypatch):
    monkeypatch.setattr(lake, "current_run", lambda: None)
    seen(as_("consortium"), "/ratings", "还没有运行，无法计算")
    seen(as_("consortium"), "/ratings/subsidies", "还没有运行，无法计算")
