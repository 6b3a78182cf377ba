"""Orders for an outside performer at the desk: refused on the day with reason and citation, never for work done."""

from __future__ import annotations

import copy
from datetime import date, timedelta

import pytest

from tests.casework.vendoring import CODE, filled
from tests.casework.walking import person
from tests.web.desks import post
from tests.web.test_desk_api import order
from tests.web.test_desk_national import DATA, message
from tests.web.test_desk_page import HTMX, typed
from zhunsheng.casework.bodies.models import Body, DutyName
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.desk.models import Reminder, Response
from zhunsheng.casework.vendors import actions
from zhunsheng.casework.vendors.models import NegativeEntry, ServiceLine, VendorPaper
from zhunsheng.web import desk, outside

DAY = date(2026, 3, 10)


@pytest.fixture
def line(people, secret):
    """A laboratory in service since the second of February with all its papers."""
    body = people["consortium"].body
    Body.objects.filter(kind="vendor").update(institution_code=CODE)
    crew = {"clerk": person("clerk", body, DutyName.HANDLER), "colleague": person("colleague", body, DutyName.REVIEWER)}
    vendor = actions.register(crew["clerk"], {"code": CODE, "name": "恒诺医学检验"})
    filled(crew, vendor, day="2026-02-01")
    given = {"kind": "laboratory", "statement": "申请提供检验服务"}
    entry = actions.apply(crew["clerk"], vendor, body, given)
    made = ServiceLine.objects.get(entry=entry)
    stands(made, ("2026-02-02", "in_service"))
    yield made
    outside._held.clear()


def stands(line, *history, **change):
    """Let a line have a course, as its cases would leave it; the desk looks again."""
    line.history = [[day, state, line.entry.number] for day, state in history]
    line.state = history[-1][1]
    for name, value in change.items():
        setattr(line, name, value)
    line.save()
    outside.renew()


def told(secret, day="2026-03-10", **more):
    """Return what the desk says of one laboratory order, without the findings of rules."""
    asked = order()
    asked["lines"][0] |= {"at": day, "vendor_id": CODE, "service_kind": "laboratory", **more}
    code, answer = post("/api/desk/judge", asked, secret)
    assert code == 200, answer
    return [one["reason"] for one in answer["refused"]]


def test_a_vendor_in_service_takes_the_order_and_none_is_asked_about_without_one(line, secret):
    assert told(secret) == []
    assert post("/api/desk/judge", order(), secret)[1]["refused"] == []


def test_a_suspended_vendor_is_refused_from_the_day_on_with_citation_and_the_refusal_is_kept(line, secret):
    stands(line, ("2026-02-02", "in_service"), ("2026-03-10", "suspended"))
    assert told(secret) == ["suspended"]
    assert told(secret, "2026-03-09T23:59:59") == [], "the order was placed before the day"
    asked = order()
    asked["lines"][0] |= {"vendor_id": CODE, "service_kind": "laboratory"}
    (one,) = post("/api/desk/judge", asked, secret)[1]["refused"]
    assert (one["line_id"], one["text"]) == ("L1", "服务线已暂停") and line.entry.number in one["citation"]
    english = post("/api/desk/judge", {**asked, "language": "en"}, secret)[1]["refused"][0]
    assert english["text"] == "the line is suspended"
    desk.take_over()
    kept = Reminder.objects.get(reminder_id=one["reminder"])
    assert (kept.rule_id, kept.subject_key) == (outside.RULE, f"{CODE}|laboratory|L1")
    assert post("/api/desk/responses", {"reminder": one["reminder"], "kind": "changed"}, secret)[0] == 200
    assert Response.objects.get().reminder_id == kept.pk


def test_work_done_before_is_never_asked_about(line, secret):
    stands(line, ("2026-02-02", "in_service"), ("2026-03-01", "exiting"), ("2026-03-05", "exited"))
    asked = order()
    past = {**copy.deepcopy(asked["lines"][0]), "line_id": "P1", "vendor_id": CODE, "service_kind": "laboratory"}
    asked["history"] = {"encounters": [], "lines": [past]}
    assert post("/api/desk/judge", asked, secret)[1]["refused"] == []
    assert (told(secret), told(secret, "2026-03-02"), told(secret, "2026-02-28")) == (["exited"], ["exited"], [])


def test_a_part_that_is_suspended_is_refused_by_its_item(line, secret):
    item = order()["lines"][0]["item_code"]
    stands(line, ("2026-02-02", "in_service"), ("2026-03-01", "part_suspended"), suspended_items=[item])
    assert told(secret) == ["suspended"]
    assert told(secret, item_code="002503010010000") == []


def test_a_paper_that_has_ended_and_an_entry_of_the_negative_list_refuse_on_their_days(line, secret, people):
    VendorPaper.objects.filter(kind="iso_15189").update(valid_to=DAY)
    outside.renew()
    assert (told(secret), told(secret, "2026-03-09")) == (["paper_ended"], [])
    VendorPaper.objects.filter(kind="iso_15189").update(valid_to=None)
    bureau = person("bureau", people["head"].body, DutyName.REVIEWER)
    case = cases.open_case(
        bureau, "negative_entry", {"ground": "通报", "reason": "伪造报告"}, body=bureau.body, institution_id=CODE
    )
    days = {"valid_from": DAY, "valid_to": DAY + timedelta(days=365)}
    NegativeEntry.objects.create(case=case, body=bureau.body, institution_id=CODE, ground="通报", **days)
    outside.renew()
    assert (told(secret), told(secret, "2026-03-09")) == (["negative_list"], [])


def test_who_never_entered_or_serves_others_is_refused_and_a_fault_names_its_field(line, secret):
    assert told(secret, vendor_id="91330781MA2LABX09X") == ["not_entered"]
    stands(line, ("2026-02-02", "in_service"), members=["H99"])
    assert told(secret) == ["not_entered"]
    asked = order()
    asked["lines"][0]["vendor_id"] = CODE
    code, fault = post("/api/desk/judge", asked, secret)
    assert (code, fault["values"]["field"]) == (422, "lines.0")
    asked["lines"][0]["service_kind"] = "magic"
    code, fault = post("/api/desk/judge", asked, secret)
    assert (code, fault["code"]) == (400, "ZS651")


def test_the_national_interface_refuses_in_its_envelope(line, secret):
    stands(line, ("2026-02-02", "in_service"), ("2026-03-10", "suspended"))
    data = copy.deepcopy(DATA)
    data["patient_dtos"][0]["gend"] = "2"
    data["patient_dtos"][0]["fsi_encounter_dtos"][0]["fsi_order_dtos"][0] |= {
        "vendor_id": CODE,
        "service_kind": "laboratory",
    }
    output = post("/fsi/3101", message(data=data), secret)[1]["output"]
    one = next(found for found in output["result"] if found["rule_id"] == outside.RULE)
    assert (one["sev_deg"], one["vola_amt"]) == ("1", "0.00") and "服务线已暂停" in one["vola_cont"]
    assert one["judge_result_detail_dtos"][0]["rx_id"] == "RX1" and line.entry.number in one["vola_evid"]
    warns = [{"warn_rslt_id": one["jr_id"], "dspo_way": "2"}]
    answer = post("/fsi/3103", message("3103", {"warn_type": "1", "warns": warns}), secret)[1]
    assert answer["infcode"] == 0 and Response.objects.get().reminder.rule_id == outside.RULE


def test_the_page_offers_the_vendors_and_says_why_not(line, as_):
    stands(line, ("2026-02-02", "in_service"), ("2026-03-10", "suspended"))
    client = as_("lead")
    assert f'value="{CODE} laboratory"' in client.get("/desk").content.decode()
    page = client.post("/desk", typed(outside=f"{CODE} laboratory"), headers=HTMX).content.decode()
    assert "不得外送" in page and "服务线已暂停" in page
    assert "不得外送" not in client.post("/desk", typed(start="2026-03-09", at=["2026-03-09", ""]), headers=HTMX)
    fault = client.post("/desk", typed(outside="x y z"), headers=HTMX).content.decode()
    assert "外送机构" in fault and "不能识别" in fault


def test_an_ask_waits_for_no_query(line, secret, django_assert_num_queries):
    asked = order()
    asked["lines"][0] |= {"vendor_id": CODE, "service_kind": "laboratory"}
    post("/api/desk/judge", asked, secret)
    with django_assert_num_queries(0):
        assert post("/api/desk/judge", asked, secret)[0] == 200
