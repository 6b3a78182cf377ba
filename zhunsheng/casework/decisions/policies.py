"""Whether a finding may be decided on now, in these words."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.cases.library import overturning
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.decisions.states import Outcome
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept

REASON_LENGTH = 2000


def outcome_of(text: str) -> Outcome:
    """Return the outcome of that name. Raises Problem ZS709 for another word."""
    if text not in set(Outcome):
        raise Problem("ZS709", name="outcome", value=text)
    return Outcome(text)


def reason_of(text: str, outcome: Outcome) -> str:
    """Return the reason trimmed. Raises Problem ZS719 (too long), ZS726 (a finding is overturned without one)."""
    told = kept(text)
    if len(told) > REASON_LENGTH:
        raise Problem("ZS719", limit=f"{REASON_LENGTH:,}")
    if outcome is Outcome.OVERTURNED and not told:
        raise Problem("ZS726")
    return told


def cause_of(text: str, outcome: Outcome) -> str:
    """Return why a finding is overturned, by the list of the rule book; nothing for a confirmed one.

    Raises Problem ZS942 for none, or one that the list does not hold.
    """
    if outcome is Outcome.CONFIRMED:
        return ""
    if text not in {one.id for one in overturning().reasons}:
        raise Problem("ZS942", value=text[:40] or "-")
    return text


def answer_of(text: str) -> str:
    """Return what an author answers. Raises Problem ZS943 for a word that the rule book does not hold."""
    if text not in {one.id for one in overturning().answers}:
        raise Problem("ZS943", reason=said("没有选择答复方式", "no answer was chosen"))
    return text


def grounds_of(text: str) -> str:
    """Return what an answer rests on, trimmed. Raises Problem ZS943 for none, or one that is too long."""
    told = kept(text)
    if not 2 <= len(told) <= REASON_LENGTH:
        limits = said(f"依据须为 2 至 {REASON_LENGTH} 字", f"what it rests on takes 2 to {REASON_LENGTH:,} characters")
        raise Problem("ZS943", reason=limits)
    return told


def check_answerable(decision: Decision) -> None:
    """Raise Problem ZS943 for a decision that does not overturn, or no longer stands."""
    if decision.outcome != Outcome.OVERTURNED or decision.withdrawn_at is not None:
        raise Problem("ZS943", reason=said("该结论没有推翻疑点，或者已撤回", "it overturns nothing, or was taken back"))


def check_decidable(finding: dict[str, Any]) -> None:
    """Raise Problem ZS724 for a finding that could not be judged, or that the run no longer has: there is no lead."""
    if finding["verdict"] == "unknown" or finding["state"] == "gone":
        raise Problem("ZS724")


def check_undecided(standing: Decision | None) -> None:
    """Raise Problem ZS725 where a decision stands: it is withdrawn first."""
    if standing is not None:
        raise Problem("ZS725", who=standing.decided_by.display_name)
