"""What else is written when a case moves: other apps add what they keep, in the transaction of the step.

An app names its effect when it is made ready; the engine knows the names of no kind of case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.outbox.actions import Actor

Effect = Callable[[Actor, Case, CaseEvent], None]
#: Effects by the life-cycle whose events they follow; those under no name follow all.
_EFFECTS: dict[str, list[Effect]] = defaultdict(list)


def after(effect: Effect, cycle: str = "") -> None:
    """Let an app write what follows from each event of a case, of one life-cycle or of any."""
    if effect not in _EFFECTS[cycle]:
        _EFFECTS[cycle].append(effect)


def follow(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Write all that follows from an event; what fails here undoes the step."""
    for effect in (*_EFFECTS[""], *_EFFECTS[case.cycle]):
        effect(actor, case, event)
