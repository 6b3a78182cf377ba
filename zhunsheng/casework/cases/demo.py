"""The story of the demo: findings become a clue, the clue a case, the case a decision that is paid in part and late.

Each step is taken by a demo account through the same actions as on the pages; nothing is written beside them. The steps
bear days of the demo's year, so that an instalment can be late; their evidence keeps the true time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions
from zhunsheng.casework.cases.models import Case
from zhunsheng.kernel.money import share, yuan
from zhunsheng.kernel.time import SHANGHAI

RULE = "fund/duplicate-charge"
ARTICLE = "reg-735/38"
LOGINS = ("reviewer", "bureau-head", "legal", "finance", "hospital")
#: Days of the story. The third instalment lies after the demo's last day; the second is missed at one account.
FILED, NOTIFIED, REVIEWED, DECIDED = date(2026, 7, 1), date(2026, 7, 6), date(2026, 7, 14), date(2026, 7, 20)
SERVED, AGREED = date(2026, 7, 22), date(2026, 7, 30)
DUES = (date(2026, 8, 31), date(2026, 9, 30), date(2026, 12, 31))
PAID, MISSED = (date(2026, 8, 28), date(2026, 9, 29)), date(2026, 10, 1)


def tell(findings: list[dict[str, Any]], institution_id: str) -> Case | None:
    """Walk the story once, on findings of an institution (finding_id, amount_fen); return the case, late by then.

    None where a case is there already, an account is missing, or there is nothing found.
    """
    people = {one.login: one for one in User.objects.filter(login__in=LOGINS)}
    if len(people) < len(LOGINS) or not findings or Case.objects.exists():
        return None
    loss = sum(one["amount_fen"] for one in findings)
    keys = [one["finding_id"] for one in findings]
    with told_on(FILED):
        case = _filed(people, institution_id, keys, yuan(loss))
    _decided(people, case, len(keys), yuan(loss))
    _recovered(people, case, loss)
    return Case.objects.get(pk=case.pk)


@contextmanager
def told_on(day: date, *modules: Any) -> Iterator[None]:
    """Let the steps of a block bear a day of the story, and what other ``modules`` write.

    For the demo alone, whose process does nothing else.
    """
    true = actions.now
    for module in (actions, *modules):
        module.now = lambda: datetime.combine(day, time(10), SHANGHAI)
    try:
        yield
    finally:
        for module in (actions, *modules):
            module.now = true


def _filed(people: dict[str, User], institution_id: str, keys: list[str], loss: str) -> Case:
    reviewer, head = people["reviewer"], people["bureau-head"]
    officers = [str(reviewer.pk), str(head.pk)]
    clue = _clue(reviewer, head, institution_id, keys, loss, officers)
    given = {"officers": officers, "article": ARTICLE, "findings": keys, "reason": "线索核查属实，予以立案。"}
    return actions.open_case(
        reviewer, "fund_case", given, body=reviewer.body, institution_id=institution_id, origin=clue, key="demo-case"
    )


def _clue(reviewer: User, head: User, institution_id: str, keys: list[str], loss: str, officers: list[str]) -> Case:
    given = {"source": "finding", "findings": keys, "summary": "重复收费疑点（演示）", "at_stake_fen": loss}
    clue = actions.open_case(
        reviewer, "clue", given, body=reviewer.body, institution_id=institution_id, key="demo-clue"
    )
    step(reviewer, clue, "assign", officers=officers)
    two(reviewer, head, clue, "file", article=ARTICLE, reason="两人核查，收费明细与医嘱不符（演示）。")
    return Case.objects.get(pk=clue.pk)


def _decided(people: dict[str, User], case: Case, count: int, loss: str) -> None:
    reviewer, head = people["reviewer"], people["bureau-head"]
    with told_on(NOTIFIED):
        facts = f"抽查收费明细，同一项目重复收费 {count} 笔，涉及基金 {loss} 元（演示）。"
        step(reviewer, case, "notify", article=ARTICLE, loss_fen=loss, facts=facts)
        statement = "系统升级期间接口重复上传，已停用该接口，愿意退回（演示）。"
        step(people["hospital"], case, "defend", statement=statement)
        step(reviewer, case, "submit_for_review", opinion="申辩所述属实，不影响重复收费的认定（演示）。")
    with told_on(REVIEWED):
        step(people["legal"], case, "pass_review", opinion="事实清楚，程序合法（演示）。")
    with told_on(DECIDED):
        two(
            reviewer, head, case, "decide_penalty",
            article=ARTICLE, nature="fault", gravity="ordinary", self_reported="no", grade="first",
            measures=["rectify", "recover", "fine"], loss_fen=loss, recover_fen=loss, multiple="1.2",
            reason="首次违规，责令退回并处 1.2 倍罚款；已停用接口（演示）。",
        )  # fmt: skip


def _recovered(people: dict[str, User], case: Case, loss: int) -> None:
    """Served, spread over three instalments; the first is paid, of the second the fund's part alone."""
    reviewer, head = people["reviewer"], people["bureau-head"]
    with told_on(SERVED):
        step(reviewer, case, "serve", served_on=str(SERVED), way="direct")
    fine = Case.objects.get(pk=case.pk).events.get(about="decide_penalty", kind="moved").fields["fine_fen"]
    parts = {name: share(fen, [1, 1, 1]) for name, fen in (("fund", loss), ("treasury", fine))}
    with told_on(AGREED):
        rows = [{"on": str(on), **{name: yuan(each[n]) for name, each in parts.items()}} for n, on in enumerate(DUES)]
        two(reviewer, head, case, "agree_instalments", plan=rows, on_default="one_due", reason="现金流紧张（演示）。")
    for day, number, account in ((PAID[0], 0, "fund"), (PAID[0], 0, "treasury"), (PAID[1], 1, "fund")):
        with told_on(day):
            amount = yuan(parts[account][number])
            step(
                people["finance"], case, "pay",
                paid_fen=amount, account=account, paid_on=str(day), voucher=f"YS{day:%Y%m%d}-{account}",
            )  # fmt: skip
    with told_on(MISSED):
        actions.tick(MISSED)


def _version(case: Case) -> int:
    return Case.objects.get(pk=case.pk).version


def step(user: User, case: Case, move: str, **fields: Any) -> None:
    """Take a step of one person on a case as it stands now."""
    actions.move(user, Case.objects.get(pk=case.pk), move, fields, version=_version(case))


def two(first: User, second: User, case: Case, move: str, **fields: Any) -> None:
    """Let one person propose a step and another confirm it."""
    waiting = actions.propose(first, Case.objects.get(pk=case.pk), move, fields, version=_version(case))
    actions.confirm(second, waiting, version=_version(case))
