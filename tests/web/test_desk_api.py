"""The plain JSON interface of the desk: answers, keys, faults by field, reminders and responses kept."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.web.desks import WOMAN_ONLY, place, post
from tests.web.serving import LEAD, TOWN
from zhunsheng.casework.desk.actions import make_key, revoke_key
from zhunsheng.casework.desk.models import AskCount, Reminder, Response
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import desk


def order(**change):
    line = {"line_id": "L1", "item_code": WOMAN_ONLY, "at": "2026-03-10T09:00", "quantity": "1", "unit_price": "80.00"}
    asked = {
        "person": {"person_id": "330781001", "sex": "M", "birth_date": "1980-01-01"},
        "encounter": {"encounter_id": "E1", "visit_type": "outpatient", "start": "2026-03-10"},
        "lines": [line],
    }
    return {**asked, **change}


def test_an_order_is_answered_with_what_why_which_rule_and_what_to_do(secret):
    code, told = post("/api/desk/judge", order(), secret)
    assert code == 200
    (found,) = told["findings"]
    assert found["verdict"] == "violation"
    assert found["amount_fen"] == 8_000
    assert found["reasons"][0]["text"] == "项目限女性使用，参保人登记为男性"
    assert found["reasons"][0]["point"]["citation"]
    assert found["rule"]["law"] and found["rule"]["advice"]
    assert found["rows"] == [{"kind": "line", "id": "L1", "role": "subject", "amount_fen": 8_000, "ordered": True}]
    assert told["book"] == desk.desk().digest
    assert told["not_judged"] == []
    english = post("/api/desk/judge", order(language="en"), secret)[1]
    assert english["findings"][0]["reasons"][0]["text"].startswith("The item is limited to women")


def test_what_was_told_is_kept_counted_and_in_evidence(secret):
    told = post("/api/desk/judge", order(), secret)[1]
    during = post("/api/desk/judge", order(moment="during"), secret)[1]
    assert Reminder.objects.count() == 0
    assert desk.take_over() == 2
    assert desk.take_over() == 0
    kept = Reminder.objects.get(reminder_id=told["findings"][0]["reminder"])
    assert (kept.finding_id, kept.moment, kept.book_digest) == (
        told["findings"][0]["finding_id"],
        "before",
        told["book"],
    )
    assert kept.person_id != "330781001"
    assert {(one.moment, one.asks, one.reminders) for one in AskCount.objects.all()} == {
        ("before", 1, 1),
        ("during", 1, len(during["findings"])),
    }
    (row,) = EvidenceOutbox.objects.filter(kind="desk.told")
    assert row.actor == f"key:{kept.key_id}"
    assert json.loads(row.payload)["asks"] == 2


def test_a_response_is_kept_even_a_moment_after_the_reminder(secret):
    reminder = post("/api/desk/judge", order(), secret)[1]["findings"][0]["reminder"]
    given = {"reminder": reminder, "kind": "justified", "reason": "产科会诊后使用", "clerk": "D001"}
    code, told = post("/api/desk/responses", given, secret)
    assert code == 200
    kept = Response.objects.get(pk=told["response"])
    assert (kept.kind, kept.reason, kept.clerk) == ("justified", "产科会诊后使用", "D001")
    assert "产科" not in EvidenceOutbox.objects.get(kind="reminder.answered").payload
    assert post("/api/desk/responses", {**given, "reason": " "}, secret)[1]["code"] == "ZS746"
    assert post("/api/desk/responses", {**given, "reminder": "0" * 24 + "-0"}, secret)[1]["code"] == "ZS745"


def test_another_institution_cannot_answer_and_cannot_be_asked_for(secret):
    reminder = post("/api/desk/judge", order(), secret)[1]["findings"][0]["reminder"]
    other = make_key(Process("test"), place(TOWN), "HIS")[1]
    code, told = post("/api/desk/responses", {"reminder": reminder, "kind": "changed"}, other)
    assert (code, told["code"]) == (404, "ZS745")
    asked = order()
    asked["encounter"]["institution_id"] = LEAD.id
    assert post("/api/desk/judge", asked, secret)[0] == 200
    assert post("/api/desk/judge", asked, other)[1]["code"] == "ZS743"


@pytest.mark.parametrize("given", [None, "wrong", ""])
def test_without_a_key_nothing_is_judged(ready, given):
    code, told = post("/api/desk/judge", order(), given)
    assert (code, told["code"]) == (401, "ZS742")


def test_a_revoked_key_and_a_hasty_one(ready, people):
    body = place(LEAD)
    key, secret = make_key(Process("test"), body, "HIS", per_minute=2)
    codes = [post("/api/desk/judge", order(), secret)[0] for _ in range(3)]
    assert codes == [200, 200, 429]
    with pytest.raises(Problem, match="ZS702"):
        revoke_key(people["lead"], key)
    revoke_key(people["head"], key)
    desk._keys.clear()
    assert post("/api/desk/judge", order(), secret)[1]["code"] == "ZS742"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [{"line_id": "L1"}]}, "lines.0.item_code"),
        ({"surprise": 1}, "surprise"),
        ({"person": {"person_id": "p", "sex": "X"}}, "person.sex"),
        ({"person": {"person_id": "p", "birth_date": "0001-01-01"}}, "person.birth_date"),
        ({"lines": [{**order()["lines"][0], "quantity": 1}]}, "lines.0.quantity"),
        ({"lines": [{**order()["lines"][0], "quantity": "0"}]}, "lines.0.quantity"),
        ({"lines": [{**order()["lines"][0], "at": "2026-02-30"}]}, "lines.0.at"),
        ({"lines": [{**order()["lines"][0], "item_code": "\ud800"}]}, "lines.0.item_code"),
    ],
)
def test_a_fault_names_its_field(secret, change, field):
    code, told = post("/api/desk/judge", order(**change), secret)
    assert (code, told["code"], told["values"]["field"]) == (422, "ZS741", field)


def test_late_rules_are_told_as_not_judged(secret, settings):
    settings.DESK_BUDGET_MS = 0.0
    code, told = post("/api/desk/judge", order(), secret)
    assert code == 200
    assert told["findings"] == []
    assert "fund/sex-limited-service" in {one["rule"] for one in told["not_judged"]}
    assert not set(told["judged"]) & {one["rule"] for one in told["not_judged"]}
    desk.take_over()
    assert AskCount.objects.get().late == 1


def test_before_the_first_book_nothing_is_judged(ready, monkeypatch, secret):
    monkeypatch.setattr(desk.desk(), "_compiled", None)
    code, told = post("/api/desk/judge", order(), secret)
    assert (code, told["code"]) == (503, "ZS740")


def test_a_body_that_is_no_json_is_a_fault(secret):
    assert post("/api/desk/judge", "{", secret)[1]["code"] == "ZS713"


def test_two_lines_of_one_id_are_a_fault(secret):
    line = order()["lines"][0]
    assert post("/api/desk/judge", order(lines=[line, line]), secret)[1]["code"] == "ZS741"


def test_the_description_is_of_openapi_3_1():
    told = Client().get("/api/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert set(told["paths"]) == {
        "/api/desk/judge", "/api/desk/responses", "/api/desk/status", "/api/telemetry/nodes",
        "/api/telemetry/readings", "/api/vendor/notices", "/api/vendor/orders/check",
    }  # fmt: skip
