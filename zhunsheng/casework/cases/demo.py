"""The story of the demo: findings of the county hospital become a clue, the clue a case, the case a decision.

Each step is taken by a demo account through the same actions as on the pages; nothing is written beside them.
"""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions
from zhunsheng.casework.cases.models import Case
from zhunsheng.kernel.money import yuan

RULE = "fund/duplicate-charge"
ARTICLE = "reg-735/38"


def tell(findings: list[dict[str, Any]], institution_id: str) -> Case | None:
    """Walk the story once, on findings of an institution (finding_id, amount_fen); return the decided case.

    None where a case is there already, an account is missing, or there is nothing found.
    """
    people = {one.login: one for one in User.objects.filter(login__in=("reviewer", "bureau-head", "hospital"))}
    if len(people) < 3 or not findings or Case.objects.exists():
        return None
    reviewer, head, office = people["reviewer"], people["bureau-head"], people["hospital"]
    officers = [str(reviewer.pk), str(head.pk)]
    loss = yuan(sum(one["amount_fen"] for one in findings))
    keys = [one["finding_id"] for one in findings]
    clue = _clue(reviewer, head, institution_id, keys, loss, officers)
    given = {"officers": officers, "article": ARTICLE, "findings": keys, "reason": "线索核查属实，予以立案。"}
    case = actions.open_case(
        reviewer, "fund_case", given, body=reviewer.body, institution_id=institution_id, origin=clue, key="demo-case"
    )
    facts = f"抽查收费明细，同一项目重复收费 {len(keys)} 笔，涉及基金 {loss} 元（演示）。"
    step(reviewer, case, "notify", article=ARTICLE, loss_fen=loss, facts=facts)
    step(office, case, "defend", statement="系统升级期间接口重复上传，已停用该接口，愿意退回（演示）。")
    step(reviewer, case, "submit_for_review", opinion="申辩所述属实，不影响重复收费的认定（演示）。")
    two(reviewer, head, case, "pass_review", opinion="事实清楚，程序合法（演示）。")
    reason = "责令退回并处一倍罚款；主动停用接口，从轻（演示）。"
    two(
        reviewer, head, case, "decide_penalty",
        article=ARTICLE, loss_fen=loss, recover_fen=loss, fine_fen=loss, reason=reason,
    )  # fmt: skip
    return Case.objects.get(pk=case.pk)


def _clue(reviewer: User, head: User, institution_id: str, keys: list[str], loss: str, officers: list[str]) -> Case:
    given = {"source": "finding", "findings": keys, "summary": "重复收费疑点（演示）", "at_stake_fen": loss}
    clue = actions.open_case(
        reviewer, "clue", given, body=reviewer.body, institution_id=institution_id, key="demo-clue"
    )
    step(reviewer, clue, "assign", officers=officers)
    two(reviewer, head, clue, "file", article=ARTICLE, reason="两人核查，收费明细与医嘱不符（演示）。")
    return Case.objects.get(pk=clue.pk)


def _version(case: Case) -> int:
    return Case.objects.get(pk=case.pk).version


def step(user: User, case: Case, move: str, **fields: Any) -> None:
    """Take a step of one person on a case as it stands now."""
    actions.move(user, Case.objects.get(pk=case.pk), move, fields, version=_version(case))


def two(first: User, second: User, case: Case, move: str, **fields: Any) -> None:
    """Let one person propose a step and another confirm it."""
    waiting = actions.propose(first, Case.objects.get(pk=case.pk), move, fields, version=_version(case))
    actions.confirm(second, waiting, version=_version(case))
