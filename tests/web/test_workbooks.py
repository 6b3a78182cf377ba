"""Workbooks on the web: compared, confirmed by the duty that may, in force from then on, downloaded again."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.book.books import BOOK, save
from tests.web.people import ROLES
from zhunsheng.book import load
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.knowledge.models import Upload
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.home import home

pytestmark = pytest.mark.django_db
CAPS = ("序号", "项目名称", "限制数量", "数量单位", "项目编码")
CARE = (1, "甲级护理", 2, "日", "001201000990000")
BAD = (2, "乙级护理", "一", "日", "001201000980000")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path / "home"))


@pytest.fixture
def send(as_, tmp_path):
    """Upload one workbook as someone; return the answer."""

    def go(login, *rows, **fields):
        path = save(tmp_path / "caps.xlsx", {"Sheet1": [CAPS, *rows]})
        file = SimpleUploadedFile("第八批-1 caps.xlsx", path.read_bytes())
        return as_(login).post("/workbooks", {"files": [file], **fields})

    return go


def caps():
    points = load(BOOK, home().book).knowledge["daily_quantity_caps"].points
    return {point.get("item_code"): point.get("daily_cap") for point in points}


def test_uploaded_compared_confirmed_and_in_force(send, as_, people):
    before = caps()
    answer = send("whole", CARE, BAD)
    item = Upload.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/workbooks/{item.pk}")
    page = as_("whole").get(f"/workbooks/{item.pk}").content.decode()
    assert "甲级护理" in page
    assert "ZS422" in page
    assert "未取 1 处" in page
    assert caps() == before  # nothing is written by comparing
    assert as_("whole").post(f"/workbooks/{item.pk}/confirm").status_code == 302
    assert caps() == before | {"001201000990000": "2"}
    item.refresh_from_db()
    digest = load(BOOK, home().book).digest
    assert (item.state, item.decided_by, item.book_digest) == ("loaded", people["whole"], digest)
    left = EvidenceOutbox.objects.filter(subject=f"upload:{item.pk}").order_by("pk").values_list("kind", "actor")
    actor = people["whole"].actor_key
    assert list(left) == [("knowledge.checked", actor), ("knowledge.loaded", actor)]
    assert "第八批" in EvidenceOutbox.objects.last().payload  # the citation stands in the evidence
    again = as_("whole").post(f"/workbooks/{item.pk}/confirm")
    assert "ZS730" in again.content.decode()


@pytest.mark.parametrize("login", ["head", "reviewer", "consortium", "lead", "auditor", "admin", "vendor"])
def test_who_may_not_change_the_rule_book(send, as_, login):
    assert send(login, CARE).status_code == 403
    assert not Upload.objects.exists()
    send("whole", CARE)
    pk = Upload.objects.get().pk
    for step in ("confirm", "discard"):
        assert as_(login).post(f"/workbooks/{pk}/{step}").status_code in (403, 404)
    assert Upload.objects.get().state == "checked"
    assert "上传并比较" not in as_(login).get("/workbooks").content.decode()


@pytest.mark.parametrize("login", ROLES)
def test_an_upload_shows_to_its_own_body_and_to_those_above_it_only(send, as_, people, login):
    send("whole", CARE)
    pk = Upload.objects.get().pk
    seen = as_(login).get(f"/workbooks/{pk}")
    listed = "第八批-1 caps.xlsx" in as_(login).get("/workbooks").content.decode()
    assert (seen.status_code == 200) == listed == scope(people[login]).rows(Upload.objects.all()).exists()
    if not listed:
        assert "甲级护理" not in seen.content.decode()


def test_a_discarded_upload_writes_nothing(send, as_):
    before = caps()
    send("whole", CARE)
    pk = Upload.objects.get().pk
    as_("whole").post(f"/workbooks/{pk}/discard")
    assert Upload.objects.get().state == "discarded"
    assert caps() == before


def test_a_rule_book_that_changed_meanwhile_is_compared_anew(send, as_):
    send("whole", CARE)
    send("whole", (1, "甲级护理", 3, "日", "001201000990000"))
    second, first = Upload.objects.order_by("-pk")
    as_("whole").post(f"/workbooks/{second.pk}/confirm")
    assert "ZS731" in as_("whole").post(f"/workbooks/{first.pk}/confirm").content.decode()
    assert caps()["001201000990000"] == "3"
    assert EvidenceOutbox.objects.filter(kind="knowledge.loaded").count() == 1


def test_a_batch_that_a_person_states(send, as_):
    send("whole", CARE, batch="county-1", citation="某县医保局〔2026〕3号", valid_from="2026-03-01")
    as_("whole").post(f"/workbooks/{Upload.objects.get().pk}/confirm")
    assert load(BOOK, home().book).batches["county-1"].citation == "某县医保局〔2026〕3号"
    assert "ZS428" in send("whole", CARE, citation="没有编号").content.decode()


def test_the_export_is_the_workbook(send, as_):
    send("whole", CARE)
    as_("whole").post(f"/workbooks/{Upload.objects.get().pk}/confirm")
    answer = as_("head").get("/workbooks/export.zip?list=daily_quantity_caps")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "第八批-1 caps.xlsx" in archive.namelist()
    assert as_("head").get("/workbooks/export.zip?list=nothing").status_code == 404


def test_the_report_speaks_english(send, as_):
    send("whole", CARE, BAD)
    client = as_("whole")
    client.post("/language", {"language": "en", "next": "/"})
    page = client.get(f"/workbooks/{Upload.objects.get().pk}").content.decode()
    assert "which is no whole number" in page
    assert "Write into the rule book" in page
