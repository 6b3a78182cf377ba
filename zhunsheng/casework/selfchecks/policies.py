"""Who may mark findings in a self-check, when, and what was typed, checked."""

from __future__ import annotations

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.selfchecks.states import Answer
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import fen_from_yuan, yuan
from zhunsheng.kernel.text import kept

#: A report names no more; a longer period is checked in parts.
MOST = 5000


def may_mark(user: User, case: Case) -> bool:
    """Whether it is the user's turn to check: one of the institution, while it is being checked."""
    steps = cases.allowed(case, user) if case.cycle == "self_check" and case.state == "checking" else []
    return any(one.move == "report" for one in steps)


def check_marks(user: User, case: Case) -> None:
    """Raise Problem ZS702 unless the user may mark findings in a self-check now."""
    if not may_mark(user, case):
        raise Problem("ZS702")


def wrong(zh: str, en: str) -> Problem:
    """Return the Problem of what cannot be said of a finding."""
    return Problem("ZS938", reason=said(zh, en))


def answer_of(given: dict[str, str], at_stake_fen: int) -> tuple[str, int, str]:
    """Return answer, amount in fen and reason. Raises Problem ZS938.

    Only what is reported carries an amount, at most that at stake; what is no violation carries a reason.
    """
    answer, reason = given.get("answer", ""), kept(given.get("reason", ""))
    if answer not in Answer.values:
        raise wrong("结论不在可选项中", "the answer is none of the choices")
    if len(reason) > 500 or (answer == Answer.LAWFUL and len(reason) < 2):
        raise wrong(
            "不属于违规的须说明理由，不超过 500 字", "what is no violation takes a reason of at most 500 characters"
        )
    if answer != Answer.REPORTED:
        return answer, 0, reason
    try:
        fen = fen_from_yuan(kept(given.get("yuan", "")).replace(",", ""))
    except Problem as problem:
        raise wrong("应退金额须精确到分", "the amount must be exact to the fen") from problem
    if not 0 <= fen <= at_stake_fen:
        told = yuan(at_stake_fen)
        raise wrong(f"应退金额须在 0 至 {told} 元之间", f"the amount lies between 0 and {told}")
    return answer, fen, reason
