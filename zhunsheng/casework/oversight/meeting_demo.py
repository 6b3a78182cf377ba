"""The demo's joint meeting about its pathology laboratory: held, one resolution done, one open. For demo sites only.

Its supervision centre has its people on file. Each step is taken by a demo account through the actions of the pages.
"""

from __future__ import annotations

from datetime import date, timedelta

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.demo import step, told_on, two
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import actions, queries
from zhunsheng.casework.oversight.states import MEETING, OPINION, RESOLUTION
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.kernel.time import now

CHAIR, CLERK, MARKET, INSURER, CONSORTIUM = "health-head", "health-office", "market", "bureau-head", "consortium"
KIND, KEY = "pathology", "demo-meeting"
#: Open cases about the laboratory that are brought before the meeting at most.
MOST = 5


def tell() -> Case | None:
    """Tell the story once; return the meeting. None where an account or the laboratory is missing, or it was told."""
    logins = (CHAIR, CLERK, MARKET, INSURER, CONSORTIUM)
    people = {one.login: one for one in User.objects.filter(login__in=logins).select_related("body")}
    line = next((one for one in vendors.lines_entered() if one.kind == KIND), None)
    if len(people) < len(logins) or line is None or case_queries.opened_under(MEETING, KEY):
        return None
    _centre(people[CHAIR])
    today = now().date()
    called, answered, met, done_on = (today - timedelta(days=days) for days in (12, 8, 5, 2))
    with told_on(called):
        case = _called(people, line.institution_id, met)
    with told_on(answered):
        _said(people[MARKET], case, "comes", "建议与卫生健康部门联合检查设备证明与收费公示（演示）。")
        _said(people[CONSORTIUM], case, "comes", "已按预警要求整改，请求明确复核办法（演示）。")
    with told_on(met):
        present = [str(people[one].body_id) for one in (MARKET, CONSORTIUM)]
        step(people[CLERK], case, "hold", held_on=str(met), chair="方致远", present=present)
        done = _resolved(people, case, MARKET, "核查收费公示与设备证明，书面反馈（演示）。", today - timedelta(days=1))
        _resolved(people, case, CONSORTIUM, "按月报送病理报告时限，连续三个月（演示）。", today + timedelta(days=25))
        words = "会议听取了病理检验报告超时的情况，议定两项；医保部门未到会，会后送达纪要（演示）。"
        two(people[CLERK], people[CHAIR], case, "minute", minutes=words)
    with told_on(done_on):
        step(people[MARKET], done, "report_done", done_on=str(done_on), account="已现场核查，公示齐全（演示）。")
    step(people[CLERK], done, "accept", opinion="反馈材料齐全（演示）。")
    return case_queries.fresh(case.pk)


def _centre(head: User) -> None:
    for name, background in (("监管员甲（演示）", "law"), ("监管员乙（演示）", "medical")):
        given = {"role": "centre", "name": name, "background": [background], "full_time": "yes"}
        actions.train(head, actions.add_member(head, given), str(now().year), ["quality", "data_security", "contracts"])


def _called(people: dict[str, User], code: str, day: date) -> Case:
    offered = queries.matters_offered(scope(people[CLERK]))
    matters = [queries.matter_key(one) for one in offered if one.institution_id == code]
    given = {
        "subject": "病理检验报告超时与收费公示（演示）", "planned_on": str(day), "place": "县卫生健康局会议室",
        "invited": [str(people[one].body_id) for one in (MARKET, INSURER, CONSORTIUM)], "vendors": [code],
        "matters": matters[:MOST], "agenda": "一、通报病理检验机构的预警与整改；二、各单位意见；三、议定事项（演示）。",
    }  # fmt: skip
    return cases.open_case(people[CLERK], MEETING, given, body=people[CLERK].body, key=KEY)


def _said(user: User, case: Case, comes: str, opinion: str) -> None:
    mine = case_queries.followers(case.pk, OPINION).get(subject_body=user.body)
    step(user, mine, "state_opinion", comes=comes, opinion=opinion)


def _resolved(people: dict[str, User], case: Case, owner: str, deed: str, due_on: date) -> Case:
    step(people[CLERK], case, "resolve", owner=[str(people[owner].body_id)], deed=deed, due_on=str(due_on))
    return case_queries.followers(case.pk, RESOLUTION).latest("pk")
