"""Writers of keys, reminders and responses. Each names its actor and leaves its evidence in the same transaction."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import F

from zhunsheng.casework.bodies.models import Body, BodyKind, User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.desk.journal import Journal, entries, remove_finished
from zhunsheng.casework.desk.models import ApiKey, AskCount, JournalPosition, Reminder, Response
from zhunsheng.casework.desk.policies import MOST_PER_MINUTE, NAME_LENGTH, PER_MINUTE, stated
from zhunsheng.casework.desk.queries import sealed
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest, locked
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import now

#: Lines of a journal that one transaction takes over.
BATCH = 500


@deed
def make_key(actor: User | Actor, body: Body, name: str, per_minute: int = PER_MINUTE) -> tuple[ApiKey, str]:
    """Make a key for an institution and return it with its secret, which nobody can read again.

    Raises Problem ZS702, ZS719 for a name or limit out of bounds, ZS747 for a body that is no institution.
    """
    user = actor if isinstance(actor, User) else None
    if user is not None:
        check_may(user, Verb.MANAGE_KEYS)
    if body.kind != BodyKind.INSTITUTION:
        raise Problem("ZS747", institution=body.name)
    told = kept(name)
    if not 0 < len(told) <= NAME_LENGTH or not 0 < per_minute <= MOST_PER_MINUTE:
        raise Problem("ZS719", limit=NAME_LENGTH)
    secret = f"zs_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        body=body,
        name=told,
        hint=secret[:8],
        digest=sealed(secret),
        per_minute=per_minute,
        made_by=user,
        made_at=now(),
    )
    append(actor, "key.made", f"key:{key.pk}", {"body": body.pk, "name": told, "per_minute": per_minute})
    return key, secret


@deed
def revoke_key(actor: User, key: ApiKey) -> None:
    """End a key; it stays as a row. Servers forget it within seconds. Raises Problem ZS702."""
    check_may(actor, Verb.MANAGE_KEYS)
    standing = ApiKey.objects.select_for_update().get(pk=key.pk)
    if standing.revoked_at is None:
        standing.revoked_at, standing.revoked_by = now(), actor
        standing.save(update_fields=["revoked_at", "revoked_by"])
        append(actor, "key.revoked", f"key:{key.pk}", {"body": key.body_id})


@deed
def respond(actor: User | ApiKey, reminder: Reminder, kind: str, reason: str, clerk: str = "") -> Response:
    """Keep what was answered to a reminder. Raises Problem ZS702, ZS713, ZS746."""
    if isinstance(actor, User):
        check_may(actor, Verb.ASK_DESK)
    chosen, told = stated(kind, reason)
    response = Response.objects.create(
        reminder=reminder,
        kind=chosen,
        reason=told,
        key=actor if isinstance(actor, ApiKey) else None,
        user=actor if isinstance(actor, User) else None,
        clerk=kept(clerk)[:64],
        given_at=now(),
    )
    words = {"reason": digest(told.encode()), "clerk": digest(response.clerk.encode())}
    payload = {"response": response.pk, "kind": chosen, **words}
    append(actor, "reminder.answered", f"reminder:{reminder.reminder_id}", payload)
    return response


@deed
def respond_all(actor: User | ApiKey, given: Iterable[tuple[Reminder, str, str]], clerk: str) -> list[Response]:
    """Keep several answers of one message, or none of them. Raises Problem ZS702, ZS713, ZS746."""
    return [respond(actor, reminder, kind, reason, clerk) for reminder, kind, reason in given]


def take_over(journal: Journal) -> int:
    """Carry what the journal files hold into the database; return how many asks were taken."""
    taken = 0
    if not journal.files():
        return taken
    with locked(journal.folder / ".lock"):
        for path in journal.files():
            while count := _take(path):
                taken += count
            if remove_finished(path):
                JournalPosition.objects.filter(name=path.name).delete()
    return taken


@deed
def _take(path: Path) -> int:
    place, _ = JournalPosition.objects.select_for_update().get_or_create(name=path.name, defaults={"offset": 0})
    found, offset = entries(path, place.offset, BATCH)
    if offset == place.offset:
        return 0
    place.offset = offset
    place.save(update_fields=["offset"])
    told = [_reminder(entry, one) for entry in found for one in entry["reminders"]]
    Reminder.objects.bulk_create(told, batch_size=BATCH)
    _count(found)
    _leave_evidence(found)
    return len(found)


def _reminder(entry: dict[str, Any], one: dict[str, Any]) -> Reminder:
    return Reminder(
        **one,
        body_id=entry["body"],
        key_id=entry["key"],
        user_id=entry["user"],
        person_id=entry["person"],
        encounter_id=entry["encounter"],
        moment=entry["moment"],
        book_digest=entry["book"],
        told_at=datetime.fromisoformat(entry["at"]),
    )


def _count(found: list[dict[str, Any]]) -> None:
    sums: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for entry in found:
        one = sums[entry["body"], entry["at"][:10], entry["moment"]]
        for place, more in enumerate((1, len(entry["reminders"]), int(entry["late"] > 0))):
            one[place] += more
    for (body, day, moment), (asks, reminders, late) in sums.items():
        row, _ = AskCount.objects.get_or_create(
            body_id=body, day=day, moment=moment, defaults={"asks": 0, "reminders": 0, "late": 0}
        )
        AskCount.objects.filter(pk=row.pk).update(
            asks=F("asks") + asks, reminders=F("reminders") + reminders, late=F("late") + late
        )


def _leave_evidence(found: list[dict[str, Any]]) -> None:
    """Leave one row of evidence per asker and institution asked for, sealed over everything that was told."""
    by_asker: dict[tuple[int | None, int | None, int], list[dict[str, Any]]] = defaultdict(list)
    for entry in found:
        by_asker[entry["key"], entry["user"], entry["body"]].append(entry)
    for (key, user, body), told in by_asker.items():
        actor: Actor = ApiKey.objects.get(pk=key) if key else User.objects.get(pk=user)
        payload = {
            "asks": len(told),
            "reminders": sum(len(one["reminders"]) for one in told),
            "digest": digest(canonical(told)),
        }
        append(actor, "desk.told", f"body:{body}", payload)
