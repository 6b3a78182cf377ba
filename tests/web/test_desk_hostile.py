"""The desk under input that means harm: a clear fault, never an error of the site; and nothing of another's is told."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace

import pytest
from django.test import Client, RequestFactory

from tests.web.desks import WOMAN_ONLY, place, post
from tests.web.people import PASSWORD
from tests.web.serving import LEAD, TOWN
from tests.web.test_desk_api import order
from tests.web.test_desk_national import DATA, ENCOUNTER, PATIENT, message
from tests.web.test_desk_page import typed
from zhunsheng.casework.desk.actions import make_key
from zhunsheng.casework.desk.models import Reminder, Response
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.desk.focus import OrderView
from zhunsheng.desk.judging import Answer, Finding, plain
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import Case, Hit
from zhunsheng.web import desk, orders
from zhunsheng.web.middleware import UploadGate

LINE = order()["lines"][0]


def with_line(**change):
    return order(lines=[{**LINE, **change}])


HARMFUL = {
    "too many lines": order(lines=[{**LINE, "line_id": f"L{number}"} for number in range(501)]),
    "negative": with_line(quantity="-1"),
    "not a number": with_line(quantity="NaN"),
    "infinite": with_line(unit_price="Infinity"),
    "huge": with_line(quantity="9" * 30),
    "long zeros": with_line(quantity="0" * 100_000 + "1"),
    "exponent": with_line(unit_price="1e9"),
    "full-width digits": with_line(quantity="１２"),
    "chinese digits": with_line(quantity="一百"),
    "a bare number": with_line(quantity=12),
    "true": with_line(quantity=True),
    "a list": with_line(quantity=["1"]),
    "day 30 of February": with_line(at="2026-02-30"),
    "a day of the far future": with_line(at="9999-12-31T23:59:59-14:00"),
    "a chinese day": with_line(at="二〇二六年三月一日"),
    "an endless fraction of a second": with_line(at="2026-03-10T09:00:00." + "0" * 100_000),
    "a name with a line end": with_line(line_id="L1\n"),
    "a name of sql": with_line(item_code="' OR 1=1 --"),
    "half a character": with_line(item_code="\ud800"),
    "half a character as a name": order(**{"\ud800": 1}),
    "a long name": order(**{"x" * 50_000: 1}),
    "no person": {key: value for key, value in order().items() if key != "person"},
    "a person that is a text": order(person="330781001"),
    "nothing": None,
    "a text": "x",
    "a list of orders": [order()],
    "history that is no list": order(history={"lines": {}}),
    "complete that is a word": order(history={"complete": "perhaps"}),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_order_is_a_fault_with_a_short_reason(secret, name):
    code, told = post("/api/desk/judge", json.dumps(HARMFUL[name]), secret)
    assert (code, told["code"]) == (422, "ZS741"), told
    assert len(json.dumps(told)) < 2_000


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 100_000, "1" * 10_000, "\x00", "\ufeff{}", "NaN", "[NaN]"])
def test_a_body_that_is_no_order_is_a_fault(secret, text):
    code, told = post("/api/desk/judge", text, secret)
    assert code in (400, 422) and told["code"] in ("ZS713", "ZS741")
    code, told = post("/fsi/3101", text, secret)
    assert (code, told["infcode"]) == (200, -1) and "ZS741" in told["err_msg"]


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(secret):
    lines = [{**LINE, "line_id": f"L{number}"} for number in range(10_000)]
    assert post("/api/desk/judge", order(lines=lines), secret) == (413, {**Problem("ZS717", limit="1024 KB").as_dict()})
    request = RequestFactory().post("/api/desk/judge", "{}", content_type="application/json")
    request.META["CONTENT_LENGTH"] = "²"  # a digit to some, and no number
    assert UploadGate(lambda _: None)(request).status_code == 413


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"patn_name": "\ud800"}, "-"),
        ({"gend": ["1"]}, "gend"),
        ({"gend": True}, "gend"),
        ({"brdy": "2026-13-45"}, "brdy"),
        ({"patn_id": {"a": 1}}, "patn_id"),
        ({"x" * 5000: "1"}, "xxx"),
        ({"fsi_encounter_dtos": [1]}, "fsi_encounter_dtos[0]"),
        ({"curr_mdtrt_id": "another"}, "curr_mdtrt_id"),
    ],
)
def test_a_harmful_message_is_a_fault_in_the_envelope(secret, change, field):
    code, told = post("/fsi/3101", message(data={**DATA, "patient_dtos": [{**PATIENT, **change}]}), secret)
    assert (code, told["infcode"]) == (200, -1)
    assert "ZS741" in told["err_msg"] and field in told["err_msg"]


def test_a_message_of_many_people_is_refused_whole(secret):
    code, told = post("/fsi/3101", message(data={**DATA, "patient_dtos": [PATIENT] * 21}), secret)
    assert (code, told["infcode"]) == (200, -1) and "patient_dtos" in told["err_msg"]


def test_nothing_of_a_message_is_kept_where_one_of_its_orders_is_faulty(secret):
    foreign = {**PATIENT, "fsi_encounter_dtos": [{**ENCOUNTER, "medins_id": TOWN.id}]}
    for faulty in ({**PATIENT, "brdy": "x"}, foreign):
        assert post("/fsi/3101", message(data={**DATA, "patient_dtos": [PATIENT, faulty]}), secret)[1]["infcode"] == -1
    assert desk.take_over() == 0 and not Reminder.objects.exists()


def test_what_cannot_be_stored_is_taken_out_of_a_reason(secret):
    reminder = post("/api/desk/judge", order(), secret)[1]["findings"][0]["reminder"]
    given = {"reminder": reminder, "kind": "justified", "reason": "会诊\x00后\x1b使用", "clerk": "D\x00001"}
    assert post("/api/desk/responses", given, secret)[0] == 200
    assert (Response.objects.get().reason, Response.objects.get().clerk) == ("会诊后使用", "D001")
    assert post("/api/desk/responses", {**given, "reason": "\x00 \x00"}, secret)[1]["code"] == "ZS746"
    warned = [{"warn_rslt_id": "\ud800", "dspo_way": "1", "dspo_way_rea": "x"}]
    assert post("/fsi/3103", message("3103", {"warns": warned}), secret)[1]["infcode"] == -1


@pytest.mark.parametrize("path", ["/api/desk/judge", "/api/desk/responses", "/fsi/3101", "/fsi/3102", "/fsi/3103"])
@pytest.mark.parametrize("given", [None, "zs_" + "x" * 43, "\udce9", "x" * 100_000])
def test_nobody_uses_the_desk_without_a_key_not_even_who_is_logged_in(ready, as_, path, given):
    client = as_("lead")
    headers = {"Authorization": f"Bearer {given}"} if given else {}
    if given == "\udce9":
        headers = {"Authorization": "Bearer é"}
    answer = client.post(path, json.dumps(order()), content_type="application/json", headers=headers)
    assert answer.status_code == 401 and "ZS742" in answer.content.decode()
    assert client.get("/api/desk/status", headers=headers).status_code == 401
    assert not Reminder.objects.exists() and desk.take_over() == 0


def test_no_secret_stays_in_memory_or_in_a_log(ready, people, caplog):
    made, secret = make_key(Process("test"), place(LEAD), "HIS")
    with caplog.at_level(logging.DEBUG):
        post("/api/desk/judge", order(), secret)
        post("/api/desk/judge", "{", secret)
        post("/api/desk/judge", order(), secret + "x")
    assert secret[3:] not in caplog.text + repr(desk._keys)
    assert [key.pk for _, key in desk._keys.values()] == [made.pk]


@pytest.mark.parametrize(
    "path", ["/desk", "/desk/respond", "/desk/keys", "/desk/keys/1/revoke", "/rules/backtest", "/findings/x/decisions"]
)
def test_a_form_from_elsewhere_is_refused(people, ready, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["head"])
    answer = client.post(path, typed())
    assert answer.status_code == 403 and "ZS711" in answer.content.decode()
    assert PASSWORD not in answer.content.decode() and not EvidenceOutbox.objects.filter(kind="key.made").exists()


def test_the_page_takes_as_many_lines_as_it_offers(ready, as_):
    rows = orders.MOST_ROWS
    full = {name: ["2026-03-10" if name == "at" else ""] * rows for name in orders.LINE}
    full |= {"item_code": [WOMAN_ONLY] * rows, "quantity": ["1"] * rows, "unit_price": ["80.00"] * rows}
    answer = as_("lead").post("/desk", typed(**full), headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "项目限女性使用" in answer.content.decode()


@pytest.mark.parametrize("change", [{"quantity": ["NaN"]}, {"quantity": ["一"]}, {"at": ["2026-99-99"]}, {"sex": "X"}])
def test_a_typed_fault_is_told_on_the_page(ready, as_, change):
    answer = as_("lead").post("/desk", typed(**change), headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "不能识别" in answer.content.decode()


def test_evidence_of_one_reader_names_each_institution_asked_for(ready, as_, people):
    head = as_("head")
    for one in (LEAD, TOWN):
        head.post("/desk", typed(institution=one.id), headers={"HX-Request": "true"})
    desk.take_over()
    told = EvidenceOutbox.objects.filter(kind="desk.told", actor=people["head"].actor_key)
    assert {row.subject for row in told} == {f"body:{place(one).pk}" for one in (LEAD, TOWN)}


def test_the_amount_told_holds_no_row_of_another_institution():
    """Own rows and the sum told would give away what another institution has at stake."""
    hits = [
        Hit("r", "", "s", Verdict.VIOLATION, "same_day", "1", "H9-L9", "subject", "line", row, fen)
        for row, fen in (("L1", 100), ("H9-L9", 7_777))
    ]
    view = OrderView(Case("p"), ["L1"], ["E1"], hidden=["H9-L9"])
    book = SimpleNamespace(texts={"zh": {"r": {"name": "x"}}}, digest="d", items={}, points={})
    found = Finding("f", "r", "dup_claim", "s", Verdict.VIOLATION, tuple(hits))
    told = plain(Answer(book, "before", (found,), frozenset(), frozenset()), view)
    assert told["findings"][0]["amount_fen"] == 100
    assert not [text for text in ("H9", "7777", "7877") if text in json.dumps(told)]
