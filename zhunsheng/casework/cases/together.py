"""A step of one case that takes a step of another with it, in its transaction and by the same people."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.cases import actions, queries
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.policies import pending


def take(event: CaseEvent, other: Case, name: str, given: dict[str, Any]) -> Case:
    """Take a step of another case by who took the step of an event; what waited there for a second person gives way.

    A step of two people is taken by the two of the event; where one person took that, it is proposed to another.
    Raises as ``move``, ``propose`` and ``confirm``.
    """
    held = free(event, other)
    if not held.life.move(name).two_person:
        return actions.move(event.actor, held, name, given, version=held.version)
    first = event.proposal.proposed_by if event.proposal else event.actor
    waiting = actions.propose(first, held, name, given, version=held.version)
    held.refresh_from_db()
    return actions.confirm(event.actor, waiting, version=held.version) if event.proposal else held


def free(event: CaseEvent, other: Case) -> Case:
    """Return a case as it stands, with nothing waiting: what was proposed before this gives way to it."""
    waiting = pending(other)
    if waiting is not None:
        actions.refuse(event.actor, waiting, f"因 {event.case.number} 的决定")
    return queries.fresh(other.pk)
