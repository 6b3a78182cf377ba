"""What else is written when a case moves: other apps add what they keep, in the transaction of the step."""

from __future__ import annotations

from collections.abc import Callable

from zhunsheng.casework.cases.models import Case, CaseEvent

Effect = Callable[[Case, CaseEvent], None]
_EFFECTS: list[Effect] = []


def after(effect: Effect) -> None:
    """Let an app write what follows from each event of a case; called once, when the app is loaded."""
    if effect not in _EFFECTS:
        _EFFECTS.append(effect)


def follow(case: Case, event: CaseEvent) -> None:
    """Write all that follows from an event; what fails here undoes the step."""
    for effect in _EFFECTS:
        effect(case, event)
