"""The page of the desk: judged while typed, answered, listed; keys made and revoked; who sees what."""

from __future__ import annotations

import re

import pytest

from tests.web.desks import WOMAN_ONLY, place
from tests.web.serving import LEAD, TOWN
from zhunsheng.casework.desk.models import ApiKey, AskCount, Reminder, Response
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import desk

HTMX = {"HX-Request": "true"}


def typed(**change):
    """Return what a browser posts: one whole line, one half-typed."""
    return {
        "person_id": "330781001", "sex": "M", "birth_date": "1980-01-01", "encounter_id": "E1",
        "visit_type": "outpatient", "start": "2026-03-10", "diagnoses": "I10.x00", "moment": "before",
        "institution": "",
        "item_code": [WOMAN_ONLY, "0021"], "at": ["2026-03-10", ""], "quantity": ["1", ""],
        "unit_price": ["80.00", ""], "in_scope": ["", ""], "item_class": ["", ""], **change,
    }  # fmt: skip


def test_the_page_is_empty_at_first(ready, as_):
    text = as_("lead").get("/desk").content.decode()
    assert "还没有可判的医嘱" in text
    assert text.count('name="item_code"') == 4


def test_an_order_is_judged_while_it_is_typed(ready, as_):
    text = as_("lead").post("/desk", typed(), headers=HTMX).content.decode()
    assert "<html" not in text
    assert "项目限女性使用，参保人登记为男性" in text
    assert "怎么办" in text and "/rules/fund/sex-limited-service" in text
    desk.take_over()
    assert Reminder.objects.count() == 0, "what is still being typed is counted and not kept"
    assert AskCount.objects.get().asks == 1


def test_while_the_book_is_being_read_the_part_says_so_and_asks_again(ready, as_, monkeypatch):
    def not_ready(*_given, **_more):
        raise Problem("ZS740")

    monkeypatch.setattr(desk, "ask", not_ready)
    text = as_("lead").post("/desk", typed(), headers=HTMX).content.decode()
    assert "<html" not in text
    assert "没有判定不等于合格" in text
    assert 'hx-trigger="load delay:1s"' in text
    whole = as_("lead").post("/desk", typed())
    assert whole.status_code == 503
    assert "<html" in whole.content.decode()


def test_another_problem_of_a_part_is_told_as_a_part(ready, as_):
    answer = as_("lead").post("/desk/respond", typed(answer="x"), headers=HTMX)
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "<html" not in text
    assert "ZS713" in text


def test_without_scripts_the_page_comes_back_whole(ready, as_):
    text = as_("lead").post("/desk", typed()).content.decode()
    assert "<html" in text and "项目限女性使用" in text and f'value="{WOMAN_ONLY}"' in text
    more = as_("lead").post("/desk", typed(more="1")).content.decode()
    assert more.count('name="item_code"') == 8


def test_a_response_is_kept_with_its_reason(ready, as_):
    client = as_("lead")
    found = re.search(r'value="justified (\w+)"', client.post("/desk", typed()).content.decode())[1]
    given = typed(answer=f"justified {found}", **{f"reason-{found}": "会诊后使用"})
    assert "已记录：说明原因后继续" in client.post("/desk/respond", given, headers=HTMX).content.decode()
    kept = Response.objects.get()
    assert (kept.reason, kept.clerk, kept.reminder.finding_id) == ("会诊后使用", "lead", found)
    assert "会诊后使用" in client.get("/desk/reminders").content.decode()
    assert "会诊后使用" not in as_("town").get("/desk/reminders").content.decode()
    assert "会诊后使用" in as_("head").get("/desk/reminders").content.decode()
    refused = client.post("/desk/respond", typed(answer=f"justified {found}"), headers=HTMX)
    assert refused.status_code == 400 and "ZS746" in refused.content.decode()


def test_a_fault_names_row_and_field(ready, as_):
    text = as_("lead").post("/desk", typed(quantity=["x", ""]), headers=HTMX).content.decode()
    assert "第 1 行" in text and "数量" in text and "不能识别" in text


def test_items_are_offered_by_name_and_code(ready, as_):
    client = as_("lead")
    assert WOMAN_ONLY in client.get("/desk/items", {"item_code": WOMAN_ONLY[:6]}).content.decode()
    assert client.get("/desk/items").content.decode().strip() == ""


def test_a_region_asks_in_the_name_of_an_institution_in_view(ready, as_):
    head = as_("head")
    assert "青禾县中医院兰" in head.get("/desk").content.decode()
    assert "项目限女性使用" in head.post("/desk", typed(institution=TOWN.id), headers=HTMX).content.decode()
    assert head.post("/desk", typed(institution="H99"), headers=HTMX).status_code == 404
    assert "没有可以代为填写的机构" in as_("vendor").get("/desk").content.decode()


@pytest.mark.parametrize("login", ["auditor", "admin", "stranger", "idle"])
def test_who_may_not_ask(ready, as_, login):
    assert as_(login).get("/desk").status_code == 403


def test_a_head_makes_and_revokes_a_key(ready, as_):
    head = as_("head")
    given = {"body": str(place(LEAD).pk), "name": "HIS", "per_minute": "100"}
    secret = re.search(r"zs_[\w-]+", head.post("/desk/keys", given).content.decode())[0]
    assert desk.asker_of(secret).institution_id == LEAD.id
    assert secret not in head.get("/desk/keys").content.decode()
    key = ApiKey.objects.get()
    assert as_("lead").post(f"/desk/keys/{key.pk}/revoke").status_code == 403
    head.post(f"/desk/keys/{key.pk}/revoke")
    assert "已停用" in head.get("/desk/keys").content.decode()
    with pytest.raises(desk.Problem, match="ZS742"):
        desk.asker_of(secret)
    assert as_("lead").get("/desk/keys").status_code == 403
    assert head.post("/desk/keys", {**given, "body": "x"}).status_code == 400
