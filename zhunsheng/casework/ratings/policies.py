"""Who decides on an objection, and how far: somebody who has not drafted it, and never for the worse."""

from __future__ import annotations

from collections.abc import Callable

from zhunsheng.book.scorecards import STANDINGS
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases.policies import Step


def _decider_apart(step: Step) -> None:
    """Who opened the draft or proposed its notice does not decide on what the vendor says of it."""
    if not isinstance(step.actor, User) or step.case is None:
        return
    drafted = step.case.events.filter(actor=step.actor, kind__in=("opened", "proposed"))
    if drafted.exists():
        raise step.refuse("拟评、提出告知的人员不得处理异议", "who drafted the rating does not decide on the objection")


def _never_worse(step: Step) -> None:
    """An objection is not answered by a worse standing; not to be rated is no worse one."""
    drafted, changed = step.before[0]["standing"], step.fields["standing"]
    if changed == "unrated" or drafted == "unrated":
        return
    if STANDINGS.index(changed) < STANDINGS.index(drafted):
        raise step.refuse(
            f"不得因异议评得低于拟评等级 {drafted}", f"an objection never leads below the draft {drafted}"
        )


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {"decider_apart": _decider_apart, "never_worse": _never_worse}
