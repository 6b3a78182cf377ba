"""Pages of documents, as browsers send them: drawn up on a case, issued by another, listed, taken, corrected."""

from __future__ import annotations

import pytest

from tests.web.serving import LEAD
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.documents.models import Document
from zhunsheng.casework.outbox.models import EvidenceOutbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(people):
    officers = [str(people["reviewer"].pk), str(people["head"].pk)]
    given = {"officers": officers, "article": "reg-735/38/3", "reason": "线索核查属实"}
    made = cases.open_case(people["reviewer"], "fund_case", given, body=people["reviewer"].body, institution_id=LEAD.id)
    facts = {"article": "reg-735/38/3", "loss_fen": "1000.00", "facts": "<script>alert(1)</script>重复收费若干笔"}
    return cases.move(people["reviewer"], made, "notify", facts, version=1)


def test_a_notice_is_drawn_up_issued_listed_taken_and_corrected(case, as_):
    reviewer, office, town = as_("reviewer"), as_("lead"), as_("town")
    text = reviewer.get(f"/cases/{case.pk}").content.decode()
    assert "还没有文书" in text and "/documents/penalty_notice" in text and "penalty_decision" not in text
    assert office.get("/documents").content.decode().count("没有符合条件的文书") == 1
    assert office.post(f"/cases/{case.pk}/documents/penalty_notice").status_code == 403
    answer = reviewer.post(f"/cases/{case.pk}/documents/penalty_notice")
    made = Document.objects.get()
    assert answer.status_code == 302 and answer.url == f"/documents/{made.pk}"
    assert reviewer.post(f"/cases/{case.pk}/documents/penalty_notice").status_code == 409
    page = reviewer.get(answer.url).content.decode()
    assert "签发并编号" in page and "草稿" in page and "<script>alert" not in page
    assert office.get(answer.url).status_code == 404 and office.get(f"{answer.url}/file.pdf").status_code == 404
    assert reviewer.post(f"{answer.url}/issue").status_code == 302
    made = Document.objects.get()
    for client in (reviewer, office):
        assert made.number in client.get("/documents").content.decode()
        assert made.number in client.get(f"/cases/{case.pk}").content.decode()
    page = office.get(answer.url).content.decode()
    assert "签发并编号" not in page and "更正：" not in page
    told = office.get(f"/evidence/{made.evidence}").content.decode()
    assert "签发文书" in told.split("<summary>原文")[0] and "document.issued" not in told.split("<summary>原文")[0]
    step = CaseEvent.objects.filter(case=case, shown=True).first()
    told = office.get(f"/evidence/{step.evidence}").content.decode().split("<summary>原文")[0]
    assert f'/cases/{case.pk}">{case.number}' in told and step.case.life.zh in told and step.about not in told
    assert office.get(f"{answer.url}/file.pdf").content.startswith(b"%PDF-")
    assert office.get(f"{answer.url}/file.docx").content.startswith(b"PK")
    assert office.get(f"{answer.url}/file.exe").status_code == 404
    assert EvidenceOutbox.objects.filter(kind="document.taken").count() == 2
    assert town.get(answer.url).status_code == 404 and made.number not in town.get("/documents").content.decode()
    answer = reviewer.post(f"{answer.url}/replace", {"reason": "笔误"})
    assert answer.status_code == 302 and Document.objects.filter(replaces=made, state="draft").count() == 1
    assert reviewer.post(f"{answer.url}/drop").url == f"/cases/{case.pk}#documents"
    assert reviewer.post(f"{answer.url}/issue").status_code == 409
    assert reviewer.post(f"{answer.url}/eat").status_code == 404


def test_what_was_typed_stays_in_a_refused_draft(case, as_):
    answer = as_("reviewer").post(f"/cases/{case.pk}/documents/meeting_minutes", {"f-content": "很长的讨论情况"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "ZS906" in text and "很长的讨论情况" in text
    assert not Document.objects.exists()


def test_the_list_is_filtered_exported_and_hostile_words_are_refused(case, as_):
    reviewer = as_("reviewer")
    reviewer.post(f"/cases/{case.pk}/documents/filing_approval")
    assert "立案审批表</a>" in reviewer.get("/documents?kind=filing_approval&state=draft").content.decode()
    assert "没有符合条件" in reviewer.get("/documents?text=%27%22%3C").content.decode()
    for query in ("kind=../x", "state=eaten"):
        assert reviewer.get(f"/documents?{query}").status_code == 400
    text = reviewer.get("/documents.csv").content.decode()
    assert "立案审批表" in text and case.number in text
    assert EvidenceOutbox.objects.filter(kind="list.exported", subject="export:documents").exists()


def test_pages_of_documents_are_whole_in_english(case, as_, people):
    client = as_("reviewer")
    client.post(f"/cases/{case.pk}/documents/penalty_notice")
    made = Document.objects.get()
    people["reviewer"].language = "en"
    people["reviewer"].save()
    for address in ("/documents", f"/documents/{made.pk}", f"/cases/{case.pk}", "/verify"):
        text = client.get(address).content.decode()
        assert "文书" not in text.replace(made.title, ""), address
    assert Case.objects.get(pk=case.pk).party_sees
