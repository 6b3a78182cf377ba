"""The demo's points: after the told case one person has a few, another reaches nine and is suspended from today on.

Each step is taken by a demo account through the same actions as on the pages. Every text says that it is a demo.
"""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions
from zhunsheng.casework.cases.demo import step, two
from zhunsheng.casework.cases.models import Case
from zhunsheng.kernel.time import now

FEW: dict[str, str] = {"responsibility": "general", "severity": "light", "points": "2"}
NINE: dict[str, str] = {"responsibility": "main", "severity": "serious", "points": "9"}


def tell(origin: Case | None, practitioners: list[str]) -> Case | None:
    """Give points to two persons after a punished case; return the ruling on the second, None where there is none."""
    people = {one.login: one for one in User.objects.filter(login__in=("reviewer", "bureau-head", "hospital"))}
    if origin is None or len(practitioners) < 2 or len(people) < 3:
        return None
    reviewer, head = people["reviewer"], people["bureau-head"]
    for place, (who, amount) in enumerate(zip(practitioners, (FEW, NINE), strict=False)):
        _enter(reviewer, head, origin, who, amount, f"demo-points-{place}")
    told = (one for case in origin.followed_by.all() for one in case.followed_by.filter(cycle="payment_ruling"))
    ruling = next(told, None)
    if ruling is None:
        return None
    step(reviewer, ruling, "notify")
    step(
        people["hospital"],
        ruling,
        "object",
        statement="本人认识到错误，请从轻（演示）。",
        person_statement="已参加培训（演示）。",
    )
    opinion = "已考虑本人陈述，按最短期限暂停（演示）。"
    two(reviewer, head, ruling, "decide", start_on=str(now().date()), months="1", opinion=opinion)
    ruling.refresh_from_db()
    return ruling


def _enter(reviewer: User, head: User, origin: Case, who: str, amount: dict[str, str], key: str) -> None:
    given: dict[str, Any] = {
        "practitioner": who,
        "ground": origin.number,
        "article": "reg-735/38",
        "reason": "本案中开具重复收费项目，负有责任（演示）。",
        **amount,
    }
    case = actions.open_case(
        reviewer, "points_decision", given, body=reviewer.body, institution_id=origin.institution_id, origin=origin,
        key=key,
    )  # fmt: skip
    step(reviewer, case, "notify")
    two(reviewer, head, case, "confirm", opinion="机构未提出异议（演示）。")
    step(reviewer, case, "enter", from_on=str(now().date()))
