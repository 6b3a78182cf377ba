"""Pages of vendors and the check of new orders: each reader's own, each fault in words, one phone and one desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.casework.vendoring import CODE, filled, paper
from tests.web.desks import post
from zhunsheng.casework.bodies.models import Body, DutyName, User
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.vendors import actions
from zhunsheng.casework.vendors.models import ServiceLine, Vendor, VendorPaper
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(people):
    """The consortium's office: who enters, who checks, who decides; and the vendor with its code."""
    from tests.casework.walking import person

    body = people["consortium"].body
    Body.objects.filter(kind="vendor").update(institution_code=CODE)
    people["vendor"].refresh_from_db()
    people["vendor"] = User.objects.get(pk=people["vendor"].pk)
    crew = {"clerk": person("clerk", body, DutyName.HANDLER), "colleague": person("colleague", body, DutyName.REVIEWER)}
    return {**crew, "head": people["consortium"], "body": body}


def form(office, **change):
    given = {"code": CODE, "name": "恒诺医学检验", "body": str(office["body"].pk), "f-kind": "laboratory",
             "f-members": "", "f-statement": "申请为各院提供检验服务", "key": "k1"}  # fmt: skip
    return {**given, **change}


def applied(as_, office):
    as_("vendor").post("/vendors/new", form(office))
    return Case.objects.get()


def test_a_vendor_applies_and_the_consortium_meets_it_nobody_else(as_, office, people):
    assert "没有符合条件的第三方服务机构" in as_("consortium").get("/vendors").content.decode()
    wrong = as_("vendor").post("/vendors/new", form(office, code="123"))
    assert wrong.status_code == 400 and "统一社会信用代码" in wrong.content.decode()
    foreign = as_("vendor").post("/vendors/new", form(office, code="91330781MA2LABX09X"))
    assert foreign.status_code == 403
    assert not Vendor.objects.exists()
    sent = as_("vendor").post("/vendors/new", form(office))
    case = Case.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"/vendors/reviews/{case.pk}")
    for login, code in (
        ("vendor", 200),
        ("consortium", 200),
        ("whole", 403),
        ("lead", 404),
        ("agency", 200),
        ("far", 404),
    ):
        assert as_(login).get(f"/vendors/{CODE}").status_code == code, login
        assert as_(login).get(f"/vendors/reviews/{case.pk}").status_code == code, login
    page = as_("consortium").get(f"/vendors/reviews/{case.pk}").content.decode()
    assert "ISO 15189" in page and "未知" in page and "0–100" in page


def test_a_paper_is_entered_checked_by_another_and_its_end_listed(as_, office, client):
    applied(as_, office)
    soon = now().date() + timedelta(days=20)
    given = {
        "kind": "iso_15189",
        "number": "CNAS-7",
        "issuer": "CNAS",
        "valid_from": "2026-01-05",
        "valid_to": str(soon),
    }
    wrong = as_("vendor").post(f"/vendors/{CODE}/add/paper", {**given, "valid_to": "2025-01-01"})
    assert (
        wrong.status_code == 400 and "须晚于生效日期" in wrong.content.decode() and "CNAS-7" in wrong.content.decode()
    )
    assert as_("vendor").post(f"/vendors/{CODE}/add/paper", given).status_code == 302
    made = VendorPaper.objects.get()
    refused = as_("vendor").post(f"/vendors/{CODE}/papers/{made.pk}/check", {"answer": "accept"})
    assert refused.status_code == 403
    assert "没有将要到期的证照" in as_("consortium").get("/vendors/expiry").content.decode()
    assert as_("consortium").post(f"/vendors/{CODE}/papers/{made.pk}/check", {"answer": "accept"}).status_code == 302
    assert "还有 20 天" in as_("consortium").get("/vendors/expiry").content.decode()
    assert "CNAS-7" in as_("consortium").get(f"/vendors/{CODE}/papers").content.decode()
    value = {"kind": "eqa_pass", "numerator": "9", "denominator": "8", "on": "2026-11-01", "source": "现场核验"}
    assert as_("consortium").post(f"/vendors/{CODE}/add/fact", value).status_code == 400
    assert as_("consortium").post(f"/vendors/{CODE}/add/fact", {**value, "denominator": "9"}).status_code == 302
    assert as_("consortium").post(f"/vendors/{CODE}/add/other", value).status_code == 404


def test_the_list_the_negative_list_and_the_files_are_told_in_both_languages(as_, office, people):
    applied(as_, office)
    vendor = Vendor.objects.get()
    told = {"kind": "dishonesty", "value": "some", "on": "2026-11-01", "source": "信用网站"}
    actions.add_fact(office["head"], vendor, told)
    listed = as_("consortium").get("/vendors?kind=laboratory&show=listed").content.decode()
    assert "列入严重失信主体名单" in listed and CODE in listed
    assert "列入严重失信主体名单" in as_("consortium").get("/vendors/negative").content.decode()
    assert as_("consortium").get("/vendors?kind=nothing").status_code == 400
    sheet = as_("consortium").get("/vendors.csv").content.decode("utf-8-sig")
    assert CODE in sheet and "检验" in sheet
    opened = as_("consortium").post(
        f"/vendors/{CODE}/open/negative_entry", {"f-ground": "通报", "f-reason": "伪造报告", "key": "n"}
    )
    assert opened.status_code == 302
    assert as_("vendor").get(f"/vendors/{CODE}/open/negative_entry").status_code == 403
    User.objects.filter(pk=office["head"].pk).update(language="en")
    page = as_("consortium").get(f"/vendors/{CODE}").content.decode()
    assert "Service lines" in page and "On a list of grave dishonesty" in page


def test_a_new_order_is_refused_by_the_interface_with_reason_and_citation(as_, office, secret):
    applied(as_, office)
    vendor = Vendor.objects.get()
    crew = {"clerk": office["clerk"], "colleague": office["colleague"]}
    filled(crew, vendor, day=str(now().date()))
    order = {"vendor_id": CODE, "service_kind": "laboratory"}
    code, told = post("/api/vendor/orders/check", order, secret)
    assert (code, told["code"], told["reason"]) == (409, "ZS657", "not_entered") and told["citation"]
    day = str(now().date())
    ServiceLine.objects.update(state="in_service", history=[[day, "in_service", "ZR"]])
    assert post("/api/vendor/orders/check", order, secret) == (200, {"accepted": True, **order})
    VendorPaper.objects.filter(kind="iso_15189").update(valid_to=day)
    code, told = post("/api/vendor/orders/check", order, secret)
    assert (code, told["reason"]) == (409, "paper_ended") and "ISO 15189" in told["message"]
    paper(crew, vendor, "iso_15189", number="新证")
    assert post("/api/vendor/orders/check", order, secret)[0] == 200
    assert post("/api/vendor/orders/check", {**order, "service_kind": "magic"}, secret)[0] == 400
    assert post("/api/vendor/orders/check", order)[0] == 401


def test_what_is_sent_twice_or_lies_beyond_all_days_is_told_and_the_file_still_opens(as_, office):
    applied(as_, office)
    clerk, add = as_("consortium"), f"/vendors/{CODE}/add"
    since = {"valid_from": "2026-01-01"}
    for what, given in (
        ("person", {"practitioner_id": "P1", "name": "检验师", "profession": "检验", **since}),
        ("device", {"device_id": "D1", "name": "分析仪", **since}),
    ):
        assert clerk.post(f"{add}/{what}", given).status_code == 302
        again = clerk.post(f"{add}/{what}", given)
        assert again.status_code == 400 and "该日起的记录已在档案中" in again.content.decode()
    far = {"kind": "encrypted_storage", "number": "E1", "issuer": "机构", "valid_from": "9999-12-31"}
    assert clerk.post(f"{add}/paper", far).status_code == 400  # a paper that counts for 365 days has no end there
    rating = {"kind": "rating", "value": "AAA", "year": "202600000000", "on": "2026-01-01", "source": "评级"}
    assert clerk.post(f"{add}/fact", rating).status_code == 400
    assert clerk.get(f"/vendors/{CODE}").status_code == 200
