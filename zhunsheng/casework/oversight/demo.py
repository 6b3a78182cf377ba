"""The demo's oversight: a pool, checks drawn by two people, a complaint, and a data leak that leads to an exit.

The exit's data destruction is left open, so that the plan cannot be closed. For demo sites only.
"""

from __future__ import annotations

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.demo import step, two
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import actions, tasks
from zhunsheng.casework.oversight.models import PoolMember
from zhunsheng.casework.oversight.states import Field, Seat
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.time import now

OFFICE, CHECKER, HEAD = "vendor-office", "vendor-check", "consortium"
#: The kind whose vendor leaked data, and the one that is complained about.
LEAKED, LATE = "tele_ecg", "logistics"


def tell() -> Case | None:
    """Tell the stories once; return the exit plan. None where an account or a line is missing, or it was told."""
    people = {one.login: one for one in User.objects.filter(login__in=(OFFICE, CHECKER, HEAD)).select_related("body")}
    lines = {one.kind: one for one in vendors.lines_in({"in_service"})}
    if len(people) < 3 or LEAKED not in lines or PoolMember.objects.exists():
        return None
    office, head = people[OFFICE], people[HEAD]
    _pool(office, lines)
    tasks.each_day(now().date())
    actions.draw_round(head, actions.commit_round(office), "演示用语，不是开奖号码")
    if LATE in lines:
        _complaint(office, lines[LATE])
    return _leak(office, head, lines[LEAKED])


def _pool(office: User, lines: dict[str, ServiceLine]) -> None:
    for name, background, full_time in (
        ("督导甲（演示）", "medical", "yes"),
        ("督导乙（演示）", "management", "yes"),
        ("督导丙（演示）", "law", "no"),
    ):
        given = {"role": "supervisor", "name": name, "background": [background], "full_time": full_time}
        made = actions.add_member(office, given)
        actions.train(office, made, str(now().year), ["quality", "contracts"])
    tied = {lines[LATE].institution_id: "为该供应商做过年度审计（演示）"} if LATE in lines else {}
    actions.add_member(office, {"role": "evaluator", "name": "评估机构甲（演示）"}, tied)
    actions.add_member(office, {"role": "evaluator", "name": "评估机构乙（演示）"})
    for field in Field:
        actions.add_member(office, {"role": "expert", "field": field.value, "name": f"{field.label}专家（演示）"})
    for seat in (Seat.MANAGER, Seat.PATIENT, Seat.LAWYER):
        actions.add_member(office, {"role": "committee", "seat": seat.value, "name": f"{seat.label}委员（演示）"})


def _complaint(office: User, line: ServiceLine) -> None:
    given = {"about": "delay", "content": "标本送到检验机构晚了半天，报告也晚了（演示）。"}
    made, _code = actions.complain(given, line, "0" * 64)
    step(office, made.case, "accept")


def _leak(office: User, head: User, line: ServiceLine) -> Case | None:
    given = {"kind": line.kind, "what": "data_leak", "occurred_on": str(now().date()),
             "facts": "交接期间患者心电数据外泄（演示）。"}  # fmt: skip
    subject = line.life.subject_body if line.life else None
    case = cases.open_case(
        office, "vendor_incident", given, body=line.body, institution_id=line.institution_id, subject_body=subject
    )
    two(office, head, case, "stop", reason="数据泄露，立即停止服务（演示）。")
    two(office, head, case, "exit", reason="数据泄露，立即退出（演示）。")
    plan = case_queries.followers(line.life_id, "vendor_exit").first()
    if plan is not None:
        day = str(now().date())
        step(office, plan, "hand_over_data", handed_on=day, inventory="心电数据全量（演示）", receiver="县人民医院")
        step(office, plan, "settle_work", open_orders="0", taken_over="由县人民医院心电中心承接（演示）")
        step(office, plan, "settle_bills", paid_fen="0", note="双方对账无欠款（演示）")
    return plan
