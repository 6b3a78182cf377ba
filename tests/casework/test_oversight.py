"""Oversight of vendors: the calendar and its draws, survey, complaints, incidents, sanctions, and exits to the end."""

import hashlib
from datetime import date, timedelta

import pytest

from tests.casework.overseeing import DAY, DESTROYED, MEMBERS, fresh, opened, pool, serving, set_clock
from tests.casework.vendoring import CODE, step, two
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.documents import actions as documents
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.oversight import actions, drawing, library, queries, survey, tasks
from zhunsheng.casework.oversight.models import ExitStep, Sanction, SurveyAnswer, VendorCheck, VendorComplaint
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch, db):
    return set_clock(monkeypatch, DAY)


@pytest.fixture
def served(clock):
    return serving(clock)


def refused_as(code, act):
    with pytest.raises(Problem) as refused:
        act()
    assert refused.value.code == code, refused.value
    return str(refused.value)


def test_the_calendar_follows_the_tier_and_a_draw_of_two_people_that_anybody_recomputes(served, clock):
    people, _line = served
    entered, of_tier = date(2026, 11, 23), [one for one in library.checks().checks if "medium" in one.tiers]
    assert {(one.id, day) for one in of_tier for day in one.due_in(2028, entered)} >= {
        ("spot_check", date(2028, 2, 29)), ("quarterly", date(2028, 9, 30)), ("yearly", date(2028, 12, 31)),
        ("independent", date(2028, 12, 31)),
    }  # fmt: skip
    clock.day = date(2027, 12, 5)
    told = tasks.each_day(clock.day)  # December's, the quarter's, the year's; two duties are undone
    assert (told, VendorCheck.objects.count()) == (6, 4)
    assert tasks.each_day(clock.day) == 0
    spot = VendorCheck.objects.get(check_kind="spot_check", due_on="2027-12-31")
    assert not spot.case.party_sees and not queries.checks(scope(people["lab"])).exists()  # unannounced
    shown = {one.standing for one in queries.calendar_of(scope(people["clerk"]), 2027, clock.day)}
    assert shown == {"open", "overdue"}
    told = {"visited_on": "2027-12-04", "result": "met", "findings": "现场记录齐全。"}
    assert "抽取" in refused_as("ZS913", lambda: step(people["clerk"], spot.case, "perform", **told))
    refused_as("ZS844", lambda: actions.commit_round(people["clerk"]))  # nobody is in the pool
    pool(people)
    held = actions.commit_round(people["clerk"])
    refused_as("ZS845", lambda: actions.draw_round(people["clerk"], held, "十二月随机抽查"))
    done = actions.draw_round(people["head"], held, "十二月随机抽查")
    assert hashlib.sha256(canonical(drawing.committed(done, done.secret))).hexdigest() == done.commitment
    assert done.seed == hashlib.sha256(f"{done.secret}\x1f十二月随机抽查".encode()).hexdigest()
    spot.refresh_from_db()
    order = sorted(MEMBERS, key=lambda p: hashlib.sha256(f"{done.seed}\x1f{spot.code}\x1f{p}".encode()).hexdigest())
    assert spot.places == order[:2] and len(spot.people) == 1 and spot.case.state == "drawn"
    step(people["clerk"], spot.case, "perform", **(told | {"result": "unknown"}))
    opinion = {"opinion": "认定。"}
    refused_as("ZS913", lambda: two(people["clerk"], people["head"], spot.case, "pass", **opinion))  # unknown
    assert queries.checks(scope(people["lab"])).count() == 1  # told once it was made
    assert two(people["clerk"], people["head"], spot.case, "fail", **opinion).state == "failed"


def test_an_evaluator_tied_to_the_vendor_is_never_drawn(served, clock):
    people, line = served
    pool(people)
    actions.open_check(people["clerk"], line, "independent", date(2026, 12, 31))
    refused_as("ZS913", lambda: opened(people, "vendor_check", line, check="unscheduled", kind="laboratory",
                                       due_on="2026-12-31"))  # fmt: skip
    held = actions.draw_round(people["head"], actions.commit_round(people["clerk"]), "独立评估抽取")
    found = VendorCheck.objects.get(check_kind="independent")
    names = queries.named([*found.people, *found.recused])
    assert {names[one] for one in found.recused} == {"评估公司甲"} and len(found.people) == 5
    assert "评估公司乙" in {names[one] for one in found.people}
    other = {"seed": held.seed, "people": list(found.recused)}
    Case.objects.filter(pk=found.case_id).update(state="due")
    assert "按种子" in refused_as("ZS913", lambda: step(people["clerk"], found.case, "draw", **other))


def answers(line, month, satisfied, other):
    rows = [SurveyAnswer(body=line.body, line=line, month=month, respondent="patient", attitude=score,
                         answered_on="2026-11-03") for score in [5] * satisfied + [2] * other]  # fmt: skip
    SurveyAnswer.objects.bulk_create(rows)


def test_a_survey_below_the_minimum_is_unknown_and_one_below_a_threshold_leads_to_the_exit(served, clock):
    people, line = served
    book = library.checks().survey
    code = actions.issue_codes(people["clerk"], line, {"month": "2026-11", "respondent": "patient", "count": "1"})[0]
    held = actions.code_held(code)
    refused_as("ZS842", lambda: actions.answer(held, {"attitude": "6"}))
    actions.answer(held, {"attitude": "2", "cost": ""})
    refused_as("ZS846", lambda: actions.answer(held, {"attitude": "5"}))
    assert actions.code_held(code) is None
    assert not survey.figure(line, "2026-11", book).known
    clock.day = date(2026, 12, 1)
    assert tasks._surveys([line], clock.day) == 0  # one answer says nothing, neither good nor bad
    answers(line, "2026-11", 15, 4)
    figure = survey.figure(line, "2026-11", book)
    assert (figure.known, figure.answers, figure.share) == (True, 20, 7500)
    assert tasks._surveys([line], clock.day) == 1 and tasks._surveys([line], clock.day) == 0
    clock.day = date(2027, 1, 1)
    answers(line, "2026-12", 15, 5)
    assert tasks._surveys([line], clock.day) == 1 and tasks._surveys([line], clock.day) == 0
    case = Case.objects.get(cycle="vendor_survey")  # another month of one matter
    assert case.events.last().about == "measure_again"
    refused_as("ZS913", lambda: step(people["clerk"], case, "set_deadline", measure="限期整改"))  # 75 % asks a report
    answers(line, "2026-10", 6, 14)
    cases.open_case(people["clerk"], "vendor_survey", {"kind": line.kind, "month": "2026-10", "answers": "20",
                    "share": "3000"}, body=line.body, institution_id=CODE, subject_body=people["lab"].body)  # fmt: skip
    low = Case.objects.filter(cycle="vendor_survey").latest("pk")
    step(people["clerk"], low, "set_deadline", measure="限期整改")
    step(people["lab"], low, "submit", statement="已整改。")
    two(people["clerk"], people["head"], low, "reject", reason="没有改进")
    two(people["clerk"], people["head"], low, "exit", reason="整改不合格")
    assert ServiceLine.objects.get().state == "exiting" and Case.objects.filter(cycle="vendor_exit").count() == 1


def test_a_complaint_is_followed_by_its_receipt_and_judged_by_who_made_it(served):
    people, line = served
    given = {"about": "delay", "content": "检验报告迟了两天才出。"}
    made, code = actions.complain(given, line, "f" * 64)
    assert actions.complain(given, line, "f" * 64) == (made, code)
    assert VendorComplaint.objects.count() == 1 and code not in str(list(EvidenceOutbox.objects.values_list("payload")))
    found = queries.by_receipt(code)
    other = "3" if code.endswith("2") else "2"
    assert found.pk == made.pk and queries.by_receipt(code[:-1] + other) is None
    assert not queries.complaints(scope(people["lab"])).exists()
    refused_as("ZS847", lambda: actions.judge(found, satisfied=True))
    step(people["clerk"], made.case, "accept")
    assert queries.complaints(scope(people["lab"])).count() == 1
    step(people["lab"], made.case, "explain", statement="设备故障。")
    step(people["clerk"], made.case, "answer", upheld="yes", reply="情况属实，已要求整改。")
    refused_as("ZS913", lambda: step(people["clerk"], made.case, "close"))
    actions.judge(found, satisfied=False)
    step(people["clerk"], made.case, "reopen", reason="投诉人不满意")
    assert VendorComplaint.objects.get().satisfied is None
    step(people["clerk"], made.case, "answer", upheld="yes", reply="已补偿并整改。")
    actions.judge(found, satisfied=True)
    assert step(people["clerk"], made.case, "close").state == "closed"


def leak(people, line):
    told = {"kind": "laboratory", "what": "data_leak", "occurred_on": "2026-11-02", "facts": "检验结果外泄。"}
    return opened(people, "vendor_incident", line, **told)


def test_a_data_leak_stops_the_line_by_two_people_the_same_day_and_leads_to_its_exit(served, clock):
    people, line = served
    case = leak(people, line)
    refused_as("ZS913", lambda: step(people["clerk"], case, "inquire"))
    refused_as("ZS907", lambda: step(people["clerk"], case, "stop", reason="数据泄露"))
    life = line.life
    cases.propose(people["clerk"], life, "begin_exit", {"ground": "其他", "reason": "其他事由"}, version=life.version)
    two(people["clerk"], people["head"], case, "stop", reason="数据泄露")  # what waited there gives way
    assert ServiceLine.objects.get().state == "suspended"
    assert vendors.refused(CODE, "laboratory", clock.day).reason == "suspended"
    told = {"finding": "confirmed", "opinion": "成立。"}
    two(people["clerk"], people["head"], case, "conclude", **told)
    refused_as("ZS913", lambda: two(people["clerk"], people["head"], case, "close", opinion="办结"))
    two(people["clerk"], people["head"], case, "exit", reason="数据泄露，立即退出")
    assert ServiceLine.objects.get().state == "exiting"


def exiting(people, line):
    two(people["clerk"], people["head"], line.life, "begin_exit", ground="数据泄露", reason="立即退出")
    return Case.objects.get(cycle="vendor_exit")


def test_no_exit_closes_while_a_step_is_open_and_the_line_ends_with_it(served, clock):
    people, line = served
    clock.day = date(2026, 11, 23)
    plan = exiting(people, line)
    assert ExitStep.objects.filter(case=plan, state="open").count() == 8
    early = {"statement": "已退出"}
    refused_as("ZS913", lambda: two(people["clerk"], people["head"], line.life, "end_exit", **early))
    destroy = lambda **more: two(people["clerk"], people["head"], plan, "destroy_data", **(DESTROYED | more))  # noqa: E731
    assert "移交" in refused_as("ZS913", destroy)
    step(people["clerk"], plan, "hand_over_data", handed_on="2026-11-20", inventory="全部结果", receiver="县人民医院")
    assert "30" in refused_as("ZS913", lambda: destroy(holds="inpatient"))
    assert "2041" in refused_as("ZS913", lambda: destroy(holds="outpatient"))
    refused_as("ZS913", lambda: destroy(witness="操 作甲"))
    refused_as("ZS913", lambda: destroy(recovered="1"))
    refused_as(
        "ZS913", lambda: two(people["clerk"], people["head"], plan, "waive", step="destroy_data", reason="没有数据")
    )
    steps = {
        "agree_termination": {"signed_on": "2026-11-20", "number": "ZZ-1", "terms": "双方终止。"},
        "settle_work": {"open_orders": "3", "taken_over": "由县人民医院承接"},
        "settle_damages": {"damages_fen": "0", "note": "没有损失"},
        "settle_bills": {"paid_fen": "1234.50", "note": "已结清"},
        "look_back": {"from_on": "2026-01-01", "until_on": "2026-11-20", "found": "无其他问题"},
    }
    for name, given in steps.items():
        step(people["clerk"], plan, name, **given)
    two(people["clerk"], people["head"], plan, "waive", step="hand_over_devices", reason="没有设备")
    assert "监督数据销毁" in refused_as("ZS913", lambda: two(people["clerk"], people["head"], plan, "close", **early))
    destroy()
    told = str(documents.draft(people["clerk"], fresh(plan), "data_destruction", {}).paper)
    assert all(word in told for word in ("操作甲", "监督乙", "SN-1、SN-2", "物理粉碎", "第二十一条"))
    refused_as("ZS907", lambda: step(people["clerk"], plan, "close", **early))
    two(people["clerk"], people["head"], plan, "close", **early)
    assert ServiceLine.objects.get().state == "exited" and fresh(plan).state == "closed"


def test_the_clock_of_an_exit_is_escalated_and_nothing_else_closes_it(served, clock):
    people, line = served
    plan = exiting(people, line)
    due = fresh(plan).due_on
    assert due == clock.day + timedelta(days=30)
    cases.tick(due + timedelta(days=1))
    assert fresh(plan).escalated_on == due + timedelta(days=1) and fresh(plan).state == "running"


def sanctioned(people, line, act="out_of_scope", **given):
    case = opened(people, "vendor_sanction", line, kind="laboratory", act=act, facts="超范围开展检测。")
    step(people["clerk"], case, "notify", proposed="拟处理。")
    step(people["lab"], case, "defend", statement="申辩。")
    told = {"measures": ["fine"], "fine_fen": "100000.00", "reason": "申辩不成立。"} | given
    return case, lambda: two(people["clerk"], people["head"], case, "decide", **told)


def test_a_sanction_keeps_to_its_grade_is_published_and_corrected_in_the_same_place(served):
    people, line = served
    _case, decide = sanctioned(people, line, measures=["revocation"], fine_fen="")
    assert "等级" in refused_as("ZS913", decide)
    _case, decide = sanctioned(people, line, fine_fen="")
    assert "金额" in refused_as("ZS913", decide)
    case, decide = sanctioned(people, line)
    decide()
    held = Sanction.objects.get()
    assert (held.fine_fen, held.revenue_fen) == (100_000_00, 50_000_000_00)
    assert queries.share_of(held) == "0.20%"  # the worked example of a fine that does not deter
    step(people["lab"], case, "appeal", statement="不服。")
    assert [one.appeal for one in queries.published()] == ["appealed"]
    args = {"correction": "原决定撤销，向社会更正。"}
    assert "申诉" in refused_as("ZS913", lambda: two(people["head"], people["head2"], case, "revoke", **args))
    two(people["head2"], people["head3"], case, "revoke", **args)
    told = queries.published()
    assert [(one.pk, one.appeal, one.correction) for one in told] == [(held.pk, "corrected", args["correction"])]


def test_a_revocation_puts_the_line_to_its_exit(served):
    people, line = served
    _case, decide = sanctioned(people, line, act="false_qualification", measures=["revocation", "transfer"],
                               receiver="青禾县公安局", fine_fen="")  # fmt: skip
    decide()
    assert ServiceLine.objects.get().state == "exiting" and Case.objects.filter(cycle="vendor_exit").exists()
