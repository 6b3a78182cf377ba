"""Submissions: the same form sent twice changes a case once and gives the same answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db import IntegrityError

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.permissions import Hat
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asked:
    """A submission: its key, the digest of what was asked under it, and on whose behalf."""

    key: str = ""
    request: str = ""
    behalf: User | None = None

    def in_hat(self, hat: Hat | None) -> Asked:
        """Return the submission with whose delegated duty it is made in."""
        return replace(self, behalf=hat.behalf) if hat else self


def submission(actor: Actor, key: str, *request: Any) -> Asked:
    """Return the submission of a request under a key of the actor."""
    return Asked(key[:64], digest(canonical([actor.actor_key, *request])) if key else "")


def repeated(actor: Actor, made: Asked) -> CaseEvent | None:
    """Return the event that the same submission made before. Raises Problem ZS911 for another one under its key."""
    if not made.key:
        return None
    found = CaseEvent.objects.filter(actor_key=actor.actor_key, key=made.key).select_related("case", "proposal").first()
    if found and found.request != made.request:
        raise Problem("ZS911", key=made.key)
    return found


def again(actor: Actor, made: Asked, case: Case) -> Case | None:
    """Return the case as it is, where the same submission has changed it before."""
    found = repeated(actor, made)
    return Case.objects.get(pk=case.pk) if found else None


def once(before: Callable[[], Answer | None], act: Callable[[], Answer]) -> Answer:
    """Do a submission once: give what it made before, also when it was made between the look and the writing."""
    done = before()
    if done is not None:
        return done
    try:
        return act()
    except (IntegrityError, Problem):
        made = before()
        if made is None:
            raise
        return made
