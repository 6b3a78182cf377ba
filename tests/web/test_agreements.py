"""Pages of agreements: empty at first, a draft is checked and written on its page, faults keep what was typed."""

from __future__ import annotations

import pytest

from tests.casework import vendoring
from tests.casework.vendoring import CODE, filled, registered
from tests.casework.walking import Clock, person
from zhunsheng.casework.agreements.models import Agreement
from zhunsheng.casework.bodies.models import Body, DutyName, User
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def crew(people, monkeypatch):
    """A consortium whose laboratory serves."""
    body = people["consortium"].body
    Body.objects.filter(kind="vendor").update(institution_code=CODE)
    people["vendor"] = User.objects.get(pk=people["vendor"].pk)
    made = {"clerk": person("clerk", body, DutyName.HANDLER), "colleague": person("colleague", body, DutyName.REVIEWER)}
    made["head"] = people["consortium"]
    people |= made
    clock = Clock(monkeypatch)
    clock.day = now().date()
    monkeypatch.setattr("zhunsheng.casework.vendors.actions.now", clock.now)
    vendor = registered(made)
    filled(made, vendor, day=str(clock.day))
    vendoring.entered(made, vendor, clock)
    monkeypatch.setattr("zhunsheng.web.views.agreements.now", clock.now)
    return people

    return now().date()


def page(as_, login, address, code=200):
    found = as_(login).get(address)
    assert found.status_code == code, address
    return found.content.decode()


def test_lists_are_empty_in_words_and_a_vendor_meets_no_relations(as_, people):
    assert "没有符合条件的合同" in page(as_, "consortium", "/agreements")
    assert "没有备案价格" in page(as_, "head", "/prices")
    assert "没有发现利益冲突" in page(as_, "head", "/relations")
    page(as_, "vendor", "/relations", 403)
    page(as_, "head", "/relations?chain=x", 404)
    page(as_, "consortium", "/agreements?state=none", 400)
    page(as_, "far", "/agreements/1", 404)
    assert as_("consortium").get("/agreements.csv").status_code == 200
    assert as_("head").get("/prices.xlsx").status_code == 200


def test_a_draft_is_written_on_its_page_and_seen_by_both_sides_alone(as_, crew):
    offered = page(as_, "clerk", "/agreements/new")
    assert "未评级" in offered and "disabled" not in offered
    line = ServiceLine.objects.get()
    unchosen = as_("clerk").post("/agreements/new", {"line": "", "title": "检验外送合同", "key": "k0"})
    assert unchosen.status_code == 400 and "检验外送合同" in unchosen.content.decode()  # what was typed is kept
    assert as_("clerk").get("/cases/new?cycle=service_agreement")["Location"] == "/agreements/new"
    page(as_, "vendor", "/agreements/new", 403)
    sent = as_("clerk").post("/agreements/new", {"line": line.pk, "title": "检验外送合同", "key": "k1"})
    assert sent.status_code == 302, sent.content.decode()
    one = Agreement.objects.get()
    address = f"/agreements/{one.pk}"
    assert "未核对" in page(as_, "clerk", address)
    assert "检验外送合同" in page(as_, "vendor", "/agreements")
    page(as_, "far", address, 404)
    wrong = as_("clerk").post(f"{address}/clause", {"clause": "exit", "present": "yes", "note": "写在附件二"})
    assert wrong.status_code == 400 and "写在附件二" in wrong.content.decode()
    done = as_("clerk").post(f"{address}/clause", {"clause": "exit", "present": "yes", "place": "第九条"})
    assert (done.status_code, done["Location"]) == (302, f"{address}#clause")
    assert "第九条" in page(as_, "vendor", address)
    assert as_("vendor").post(f"{address}/clause", {"clause": "exit", "present": "no"}).status_code == 403
    body = page(as_, "clerk", "/agreements?state=draft")
    assert "质量目标" in body and "退出与交接" not in body
