"""The only writer of readings: takes messages once however often they come, and gives keys to senders.

Readings carry no row of evidence each: the file of a closed day does (``closing``). Keys leave theirs here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import DataError, transaction

from zhunsheng.book.channels import Channels, load_channels
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.metrics.counted import DURABLE, READINGS
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.casework.readings import hooks, registry
from zhunsheng.casework.readings.batch import Batch, quarantine
from zhunsheng.casework.readings.models import ClosedFile, SenderKey
from zhunsheng.casework.readings.queries import sealed
from zhunsheng.casework.readings.router import using
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.time import now
from zhunsheng.telemetry import wire


@dataclass(slots=True)
class Sifted:
    """A message and what was read of it; ``waits``: its sender keeps it, since its device may yet be registered."""

    message: wire.Incoming
    readings: list[wire.Reading] = field(default_factory=list)
    bad: list[wire.Bad] = field(default_factory=list)
    waits: bool = False

    @property
    def returned(self) -> wire.Returned | None:
        """What the sender hears beside the sequences, where something in the message has none that could be read."""
        unnumbered = [bad for bad in self.bad if bad.seq is None]
        if self.waits or not unnumbered:
            return None
        return wire.Returned(wire.digest_of(self.message.payload), unnumbered[0].refused.code)


def take(messages: Sequence[wire.Incoming]) -> wire.Taken:
    """Store the readings of messages, or put what cannot be taken into the quarantine; durable when it returns.

    A message that the database cannot hold is found by halving and returned, so that it stops no other one for ever.
    """
    try:
        return _take(messages)
    except (UnicodeError, DataError) as error:
        if len(messages) == 1:
            refused = wire.Refused("ZS878", f"{type(error).__name__}: {str(error)!a}")
            set_aside(messages[0], refused)
            returned = wire.Returned(wire.digest_of(messages[0].payload), refused.code)
            return wire.Taken((wire.Result(0, 0, (refused,)),), (_answer(messages[0], returned),))
    halves = [take(messages[: len(messages) // 2]), take(messages[len(messages) // 2 :])]
    return wire.Taken(halves[0].results + halves[1].results, halves[0].acks + halves[1].acks)


def _take(messages: Sequence[wire.Incoming]) -> wire.Taken:
    channels = load_channels(rulebook())
    asked: dict[tuple[str, str], bool] = {}
    sifted = [_sifted(message, channels, asked) for message in messages]
    with walls.within(walls.SITE), transaction.atomic(using=using()):
        batch = Batch([one.readings for one in sifted], [pair for one in sifted for pair in _numbered(one)])
        batch.store([message.received for message in messages])
        refused_of = batch.refused()
        apart = [(messages[number], bad) for number, bad in refused_of]
        quarantine([(one.message, bad) for one in sifted for bad in one.bad] + apart)
    results = tuple(
        wire.Result(stored, repeated, (*(bad.refused for bad in one.bad), *refused))
        for one, (stored, repeated, refused) in zip(sifted, batch.outcomes(refused_of), strict=True)
    )
    _count(messages, results)
    if batch.fresh:
        hooks.tell(batch.fresh)
    return wire.Taken(results, tuple(_acks(sifted, batch)))


def set_aside(message: wire.Incoming, refused: wire.Refused) -> None:
    """Put a message into the quarantine that cannot even be sifted, such as one over HTTP that is no JSON."""
    with walls.within(walls.SITE), transaction.atomic(using=using()):
        quarantine([(message, _whole(message, refused))])
    READINGS.labels("refused").inc()


def _sifted(message: wire.Incoming, channels: Channels, asked: dict[tuple[str, str], bool]) -> Sifted:
    one = Sifted(message)
    try:
        org, device, _kind = wire.address(message.topic)
        if (org, device) not in asked:
            asked[org, device] = registry.known(org, device)
        if asked[org, device]:
            one.readings, one.bad = wire.sift(message.topic, message.payload, message.received, channels)
        else:
            one.waits = True
            one.bad = [_whole(message, wire.Refused("ZS881", f"{org}/{device}"))]
    except wire.Refused as refused:
        one.bad = [_whole(message, refused)]
    return one


def _whole(message: wire.Incoming, refused: wire.Refused) -> wire.Bad:
    return wire.Bad(refused, None, None, message.payload[:1024])


def _numbered(one: Sifted) -> Iterator[tuple[str, int]]:
    """Yield series and sequence of what went to the quarantine and is done with."""
    if not one.waits:
        for bad in one.bad:
            if bad.boot is not None and bad.seq is not None:
                org, device, _kind = wire.address(one.message.topic)
                yield f"{org}/{device}/{bad.boot}", bad.seq


def _acks(sifted: Sequence[Sifted], batch: Batch) -> Iterator[tuple[str, bytes]]:
    """Yield what senders hear: the standing of each series that the batch touched, and messages without numbers."""
    for key, ack in batch.standings():
        org, device, _boot = key.split("/")
        yield wire.topic(org, device, "ack"), wire.encode_ack(ack)
    for one in sifted:
        if one.returned and one.bad[0].refused.code != "ZS877":
            yield _answer(one.message, one.returned)


def _answer(message: wire.Incoming, returned: wire.Returned) -> tuple[str, bytes]:
    org, device, _kind = wire.address(message.topic)
    return wire.topic(org, device, "ack"), wire.encode_ack(returned)


def _count(messages: Sequence[wire.Incoming], results: Sequence[wire.Result]) -> None:
    done = now()
    for message in messages:
        DURABLE.observe((done - message.received).total_seconds())
    READINGS.labels("stored").inc(sum(one.stored for one in results))
    READINGS.labels("repeated").inc(sum(one.repeated for one in results))
    READINGS.labels("refused").inc(sum(len(one.refused) for one in results))


@deed
def make_key(actor: Actor, institution_id: str, device: str = "") -> tuple[SenderKey, str]:
    """Make a key for a sender over HTTP and return it with its secret, which nobody can read again.

    Raises Problem ZS881 for a name that no topic can bear.
    """
    try:
        wire.address(wire.topic(institution_id, device or "x", "reading"))
    except wire.Refused as refused:
        raise Problem("ZS881", detail=refused.detail) from refused
    secret = f"zt_{secrets.token_urlsafe(32)}"
    key = SenderKey.objects.create(
        institution_id=institution_id, device=device, hint=secret[:8], digest=sealed(secret), made_at=now()
    )
    append(actor, "sender_key.made", f"sender_key:{key.pk}", {"institution": institution_id, "device": device})
    return key, secret


@deed
def end_key(actor: Actor, hint: str, institution_id: str) -> int:
    """End the standing keys of an institution or vendor that begin so; return how many. They stay as rows."""
    found = SenderKey.objects.select_for_update().filter(institution_id=institution_id, hint=hint, ended_at=None)
    standing = list(found)
    for key in standing:
        key.ended_at = now()
        key.save(update_fields=["ended_at"])
        append(actor, "sender_key.ended", f"sender_key:{key.pk}", {"institution": key.institution_id})
    return len(standing)


@deed
def record_closed(actor: Actor, name: str, count: int, size: int, digest: str) -> None:
    """Put the written file of a day on record. Its digest is what the log holds of all its readings."""
    kind, rest = name.split("-", 1)
    day, part = rest.rsplit("-", 1)
    ClosedFile.objects.create(
        name=name,
        kind=kind,
        day=date.fromisoformat(day),
        part=int(part),
        rows=count,
        bytes=size,
        digest=digest,
        closed_at=now(),
    )
    append(actor, "readings.closed", f"readings:{name}", {"digest": digest, "rows": count})


@deed
def strike(actor: Actor, file: ClosedFile, years: int) -> None:
    """Note that a file goes, since the years for which it was kept are over."""
    file.removed_at = now()
    file.save(update_fields=["removed_at"])
    append(actor, "readings.removed", f"readings:{file.name}", {"digest": file.digest, "years": years})
