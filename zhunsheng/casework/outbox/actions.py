"""The only writer of evidence: called by every action inside its own transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.db import connection, transaction

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.outbox import queries
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import SHANGHAI, now

#: By how much processes of one site may differ: rows of transactions that ran beside each other are not refused.
TOLERANCE = timedelta(seconds=5)


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
    """Add one row of evidence. Raises RuntimeError outside a transaction: deed and evidence stand or fall together.

    Raises Problem ZS977 when the clock stands before the last row: evidence never gets a time before that.
    """
    with walls.within(walls.SITE):  # whoever acts leaves evidence, also where that one may not read it: at a login
        return _written(actor, kind, subject, payload, _moment())


def _moment() -> datetime:
    """Return the present moment, or that of the last row where this process is a breath behind another."""
    moment, last = now().astimezone(UTC), queries.last_at()
    if last is None or moment >= last:
        return moment
    if last - moment > TOLERANCE:
        raise Problem("ZS977", now=moment.astimezone(SHANGHAI), last=last.astimezone(SHANGHAI))
    return last


def _written(actor: Actor, kind: str, subject: str, payload: dict[str, Any], moment: datetime) -> EvidenceOutbox:
    if not connection.in_atomic_block:
        raise RuntimeError("evidence is written in the transaction of the deed")
    row = EvidenceOutbox(
        kind=kind,
        actor=actor.actor_key,
        body=actor.body_key,
        subject=subject,
        payload=canonical(payload).decode(),
        at=moment,  # in UTC, as the database gives it back, so that the digest can be checked
    )
    row.digest = digest(content(row))
    row.save(force_insert=True)
    return row


def content(row: EvidenceOutbox) -> bytes:
    """Return what a row says, as the bytes that its digest and its leaf in the log stand for."""
    at = row.at.astimezone(UTC).isoformat()
    said = {"kind": row.kind, "actor": row.actor, "body": row.body, "subject": row.subject, "at": at}
    return canonical(said) + b"\n" + row.payload.encode()


deed = transaction.atomic
"""The transaction that an action and its evidence share."""


@deed
def accept_clock(actor: Actor, reason: str) -> EvidenceOutbox:
    """Leave evidence that the clock ran ahead and is right again; what follows counts from this row's time."""
    with walls.within(walls.SITE):
        last = queries.last_at()
        told = {"reason": reason, "last": last and last.isoformat()}
        return _written(actor, "clock.corrected", "clock", told, now().astimezone(UTC))


def step_over(following: int) -> None:
    """Let the next row of evidence have at least this number. Call it within a transaction."""
    if queries.last() >= following - 1:
        return
    table = EvidenceOutbox._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [following - 1, table])
            if not cursor.rowcount:
                cursor.execute("INSERT INTO sqlite_sequence(name, seq) VALUES(%s, %s)", [table, following - 1])
        else:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'sequence'), %s)", [table, following - 1])
