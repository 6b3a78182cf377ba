"""The only writer of evidence: called by every action inside its own transaction."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Protocol

from django.db import connection, transaction

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import now


class Actor(Protocol):
    """Who acts: a user, or a process under its name."""

    @property
    def actor_key(self) -> str: ...  # noqa: D102
    @property
    def body_key(self) -> str: ...  # noqa: D102


class Process:
    """A process of the site that acts in its own name, such as the command line."""

    def __init__(self, name: str) -> None:
        self.actor_key = f"process:{name}"
        self.body_key = ""


def append(actor: Actor, kind: str, subject: str, payload: dict[str, Any]) -> EvidenceOutbox:
    """Add one row of evidence. Raises RuntimeError outside a transaction: deed and evidence stand or fall together."""
    if not connection.in_atomic_block:
        raise RuntimeError("evidence is written in the transaction of the deed")
    text = canonical(payload)
    at = now().astimezone(UTC)  # as the database gives it back, so that the seal can be checked
    sealed = {"kind": kind, "actor": actor.actor_key, "body": actor.body_key, "subject": subject, "at": at.isoformat()}
    with walls.within(walls.SITE):  # whoever acts leaves evidence, also where that one may not read it: at a login
        return EvidenceOutbox.objects.create(
            kind=kind,
            actor=actor.actor_key,
            body=actor.body_key,
            subject=subject,
            payload=text.decode(),
            digest=digest(canonical(sealed) + b"\n" + text),
            at=at,
        )


deed = transaction.atomic
"""The transaction that an action and its evidence share."""
