"""The worklist on the pages: marks by a click or a script, undo, notes that follow a finding, views as addresses."""

import re

import pytest

from tests.web.fixtures import CURRENT
from tests.web.people import ROLES
from tests.web.serving import LEAD, OTHER, TOWN
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.casework.worklist.models import Mark, Note, SavedView

pytestmark = pytest.mark.django_db


def some(place, table="finding"):
    with current_run().reader(None) as reader:
        sql = f"SELECT MIN(finding_id) AS f FROM {table} WHERE institution_id = ?"
        return reader.one(sql, [place.id])["f"]


def test_a_mark_is_set_lifted_and_the_lifting_undone(as_):
    client, key = as_("head"), some(LEAD)
    assert client.post(f"/findings/{key}/mark", {"shared": "0", "next": "/worklist"})["Location"] == "/worklist"
    assert "工作清单：1 件" in client.get("/worklist").content.decode()
    back = client.post(f"/findings/{key}/mark", {"shared": "0", "next": "/worklist"})["Location"]
    page = client.get(back).content.decode()
    assert "清单为空" in page and f"已取消疑点 {key} 的标记" in page
    client.post(f"/findings/{key}/mark", {"shared": "0", "next": "/worklist"})
    assert "工作清单：1 件" in client.get("/worklist").content.decode()


def test_a_script_gets_the_marks_of_the_row_only(as_):
    client, key = as_("head"), some(LEAD)
    answer = client.post(f"/findings/{key}/mark", {"shared": "1"}, HTTP_HX_REQUEST="true").content.decode()
    assert answer.lstrip().startswith("<form") and 'data-mark="body" aria-pressed="true"' in answer


def test_a_form_of_another_site_leads_nowhere_else(as_):
    key = some(LEAD)
    answer = as_("head").post(f"/findings/{key}/mark", {"next": "https://example.org/"})
    assert answer["Location"] == f"/findings/{key}"


def test_the_list_can_be_cut_down_to_marked_and_unmarked(as_):
    client, key = as_("head"), some(LEAD)
    every = int(re.search(r"疑点 ([\d,]+) 件", client.get("/findings").content.decode())[1].replace(",", ""))
    client.post(f"/findings/{key}/mark", {"shared": "0"})
    for query, count in (("any", 1), ("mine", 1), ("body", 0), ("none", every - 1)):
        page = client.get(f"/findings?mark={query}").content.decode()
        shown = re.search(r"<h1>.*?([\d,]+)", page, re.S)[1].replace(",", "")
        assert int(shown) == count, query
    assert client.get("/findings?mark=other").status_code == 400


@pytest.mark.parametrize("address", ["mark", "notes"])
@pytest.mark.parametrize("login", ROLES)
def test_nobody_marks_or_notes_what_lies_outside_the_scope(as_, login, address):
    if login in ("whole", "far"):
        return
    from tests.web.serving import FAR

    answer = as_(login).post(f"/findings/{some(FAR)}/{address}", {"text": "话"})
    assert answer.status_code in (403, 404)
    assert not Mark.objects.exists() and not Note.objects.exists()


def test_notes_and_versions_stand_on_the_finding_and_nobody_elses_page(as_):
    key = some(LEAD)
    head = as_("head")
    head.post(f"/findings/{key}/notes", {"text": "共用之言", "shared": "1"})
    head.post(f"/findings/{key}/notes", {"text": "私下之言"})
    note = Note.objects.get(shared=True)
    head.post(f"/notes/{note.pk}", {"text": "更正之言", "seen": "1"})
    assert head.post(f"/notes/{note.pk}", {"text": "迟到之言", "seen": "1"}).status_code == 409
    page = head.get(f"/findings/{key}").content.decode()
    assert all(text in page for text in ("共用之言", "更正之言", "私下之言", "第 2 版"))
    colleague = as_("reviewer").get(f"/findings/{key}").content.decode()
    assert "更正之言" in colleague and "私下之言" not in colleague
    for login in ("agency", "health", "whole", "consortium", "lead"):
        client = as_(login)
        for address in (f"/findings/{key}", "/worklist", "/findings", "/worklist.csv"):
            text = client.get(address).content.decode()
            assert "之言" not in text, (login, address)
        assert client.post(f"/notes/{note.pk}", {"text": "x", "seen": "2"}).status_code == 404
    assert "更正之言" in head.get("/worklist.csv").content.decode("utf-8-sig")


def test_a_finding_that_is_gone_keeps_its_note(as_, people):
    from zhunsheng.casework.worklist.actions import add_note

    add_note(people["head"], "0" * 20, LEAD.id, "早先一次运行的疑点", shared=False)
    add_note(people["head"], "1" * 20, OTHER.id, "另一件", shared=False)
    page = as_("head").get("/worklist").content.decode()
    assert "不在本次与上次运行中" in page and "早先一次运行的疑点" in page and CURRENT in page


def test_a_view_is_an_address_and_a_deleted_one_comes_back(as_):
    head, reviewer = as_("head"), as_("reviewer")
    query = f"institution={TOWN.id}&verdict=lead&cols=department-person"
    form = {"name": "竹溪", "page": "findings", "query": query, "shared": "1"}
    address = head.post("/views", form)["Location"]
    assert head.get(address)["Location"] == f"/findings?{query}"
    assert reviewer.get(address)["Location"] == f"/findings?{query}"
    assert as_("town").get(address).status_code == 404
    assert "竹溪" in reviewer.get("/findings").content.decode()
    assert reviewer.post(f"{address}/delete").status_code == 403
    back = head.post(f"{address}/delete")["Location"]
    assert head.get(address).status_code == 404
    assert "已删除视图" in head.get(back.partition("#")[0]).content.decode()
    assert reviewer.post(f"{address}/restore").status_code == 403
    head.post(f"{address}/restore")
    head.post(f"{address}/rename", {"name": "竹溪镇"})
    assert SavedView.objects.get().name == "竹溪镇" and reviewer.get(address).status_code == 404
    assert head.post(f"{address}/burn").status_code == 404
