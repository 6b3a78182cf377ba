"""Pages of cases, as browsers send them: from findings over a clue to a decision, and what goes wrong on the way."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.web.serving import LEAD, TOWN
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases.models import Attachment, Case, CaseEvent
from zhunsheng.casework.ledger.queries import differences
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db
DECISION = {
    "article": "reg-735/38", "loss_fen": "1000", "recover_fen": "1000", "nature": "fault", "gravity": "ordinary",
    "self_reported": "no", "grade": "first", "measures": ["rectify", "fine"],
}  # fmt: skip
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def form(text, action):
    """The hidden values of the form that leads to an address."""
    at = text.index(f'action="{action}"')
    return dict(re.findall(r'name="(version|key|cycle|origin)" value="([^"]*)"', text[at : text.index("</form>", at)]))


def step(client, case, name, **fields):
    """Take a step as its form sends it."""
    action = f"/cases/{case.pk}/moves/{name}"
    hidden = form(client.get(f"/cases/{case.pk}").content.decode(), action)
    return client.post(action, hidden | {f"f-{key}": value for key, value in fields.items()})


def settle(client, case, answer="confirm", **more):
    waiting = case.proposals.get(state="open")
    action = f"/cases/{case.pk}/proposals/{waiting.pk}/{answer}"
    hidden = form(client.get(f"/cases/{case.pk}").content.decode(), action)
    return client.post(action, hidden | more)


def state(case):
    return Case.objects.get(pk=case.pk).state


def clue(client, people):
    """Open a clue from the first group of findings of the lead hospital."""
    text = client.get(f"/clues?institution={LEAD.id}").content.decode()
    address = re.search(r'href="(/cases/new\?[^"]*cycle=clue)"', text)[1].replace("&amp;", "&")
    text = client.get(address).content.decode()
    sent = {name: value for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', text) if name != "language"}
    sent["f-findings"] = re.search(r'name="f-findings"[^>]*>([^<]*)<', text)[1]
    sent["f-summary"] = re.search(r'name="f-summary"[^>]*>([^<]*)<', text)[1]
    sent |= {"institution": LEAD.id, "f-source": "finding"}
    answer = client.post("/cases/new", sent)
    assert answer.status_code == 302, answer.content.decode()
    assert client.post("/cases/new", sent).url == answer.url  # sent twice, opened once
    return Case.objects.get(cycle="clue")


def test_a_clue_from_findings_becomes_a_case_and_is_decided_by_two(people, as_):
    reviewer, head, office = as_("reviewer"), as_("head"), as_("lead")
    found = clue(reviewer, people)
    officers = [people["reviewer"].pk, people["head"].pk]
    assert found.number in reviewer.get("/clues").content.decode()
    assert step(reviewer, found, "assign", officers=officers).status_code == 302
    assert step(reviewer, found, "file", article="reg-735/38", reason="事实清楚").status_code == 302
    assert state(found) == "verifying"
    assert found.number in head.get("/cases").content.decode()
    assert found.number not in reviewer.get("/cases").content.decode()
    assert settle(head, found).status_code == 302 and state(found) == "filed"
    text = reviewer.get(f"/cases/{found.pk}").content.decode()
    address = re.search(r'href="(/cases/new\?cycle=fund_case[^"]*)"', text)[1].replace("&amp;", "&")
    text = reviewer.get(address).content.decode()
    assert 'value="reg-735/38" selected' in text
    sent = {"cycle": "fund_case", "origin": found.pk, "institution": LEAD.id, "f-officers": officers,
            "f-article": "reg-735/38", "f-reason": "线索属实", "key": "k1"}  # fmt: skip
    assert reviewer.post("/cases/new", sent).status_code == 302
    case = Case.objects.get(cycle="fund_case")
    assert case.origin_id == found.pk

    assert office.get(f"/cases/{case.pk}").status_code == 404  # not yet notified
    assert (
        step(
            reviewer, case, "notify", article="reg-735/38", loss_fen="1000.00", facts="重复收费若干笔，详见清单"
        ).status_code
        == 302
    )
    assert case.number in office.get("/cases").content.decode()
    sent = {"files": [SimpleUploadedFile("陈述.pdf", PDF)]}
    assert office.post(f"/cases/{case.pk}/files", sent).status_code == 302
    held = Attachment.objects.get()
    assert step(office, case, "defend", statement="系统升级所致", files=[held.digest]).status_code == 302
    assert "".join(map(str, reviewer.get(f"/cases/{case.pk}/files/{held.pk}").streaming_content)) != ""
    assert step(reviewer, case, "submit_for_review", opinion="申辩不成立").status_code == 302
    assert step(as_("legal"), case, "pass_review", opinion="同意").status_code == 302
    text = reviewer.get(f"/cases/{case.pk}").content.decode()
    assert "处理档次" in text and 'value="1000.00"' in text and "¥1,000.00 – ¥2,000.00" in text
    wrong = DECISION | {"reason": "依法从重处理，理由如下"}
    answer = step(reviewer, case, "decide_penalty", fine_fen="3000", **wrong)
    text = answer.content.decode()
    assert answer.status_code == 422 and "ZS913" in text and "依法从重处理，理由如下" in text and 'value="3000"' in text
    assert step(reviewer, case, "decide_penalty", fine_fen="1000", **wrong).status_code == 302
    assert settle(head, case).status_code == 302
    assert state(case) == "decided"
    text = office.get(f"/cases/{case.pk}").content.decode()
    assert "已决定" in text and "法制审核通过" not in text and "¥1,000.00" in text
    rows = set(CaseEvent.objects.filter(case=case).values_list("evidence", flat=True))
    assert rows <= set(EvidenceOutbox.objects.values_list("pk", flat=True))


def test_a_stale_form_names_who_acted_and_keeps_what_was_typed(people, as_):
    reviewer, head = as_("reviewer"), as_("head")
    found = clue(reviewer, people)
    action = f"/cases/{found.pk}/moves/assign"
    old = form(head.get(f"/cases/{found.pk}").content.decode(), action)
    step(reviewer, found, "assign", officers=[people["reviewer"].pk, people["head"].pk])
    answer = head.post(action, old | {"f-officers": [people["head"].pk]})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "ZS90" in text and 'class="fault"' in text
    answer = head.post(f"/cases/{found.pk}/moves/file", old | {"f-article": "reg-735/38", "f-reason": "我写的理由很长"})
    text = answer.content.decode()
    assert answer.status_code == 409 and people["reviewer"].display_name in text and "我写的理由很长" in text
    assert found.proposals.count() == 0


def test_a_proposal_is_refused_with_a_reason_and_not_confirmed_by_its_author(people, as_):
    reviewer, head = as_("reviewer"), as_("head")
    found = clue(reviewer, people)
    step(reviewer, found, "assign", officers=[people["reviewer"].pk, people["head"].pk])
    step(reviewer, found, "drop", reason="数据有误")
    text = reviewer.get(f"/cases/{found.pk}").content.decode()
    assert "撤回提议" in text and '/confirm"' not in text
    waiting = found.proposals.get()
    version = Case.objects.get(pk=found.pk).version
    answer = reviewer.post(f"/cases/{found.pk}/proposals/{waiting.pk}/confirm", {"version": version, "key": "x"})
    assert answer.status_code == 403 and "ZS909" in answer.content.decode()
    assert settle(head, found, "refuse", reason="再查").status_code == 302
    assert state(found) == "verifying" and found.proposals.get().state == "refused"


def test_bad_attachments_are_refused_each_in_words_and_the_good_ones_stay(people, as_):
    reviewer = as_("reviewer")
    found = clue(reviewer, people)
    sent = {
        "files": [
            SimpleUploadedFile("a.pdf", PDF),
            SimpleUploadedFile("b.pdf", b"MZ\x90\x00"),
            SimpleUploadedFile("c.pdf", b""),
        ]
    }
    answer = reviewer.post(f"/cases/{found.pk}/files", sent)
    assert answer.status_code == 400 and "ZS914" in answer.content.decode()
    assert [one.name for one in Attachment.objects.all()] == ["a.pdf"]
    assert reviewer.post(f"/cases/{found.pk}/files", {}).status_code == 400


def test_others_meet_nothing_of_a_case(people, as_):
    found = clue(as_("reviewer"), people)
    for login in ("agency", "town", "lead", "consortium", "far", "vendor"):
        client = as_(login)
        assert client.get(f"/cases/{found.pk}").status_code in (403, 404), login
        assert found.number not in client.get("/cases?show=all").content.decode()
        assert client.post(f"/cases/{found.pk}/moves/assign", {}).status_code in (403, 404)
        assert client.get(f"/cases/{found.pk}/files/1").status_code in (403, 404)
    for login in ("admin", "auditor", "idle", "stranger"):
        assert as_(login).get("/cases").status_code == 403, login


def test_an_institution_opens_no_clue_and_no_case_of_another(people, as_):
    assert as_("lead").get("/cases/new?cycle=clue").status_code == 403
    sent = {"cycle": "clue", "institution": "H000000000000", "f-source": "media", "f-summary": "某报道"}
    answer = as_("head").post("/cases/new", sent)
    assert answer.status_code in (302, 404)
    answer = as_("lead").post("/cases/new", sent | {"institution": TOWN.id})
    assert answer.status_code == 403 and not Case.objects.filter(institution_id=TOWN.id).exists()


@pytest.mark.parametrize(
    "address", ["/cases?show=x", "/cases?cycle=x", "/cases?page=0", "/cases/new?cycle=x", "/cases/999"]
)
def test_wrong_addresses_are_told(people, as_, address):
    assert as_("reviewer").get(address).status_code in (400, 404)


def test_the_pages_speak_english(people, as_):
    User.objects.filter(login="reviewer").update(language="en")
    client = as_("reviewer")
    found = clue(client, people)
    text = client.get(f"/cases/{found.pk}").content.decode()
    assert "Assign officers" in text and "Being verified" in text and "working days" in text
    assert "Follow" not in client.get("/cases").content.decode()


def decided_case(people, as_):
    """A case of the lead hospital that was decided and served through the pages: 1,000.00 and 1,200.00."""
    reviewer, head = as_("reviewer"), as_("head")
    sent = {"cycle": "fund_case", "institution": LEAD.id, "f-article": "reg-735/38", "f-reason": "线索属实",
            "f-officers": [people["reviewer"].pk, people["head"].pk], "key": "k-money"}  # fmt: skip
    assert reviewer.post("/cases/new", sent).status_code == 302
    case = Case.objects.get(cycle="fund_case")
    step(reviewer, case, "notify", article="reg-735/38", loss_fen="1000.00", facts="重复收费若干笔，详见清单")
    step(as_("lead"), case, "waive")
    step(reviewer, case, "submit_for_review", opinion="同意")
    step(as_("legal"), case, "pass_review", opinion="同意")
    step(reviewer, case, "decide_penalty", multiple="1.2", reason="依法处理，理由如下所述", **DECISION)
    text = head.get(f"/cases/{case.pk}").content.decode()
    assert "¥1,200.00" in text and "适用档次：首次违规" in text
    settle(head, case)
    today = f"{now():%Y-%m-%d}"
    step(reviewer, case, "serve", served_on=today, way="direct")
    assert state(case) == "recovering"
    return case


def test_instalments_are_proposed_edited_paid_listed_and_exported(people, as_):
    case = decided_case(people, as_)
    reviewer, finance, lead = as_("reviewer"), as_("finance"), as_("lead")
    action = f"/cases/{case.pk}/moves/agree_instalments"
    text = reviewer.get(f"/cases/{case.pk}?parts=2").content.decode()
    rows = {name: re.findall(f'name="f-plan-{name}"[^>]*value="([^"]*)"', text) for name in ("on", "fund", "treasury")}
    rows["on"] = re.findall(r'name="f-plan-on" type="date" value="([^"]*)"', text)
    assert rows["fund"] == ["500.00", "500.00", "", ""] and rows["treasury"][:2] == ["600.00", "600.00"]
    plan = {f"f-plan-{name}": values for name, values in rows.items()}
    wrong = plan | {"f-plan-fund": ["400.00", "500.00", "", ""], "f-on_default": "all_due", "f-reason": "资金紧张"}
    answer = reviewer.post(action, form(text, action) | wrong)
    told = answer.content.decode()
    assert answer.status_code == 422 and "ZS913" in told and 'value="400.00"' in told and "900.00" in told
    assert reviewer.post(action, form(told, action) | wrong | plan).status_code == 302
    assert settle(as_("head"), case).status_code == 302 and state(case) == "instalments"
    today = f"{now():%Y-%m-%d}"
    assert step(reviewer, case, "settle").status_code == 422
    paid = {"account": "fund", "paid_on": today, "voucher": "YS-1"}
    assert step(finance, case, "pay", paid_fen="500.00", **paid).status_code == 302
    text = lead.get(f"/cases/{case.pk}").content.decode()
    assert "追回台账" in text and "YS-1" in text and "已缴清" in text and "-500.00" in text
    text = lead.get("/recoveries").content.decode()
    assert case.number in text and "¥1,700.00" in text and "信用记录" in text and "首次违规" in text
    assert case.number not in as_("town").get("/recoveries").content.decode()
    assert case.number not in as_("town").get("/recoveries.csv").content.decode()
    told = as_("finance").get("/recoveries.csv?due=open").content.decode()
    assert all(word in told for word in ("截至", "到期,未缴清", "2200.00", "1700.00", "合计"))
    for address in ("?due=never", "?state=nowhere", "?account=pocket"):
        assert finance.get(f"/recoveries{address}").status_code == 400
    assert as_("town").get(f"/recoveries?institution={LEAD.id}").status_code == 404
    assert "没有符合条件的追回" in finance.get("/recoveries?due=late").content.decode()
    assert list(differences()) == []


def test_a_case_follows_only_one_about_the_same_institution_in_view(people, as_):
    case = decided_case(people, as_)
    sent = {"cycle": "clue", "origin": case.pk, "f-source": "finding", "f-summary": "再次发生", "key": "k9"}
    answer = as_("reviewer").post("/cases/new", sent | {"institution": TOWN.id})
    assert answer.status_code == 409 and "ZS941" in answer.content.decode()
    assert as_("agency").post("/cases/new", sent | {"institution": LEAD.id}).status_code == 404
    assert as_("reviewer").post("/cases/new", sent | {"institution": LEAD.id, "origin": 99999}).status_code == 404
    assert as_("reviewer").post("/cases/new", sent | {"institution": LEAD.id}).status_code == 302
    assert Case.objects.get(cycle="clue").origin_id == case.pk
