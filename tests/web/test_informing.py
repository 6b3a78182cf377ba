"""The right to know: notices on a page and by the interface, receipts before the public, and who sees what of them."""

import json
import re

import pytest
from django.test import Client

from tests.casework.informed import DAY, RIVAL, SECRETS
from tests.casework.vendoring import CODE
from tests.web.serving import LEAD, OTHER, TOWN
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body, DutyName, User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.desk.actions import make_key
from zhunsheng.casework.informing import queries
from zhunsheng.casework.informing.models import ServiceNotice
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.vendors.models import ServiceLine, Vendor
from zhunsheng.web import desk

pytestmark = pytest.mark.django_db
TOLD = {"choice": "accepts", "alternative": "elsewhere", "told_on": str(DAY), "institution_id": ""}


def tick(*numbers, place=TOWN, **more):
    names = [f"{CODE}|{number}" for number in numbers]
    return {**TOLD, "order": names, **{f"place-{name}": place.id for name in names}, **more}


def record(client, given, status=200):
    got = client.post("/informing/record", given)
    text = got.content.decode()
    assert got.status_code == status, text[-1500:]
    return text, re.findall(r"<code>([a-z2-9-]+)</code>", text)


def look(code, status=200):
    got = Client().post("/service/lookup", {"code": code})
    assert got.status_code == status, got.content.decode()[-800:]
    return got.content.decode()


def test_a_receipt_opens_who_performed_it_and_never_of_whom_or_with_what_result(as_, served):
    listed = as_("town").get("/informing").content.decode()
    assert "O1" in listed and not {"O2", "O3", "O4"} & set(re.findall(r"\bO\d\b", listed))
    text, (code,) = record(as_("town"), tick("O1"))
    assert "恒诺医学检验" in text and not any(word in text for word in SECRETS)
    kept = ServiceNotice.objects.get()
    raw = code.replace("-", "")
    assert raw not in str(list(EvidenceOutbox.objects.values_list("payload"))) and raw not in kept.receipt
    assert EvidenceOutbox.objects.filter(kind="notice.recorded", subject=f"notice:{kept.pk}").exists()
    shown = look(code.upper().replace("-", " "))
    for word in (
        "恒诺医学检验",
        "PDY-001",
        "县卫健局",
        "沈签发",
        "正高级职称",
        "更正过 1 次",
        "与告知记录不一致",
        "报告",
    ):
        assert word in shown, word
    assert "当日已失效" in shown  # the licence ended on the very day of the service
    assert not any(word in shown for word in (*SECRETS, "O1", TOWN.id, TOWN.name))


def test_a_new_slip_ends_the_old_one_and_guesses_are_counted(as_, served, settings):
    (first,), (second,) = (record(as_("town"), tick("O1"))[1] for _ in range(2))
    look(first, 404)
    look(second)
    assert ServiceNotice.objects.count() == 2 and queries.by_receipt("aaaa") is None
    settings.TIP_LIMITS = {**settings.TIP_LIMITS, "follow": 3}
    wrong = second[:-1] + ("a" if second[-1] != "a" else "b")
    assert "ZS862" in look(wrong, 404)
    look("' OR 1=1 --", 404)
    assert "ZS924" in look(second, 429)  # also for the right one: an address that guesses waits


def test_each_wrong_row_of_a_list_is_told_and_the_right_ones_are_kept(as_, served):
    given = tick("O1", "O2", "O3", "O4", "neu|x", "NOCH-1")
    given["order"].append(f"{RIVAL}|O1")
    text, codes = record(as_("town"), given)
    # O2 is another hospital's: the town cannot see it, and what it then records is its own and opens nothing of O2
    assert len(codes) == 4 and ServiceNotice.objects.count() == 4
    assert text.count(">ZS860<") == 2 and text.count(">ZS861<") == 1 and "3 件没有登记" in text
    for code, word in zip(codes, ("沈签发", "还没有收到", "不同意", "还没有收到"), strict=True):
        shown = look(code)
        assert word in shown and not any(secret in shown for secret in SECRETS)
    record(as_("town"), tick("O1", told_on="2999-01-01"), 400)
    record(as_("town"), tick("O1", choice="maybe"), 400)
    record(as_("town"), tick("O1", place=OTHER), 400)
    record(as_("town"), tick(*(f"N{n}" for n in range(61))), 400)
    record(as_("town"), TOLD, 400)
    for login in ("vendor", "head", "reviewer"):
        record(as_(login), tick("O1"), 403)
    assert ServiceNotice.objects.count() == 4
    assert as_("town").get("/informing?show=odd").status_code == 400
    differs = as_("town").get("/informing?show=differs").content.decode()
    assert {"O1", "O4"} <= set(re.findall(r"\bO\d\b", differs)) and "不同意仍完成" not in differs


def test_a_notice_is_seen_by_who_ordered_its_consortium_and_the_vendor_alone(as_, served):
    record(as_("town"), tick("O1"))
    record(as_("consortium"), tick("O4", choice="declines"))
    record(as_("other"), tick("O2", place=OTHER))
    rival = bodies.create_body(Process("test"), "vendor", "对手检验", code=RIVAL)
    second = bodies.create_body(Process("test"), "consortium", "中医院医共体", code=OTHER.id)
    for login, body in (("rival", rival), ("second", second)):
        served[login] = bodies.create_user(Process("test"), login, login, body, "qing-he-2026-xian")
        bodies.assign_duty(Process("test"), served[login], DutyName.HEAD, DAY)
    vendor = Vendor.objects.get()
    ServiceLine.objects.create(vendor=vendor, institution_id=CODE, body=second, kind="pathology", tier="high",
                               state="in_service", applied_on=DAY, entered_on=DAY)  # fmt: skip
    expected = {"town": {"O1", "O4"}, "consortium": {"O1", "O4"}, "vendor": {"O1", "O2", "O4"}, "other": {"O2"},
                "second": {"O2"}, "rival": set(), "far": set(), "lead": set(), "head": {"O1", "O2", "O4"}}  # fmt: skip
    for login, numbers in expected.items():
        held = scope(User.objects.select_related("body").get(pk=served[login].pk))
        assert {one.order_id for one in queries.notices(held)} == numbers, login
        with walls.within(walls.wall_of(held)):
            assert {one.order_id for one in queries.notices(held)} == numbers, login
    listed = as_("vendor").get("/informing?show=all").content.decode()
    assert "患者选择</label>" not in listed and "O2" in listed
    assert "不同意仍完成" in as_("consortium").get("/informing?show=all").content.decode()


def test_the_system_of_an_institution_records_notices_by_the_interface(served, monkeypatch):
    desk._keys.clear()
    key = make_key(Process("test"), Body.objects.get(institution_code=TOWN.id, kind="institution"), "HIS")[1]
    one = {"vendor_id": CODE, "choice": "declines", "alternative": "own", "told_on": str(DAY)}
    given = {
        "notices": [{**one, "order_id": "O1"}, {**one, "order_id": "O3"}, {**one, "vendor_id": RIVAL, "order_id": "X"}]
    }

    def send(body, secret=key):
        return Client().post("/api/vendor/notices", json.dumps(body), "application/json",
                             headers={"Authorization": f"Bearer {secret}"})  # fmt: skip

    told = send(given).json()["notices"]
    assert [bool(one["receipt"]) for one in told] == [True, False, False]
    assert [one["fault"] and one["fault"]["code"] for one in told] == [None, "ZS861", "ZS860"]
    made = ServiceNotice.objects.get()
    assert (made.institution_id, made.told_by, made.actor_key[:4]) == (TOWN.id, None, "key:")
    assert "不同意" in look(told[0]["receipt"])
    assert send(given, "x" * 40).status_code == 401
    assert send({"notices": []}).status_code == 422 and send({"notices": [{**one, "choice": "?"}]}).status_code == 422
    assert LEAD.id not in str(list(ServiceNotice.objects.values()))


def test_without_a_run_a_receipt_still_says_who_was_named(as_, served, monkeypatch):
    _text, (code,) = record(as_("town"), tick("O1"))
    monkeypatch.setattr(lake, "current_run", lambda: None)
    shown = look(code)
    assert "PDY-001" in shown and "无法读取" in shown and "沈签发" not in shown
