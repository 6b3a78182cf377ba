"""The public entrance and a vendor's own pages: what is shown without a login, and what a vendor files and sees."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.casework.informed import RIVAL, SECRETS
from tests.casework.vendoring import CODE
from zhunsheng.book.duties import load_duties
from zhunsheng.casework.agreements import bands
from zhunsheng.casework.agreements.models import PriceFiling
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.imports.models import Import
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.ratings.models import PeriodCard, Rating
from zhunsheng.casework.vendors import duties
from zhunsheng.casework.vendors.models import ServiceLine, Vendor, VendorPaper, VendorPerson
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db
TODAY = now().date()


def seen(client, path, *words, status=200):
    got = client.get(path)
    text = got.content.decode()
    assert got.status_code == status, text[-800:]
    for word in words:
        assert word in text, word
    return text


def test_the_entrance_is_public_and_tells_nothing_of_persons(served):
    public = Client()
    for path in ("", "/lookup", "/complaint", "/prices", "/ratings", "/vendors", "/violations", "/survey", "/follow"):
        text = seen(public, f"/service{path}", "第三方服务")
        assert not any(word in text for word in SECRETS)
    seen(public, "/service/vendors", "恒诺医学检验", "PDY-001", "当日已失效", "没有核验过的证照，不明")
    listed = seen(public, "/service/prices", "项目CT", "260.00", "200.00", "130.00%", "收费不足，无法比较", "对手检验")
    assert listed.count("项目CT") == 2  # of every vendor
    assert "没有符合条件的项目" in seen(public, "/service/prices?q=nothing")
    assert "项目CT" not in seen(public, "/service/prices?q=few")
    sent = public.get("/service/prices.csv?q=ct")
    assert (
        sent["Cache-Control"].startswith("public")
        and not sent.cookies
        and "130.00%" in sent.content.decode("utf-8-sig")
    )
    assert "private" in public.get("/service/prices")["Cache-Control"]
    for path in ("/informing", "/portal", "/portal/prices", "/vendors/duties"):
        assert public.get(path).status_code == 302
    seen(public, "/service/prices?page=x", status=400)


def test_before_the_first_run_and_vendor_the_entrance_says_so(people, monkeypatch):
    monkeypatch.setattr(lake, "current_run", lambda: None)
    public = Client()
    seen(public, "/service/prices", "没有备案价格")
    seen(public, "/service/vendors", "还没有第三方服务")
    seen(public, "/service/ratings", "还没有第三方服务")
    assert public.get("/service/prices.csv").status_code == 200


def rate(people, standing, **more):
    """A rating of the laboratory as rows: how one comes about is tested elsewhere."""
    body, life = people["consortium"].body, cases.library.cycle("vendor_rating")
    case = Case.objects.create(bound=cases._bound(life), cycle="vendor_rating", number=f"PJ-{standing}", body=body,
                               state=more.pop("state", "in_force"), institution_id=CODE, opened_at=now(),
                               party_sees=True, subject_body=people["vendor"].body,
                               due_on=TODAY + timedelta(days=4))  # fmt: skip
    card = PeriodCard.objects.create(body=body, institution_id=CODE, card="vendor", from_on=date(2026, 1, 1),
                                     until_on=date(2026, 7, 1), low=80, high=90, standing=standing, best=standing,
                                     lines=[], digest=standing, run="r", book="b", made_at=now(),
                                     evidence=0)  # fmt: skip
    return Rating.objects.create(case=case, body=body, institution_id=CODE, subject_body=people["vendor"].body,
                                 card=card, standing=standing, party_sees=True, **more)  # fmt: skip


def test_a_rating_is_public_once_it_is_in_force_and_the_vendor_sees_how_long_it_may_object(as_, served):
    one = rate(served, "AA", state="noticed")
    assert "未评级" in seen(Client(), "/service/ratings") and "<b>AA</b>" not in seen(Client(), "/service/ratings")
    seen(as_("vendor"), "/portal", "AA", "可提出异议，还有 4 天")
    Rating.objects.filter(pk=one.pk).update(in_force_on=TODAY, outcome="in_force", objection="upheld")
    seen(Client(), "/service/ratings", "<b>AA</b>", "异议未采纳，维持", "2026-01-01")


def filed(**more):
    given = {
        "item_code": "CT",
        "item_name": "CT平扫",
        "price": "195.00",
        "valid_from": str(TODAY),
        "reason": "成本上升。",
    }
    return {**given, **more}


def test_a_price_is_filed_once_compared_at_once_and_reaches_the_facts_by_an_import_that_others_confirm(
    as_, served, monkeypatch
):
    vendor = as_("vendor")
    above = vendor.post("/portal/prices", filed())
    assert above.status_code >= 400 and "ZS894" in above.content.decode() and not PriceFiling.objects.exists()
    monkeypatch.setattr(bands, "exceptions", lambda *_asked: {"CT": 130})  # two people let it pass
    shown = vendor.post("/portal/prices", filed()).content.decode()
    assert "150.00" in shown and "130.00%" in shown and "达到 130%" in shown  # (10 x 100 + 10 x 200) / 20
    below = vendor.post("/portal/prices", filed(price="194.99", valid_from=str(TODAY + timedelta(days=9))))
    assert "129.99%" in below.content.decode() and "达到 130%，" not in below.content.decode()
    few = vendor.post("/portal/prices", filed(item_code="NEW")).content.decode()
    assert "无法比较" in few
    held = PriceFiling.objects.get(item_code="CT", valid_from=TODAY)
    assert (held.ratio_bp, held.mean_e6, held.lines) == (13_000, 150_000_000, 20)
    made = Import.objects.get(pk=held.delivery_id)
    assert (made.state, made.body_id, made.snapshot) == ("checking", served["reviewer"].body_id, "")
    assert EvidenceOutbox.objects.filter(kind="price.filed", subject=f"vendor:{CODE}").count() == 3
    wrong = {
        "ZS673": filed(price="1"), "ZS863": filed(valid_from=str(TODAY - timedelta(days=1))), "ZS671": filed(reason=""),
    }  # fmt: skip
    for code, given in wrong.items():
        got = vendor.post("/portal/prices", given)
        assert got.status_code >= 400 and code in got.content.decode(), code
    for given in (filed(price="-3"), filed(price="0"), filed(item_code="=1+1"), filed(valid_from="soon")):
        assert "ZS671" in vendor.post("/portal/prices", given).content.decode()
    assert PriceFiling.objects.count() == 3
    for login in ("head", "consortium", "town"):
        assert as_(login).post("/portal/prices", filed(item_code="X")).status_code == 403
        seen(as_(login), "/portal", status=403)


def test_the_file_of_a_filing_is_read_by_the_source_of_vendor_services(as_, served, work, monkeypatch):
    monkeypatch.setattr(bands, "exceptions", lambda *_asked: {"CT": 130})
    Body.objects.filter(kind="vendor").update(institution_code="91990124MA7QH00016")  # with a true check character
    assert as_("vendor").post("/portal/prices", filed()).status_code == 200
    work()
    made = Import.objects.get()
    (told,) = made.check_report["files"]
    assert made.state == "checked" and (told["rows_read"], told["rows_rejected"]) == (1, 0), made.check_report
    assert "price" in str(told["kind"])


def test_a_vendor_never_meets_another_vendors_rows(as_, served):
    other = Vendor.objects.create(institution_id=RIVAL, name="对手检验", registered_at=now())
    ServiceLine.objects.create(vendor=other, institution_id=RIVAL, body=served["consortium"].body, kind="pathology",
                               tier="high", state="in_service", applied_on=TODAY, entered_on=TODAY)  # fmt: skip
    VendorPerson.objects.create(vendor=other, institution_id=RIVAL, practitioner_id="R1", name="对手医师",
                                profession="医师", valid_from=TODAY, told_by=served["head"], told_at=now())  # fmt: skip
    PriceFiling.objects.create(institution_id=RIVAL, item_code="CT", item_name="对手价", unit_price_e6=1, reason="r",
                               valid_from=TODAY, filed_by=served["head"], filed_at=now())  # fmt: skip
    for path in ("/portal", "/portal/prices", "/portal/incident", "/portal/exception", "/informing?show=all"):
        text = seen(as_("vendor"), path)
        assert not [word for word in (RIVAL, "对手") if word in text], path
    for path in ("/vendors/duties", "/relations"):
        assert as_("vendor").get(path).status_code == 403
    seen(as_("consortium"), "/vendors/duties", "恒诺医学检验", "对手检验")
    assert "恒诺" not in seen(as_("far"), "/vendors/duties")


def test_on_its_page_a_vendor_renews_papers_names_heads_and_reports_an_incident(as_, served):
    vendor = as_("vendor")
    assert vendor.get(reverse("home"))["Location"] == reverse("portal")
    given = {"kind": "encrypted_storage", "number": "ES-1", "issuer": "测评机构", "valid_from": str(TODAY)}
    scan = SimpleUploadedFile("es.pdf", b"%PDF-1.4 " + b"0" * 400_000, "application/pdf")
    assert vendor.post("/portal/paper", {**given, "file": scan}).status_code == 302
    assert VendorPaper.objects.get(number="ES-1").accepted is None
    seen(vendor, "/portal", "材料待核验", "缺 质量负责人")
    assert vendor.post("/portal/paper", {**given, "kind": "nothing"}).status_code == 400
    assert vendor.post("/portal/other", given).status_code == 404
    head = {
        "practitioner_id": "Q1",
        "name": "钱质量",
        "profession": "管理",
        "role": "quality_head",
        "valid_from": str(TODAY),
    }
    assert vendor.post("/portal/person", head).status_code == 302
    assert "缺 质量负责人" not in seen(vendor, "/portal", "钱质量")
    line = ServiceLine.objects.get()
    told = {
        "line": line.pk,
        "f-what": "cold_chain",
        "f-occurred_on": str(TODAY),
        "f-facts": "冷链中断半小时。",
        "key": "k1",
    }
    assert vendor.post("/portal/incident", {**told, "line": "999"}).status_code == 400
    sent = vendor.post("/portal/incident", told)
    case = Case.objects.get(cycle="vendor_incident")
    assert sent["Location"] == f"/cases/{case.pk}" and (case.body_id, case.institution_id) == (line.body_id, CODE)
    seen(as_("consortium"), f"/cases/{case.pk}", "冷链中断半小时。")
    assert as_("far").get(f"/cases/{case.pk}").status_code == 404


def test_a_vendor_asks_for_an_exception_and_sees_what_became_of_it(as_, served, monkeypatch):
    vendor, line = as_("vendor"), ServiceLine.objects.get()
    refused = vendor.post("/portal/prices", filed()).content.decode()
    assert "/portal/exception?f-item=CT" in refused and "没有申请过例外" in refused
    seen(vendor, "/portal/exception?f-item=CT", 'value="CT"', "由采购方两人批准")
    other = ServiceLine.objects.create(vendor=line.vendor, institution_id=CODE, body=line.body, kind="imaging",
                                       tier="medium", state="in_service", applied_on=TODAY)  # fmt: skip
    widths = {line.pk: bands.Band(105, "AA", "passed"), other.pk: bands.Band(95, "B", "unknown")}
    with monkeypatch.context() as patch:
        patch.setattr(bands, "band_of", lambda lines, _day: widths[min(one.pk for one in lines)])
        form = vendor.get("/portal/exception").content.decode()  # each line by its own band, not by the widest
    said = [form.split(f'id="band-{pk}"')[1].split("</p>")[0] for pk in widths]
    assert "均价的 105%" in said[0] and "AA" in said[0] and "均价的 95%" in said[1] and ">B<" in said[1]
    other.delete()
    ask = {"line": line.pk, "f-item": "CT", "f-percent": "130", "f-reason": "急诊加做，成本高于均价。", "key": "k1"}
    for wrong, code in ({"line": "999"}, "ZS671"), ({"f-percent": "0"}, "ZS9"), ({"f-reason": ""}, "ZS9"):
        got = vendor.post("/portal/exception", {**ask, **wrong})
        assert got.status_code >= 400 and code in got.content.decode(), wrong
    assert not Case.objects.filter(cycle="price_exception").exists()
    sent = [vendor.post("/portal/exception", ask) for _twice in "ab"]
    case = Case.objects.get(cycle="price_exception")
    assert {one["Location"] for one in sent} == {f"/cases/{case.pk}"}
    assert (case.state, case.body_id, case.institution_id) == ("asked", line.body_id, CODE)
    again = vendor.post("/portal/exception", {**ask, "key": "k2"})
    assert again.status_code >= 400 and case.number in again.content.decode()
    seen(vendor, "/portal/prices", case.number, "130%", "急诊加做", "待批准")
    assert "f-opinion" not in seen(vendor, f"/cases/{case.pk}")  # it reads its case and decides nothing
    grant = {"version": str(case.version), "f-from_on": str(TODAY), "f-until_on": "2099-01-01", "f-opinion": "同意"}
    assert vendor.post(f"/cases/{case.pk}/moves/grant", grant).status_code >= 400
    seen(as_("consortium"), f"/cases/{case.pk}", "f-opinion")
    for login in ("far", "town", "other"):
        assert as_(login).get(f"/cases/{case.pk}").status_code == 404
        assert as_(login).get("/portal/exception").status_code == 403
        assert as_(login).post("/portal/exception", ask).status_code == 403
    assert Case.objects.get(pk=case.pk).state == "asked"


def test_duties_count_what_is_missing_ended_or_unchecked_as_not_kept(served, tmp_path):
    listed = {one.duty.id: one for one in duties.kept(CODE, ["laboratory"], TODAY)}
    assert {one.mark for one in listed.values()} == {"missing"}
    assert "encrypted_storage" not in {one.duty.id for one in duties.kept(CODE, ["cleaning"], TODAY)}
    told = {"vendor": Vendor.objects.get(), "institution_id": CODE, "told_by": served["head"], "told_at": now()}
    year_ago = TODAY - timedelta(days=365)
    for number, (since, accepted, mark) in enumerate((
        (year_ago, True, "ended"), (TODAY, None, "ended"), (TODAY, True, "met"),
    )):  # fmt: skip
        VendorPaper.objects.create(**told, kind="access_control", number=str(number), issuer="i", valid_from=since,
                                   accepted=accepted)  # fmt: skip
        found = {one.duty.id: one.mark for one in duties.kept(CODE, ["laboratory"], TODAY)}
        assert found["access_control"] in (mark, "unchecked"), (number, found)
    shares = {one.duty.id: (one.without, one.of) for one in duties.shares(ServiceLine.objects.all(), TODAY)}
    assert shares["access_control"] == (0, 1) and shares["encrypted_storage"] == (1, 1)
    (tmp_path / "vendors").mkdir()
    for name in ("service_kinds.yaml", "duties.yaml"):
        text = (rulebook() / "vendors" / name).read_text()
        (tmp_path / "vendors" / name).write_text(text.replace("document: access_control", "document: nothing"))
    with pytest.raises(Problem) as refused:
        load_duties(tmp_path)
    assert refused.value.code == "ZS650"
