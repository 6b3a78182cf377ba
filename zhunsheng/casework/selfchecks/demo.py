"""The story of the demo: a self-check that a hospital has told and reported. For demo sites only."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.selfchecks import actions
from zhunsheng.casework.selfchecks.models import SelfMark
from zhunsheng.kernel.money import yuan


def tell(findings: list[dict[str, Any]], institution_id: str, since: str, until: str) -> Case | None:
    """Announce, mark and report once, on findings of an institution (finding_id, amount_fen); return the self-check.

    None where one was marked already, an account is missing, or fewer than three findings are known.
    """
    people = {one.login: one for one in User.objects.filter(login__in=("reviewer", "hospital"))}
    if len(people) < 2 or len(findings) < 3 or SelfMark.objects.exists():
        return None
    reviewer, office = people["reviewer"], people["hospital"]
    given = {"subject": "收费自查（演示）", "from_on": since, "until_on": until}
    case = cases.open_case(
        reviewer, "self_check", given, body=reviewer.body, institution_id=institution_id, key="demo-self-check"
    )
    case = cases.move(office, case, "start", {}, version=case.version)
    amounts = {one["finding_id"]: int(one["amount_fen"]) for one in findings}
    keys = sorted(amounts)
    answers = {keys[0]: {"answer": "no_violation", "reason": "有手术记录佐证（演示）"}, keys[1]: {"answer": "ask"}}
    answers |= {key: {"answer": "reported", "yuan": yuan(amounts[key])} for key in keys[2:]}
    actions.mark(office, case, answers, amounts)
    return actions.report(office, case, "已逐条核对，主动退回（演示）。", [], version=case.version, key="demo-report")
