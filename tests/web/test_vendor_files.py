"""The list, the file in parts and the archive of a vendor: every number leads to its rows, each reader sees the own."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from hashlib import sha256

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.casework import archiving
from tests.casework.overseeing import MEMBERS, opened, serving, set_clock
from tests.casework.vendoring import CODE
from tests.casework.walking import person
from tests.web.people import ACTOR
from zhunsheng.casework.agreements.models import Agreement, SlaValue
from zhunsheng.casework.archive.entries import Wanted, entries, latest
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.library import cycle
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.periodic import actions as periodic
from zhunsheng.casework.periodic.models import PeriodReport
from zhunsheng.casework.ratings.library import cards
from zhunsheng.casework.ratings.models import PeriodCard
from zhunsheng.casework.vendors.models import ServiceLine, Vendor
from zhunsheng.kernel.time import now
from zhunsheng.lights.values import Value
from zhunsheng.web import promises
from zhunsheng.web.vendorfile import gatherer, point_address

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
PARTS = ("", "/indicators", "/papers", "/people", "/deals", "/oversight", "/archive")


@pytest.fixture
def site(tmp_path, monkeypatch):
    people, line = serving(set_clock(monkeypatch, DAY))
    ServiceLine.objects.update(entered_on=date(2025, 3, 3))
    member = bodies.create_body(ACTOR, "institution", "沙渡镇卫生院", code=MEMBERS[0])
    far = bodies.create_body(ACTOR, "consortium", "邻县医共体", code="H33078299999")
    rival = bodies.create_body(ACTOR, "vendor", "邻县医学检验", code=archiving.OTHER)
    for login, body, duty in (("member", member, "office"), ("far", far, "head"), ("rival", rival, "head")):
        people[login] = person(login, body, duty)
    archiving.served(tmp_path, monkeypatch)
    return people, line


def page(user, address, status=200):
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode() if not answer.streaming and "zip" not in answer["Content-Type"] else answer.content


def test_the_latest_entries_are_the_first_of_the_whole_archive(site):
    people, line = site
    for who in ("head", "member", "lab"):
        whole = entries(scope(people[who]), line.vendor, Wanted(), [gatherer()])
        assert len(whole) > 8 or who == "member"
        for most in (1, 3, 8, 40):
            assert latest(scope(people[who]), line.vendor, most, [gatherer()]) == whole[:most]


def test_the_list_is_narrowed_by_each_word_and_asks_as_often_for_two_as_for_one(site):
    people, line = site
    head = people["head"]
    text = page(head, "/vendors")
    assert CODE in text and "无预警" in text and "尚未评级" in text
    for query, there in (
        ("kind=laboratory", True), ("kind=imaging", False), ("tier=medium", True), ("tier=high", False),
        ("light=normal", True), ("light=red", False), ("light=unknown", False), ("rating=unrated", True),
        ("rating=AAA", False), ("state=in_service", True), ("show=open", True), ("show=listed", False),
    ):  # fmt: skip
        assert (CODE in page(head, f"/vendors?{query}")) == there, query
    for wrong in ("light=green", "rating=D", "tier=none", "member=nobody", "kind=x"):
        page(head, f"/vendors?{wrong}", 400)
    assert "没有符合条件的第三方服务机构" in page(people["far"], "/vendors")
    with CaptureQueriesContext(connection) as one:
        page(head, "/vendors")
    again = Vendor.objects.create(
        institution_id="91330781MA2LABX22A", name="另一检验", registered_at=line.entry.opened_at
    )
    ServiceLine.objects.create(
        vendor=again, institution_id=again.institution_id, body=line.body, kind="laboratory", tier="medium",
        state="in_service", applied_on=DAY, entered_on=DAY,
    )  # fmt: skip
    with CaptureQueriesContext(connection) as two:
        assert "未知" in page(head, "/vendors")  # the run has nothing of it: neither a light nor the absence of one
    assert len(two) == len(one)


def test_each_part_shows_what_is_on_file_and_an_unknown_month_as_unknown(site):
    people, _line = site
    for part in PARTS:
        page(people["head"], f"/vendors/{CODE}{part}")
        page(people["lab"], f"/vendors/{CODE}{part}")
        for login in ("far", "rival", "member"):
            page(people[login], f"/vendors/{CODE}{part}", 404)
    page(people["head"], f"/vendors/{CODE}/nothing", 404)
    assert "没有机构列为偏远地区：不计算" in page(people["lab"], f"/vendors/{CODE}")
    chart = page(people["head"], f"/vendors/{CODE}/indicators")
    assert "96.0%" in chart and "未达到" in chart and "同类不足五家，不作比较" in chart and "目标 98" in chart
    assert (
        'class="c-gap"' in chart and f"/indicators/{archiving.INDICATOR}/rows?subject={CODE}&amp;month=2026-10" in chart
    )
    assert "month=2026-05" in chart  # the unknown month leads to its rows as well


def agreed(line):
    """An agreement on laboratory tests in force this year."""
    case = Case.objects.create(bound=cases._bound(cycle("service_agreement")), cycle="service_agreement", number="HT-1",
                               body=line.body, state="in_force", institution_id=CODE, opened_at=now())  # fmt: skip
    return Agreement.objects.create(
        case=case, vendor=line.vendor, institution_id=CODE, body=line.body, title="检验合同", kind="laboratory",
        state="in_force", drafted_on=DAY, valid_from=date(2026, 1, 1), valid_to=date(2027, 1, 1),
    )  # fmt: skip


def test_what_was_promised_stands_beside_what_was_counted_since_and_a_point_leads_there(site):
    people, line = site
    one = agreed(line)
    for name, value in (("test_accuracy", 980_000), ("satisfaction", 900_000), ("report_hours", 240_000)):
        SlaValue.objects.create(agreement=one, indicator=name, value_e4=value, valid_from=date(2026, 1, 1),
                                told_at=now(), told_by=people["head"])  # fmt: skip
    text = page(people["head"], f"/vendors/{CODE}/deals").split('id="promises"')[1].split("</section>")[0]
    for said in ("96.00%（960/1000）", "2026-10", "未达到", "没有对应的指标，不明", "没有数据，不明"):
        assert said in text, said
    assert f"/indicators/vendors/test_accuracy/rows?subject={CODE}&amp;month=2026-10" in text
    SlaValue.objects.filter(indicator="test_accuracy").update(valid_from=date(2026, 11, 1))
    assert "96.00%" not in page(people["head"], f"/vendors/{CODE}/deals")  # October promised nothing yet
    card = PeriodCard(institution_id=CODE, from_on=date(2026, 1, 1), until_on=date(2026, 7, 1))
    points = {c.id: point_address(c, card, {}) for c in cards()["vendor"].criteria}
    assert points["promises"] == f"/vendors/{CODE}/deals#promises"
    assert "archive?kind=rectification&since=2026-01-01" in points["rectification"]


def test_a_promise_is_held_against_the_last_whole_month_and_one_without_a_count_is_unknown(site, monkeypatch):
    people, line = site
    one = agreed(line)
    for name, value in (("test_accuracy", 900_000), ("report_hours", 245_000)):
        SlaValue.objects.create(agreement=one, indicator=name, value_e4=value, valid_from=date(2026, 1, 1),
                                told_at=now(), told_by=people["head"])  # fmt: skip
    month = lambda indicator, n, *counts: Value(f"vendors/{indicator}", CODE, date(2026, n, 1), *counts)  # noqa: E731
    known = [month("test_accuracy", 3, 99, 100, 0), month("laboratory_hours", 10, 20 * 88_200 + 20, 20, 0)]
    monkeypatch.setattr(promises.sources, "values", lambda *_given: [*known, month("test_accuracy", 11, 1, 3, 0)])
    text = page(people["head"], f"/vendors/{CODE}/deals").split('id="promises"')[1].split("</section>")[0]
    assert "24.51h" in text and "未达到" in text  # one second more than 24.5 hours
    assert "没有数据，不明" in text and "最近有数据的月份 2026-03" in text
    assert "33.33%" not in text and "99.00%" not in text and ">达到<" not in text
    assert "/indicators/vendors/laboratory_hours/rows" in text
    told = list(promises.beside(scope(people["head"]), CODE, DAY, rows=False))
    assert {row["address"] for row in told} == {""}  # who may not read rows gets no link to them


def test_the_archive_joins_everything_in_time_order_marks_leads_and_is_filtered(site):
    people, line = site
    given = {"kind": "laboratory", "what": "other", "occurred_on": "2026-11-20", "facts": "标本混淆一例，已追回。"}
    case = opened(people, "vendor_incident", line, **given)
    text = page(people["head"], f"/vendors/{CODE}/archive")
    for said in ("收到投诉：延误", "发生：数据泄露", "标本混淆一例", case.number, "录入 ", "线索", "可疑 1 件"):
        assert said in text, said
    assert text.index("标本混淆一例") < text.index("发生：数据泄露")
    only = page(people["head"], f"/vendors/{CODE}/archive?kind=complaint&since=2026-08-01&until=2026-08-31")
    assert only.count("收到投诉") == 1 and "投诉办结：延误" in only and "数据泄露" not in only.split("<table")[1]
    assert "没有符合条件的档案条目" in page(people["head"], f"/vendors/{CODE}/archive?until=2020-01-01")
    page(people["head"], f"/vendors/{CODE}/archive?kind=nothing", 400)
    page(people["head"], f"/vendors/{CODE}/archive?since=yesterday", 400)
    assert archiving.OTHER[-3:] not in text.split("<table")[1]


def test_the_vendor_reads_in_its_archive_what_it_may_read_and_no_more(site):
    people, line = site
    reason = {"since_on": "2026-08-01", "reason": "内部线索，尚未告知供应商"}
    cases.open_case(people["colleague"], "vendor_alert", reason, body=line.body, institution_id=CODE,
                    subject_body=people["lab"].body)  # fmt: skip
    assert "内部线索，尚未告知供应商" in page(people["head"], f"/vendors/{CODE}/archive")
    assert "内部线索，尚未告知供应商" not in page(people["lab"], f"/vendors/{CODE}/archive")
    told = Client()
    told.force_login(people["colleague"])
    table = told.get(f"/vendors/{CODE}/archive.csv").content.decode("utf-8-sig")
    assert "内部线索，尚未告知供应商" in table and "线索" in table


def test_the_sealed_bundle_holds_what_its_manifest_says_and_leaves_its_digest_in_the_evidence(site):
    people, _line = site
    packed = zipfile.ZipFile(io.BytesIO(page(people["head"], f"/vendors/{CODE}/archive.zip")))
    manifest = json.loads(packed.read("manifest.json"))
    assert (manifest["vendor"], manifest["run"]) == (CODE, archiving.RUN)
    for name, digest in manifest["files"].items():
        assert sha256(packed.read(name)).hexdigest() == digest
    rows = list(csv.DictReader(io.StringIO(packed.read("entries.csv").decode("utf-8-sig"))))
    assert len(rows) == manifest["entries"]
    named = {int(row["evidence"]) for row in rows if row["evidence"]}
    receipts = {int(name.split("-")[1].split(".")[0]) for name in manifest["files"] if name.startswith("receipts/")}
    assert named == receipts | set(manifest["without_receipt"])
    left = EvidenceOutbox.objects.get(kind="archive.bundled")
    assert json.loads(left.payload)["manifest"] == sha256(packed.read("manifest.json")).hexdigest()
    page(people["far"], f"/vendors/{CODE}/archive.zip", 404)
    page(people["head"], f"/vendors/{CODE}/archive.exe", 404)


def test_the_overview_counts_what_it_leads_to_and_names_what_the_office_lacks(site):
    people, _line = site
    text = page(people["head"], "/vendors/overview")
    for said in (
        "第三方服务总览",
        "kind=laboratory",
        "light=normal",
        "rating=unrated",
        "没有变坏的记录",
        "缺少专业背景",
    ):
        assert said in text, said
    assert "在册 0 家" in page(people["far"], "/vendors/overview")
    assert "监督力量" not in page(people["lab"], "/vendors/overview")


def test_a_report_is_frozen_on_its_page_and_read_by_its_receiver_once_submitted(site):
    people, line = site
    period = (date(2026, 7, 1), date(2026, 10, 1))
    periodic.open_report(cases.CLOCK, "supervision_report", line.body, people["bureau"].body, period)
    report = PeriodReport.objects.get()
    client = Client()
    client.force_login(people["clerk"])
    address = f"/vendors/reports/{report.pk}"
    assert "尚未固定数据" in client.get(address).content.decode()
    for version in ("", "x", "99"):
        assert client.post(f"{address}/freeze", {"version": version}).status_code in (400, 409), version
    assert client.post(f"{address}/freeze", {"version": report.case.version}).status_code == 302
    text = client.get(address).content.decode()
    assert "97.0%" in text and archiving.RUN in text and "查实 1 件" in text
    assert "检验准确率,2910,3000" in client.get(f"{address}.csv").content.decode("utf-8-sig")
    for login in ("far", "rival", "member", "lab"):
        page(people[login], address, 404)
        assert "没有定期报告" in page(people[login], "/vendors/reports")
    page(people["head"], "/vendors/reports?kind=other", 400)
    assert "还没有公布的报告" in Client().get("/service/reports").content.decode()
