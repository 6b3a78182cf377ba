"""Pages on the oversight of vendors: each is shown to who may see it, and the public complains and follows."""

import re
from datetime import timedelta

import pytest

from tests.casework.overseeing import pool
from tests.casework.vendoring import CODE, two
from tests.casework.walking import person
from zhunsheng.casework.bodies.models import Body, DutyName
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import actions
from zhunsheng.casework.oversight.models import Round, SurveyAnswer, VendorCheck, VendorComplaint
from zhunsheng.casework.vendors.models import ServiceLine, Vendor
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(people):
    """A line in service, made as rows: how it enters is tested elsewhere."""
    body = people["consortium"].body
    Body.objects.filter(kind="vendor").update(institution_code=CODE)
    people["clerk"] = person("clerk", body, DutyName.HANDLER)
    vendor = Vendor.objects.create(institution_id=CODE, name="恒诺医学检验", registered_at=now())
    entered = now().date() - timedelta(days=500)
    made = ServiceLine.objects.create(vendor=vendor, institution_id=CODE, body=body, kind="laboratory", tier="medium",
                                      state="in_service", applied_on=entered, entered_on=entered, members=["H1", "H2"],
                                      history=[[str(entered), "in_service", "FW-1"]])  # fmt: skip
    life = cases.library.cycle("service_line")
    made.life = Case.objects.create(bound=cases._bound(life), cycle="service_line", number="FW-1", state="in_service",
                                    institution_id=CODE, body=body, opened_at=now(), party_sees=True)  # fmt: skip
    made.life.events.create(sequence=1, kind="opened", about="service_line", to_state="in_service", actor_key="p",
                            day=entered, at=now(), fields={"kind": "laboratory"}, shown=True, evidence=0)  # fmt: skip
    Case.objects.filter(pk=made.life.pk).update(sequence=1)
    made.save()
    return made


def seen(client, path, *words, status=200):
    got = client.get(path)
    text = got.content.decode()
    assert got.status_code == status, text[:500]
    for word in words:
        assert word in text, word
    return text


def test_the_calendar_is_drawn_by_two_on_its_page_and_told_to_anybody_in_view(as_, people, line):
    pool({"clerk": people["clerk"]})
    actions.open_check(people["clerk"], line, "spot_check", now().date())
    office = as_("consortium")
    seen(office, "/oversight", "月度抽查", "恒诺医学检验", "封存")
    assert office.post("/oversight/draw/commit").status_code == 302
    held = Round.objects.get()
    again = office.post("/oversight/draw/draw", {"round": held.pk, "words": "随机抽取用语"})
    assert again.status_code == 400 and "ZS845" in again.content.decode()
    actions.draw_round(people["clerk"], held, "随机抽取用语")
    check = VendorCheck.objects.get()
    seen(office, f"/oversight/checks/{check.pk}", Round.objects.get().seed, "督导")
    assert office.get(f"/oversight/rounds/{held.pk}.json").json()["commitment"] == held.commitment
    for login, status in (("vendor", 404), ("lead", 404), ("far", 404)):
        seen(as_(login), f"/oversight/checks/{check.pk}", status=status)
    assert "月度抽查</a>" not in seen(as_("vendor"), "/oversight")
    assert office.get("/oversight?standing=odd").status_code == 400
    assert "月度抽查" in as_("consortium").get("/oversight.csv").content.decode("utf-8-sig")


def test_the_pool_and_the_survey_are_kept_on_their_pages(as_, people, line, client):
    office = as_("consortium")
    seen(office, "/oversight/pool", "人员库是空的", "律师")
    wrong = office.post("/oversight/pool/add", {"role": "supervisor", "name": "督导甲"})
    assert wrong.status_code == 400 and "督导甲" in wrong.content.decode()
    given = {"role": "supervisor", "name": "督导甲", "background": ["law"], "tied": CODE, "why": "曾任职"}
    assert office.post("/oversight/pool/add", given).status_code == 302
    seen(office, "/oversight/pool", "督导甲", "曾任职")
    asked = {"line": line.pk, "month": f"{now():%Y-%m}", "respondent": "patient", "count": "1"}
    sent = office.post("/oversight/survey", asked)
    code = re.search(r"code=([a-z0-9-]+)", sent.content.decode()).group(1)
    assert client.post("/service/survey", {"code": code, "attitude": "9"}).status_code == 400
    assert "已收到" in client.post("/service/survey", {"code": code, "attitude": "5"}).content.decode()
    assert SurveyAnswer.objects.get().attitude == 5
    assert client.post("/service/survey", {"code": code, "attitude": "5"}).status_code == 400
    seen(office, "/oversight/survey", "未知")  # one answer


def test_the_public_complains_follows_by_a_receipt_and_judges(as_, people, line, client):
    page = seen(client, "/service/complaint", "恒诺医学检验")
    given = {"secret": re.search(r'name="secret" value="(\w+)"', page).group(1), "line": line.pk,
             "f-about": "delay", "f-content": "报告迟了两天。"}  # fmt: skip
    made = client.post("/service/complaint", given)
    code = re.search(r"<code>([a-z0-9-]+)</code>", made.content.decode()).group(1)
    held = VendorComplaint.objects.get()
    assert client.post("/service/follow", {"code": "aaaa-bbbb-cccc-dddd"}).status_code >= 400
    assert client.post("/service/follow", {"code": code}).status_code == 302
    seen(client, "/service/follow", "尚未答复", held.case.number)
    for move, fields in (("accept", {}), ("answer", {"upheld": "yes", "reply": "情况属实。"})):
        case = Case.objects.get(pk=held.case_id)
        cases.move(people["clerk"], case, move, fields, version=case.version)
    seen(client, "/service/follow", "情况属实。", "满意")
    client.post("/service/follow/judge", {"satisfied": "no"})
    seen(client, "/service/follow", "您的评价：不满意")
    seen(as_("consortium"), "/oversight/complaints", held.case.number, "不满意")
    assert held.case.number not in seen(as_("far"), "/oversight/complaints")


def test_an_incident_leads_to_an_exit_plan_whose_open_steps_stand_on_its_page(as_, people, line):
    about = {"body": line.body, "institution_id": CODE}
    told = {"kind": "laboratory", "what": "data_leak", "occurred_on": str(now().date()), "facts": "检验结果外泄。"}
    case = cases.open_case(people["clerk"], "vendor_incident", told, **about)
    two(people["clerk"], people["consortium"], case, "stop", reason="数据泄露")
    two(people["clerk"], people["consortium"], case, "exit", reason="数据泄露")
    plan = Case.objects.get(cycle="vendor_exit")
    office = as_("consortium")
    seen(office, "/oversight/incidents", case.number, "数据泄露")
    seen(office, "/oversight/exits", plan.number)
    seen(office, f"/oversight/exits/{plan.pk}", "监督数据销毁", "未完成", "0 / 8")
    seen(as_("vendor"), f"/oversight/exits/{plan.pk}", "监督数据销毁")
    seen(as_("far"), f"/oversight/exits/{plan.pk}", status=404)
    seen(office, "/oversight/sanctions", "没有符合条件的事项")
    seen(office, "/service/violations", "没有公布的违约违规")
    assert case.number in office.get("/oversight/incidents/export.csv").content.decode("utf-8-sig")
    assert as_("consortium").get("/oversight/nothing").status_code == 404
