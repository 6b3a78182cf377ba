"""What other apps do when a case of their kind has moved, in the same transaction: rows made from its events.

An app names its follower when it is made ready; the engine knows the names of no kind of case.
"""

from __future__ import annotations

from collections.abc import Callable

from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.outbox.actions import Actor

Follower = Callable[[Actor, Case, CaseEvent], None]
#: Followers by the life-cycle that they follow.
FOLLOWERS: dict[str, Follower] = {}


def tell(actor: Actor, case: Case, event: CaseEvent) -> CaseEvent:
    """Let whoever follows a kind of case know of an event, and return it."""
    if case.cycle in FOLLOWERS:
        FOLLOWERS[case.cycle](actor, case, event)
    return event
