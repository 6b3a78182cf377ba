"""Whether a finding may be decided on now, in these words."""

from __future__ import annotations

from typing import Any

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


def check_decidable(finding: dict[str, Any]) -> None:
    """Raise Problem ZS724 for a finding that could not be judged, or that the run no longer has: there is no lead."""
    if finding["verdict"] == "unknown" or finding["state"] == "gone":
        raise Problem("ZS724")


def check_undecided(standing: Decision | None) -> None:
    """Raise Problem ZS725 where a decision stands: it is withdrawn first."""
    if standing is not None:
        raise Problem("ZS725", who=standing.decided_by.display_name)
