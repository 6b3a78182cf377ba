"""Pages of grants: asked for by one body, given by the other, what is then seen, the banner, the uses left behind."""

from __future__ import annotations

import re

import pytest

from tests.casework.test_grants import held, world  # noqa: F401
from tests.web.serving import FAR, LEAD
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.bodies.sights import NONE
from zhunsheng.casework.grants.models import Grant, GrantUse
from zhunsheng.casework.inbox.actions import open_feed
from zhunsheng.kernel.time import now
from zhunsheng.web.views import inbox

pytestmark = pytest.mark.django_db
BANNER = 'id="granted"'


def finding_of(client):
    return re.search(r"/findings/(\w{8,})", client.get("/findings").content.decode())[0]


def form(world, **more):  # noqa: F811
    today = now().date().isoformat()
    given = {"owner": world["owner"].body.pk, "opens": "findings", "institutions": FAR.id, "purpose": "核查同一线索"}
    return {**given, "from": today, "to": today, **more}


def test_from_asking_to_seeing_and_back(as_, world):  # noqa: F811
    police, owner = as_("police"), as_("owner")
    assert police.get("/grants").status_code == 200 and police.get("/grants/new").status_code == 200
    wrong = police.post("/grants/new", form(world, purpose=" "))
    assert wrong.status_code == 422 and "用途" in wrong.content.decode() and not Grant.objects.exists()
    address = police.post("/grants/new", form(world))["Location"]
    assert address in owner.get("/grants?show=asked").content.decode()
    assert as_("lead").get(address).status_code == 403 and as_("head").get(address).status_code == 404
    assert FAR.name not in police.get("/findings").content.decode()
    days = {name: form(world)[name] for name in ("from", "to")}
    refused = owner.post(f"{address}/give", {**days, "institutions": [FAR.id, LEAD.id]})
    assert refused.status_code == 409 and not re.search(r"ZS\d{3}", police.get(address).content.decode())
    assert police.post(f"{address}/give", {**days, "institutions": [FAR.id]}).status_code == 403
    assert owner.post(f"{address}/give", {**days, "institutions": [FAR.id]}).status_code == 302
    record = finding_of(police)
    page = police.get(record).content.decode()
    assert BANNER in page and "核查同一线索" in page and FAR.name in page
    assert 'name="outcome"' not in page and police.post(f"{record}/mark", {"mark": "on"}).status_code == 404
    uses = owner.get(address).content.decode()
    assert "finding:" in uses and "清单，当日首次" in uses
    assert police.post(f"{address}/end", {"reason": "查完"}).status_code == 302
    assert police.get(record).status_code == 404 and FAR.name not in police.get("/findings").content.decode()


def test_a_case_that_is_joined_is_read_only_and_each_opening_is_kept(as_, world):  # noqa: F811
    police, case = as_("police"), world["case-枫"]
    file = f"/cases/{case.pk}/files/{case.attachments.get().pk}"
    held(world, "case")
    page = police.get(f"/cases/{case.pk}")
    assert BANNER in page.content.decode() and police.get(file).status_code == 404
    assert case.number in police.get("/cases?show=all").content.decode()
    grant = held(world, "case", internal=True)
    assert police.get(file).status_code == 200
    assert police.post(f"/cases/{case.pk}/moves/notify", {"version": "1"}).status_code == 404
    assert police.post(f"/cases/{case.pk}/files", {}).status_code == 404
    told = set(GrantUse.objects.filter(grant=grant).exclude(subject="").values_list("subject", flat=True))
    assert told == {f"case:{case.pk}/file:{case.attachments.get().pk}"}
    assert BANNER not in as_("owner").get(f"/cases/{case.pk}").content.decode()


def test_a_calendar_address_reads_what_is_asked_of_the_own_body_alone(client, world, monkeypatch):  # noqa: F811
    views, asked = [], inbox.queries.waiting_for
    monkeypatch.setattr(inbox.queries, "waiting_for", lambda view, *more: views.append(view) or asked(view, *more))
    held(world, "case")
    assert client.get(f"/calendar/{open_feed(world['police'])}.ics").status_code == 200
    assert [one.granted for one in views] == [NONE] and scope(world["police"]).granted != NONE


def test_sums_list_and_export(as_, world):  # noqa: F811
    grant = held(world, "amounts")
    police = as_("police")
    assert 'id="sums"' in police.get(f"/grants/{grant.pk}").content.decode()
    assert 'id="sums"' not in as_("owner").get(f"/grants/{grant.pk}").content.decode()
    assert GrantUse.objects.get().subject == "amounts"
    assert "核查同一线索" in police.get("/grants.csv").content.decode()
    assert police.get("/grants.pdf").status_code == 404 and police.get("/grants?show=x").status_code == 400
    assert police.post("/grants/new", form(world, to="")).status_code == 422
    assert police.post("/grants/new", form(world, institutions="'; --")).status_code == 422
    assert police.post("/grants/new", form(world, owner="99999999999999999999")).status_code == 422
    assert police.post("/grants/new", form(world, to="9999-12-31")).status_code == 422
