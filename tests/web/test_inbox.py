"""Pages of the inbox, as browsers send them: list, notices, delegation, calendar and its feed, webhook."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from tests.web.people import PASSWORD
from tests.web.serving import LEAD
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases.actions import move, open_case, propose, refuse
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.inbox import actions
from zhunsheng.casework.inbox.models import Delegation, Notice, Webhook
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.web import ics

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(people):
    user = people["reviewer"]
    given = {"source": "media", "summary": "某报道称多收费用，待核实"}
    return open_case(user, "clue", given, body=user.body, institution_id=LEAD.id)


def text_of(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def test_a_login_leads_to_the_inbox_of_those_who_have_cases(people):
    for login, place in (("reviewer", "/inbox"), ("health", "/")):
        client = Client()
        client.post("/login", {"login": login, "password": PASSWORD})
        assert client.get("/home").url == place


def test_the_inbox_lists_marks_as_new_once_and_counts_in_the_navigation(as_, case):
    client = as_("reviewer")
    text = text_of(client, "/inbox")
    assert case.number in text and f'data-href="/cases/{case.pk}"' in text and LEAD.name in text
    assert ">新<" in text and ">新<" not in text_of(client, "/inbox")
    assert re.search(r'nav__count num">1<', text_of(client, "/cases"))
    assert case.number not in text_of(client, "/inbox?group=late")
    assert "没有符合条件" in text_of(client, "/inbox?kind=imports")
    assert case.number in text_of(client, f"/inbox?q={LEAD.name}")
    assert case.number in client.get("/inbox.csv").content.decode()
    assert f"{case.opened_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" in client.get("/inbox.csv").content.decode()
    assert "没有待办" in text_of(as_("town"), "/inbox")
    for wrong in ("?kind=x", "?group=x", "?page=0"):
        assert client.get(f"/inbox{wrong}").status_code == 400


def test_the_pages_speak_english(people, as_, case):
    User.objects.filter(login="reviewer").update(language="en")
    client = as_("reviewer")
    for address in ("/inbox", "/notices", "/delegations", "/calendar"):
        text = text_of(client, address)
        left = re.sub(r"<[^>]*>|职员\w+|青禾县\w+|中文", "", text.replace(LEAD.name, ""))
        assert not re.findall(r"[\u4e00-\u9fff]+", left), address


def test_a_notice_is_read_by_following_it_and_nobody_reads_another_s(people, as_, case):
    officers = {"officers": [people["reviewer"].pk, people["head"].pk]}
    moved = move(people["head"], case, "assign", officers, version=case.version)
    waiting = propose(people["reviewer"], moved, "drop", {"reason": "数据有误"}, version=moved.version)
    refuse(people["head"], waiting, "王某某另有情况")
    client = as_("reviewer")
    text = text_of(client, "/notices?show=unread")
    assert "提议被退回" in text and case.number in text and "王某某" not in text
    one = Notice.objects.get(kind="proposal_refused")
    assert as_("head").post("/notices/read", {"notice": one.pk}).status_code == 404
    assert client.post("/notices/read", {"notice": one.pk}).url == f"/cases/{case.pk}"
    one.refresh_from_db()
    assert one.read_at and client.post("/notices/read").status_code == 302
    assert not Notice.objects.filter(user=people["reviewer"], read_at=None).exists()


def test_a_delegation_is_given_ended_and_its_refused_form_keeps_what_was_typed(people, as_):
    client, day = as_("head"), now().date()
    text_of(client, "/delegations")
    form = {
        "taker": people["reviewer"].pk,
        "duty": "head",
        "from": day,
        "until": day + timedelta(days=3),
        "reason": "外出",
    }
    answer = client.post("/delegations/give", {**form, "until": day + timedelta(days=300)})
    assert answer.status_code in (400, 422) and "ZS953" in answer.content.decode() and "外出" in answer.content.decode()
    assert client.post("/delegations/give", form).status_code == 302
    assert "外出" in text_of(as_("reviewer"), "/delegations") and "外出" not in text_of(as_("agency"), "/delegations")
    [made] = Delegation.objects.all()
    assert as_("agency").post(f"/delegations/{made.pk}/end").status_code == 404
    assert client.post(f"/delegations/{made.pk}/end").status_code == 302
    made.refresh_from_db()
    assert made.ended_by == people["head"]


def test_the_calendar_shows_last_days_and_its_feed_ends_with_its_key(people, as_, case):
    client = as_("reviewer")
    due = Case.objects.get(pk=case.pk).due_on
    assert case.number in text_of(client, f"/calendar?month={due:%Y-%m}")
    assert "休" in text_of(client, "/calendar?month=2026-10") and client.get("/calendar?month=x").status_code == 400
    client.post("/calendar/feed", {"deed": "open"})
    address = re.search(r'said">http://[^/]*(/calendar/[^<]*\.ics)<', text_of(client, "/calendar"))[1]
    assert address not in text_of(client, "/calendar")  # shown once
    told = Client().get(address).content.decode()
    assert f"DTSTART;VALUE=DATE:{due:%Y%m%d}" in told and case.number in told and "某报道" not in told
    client.post("/calendar/feed", {"deed": "open"})
    assert Client().get(address).status_code == 404 and Client().get("/calendar/x.ics").status_code == 404
    key = actions.open_feed(people["reviewer"])
    User.objects.filter(login="reviewer").update(is_active=False)
    assert Client().get(f"/calendar/{key}.ics").status_code == 404


def test_lines_of_a_calendar_are_folded_at_75_octets_and_nothing_breaks_out_of_one():
    one = ics.Entry("k", date(2026, 3, 2), "案" * 60 + ";,\\\r\nEND:VCALENDAR", "https://example.org/cases/1")
    lines = ics.calendar("待办", [one], now()).split(b"\r\n")
    assert all(len(line) <= 75 for line in lines) and lines.count(b"END:VCALENDAR") == 1
    whole = b"\r\n".join(lines).replace(b"\r\n ", b"").decode()
    assert "案" * 60 + "\\;\\,\\\\\\nEND:VCALENDAR" in whole


def test_a_webhook_leads_nowhere_behind_the_wall(people, as_):
    client = as_("head")
    for address in (
        "http://example.org/", "https://127.0.0.1/x", "https://10.0.0.1", "https://[::1]/", "https://169.254.169.254/",
        "https://u:p@example.org/", "ftp://example.org", "https://localhost:8000/", "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/", "https://0.0.0.0/", "https://224.0.0.1/", "https://2130706433/", "x", "",
    ):  # fmt: skip
        answer = client.post("/deliveries/webhook", {"address": address})
        assert answer.status_code == 400 and "ZS956" in answer.content.decode(), address
    assert not Webhook.objects.exists()


def test_the_webhook_is_for_the_head_alone_and_its_secret_is_shown_once(people, as_, settings):
    settings.WEBHOOK_HOSTS = frozenset({"127.0.0.1"})
    client = as_("head")
    assert client.post("/deliveries/webhook", {"address": "http://127.0.0.1:9/x"}).status_code == 302
    assert "whsec_" in text_of(client, "/deliveries") and "whsec_" not in text_of(client, "/deliveries")
    for login in ("reviewer", "admin", "auditor"):
        assert as_(login).get("/deliveries").status_code == 403
        assert as_(login).post("/deliveries/webhook", {"deed": "end"}).status_code == 403
    assert "127.0.0.1:9" not in text_of(as_("consortium"), "/deliveries")
    client.post("/deliveries/webhook", {"deed": "end"})
    assert "127.0.0.1:9" not in text_of(client, "/deliveries")
