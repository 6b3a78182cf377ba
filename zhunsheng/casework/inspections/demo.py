"""The story of the demo: a plan drawn by two people with a first record on site. For demo sites only."""

from __future__ import annotations

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.inspections import actions
from zhunsheng.casework.inspections.models import InspectionPlan, Visit

PLAN = {
    "title": "年度飞行检查（演示）", "kind": "annual", "trigger": "risk", "outline": "由两人随机抽取两家机构（演示）。",
    "count": "2", "team": "2", "experts": "1",
}  # fmt: skip


def tell(places: list[tuple[str, str]]) -> Visit | None:
    """Plan, draw and arrive once, with institutions (id, name) as the pool; return the first visit.

    None where a plan is there already, an account is missing, or fewer than two institutions are known.
    """
    people = {one.login: one for one in User.objects.filter(login__in=("reviewer", "bureau-head"))}
    if len(people) < 2 or len(places) < 2 or InspectionPlan.objects.exists():
        return None
    reviewer, head = people["reviewer"], people["bureau-head"]
    for one in (reviewer, head):
        actions.add_inspector(reviewer, {"user": str(one.pk)}, {})
    tied = {places[0][0]: "亲属在该院任职（演示）"}
    for name, ties in (("专家甲（演示）", tied), ("专家乙（演示）", {})):
        actions.add_inspector(reviewer, {"role": "expert", "name": name, "field": "骨科"}, ties)
    plan = actions.commit(reviewer, actions.make_plan(reviewer, PLAN), places[:30])
    plan = actions.draw(head, plan, "演示用语，不是开奖号码")
    actions.confirm_draw(reviewer, plan)
    visit = Visit.objects.filter(plan=plan).select_related("case").order_by("pk").first()
    if visit is None:
        return None
    day = visit.case.opened_at.date().isoformat()
    cases.move(reviewer, visit.case, "arrive", {"arrived_on": day}, version=visit.case.version)
    content = {"check": "duplicate", "article": "reg-735/38/3", "result": "unknown", "note": "待调取原始凭证（演示）"}
    sent = {"item": "demo-item-1", "key": "demo-key-1", "bases": [], "content": content}
    actions.put_item(reviewer, visit, sent, frozenset())
    return visit
