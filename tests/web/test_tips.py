"""Pages of tip-offs: a report from the form to its reward, hostile input, code guessing, and who sees nothing of it."""

import io
import logging
import re
import zipfile

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.casework.test_tips import KEY_FILE, PASSPHRASE, PUBLIC_KEY, WHO
from tests.web.people import PASSWORD
from tests.web.serving import LEAD
from zhunsheng.book.rewards import load_schemes
from zhunsheng.casework.bodies.actions import assign_duty, create_user
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.tips import actions
from zhunsheng.casework.tips.models import PublicTry, SealKind, TipOff
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.time import parse_date

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nreceipt of a hospital\n%%EOF\n"
WORDS = "住院期间同一天的护理费收了两次，收费清单可以看到。"
FORM = {"whom": LEAD.name, "f-act": "charge", "f-happened": "2026年3月", "f-amount_fen": "1200.00", "f-content": WORDS}
NAMED = {"who": "named", **{f"id-{name}": text for name, text in WHO.items()}}


@pytest.fixture
def bureau(people):
    """The county bureau with a key and a second person who may handle tip-offs."""
    body = people["head"].body
    actions.register_key(Process("test"), body, PUBLIC_KEY)
    other = create_user(Process("test"), "second", "复核人", body, PASSWORD)
    assign_duty(Process("test"), other, "reviewer", parse_date("2026-01-01"))
    return {**people, "second": other}


def secret_of(client, address="/report"):
    return re.search(r'name="secret" value="(\w{64})"', client.get(address).content.decode())[1]


def send(client, given=None, **more):
    return client.post("/report", {"secret": secret_of(client), **FORM, **(given or {}), **more})


def code_in(answer):
    return re.search(r'class="receipt"><code>([a-z0-9-]{19})</code>', answer.content.decode())[1]


def enter(code):
    client = Client()
    answer = client.post("/report/follow", {"code": code})
    assert answer.status_code == 302, answer.content.decode()
    return client


def step(client, case, move, **given):
    case.refresh_from_db()
    sent = {
        "version": case.version,
        "key": f"{move}-{case.version}",
        **{f"f-{key}": text for key, text in given.items()},
    }
    answer = client.post(f"/cases/{case.pk}/moves/{move}", sent)
    assert answer.status_code == 302, re.findall(r'id="problem">\s*<b>(.*?)</b>', answer.content.decode())
    case.refresh_from_db()


def two(first, second, case, move, **given):
    step(first, case, move, **given)
    waiting = case.proposals.get(state="open")
    answer = second.post(
        f"/cases/{case.pk}/proposals/{waiting.pk}/confirm", {"version": case.version, "key": f"c{move}"}
    )
    assert answer.status_code == 302
    case.refresh_from_db()


def test_a_report_walks_from_the_form_to_its_reward(client, as_, bureau):
    sent = {"secret": secret_of(client), **FORM, **NAMED, "files": SimpleUploadedFile("清单.pdf", PDF)}
    answer = client.post("/report", sent)
    code = code_in(answer)
    again = client.post("/report", {**sent, "files": SimpleUploadedFile("清单.pdf", PDF)})
    assert code_in(again) == code and TipOff.objects.count() == 1
    tip = TipOff.objects.get()
    assert (tip.case.institution_id, tip.body) == (LEAD.id, bureau["head"].body)
    head, reviewer = as_("head"), as_("reviewer")
    page = reviewer.get(f"/tips/{tip.pk}").content.decode()
    assert WORDS in page and "清单.pdf" in page and "已密封" in page
    assert not [text for text in WHO.values() if text in page]
    assert reviewer.get(f"/tips/{tip.pk}/files/{tip.files.get().pk}").status_code == 200
    reporter = enter(code.upper().replace("-", " "))
    assert "等待受理" in reporter.get("/report/follow").content.decode()
    step(reviewer, tip.case, "assign", officers=[bureau["head"].pk, bureau["reviewer"].pk])
    assert reviewer.post(f"/tips/{tip.pk}/messages", {"text": "请问是哪个科室？", "key": "m1"}).status_code == 302
    page = reporter.get("/report/follow").content.decode()
    assert "正在核查" in page and "哪个科室" in page and "职员reviewer" not in page
    assert reporter.post("/report/follow/add", {"text": "骨科", "key": "a1"}).status_code == 302
    two(reviewer, head, tip.case, "establish", value_fen="600000.00", result="属实，护理费重复收取")
    assert "举报属实" in reporter.get("/report/follow").content.decode()
    assert reporter.post("/report/follow/leave").status_code == 302
    assert 'name="code"' in reporter.get("/report/follow").content.decode()


def test_a_reward_is_tried_granted_claimed_and_paid_to_whom_two_people_unseal(client, as_, bureau, caplog):
    code = code_in(send(client, NAMED))
    tip, head, reviewer, reporter = TipOff.objects.get(), as_("head"), as_("reviewer"), enter(code)
    step(reviewer, tip.case, "assign", officers=[bureau["head"].pk, bureau["reviewer"].pk])
    two(reviewer, head, tip.case, "establish", value_fen="600000.00", result="属实，护理费重复收取")
    page = reviewer.get(f"/tips/{tip.pk}?subject=institution&grade=second").content.decode()
    fill = re.search(r'href="(/cases/\d+\?step=reward[^"]+)#steps"', page)[1].replace("&amp;", "&")
    form = reviewer.get(fill).content.decode()
    assert 'value="9800.00"' in form and "50.00" not in re.findall(r'name="f-reward_fen" value="(.*?)"', form)
    asked = {
        "scheme": "local_default",
        "subject": "institution",
        "grade": "second",
        "reward_fen": "9800.00",
        "basis": "按办法计算",
    }
    two(reviewer, head, tip.case, "reward", **asked)
    page = reporter.get("/report/follow").content.decode()
    assert "9,800.00" in page and "已决定给予奖励" in page
    assert reporter.post("/report/follow/claim", {"payment": "农商行 62280000"}).status_code == 302
    box = tip.sealed.get(kind="reporter")
    assert reviewer.post(f"/tips/{tip.pk}/seals/{box.pk}", {"reason": "发放奖励"}).status_code == 302
    number = box.unsealings.get().pk
    given = {"key_file": SimpleUploadedFile("key.json", KEY_FILE), "passphrase": PASSPHRASE}
    opened = head.post(f"/tips/{tip.pk}/unsealings/{number}/open", given)
    assert WHO["contact"] in opened.content.decode() and "no-store" in opened["Cache-Control"]
    assert WHO["contact"] not in head.get(f"/tips/{tip.pk}").content.decode()
    assert EvidenceOutbox.objects.filter(kind="tip_off.unsealed").count() == 1
    text = head.get("/tips/figures").content.decode()
    assert "600,000.00" in text and "9,800.00" in text
    leads = {one.replace("&amp;", "&") for one in re.findall(r'href="(/tips\?[^"]+)"', text)}
    assert len(leads) == 10 and all(head.get(one).status_code == 200 for one in leads)
    rows = {one: tip.case.number in head.get(one).content.decode() for one in leads}
    empty = {one for one, shown in rows.items() if not shown}
    assert empty == {"/tips?show=followed&month=", "/tips?show=late&month="}
    assert "tip-settle" in caplog.text
    assert not [text for text in (*WHO.values(), PASSPHRASE, code) if text in caplog.text]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"whom": ""}, "ZS921"),
        ({"f-content": "短"}, "ZS906"),
        ({"f-act": "nothing"}, "ZS906"),
        ({"f-amount_fen": "-5"}, "ZS906"),
        ({"who": "named", "id-name": "钱证人"}, "ZS925"),
        ({"who": "named"}, "ZS925"),
        ({"files": lambda: SimpleUploadedFile("清单.pdf", b"#!/bin/sh")}, "ZS914"),
        ({"files": lambda: SimpleUploadedFile("大.pdf", PDF + b"0" * (10 * 1024**2))}, "ZS923"),
        ({"files": lambda: [SimpleUploadedFile(f"{n}.pdf", PDF) for n in range(6)]}, "ZS923"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(client, bureau, given, said):
    given = {name: value() if callable(value) else value for name, value in given.items()}
    answer = send(client, given)
    text = answer.content.decode()
    assert answer.status_code == 422 or said == "ZS914"
    assert said in text and not TipOff.objects.exists()
    if "f-content" not in given:
        assert WORDS in text
    if "files" in given:
        assert "请重新选择这些文件" in text
    if given.get("id-name"):
        assert "钱证人" in text


def test_script_stays_text_and_a_form_of_elsewhere_is_refused(client, as_, bureau):
    words = "<script>alert(1)</script>\u202e护理费重复收取两次"
    assert send(client, {"f-content": words, "whom": "<img src=x>"}).status_code == 200
    page = as_("head").get(f"/tips/{TipOff.objects.get().pk}").content.decode()
    assert (
        "&lt;script&gt;" in page and "<script>alert" not in page and "\u202e" not in page and "<img src=x" not in page
    )
    assert client.post("/report", {**FORM, "secret": "guess"}).status_code == 400
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/report", FORM).status_code == 403
    assert client.post("/report", b"0" * (53 * 1024**2), content_type="text/plain").status_code == 413


def test_wrong_codes_get_the_same_words_and_an_end(client, bureau, settings):
    code = code_in(send(client))
    settings.TIP_LIMITS = {**settings.TIP_LIMITS, "follow": 3}
    guesses = ["aaaa-aaaa-aaaa-aaaa", code[:-1] + ("a" if code[-1] != "a" else "b"), "' OR 1=1 --"]
    other = Client()
    told = {
        re.sub(r'value="\w{64}"|name="next".*', "", other.post("/report/follow", {"code": one}).content.decode())
        for one in guesses
    }
    assert len(told) == 1 and "ZS922" in told.pop()
    assert other.post("/report/follow", {"code": code}).status_code == 429  # also the right one, which tells nothing
    assert {one.address_key for one in PublicTry.objects.all()} and "127.0.0.1" not in str(
        list(PublicTry.objects.values())
    )
    for address in ("/report/follow/add", "/report/follow/claim"):
        assert Client().post(address, {"text": "x", "payment": "x"})["Location"] == "/report/follow"


def test_a_reporter_with_an_account_is_nobody_too(as_, bureau, caplog):
    employee = as_("lead")
    with caplog.at_level(logging.INFO):
        code = code_in(send(employee))
        assert employee.post("/report/follow", {"code": code}).status_code == 302
        page = employee.get("/report/follow").content.decode()
    assert TipOff.objects.get().case.number in page and "data-who" not in page
    told = [line for line in caplog.text.splitlines() if "report" in line]
    assert told and not [line for line in told if re.search(rf"user\W+{bureau['lead'].pk}\b", line)]
    assert not [one for one in Session.objects.all() if "follow" in one.get_decoded()]
    assert employee.get("/").status_code == 200  # and is logged in as before
    employee.post("/report/follow/leave")
    assert TipOff.objects.get().case.number not in employee.get("/report/follow").content.decode()


def test_too_many_reports_of_an_address_wait(client, bureau, settings):
    settings.TIP_LIMITS = {**settings.TIP_LIMITS, "report": 1}
    assert send(client).status_code == 200
    answer = send(client)
    assert answer.status_code == 429 and WORDS in answer.content.decode()


def test_staff_enter_a_call_and_merge_what_reads_alike(client, as_, bureau):
    first = code_in(send(client))
    reviewer = as_("reviewer")
    assert reviewer.get("/cases/new?cycle=tip_off")["Location"] == "/tips/new"
    call = {**FORM, **NAMED, "f-channel": "hotline", "f-content": WORDS + "请尽快查。"}
    answer = reviewer.post("/tips/new", {"secret": secret_of(reviewer, "/tips/new"), **call})
    second = code_in(answer)
    old, new = TipOff.objects.order_by("pk")
    assert (new.channel, new.case.number[-1]) == ("hotline", "2")
    page = reviewer.get(f"/tips/{new.pk}").content.decode()
    assert "文字相似" in page and f"?step=merge&amp;f-other_case={old.case.number}" in page
    form = reviewer.get(f"/cases/{new.case_id}?step=merge&f-other_case={old.case.number}").content.decode()
    assert f'value="{old.case.number}"' in form
    step(reviewer, new.case, "merge", other_case=old.case.number)
    page = enter(second).get("/report/follow").content.decode()
    assert "等待受理" in page and "并案" in page and old.case.number not in page
    assert "并案" not in enter(first).get("/report/follow").content.decode()
    step(reviewer, old.case, "assign", officers=[bureau["head"].pk, bureau["reviewer"].pk])
    two(reviewer, as_("head"), old.case, "establish", value_fen="600000.00", result="属实")
    page = reviewer.get(f"/tips/{old.pk}?subject=institution&grade=second").content.decode()
    assert "由多人举报" in page and re.search(rf"{new.case.number}</a>.*?¥0\.00", page, re.S)
    page = enter(second).get("/report/follow").content.decode()
    assert "奖励最先举报的人" in page and 'id="claim"' not in page and old.case.number not in page
    assert 'id="claim"' in enter(first).get("/report/follow").content.decode()


GRANT = {"scheme": "local_default", "subject": "institution", "grade": "second", "reward_fen": "9800.00",
         "basis": "按办法计算"}  # fmt: skip


def granted_to_two(client, as_, bureau):
    """Two report the same, the later one claims beforehand and is merged, the reward is granted; return the codes."""
    codes = [code_in(send(client)), code_in(send(client, {"f-content": WORDS + "请尽快查。"}))]
    old, new = TipOff.objects.order_by("pk")
    reviewer, head = as_("reviewer"), as_("head")
    step(reviewer, old.case, "assign", officers=[bureau["head"].pk, bureau["reviewer"].pk])
    two(reviewer, head, old.case, "establish", value_fen="600000.00", result="属实")
    step(reviewer, new.case, "merge", other_case=old.case.number)
    assert enter(codes[0]).post("/report/follow/claim", {"payment": "农商行 62280000"}).status_code == 302
    two(reviewer, head, old.case, "reward", **GRANT)
    return codes, old, new


def test_who_pays_sees_on_every_tip_off_of_a_group_whose_claim_to_pay(client, as_, bureau):
    (_first, late), old, new = granted_to_two(client, as_, bureau)
    page = enter(late).get("/report/follow").content.decode()
    assert "奖励已决定给予其他举报人" in page and 'id="claim"' not in page and "9,800" not in page
    actions._seal(new, SealKind.CLAIM, new.body.tip_keys.get(), {"payment": "农商行 62289999"})
    reader = as_("reviewer")
    for tip in (old, new):
        page = reader.get(f"/tips/{tip.pk}").content.decode()
        told = page.split('id="reward"')[1]
        rows = dict(re.findall(r'<a href="/tips/(\d+)">[^<]*</a>(.*?)</li>', told, re.S))
        assert "¥9,800.00" in rows[str(old.pk)] and "申领不予发放" not in rows[str(old.pk)]
        assert "¥0.00" in rows[str(new.pk)] and "申领不予发放" in rows[str(new.pk)]
        assert page.count("申领不予发放") == 1 + (tip == new)
    assert f"{new.case.number} ¥0.00" in reader.get(f"/cases/{old.case_id}").content.decode()
    send(client, {"f-content": WORDS + "请查。"})
    page = reader.get(f"/tips/{TipOff.objects.latest('pk').pk}").content.decode()
    assert "文字相似" in page and "step=merge" not in page
    assert "奖励分配" not in page


def test_a_reward_that_people_share_is_told_with_the_day_up_to_which_it_is_claimed(client, as_, bureau, monkeypatch):
    scheme = load_schemes(rulebook())["local_default"].model_copy(update={"several": None})
    monkeypatch.setattr("zhunsheng.casework.cases.library.reward_scheme", lambda _day: scheme)
    codes, _old, _new = granted_to_two(client, as_, bureau)
    for code in codes:
        page = enter(code).get("/report/follow").content.decode()
        assert "由受理单位与各举报人商定" in page and re.search(r"请在 \S+ 前申领", page) and 'id="claim"' in page


def test_a_case_that_follows_a_tip_off_does_not_lead_its_party_there(client, as_, bureau):
    send(client)
    tip = TipOff.objects.get()
    reviewer = as_("reviewer")
    given = {
        "cycle": "fund_case",
        "origin": tip.case_id,
        "institution": LEAD.id,
        "key": "k",
        "f-officers": [bureau["head"].pk, bureau["reviewer"].pk],
        "f-article": "reg-735/38",
        "f-reason": "举报查证",
    }
    assert reviewer.post("/cases/new", given).status_code == 302
    case = Case.objects.get(cycle="fund_case")
    told = {"article": "reg-735/38", "loss_fen": "10.00", "facts": "护理费重复收取，详见清单"}
    step(reviewer, case, "notify", **told)
    assert tip.case.number in reviewer.get(f"/cases/{case.pk}").content.decode()
    party = as_("lead").get(f"/cases/{case.pk}")
    assert party.status_code == 200 and tip.case.number not in party.content.decode()


def test_nobody_else_meets_a_tip_off(client, as_, bureau):
    send(client, NAMED)
    tip = TipOff.objects.get()
    addresses = [f"/tips/{tip.pk}", "/tips?show=all", "/tips.csv?show=all", "/tips/figures", f"/cases/{tip.case_id}"]
    for login in (
        "agency",
        "health",
        "whole",
        "consortium",
        "lead",
        "town",
        "far",
        "vendor",
        "auditor",
        "operator",
        "idle",
    ):
        reader = as_(login)
        for address in addresses:
            answer = reader.get(address)
            text = answer.content.decode() if not answer.streaming else ""
            assert answer.status_code in (403, 404) or (login == "agency" and address in addresses[1:4]), (
                login,
                address,
            )
            assert WORDS not in text and tip.case.number not in text
    rows = as_("head").get("/tips.xlsx?show=all")
    with zipfile.ZipFile(io.BytesIO(rows.content)) as book:
        held = "".join(book.read(name).decode() for name in book.namelist())
    assert WORDS in held and not [text for text in WHO.values() if text in held]


def test_a_site_without_an_authority_takes_no_report(client, county):
    assert "举报电话" in client.get("/report").content.decode()
    assert client.post("/report", FORM).status_code == 503


def test_pages_without_content_say_so(client, as_, bureau):
    head = as_("head")
    for address in ("/tips", "/tips?show=late", "/tips/figures", "/tips/new"):
        assert head.get(address).status_code == 200
    for address in ("/tips?show=x", "/tips?month=2026-13", "/tips/figures?year=1999", "/report/figures?year=1"):
        assert head.get(address).status_code == 400
    text = client.get("/report/figures").content.decode()
    assert "不公布" in text and client.get("/report").status_code == 200
    assert "/report" in client.get("/login").content.decode()
