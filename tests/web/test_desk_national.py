"""The national interface: an order in its fields, the same verdict, faults that name the national field, responses."""

from __future__ import annotations

import copy

import pytest

from tests.web.desks import WOMAN_ONLY, place, post
from tests.web.serving import LEAD, TOWN
from zhunsheng.casework.desk.actions import make_key
from zhunsheng.casework.desk.models import Reminder, Response
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.web import desk

ORDER = {
    "rx_id": "RX1", "rxno": "1", "long_drord_flag": "0", "hilist_type": "201", "chrg_type": "05", "drord_bhvr": "0",
    "hilist_code": WOMAN_ONLY, "hilist_name": "x", "hilist_lv": "1", "cnt": 2, "pric": 80.5, "sumamt": "161.00",
    "ownpay_amt": "0", "selfpay_amt": 16.1, "drord_begn_date": "2026-03-10 09:00:00", "drord_dept_codg": "D1",
    "drord_dr_codg": "R1", "drord_dr_profttl": "4", "curr_drord_flag": "1",
}  # fmt: skip
ENCOUNTER = {
    "mdtrt_id": "E1", "medins_id": LEAD.id, "medins_name": "x", "medins_lv": "05", "adm_date": "2026-03-10 08:00:00",
    "dscg_date": "", "dscg_main_dise_codg": "I10.x00", "med_mdtrt_type": "1", "med_type": "11", "insutype": "310",
    "matn_stas": "0", "medfee_sumamt": 161, "fsi_operation_dtos": [],
    "fsi_diagnose_dtos": [{"dise_id": "1", "inout_dise_type": "1", "maindise_flag": "1", "dias_srt_no": "1",
                           "dise_codg": "I10.x00", "dise_name": "x", "dise_date": "2026-03-10 08:00:00"}],
    "fsi_order_dtos": [ORDER],
}  # fmt: skip
PATIENT = {
    "patn_id": "330781001", "patn_name": "x", "gend": "1", "brdy": "1980-01-01", "poolarea": "330781",
    "curr_mdtrt_id": "E1", "fsi_encounter_dtos": [ENCOUNTER],
}  # fmt: skip
DATA = {"syscode": "x", "patient_dtos": [PATIENT], "rule_ids": [], "task_id": "T1", "trig_scen": "5"}


def message(infno="3101", data=DATA, **change):
    """Return an envelope around a copy of data."""
    told = {
        "infno": infno, "msgid": f"{LEAD.id}20260310090000", "mdtrtarea_admvs": "330781", "insuplc_admdvs": "330781",
        "recer_sys_code": "x", "inf_time": "2026-03-10 09:00:00", "opter": "D001", "opter_name": "x",
        "fixmedins_code": LEAD.id, "input": {"data": copy.deepcopy(data)},
    }  # fmt: skip
    return {**told, **change}


@pytest.mark.parametrize(("infno", "moment"), [("3101", "before"), ("3102", "during")])
def test_an_order_is_answered_in_the_envelope(secret, infno, moment):
    code, told = post(f"/fsi/{infno}", message(infno), secret)
    assert (code, told["infcode"], told["err_msg"]) == (200, 0, "")
    assert told["inf_refmsgid"].startswith("330781") and len(told["inf_refmsgid"]) == 30
    assert len(told["refmsg_time"]) == len(told["respond_time"]) == 17
    (found,) = told["output"]["result"]
    assert (found["sev_deg"], found["vola_amt"], found["task_id"]) == ("1", "161.00", "T1")
    assert found["vola_cont"].startswith("项目限女性使用，参保人登记为男性；")
    assert "第735号" in found["vola_evid"] or "条例" in found["vola_evid"]
    (detail,) = found["judge_result_detail_dtos"]
    assert (detail["rx_id"], detail["mdtrt_id"], detail["vola_item_type"], detail["vola_amt"]) == (
        "RX1", "E1", "1", "161.00",
    )  # fmt: skip
    assert told["output"]["not_judged"] == []
    desk.take_over()
    assert Reminder.objects.get(reminder_id=found["jr_id"]).moment == moment


def test_the_plain_form_gives_the_same(secret):
    national = post("/fsi/3101", message(), secret)[1]["output"]["result"][0]
    plain = {
        "person": {"person_id": "330781001", "sex": "M", "birth_date": "1980-01-01"},
        "encounter": {
            "encounter_id": "E1", "visit_type": "outpatient", "start": "2026-03-10T08:00", "insurance_kind": "310",
            "diagnoses": [{"code": "I10.x00", "principal": True}],
        },
        "lines": [{
            "line_id": f"{LEAD.id}-RX1", "item_code": WOMAN_ONLY, "at": "2026-03-10T09:00", "quantity": "2",
            "unit_price": "80.5", "amount": "161.00", "in_scope": "144.90", "item_class": "05", "department_id": "D1",
        }],
    }  # fmt: skip
    post("/api/desk/judge", plain, secret)
    desk.take_over()
    # the plain order names no prescriber, so of the prescriber it is asked nothing
    one, other = Reminder.objects.filter(rule_id=national["rule_id"]).order_by("pk")
    assert one.reminder_id == national["jr_id"]
    assert (one.finding_id, one.rule_id, one.verdict, one.amount_fen) == (
        other.finding_id, other.rule_id, other.verdict, other.amount_fen,
    )  # fmt: skip


def changed(path, value):
    """Return a message with one value set; a path walks through groups."""
    told = message()
    at = told
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return told


PATIENT_AT = ("input", "data", "patient_dtos", 0)
STAY_AT = (*PATIENT_AT, "fsi_encounter_dtos", 0)
LINE_AT = (*STAY_AT, "fsi_order_dtos", 0)
LINE_PLACE = "input.data.patient_dtos[0].fsi_encounter_dtos[0].fsi_order_dtos[0]"


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ((*LINE_AT, "cnt"), "-1", f"{LINE_PLACE}.cnt"),
        ((*LINE_AT, "cnt"), "", f"{LINE_PLACE}.cnt"),
        ((*LINE_AT, "pric"), "eighty", f"{LINE_PLACE}.pric"),
        ((*LINE_AT, "sumamt"), "1.234", f"{LINE_PLACE}.sumamt"),
        ((*LINE_AT, "drord_begn_date"), "2026-13-01", f"{LINE_PLACE}.drord_begn_date"),
        ((*LINE_AT, "hilist_code"), "有 空格", f"{LINE_PLACE}.hilist_code"),
        ((*LINE_AT, "selfpay_amt"), "162", f"{LINE_PLACE}.selfpay_amt"),
        ((*LINE_AT, "cnt"), ["1"], f"{LINE_PLACE}.cnt"),
        ((*LINE_AT, "nct"), "1", f"{LINE_PLACE}.nct"),
        ((*LINE_AT, "curr_drord_flag"), "2", f"{LINE_PLACE}.curr_drord_flag"),
        ((*STAY_AT, "med_type"), "99", "input.data.patient_dtos[0].fsi_encounter_dtos[0].med_type"),
        ((*STAY_AT, "fsi_order_dtos"), ["x"], LINE_PLACE),
        ((*PATIENT_AT, "gend"), "3", "input.data.patient_dtos[0].gend"),
        ((*PATIENT_AT, "brdy"), "1980-02-30", "input.data.patient_dtos[0].brdy"),
        ((*PATIENT_AT, "curr_mdtrt_id"), "E9", "input.data.patient_dtos[0].curr_mdtrt_id"),
        (("input", "data", "patient_dtos"), [], "input.data.patient_dtos"),
        (("input", "data", "rule_ids"), [1.5, {}], "input.data.rule_ids"),
        (("input", "data"), None, "input.data"),
        (("infno",), "3102", "infno"),
        (("surprise",), "x", "surprise"),
    ],
)
def test_a_fault_names_the_national_field(secret, path, value, field):
    code, told = post("/fsi/3101", changed(path, value), secret)
    assert (code, told["infcode"], told["output"]) == (200, -1, None)
    assert told["err_msg"].startswith(f"ZS741 字段 {field} 的内容不能识别"), told["err_msg"]


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '"x"', "[" * 100_000])
def test_what_is_no_message_is_told(secret, body):
    code, told = post("/fsi/3101", body, secret)
    assert (code, told["infcode"]) == (200, -1)
    assert told["err_msg"].startswith("ZS741")


def test_an_earlier_order_and_another_encounter_are_history(secret):
    told = message()
    stay = told["input"]["data"]["patient_dtos"][0]["fsi_encounter_dtos"][0]
    stay["fsi_order_dtos"].append({**ORDER, "rx_id": "RX0", "curr_drord_flag": "0"})
    other = {**copy.deepcopy(ENCOUNTER), "mdtrt_id": "E0", "fsi_order_dtos": [{**ORDER, "rx_id": "RXE"}]}
    told["input"]["data"]["patient_dtos"][0]["fsi_encounter_dtos"].append(other)
    output = post("/fsi/3101", told, secret)[1]["output"]
    rows = [(d["rx_id"], d["vola_item_type"]) for one in output["result"] for d in one["judge_result_detail_dtos"]]
    assert ("RX1", "1") in rows
    sex = [one for one in output["result"] if one["rule_id"] == "fund/sex-limited-service"]
    assert [d["rx_id"] for one in sex for d in one["judge_result_detail_dtos"]] == ["RX1"]


def test_rules_can_be_chosen(secret):
    assert post("/fsi/3101", changed(("input", "data", "rule_ids"), ["none-such"]), secret)[1]["output"]["result"] == []


def test_a_response_is_kept_or_none_of_them(secret):
    found = post("/fsi/3101", message(), secret)[1]["output"]["result"][0]["jr_id"]
    warns = [
        {"warn_rslt_id": found, "dspo_way": "1", "dspo_way_rea": "会诊后使用"},
        {"warn_rslt_id": found, "dspo_way": "1"},
    ]
    code, told = post("/fsi/3103", message("3103", {"warn_type": "1", "warns": warns}), secret)
    assert told["infcode"] == -1 and told["err_msg"].startswith("ZS746")
    assert Response.objects.count() == 0
    code, told = post("/fsi/3103", message("3103", {"warn_type": "1", "warns": warns[:1]}), secret)
    assert (code, told["infcode"]) == (200, 0)
    assert Response.objects.get().clerk == "D001"


def test_keys_and_institutions(secret):
    assert post("/fsi/3101", message())[0] == 401
    assert post("/fsi/9999", message(), secret)[0] == 404
    other = make_key(Process("test"), place(TOWN), "HIS")[1]
    code, told = post("/fsi/3101", message(), other)
    assert code == 403 and told["err_msg"].startswith("ZS743")
