"""Pages of inspections, samples and self-checks, as browsers send them."""

from __future__ import annotations

import io
import json
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.casework.walking import person
from tests.web.serving import LEAD, OTHER, PLACES, TOWN
from zhunsheng.casework.bodies.models import DutyName, User
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.inspections.models import InspectionPlan, ItemVersion, ListedProblem, Visit
from zhunsheng.casework.samples.models import Sample, SampleResult
from zhunsheng.casework.selfchecks.models import SelfMark, SelfReport

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0a photo"


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode()


def drawn(people, as_):
    """A plan of the bureau drawn by two people, and a client of each."""
    reviewer, head = as_("reviewer"), as_("head")
    for login in ("reviewer", "head"):
        sent = {"role": "inspector", "user": people[login].pk, "tie": [OTHER.id], "why": "亲属在该院任职"}
        text(reviewer.post("/inspections/people", sent if login == "reviewer" else sent | {"tie": []}), 302)
    plan = {"title": "年度飞行检查", "kind": "annual", "trigger": "plan", "outline": "按方案", "count": "2",
            "team": "2",
            "experts": "0"}  # fmt: skip
    assert "ZS931" in text(reviewer.post("/inspections/new", plan | {"team": "1"}), 422)
    text(reviewer.post("/inspections/new", plan), 302)
    pk = InspectionPlan.objects.get().pk
    everyone = {"subject": [LEAD.id, TOWN.id, OTHER.id]}
    assert "ZS934" in text(reviewer.post(f"/inspections/{pk}/commit", everyone), 422)  # one of two is tied to one
    text(reviewer.post(f"/inspections/{pk}/commit", {"subject": [LEAD.id, TOWN.id]}), 302)
    assert "请本单位另一名" in text(reviewer.get(f"/inspections/{pk}"))
    text(reviewer.get(f"/inspections/{pk}/draw.json"), 404)
    text(head.post(f"/inspections/{pk}/draw", {"words": "双色球 2026135"}), 302)
    text(reviewer.post(f"/inspections/{pk}/confirm"), 302)
    return pk, reviewer, head


def test_from_a_plan_over_the_site_to_a_list_of_problems(people, as_):
    pk, reviewer, head = drawn(people, as_)
    page = text(reviewer.get(f"/inspections/{pk}"))
    assert LEAD.name in page and TOWN.name in page and "重算" in page
    told = json.loads(text(reviewer.get(f"/inspections/{pk}/draw.json")))
    assert set(told["drawn"]) == {LEAD.id, TOWN.id} and told["seed"] in page
    visit = Visit.objects.get(institution_id=LEAD.id)
    text(reviewer.post(f"/cases/{visit.case_id}/moves/arrive", {"version": Case.objects.get(pk=visit.case_id).version,
                                                                "f-arrived_on": "2026-01-05"}), 302)  # fmt: skip
    assert "检查要点" in text(reviewer.get(f"/onsite/{visit.pk}"))
    pack = json.loads(text(reviewer.get(f"/onsite/{visit.pk}.json")))
    assert pack["name"] == LEAD.name and pack["collecting"] and len(pack["checks"]) > 12
    photo = {"file": SimpleUploadedFile("a.jpg", JPEG)}
    digest = json.loads(text(reviewer.post(f"/onsite/{visit.pk}/photos", photo)))["digests"]
    item = {"item": "item-0001", "key": "key-0001", "bases": [], "at": "2026-03-02T01:00:00Z", "content": {
        "check": "duplicate", "article": "reg-735/38/3", "result": "established", "yuan": "12.30",
        "note": "<b>重复</b>",
        "photos": digest}}  # fmt: skip
    put = lambda client, sent: client.post(f"/onsite/{visit.pk}/items", sent, content_type="application/json")  # noqa: E731
    assert json.loads(text(put(reviewer, item)))["key"] == "key-0001"
    text(put(reviewer, item))
    assert json.loads(text(put(head, item | {"key": "key-0002", "content": {}}), 422))["code"] == "ZS935"
    assert json.loads(text(put(head, "not json"), 422))["code"] == "ZS935"
    assert ItemVersion.objects.count() == 1
    page = text(reviewer.get(f"/inspections/visits/{visit.pk}"))
    assert "&lt;b&gt;重复" in page and "12.30" in page
    hidden = dict(re.findall(r'name="(version|key)" value="([^"]*)"', page[page.index("/problems") :]))
    text(reviewer.post(f"/inspections/visits/{visit.pk}/problems", hidden), 302)
    assert Case.objects.get(pk=visit.case_id).state == "problems_listed"
    sheet = openpyxl.load_workbook(io.BytesIO(reviewer.get(f"/inspections/visits/{visit.pk}/problems.xlsx").content))
    assert 12.3 in [cell.value for row in sheet.active for cell in row]
    problem = ListedProblem.objects.get()
    text(reviewer.post(f"/inspections/problems/{problem.pk}/case"), 302)
    assert Case.objects.get(cycle="fund_case").origin_id == visit.case_id
    assert "ZS939" in text(reviewer.post(f"/inspections/problems/{problem.pk}/case"), 409)
    User.objects.filter(login="reviewer").update(language="en")
    for address in ("/inspections", "/inspections/people", f"/inspections/{pk}", f"/inspections/visits/{visit.pk}",
                    f"/onsite/{visit.pk}"):  # fmt: skip
        page = text(reviewer.get(address))
        assert not re.findall(r"[一-鿿]", strip(page, people)), address


def strip(page, people):
    """A page without what is data: names, what people typed, and the other language's button."""
    told = [*(one.name for one in PLACES), "中文", "年度飞行检查", "按方案", "亲属在该院任职", "双色球", "重复收费",
            "重复", "青禾县医疗保障局", "条例第", "条第", "项", "条", "职员", "演示"]  # fmt: skip
    page = re.sub(r"<textarea.*?</textarea>", "", page, flags=re.S)
    for one in sorted(told, key=len, reverse=True):
        page = page.replace(one, "")
    return page


def test_others_meet_nothing_of_an_inspection_before_it_comes(people, as_):
    pk, _reviewer, _head = drawn(people, as_)
    visit = Visit.objects.get(institution_id=LEAD.id)
    addresses = (f"/inspections/{pk}", f"/inspections/{pk}/draw.json", f"/inspections/visits/{visit.pk}",
                 f"/onsite/{visit.pk}", f"/onsite/{visit.pk}.json",
                 f"/inspections/visits/{visit.pk}/problems.csv")  # fmt: skip
    for login in ("lead", "town", "agency", "consortium", "vendor", "stranger"):
        client = as_(login)
        for address in addresses:
            assert client.get(address).status_code in (403, 404), (login, address)
        assert client.post(f"/onsite/{visit.pk}/items", {}, content_type="application/json").status_code in (403, 404)
        assert "年度飞行检查" not in client.get("/inspections").content.decode()


def test_a_sample_is_drawn_judged_by_three_and_compared(people, as_):
    reviewer, office, vendor = as_("reviewer"), as_("lead"), as_("vendor")
    page = text(reviewer.get(f"/samples/new?institution={LEAD.id}"))
    assert "件疑点" in page
    sent = {"institution": LEAD.id, "rule": "", "month": "", "case": "", "title": "重复收费抽查", "method": "by_band",
            "size_by": "fixed", "count": "6", "confidence": "95", "tolerable": "100"}  # fmt: skip
    assert "ZS937" in text(reviewer.post("/samples/new", sent | {"count": "0"}), 422)
    assert "ZS937" in text(reviewer.post("/samples/new", sent | {"size_by": "money"}), 422)
    text(reviewer.post("/samples/new", sent), 302)
    sample = Sample.objects.get()
    units = list(sample.drawn)
    amounts = {one.id: one.fen for one in sample.units}
    assert len(units) >= 6 and sample.population_digest in text(reviewer.get(f"/samples/{sample.pk}"))
    text(office.get(f"/samples/{sample.pk}"), 404)
    text(reviewer.post(f"/samples/{sample.pk}/share", {"evaluator": people["vendor"].body_id}), 302)
    answers = {f"outcome-{unit}": "not_established" for unit in units} | {
        f"outcome-{units[0]}": "established", f"yuan-{units[0]}": f"{amounts[units[0]] // 100}",
        f"outcome-{units[1]}": "unknown"}  # fmt: skip
    text(reviewer.post(f"/samples/{sample.pk}", answers), 302)
    wrong = answers | {f"outcome-{units[2]}": "established", f"yuan-{units[2]}": "99999999"}
    page = text(office.post(f"/samples/{sample.pk}", wrong), 422)
    assert "99999999" in page and "有 1 行没有登记" in page
    assert SampleResult.objects.filter(view="self").count() == len(units) - 1
    text(vendor.post(f"/samples/{sample.pk}", answers), 302)
    page = text(reviewer.get(f"/samples/{sample.pk}"))
    assert "机构自查" in page and "独立评估" in page and "医保抽查 · 机构自查 · 独立评估" in page
    page = text(vendor.get(f"/samples/{sample.pk}"))
    assert "机构自查" not in page and "医保抽查" not in page
    assert sample.title in text(reviewer.get("/samples"))
    assert reviewer.get(f"/samples/{sample.pk}.xlsx").status_code == 200
    text(as_("town").get(f"/samples/{sample.pk}"), 404)


def test_a_self_check_is_reported_and_remembered_when_a_case_is_opened(people, as_, monkeypatch):
    reviewer, office = as_("reviewer"), as_("lead")
    sent = {"cycle": "self_check", "institution": LEAD.id, "f-subject": "全部收费", "f-from_on": "2020-01-01",
            "f-until_on": "2026-10-31", "key": "s1"}  # fmt: skip
    text(reviewer.post("/cases/new", sent), 302)
    case = Case.objects.get(cycle="self_check")
    assert "开始自查" in text(office.get(f"/self-checks/{case.pk}"))
    text(office.post(f"/cases/{case.pk}/moves/start", {"version": case.version}), 302)
    page = text(office.get(f"/self-checks/{case.pk}"))
    units = re.findall(r'name="answer-([^"]+)"', page)[:3]
    yuan = dict(re.findall(r'name="yuan-([^"]+)"[^>]*?value="([^"]*)"', page, flags=re.S))
    marks = {f"answer-{units[0]}": "reported", f"yuan-{units[0]}": yuan[units[0]], f"answer-{units[1]}": "no_violation",
             f"answer-{units[2]}": "ask", "answer-F-elsewhere": "ask"}  # fmt: skip
    text(office.post(f"/self-checks/{case.pk}/marks", marks), 422)  # one without its reason, one of elsewhere
    assert set(SelfMark.objects.values_list("finding_id", flat=True)) == {units[0], units[2]}
    assert units[0] not in text(reviewer.get(f"/self-checks/{case.pk}"))
    page = text(office.get(f"/self-checks/{case.pk}"))
    told = [int(n) for n in re.findall(r'href="\?show=\w+">([\d,]+)</a>', page)]
    assert f"共 {sum(told)}" in page  # the answers and those without add up to the list
    assert units[1] in text(office.get(f"/self-checks/{case.pk}?show=none"))
    assert "没有符合条件的疑点" in text(office.get(f"/self-checks/{case.pk}?show=no_violation"))
    case.refresh_from_db()
    sent = {"version": case.version, "key": "r1", "statement": "已停用接口，愿意退回"}
    text(office.post(f"/self-checks/{case.pk}/report", sent), 302)
    report = SelfReport.objects.get()
    assert report.finding_id == units[0]
    page = text(reviewer.get(f"/self-checks/{case.pk}"))
    assert units[0] in page and units[2] not in page
    assert office.get(f"/self-checks/{case.pk}.xlsx").status_code == 200
    text(as_("town").get(f"/self-checks/{case.pk}"), 404)

    opened = {"cycle": "clue", "institution": LEAD.id, "f-source": "finding", "f-findings": " ".join(units),
              "f-summary": "重复收费", "key": "c1"}  # fmt: skip
    text(reviewer.post("/cases/new", opened), 302)
    clue = Case.objects.get(cycle="clue")
    assert 'id="self-reported"' not in text(reviewer.get(f"/cases/{clue.pk}"))  # on the same day nobody was first
    SelfReport.objects.update(reported_on="2026-01-01")
    assert 'id="self-reported"' in text(reviewer.get(f"/cases/{clue.pk}"))
    Case.objects.filter(pk=case.pk).update(state="clue")
    assert 'id="self-reported"' not in text(reviewer.get(f"/cases/{clue.pk}"))


def test_plans_and_samples_can_be_taken_along_and_their_links_lead_somewhere(people, as_):
    empty = text(as_("reviewer").get("/samples"))
    assert "选定机构后抽取疑点" in empty and "samples.csv" not in empty
    pk, reviewer, head = drawn(people, as_)
    assert "inspections.csv" in text(reviewer.get("/inspections"))
    plans = reviewer.get("/inspections.csv").content.decode("utf-8-sig")
    assert "年度飞行检查" in plans and InspectionPlan.objects.get(pk=pk).seed in plans
    sent = {"institution": LEAD.id, "title": "抽查一", "method": "simple", "size_by": "fixed", "count": "2",
            "confidence": "95", "tolerable": "100"}  # fmt: skip
    text(reviewer.post("/samples/new", sent), 302)
    book = openpyxl.load_workbook(io.BytesIO(reviewer.get("/samples.xlsx").content))
    cells = [cell for row in book.active.iter_rows(values_only=True) for cell in row]
    assert {"抽查一", LEAD.name, Sample.objects.get().seed} <= set(cells)
    assert "抽查一" not in as_("lead").get("/samples.csv").content.decode("utf-8-sig")  # not opened to it
    narrowed = {
        "/inspections?state=drawn&kind=annual": "年度飞行检查", "/inspections?state=open": "",
        f"/samples?method=simple&institution_id={LEAD.id}": "抽查一", "/samples?method=amount": "",
    }  # fmt: skip
    for address, title in narrowed.items():
        page, filed = text(reviewer.get(address)), text(reviewer.get(address.replace("?", ".csv?")))
        assert ("没有符合条件的" in page) is not bool(title) and ("条件,全部" in filed) is False
        assert all(title in told if title else "抽查一" not in told and "年度飞行检查" not in told
                   for told in (page, filed))  # fmt: skip
    for address in ("/inspections?state=never", "/samples.csv?method=never"):
        text(reviewer.get(address), 400)
    page = text(head.get(f"/cases/{Visit.objects.get(institution_id=LEAD.id).case_id}"))
    assert LEAD.id in page and f"/findings/{LEAD.id}" not in page  # an institution is no finding
    assert "没有这个页面" in text(reviewer.get("/inspections/new"), 405)


def test_a_second_reviewer_is_no_member_of_a_drawn_team(people, as_):
    drawn(people, as_)
    stranger = person("late", people["reviewer"].body, DutyName.REVIEWER)
    client = as_("head")
    client.force_login(stranger)
    visit = Visit.objects.first()
    assert client.get(f"/onsite/{visit.pk}").status_code == 403
    assert client.get(f"/inspections/visits/{visit.pk}").status_code == 200
