"""Writers of notices, delegations and of how a person is told. Each leaves its evidence in the same transaction.

``tell`` is called by whoever does something, inside the deed; told again under the same key, a person hears nothing.
Notices of one body's deeds go to people of another, which is why they are written behind the wall of the whole site.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import connection
from django.utils.crypto import constant_time_compare

from zhunsheng.casework.accounts import vault
from zhunsheng.casework.accounts.codes import recovery_digest
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Duty, DutyName, User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.bodies.readable import readable
from zhunsheng.casework.inbox import mails, outgoing, policies, queries, targets
from zhunsheng.casework.inbox.models import Delegation, Delivery, Notice, Reader, Webhook
from zhunsheng.casework.inbox.states import DeliveryState, Mailing, NoticeGroup, NoticeKind
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now


@dataclass(frozen=True, slots=True)
class News:
    """What a notice says: its kind, the key that makes it one, number and title, and where it leads."""

    kind: NoticeKind
    key: str
    zh: str
    en: str
    number: str = ""
    address: str = ""
    due_on: date | None = None
    by: User | None = None


def tell(people: Iterable[User], news: News) -> list[User]:
    """Tell people something, in the transaction of what happened; return those who had not been told it before.

    Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a notice is written in the transaction of the deed")
    wanted = list({one.pk: one for one in people if one.is_active}.values())
    if not wanted:
        return []
    with walls.within(walls.SITE):
        known = queries.known_by(wanted, news.key)
        fresh = [one for one in wanted if one.pk not in known]
        made = [_notice(one, news) for one in fresh]
        Notice.objects.bulk_create(made, ignore_conflicts=True)
        Delivery.objects.bulk_create(outgoing.along(made), ignore_conflicts=True)
    return fresh


def _notice(user: User, news: News) -> Notice:
    return Notice(
        user=user,
        body_id=user.body_id,
        kind=news.kind,
        key=news.key[:120],
        number=news.number[:60],
        zh=news.zh[:200],
        en=news.en[:200],
        address=news.address,
        due_on=news.due_on,
        by=news.by,
        at=now(),
    )


def note_seen(user: User) -> None:
    """Keep when the inbox was open last: no deed of anybody, so without evidence.

    Of who belongs to no body nothing is asked, and the wall of the database has no place for the row.
    """
    if user.body_id is None:
        return
    Reader.objects.update_or_create(user=user, defaults={"body_id": user.body_id, "seen_at": now()})


def note_read(user: User, pk: int | None = None) -> None:
    """Keep that a person has read a notice, or all of them: no deed of anybody, so without evidence."""
    found = queries.notices(user, unread=True)
    (found if pk is None else found.filter(pk=pk)).update(read_at=now())


@deed
def delegate(
    giver: User, taker: User, duties: list[str], kinds: list[str], valid_from: date, valid_to: date, reason: str
) -> Delegation:
    """Let another person of the body act in named duties. Raises Problem ZS106, ZS719, ZS951, ZS952, ZS953."""
    policies.check_taker(giver, taker)
    policies.check_duties(giver, duties, kinds)
    policies.period_of(valid_from, valid_to, now().date())
    made = Delegation.objects.create(
        body=giver.body,
        giver=giver,
        taker=taker,
        duties=sorted(set(duties)),
        kinds=sorted(set(kinds)),
        valid_from=valid_from,
        valid_to=valid_to,
        reason=policies.reason_of(reason),
        made_at=now(),
    )
    said = {"to": taker.pk, "duties": made.duties, "kinds": made.kinds, "from": valid_from, "until": valid_to}
    append(giver, "delegation.given", f"user:{giver.pk}", {**said, "reason": made.reason})
    zh = f"{giver.display_name}委托您代办（{_duties(made, 'zh')}）"
    en = f"{giver.display_name} delegates to you ({_duties(made, 'en')})"
    news = News(NoticeKind.DELEGATION_GIVEN, f"delegation:{made.pk}:given", zh, en, address="/delegations", by=giver)
    tell([taker], news)
    return made


def _duties(made: Delegation, language: str) -> str:
    return "、".join(str(DutyName(one).label) for one in made.duties) if language == "zh" else ", ".join(made.duties)


@deed
def end_delegation(actor: User, delegation: Delegation) -> None:
    """End a delegation at once; one that has ended stays as it is. Raises Problem ZS702."""
    policies.check_may_end(actor, delegation)
    found = Delegation.objects.select_for_update().get(pk=delegation.pk)
    if found.ended_at is None:
        found.ended_at, found.ended_by = now(), actor
        found.save(update_fields=["ended_at", "ended_by"])
        append(actor, "delegation.ended", f"user:{found.giver_id}", {"delegation": found.pk, "to": found.taker_id})
        _tell_ended(found, actor)


@deed
def tell_of_ended(day: date) -> int:
    """Tell both sides of the delegations whose last day has passed; return how many were told."""
    past = Delegation.objects.filter(ended_at=None, valid_to__lte=day).select_related("giver", "taker")
    return sum(_tell_ended(one, None) for one in past)


def _tell_ended(found: Delegation, actor: User | None) -> int:
    zh = f"{found.giver.display_name}对{found.taker.display_name}的委托已终止"
    en = f"The delegation from {found.giver.display_name} to {found.taker.display_name} has ended"
    key = f"delegation:{found.pk}:ended"
    people = [one for one in (found.giver, found.taker) if actor is None or one.pk != actor.pk]
    return bool(tell(people, News(NoticeKind.DELEGATION_ENDED, key, zh, en, address="/delegations", by=actor)))


@deed
def choose_mailing(user: User, mailing: dict[str, str]) -> None:
    """Keep which notices go by mail. Raises Problem ZS709 for a group or a way that is none."""
    for name, way in mailing.items():
        if name not in NoticeGroup.values or way not in Mailing.values:
            raise Problem("ZS709", name=name, value=way)
    kept = {"body_id": user.body_id, "mailing": mailing}
    Reader.objects.update_or_create(user=user, defaults=kept)
    append(user, "notices.chosen", f"user:{user.pk}", mailing)


@deed
def ask_for_mail(user: User, address: str) -> None:
    """Take in a new mail address and send it the code that has to come back; an empty one ends all mail.

    Raises Problem ZS954, also where the code cannot be sent. Evidence says that it was changed, and not to what.
    """
    told, code = policies.mail_of(address), readable(2, 4)
    kept = {"body_id": user.body_id, "asked_for": told, "code": _digest(code) if told else "", "tries": 0}
    Reader.objects.update_or_create(user=user, defaults=kept if told else {**kept, "mail": ""})
    append(user, "mail.asked_for" if told else "mail.removed", f"user:{user.pk}", {})
    if told:
        mails.send_code(user, told, code)


def confirm_mail(user: User, code: str) -> None:
    """Keep the address from which a code came back. Raises Problem ZS955 for a wrong one, or after too many."""
    if not _confirmed(user, code):  # the wrong try is kept before it is told
        raise Problem("ZS955")


@deed
def _confirmed(user: User, code: str) -> bool:
    found = Reader.objects.select_for_update().filter(user=user).exclude(asked_for="").first()
    if found is None or found.tries >= policies.MOST_TRIES:
        return False
    found.tries += 1
    right = constant_time_compare(found.code, _digest(code))
    if right:
        found.mail, found.asked_for, found.code = found.asked_for, "", ""
        append(user, "mail.confirmed", f"user:{user.pk}", {})
    found.save()
    return right


def _digest(code: str) -> str:
    return recovery_digest(code, settings.SECRET_KEY)


@deed
def tell_of_duty(actor: Actor, duty: Duty, *, ended: bool) -> None:
    """Tell a person of a duty that was given or ended; within the deed of it."""
    kind = NoticeKind.DUTY_ENDED if ended else NoticeKind.DUTY_GIVEN
    label, day = str(DutyName(duty.name).label), duty.valid_to if ended else duty.valid_from
    zh = f"“{label}”职责自 {day} 起{'终止' if ended else '由您担任'}"
    en = f"Your duty '{duty.name}' {'ends on' if ended else 'starts on'} {day}"
    by = actor if isinstance(actor, User) else None
    tell([duty.user], News(kind, f"duty:{duty.pk}:{kind}:{day}", zh, en, address="/account", by=by))


@deed
def open_feed(user: User) -> str:
    """Make a key of the own calendar, which ends the one before; return it, shown once."""
    key = secrets.token_urlsafe(32)
    kept = {"body_id": user.body_id, "feed": queries.feed_digest(key)}
    Reader.objects.update_or_create(user=user, defaults=kept)
    append(user, "feed.opened", f"user:{user.pk}", {})
    return key


@deed
def end_feed(user: User) -> None:
    """End the address of the own calendar."""
    if Reader.objects.filter(user=user).exclude(feed="").update(feed=""):
        append(user, "feed.ended", f"user:{user.pk}", {})


@deed
def name_webhook(user: User, address: str) -> str:
    """Name where the notices of the user's body go, in place of the one before; return the secret, shown once.

    Raises Problem ZS702, ZS956.
    """
    check_may(user, Verb.MANAGE_KEYS)
    targets.reached(targets.target_of(address))
    secret = secrets.token_bytes(32)
    Webhook.objects.filter(body=user.body, ended_at=None).update(ended_at=now())
    made = Webhook.objects.create(
        body=user.body, address=address, secret=vault.lock(secret), made_by=user, made_at=now()
    )
    append(user, "webhook.named", f"webhook:{made.pk}", {"host": targets.target_of(address).host})
    return f"whsec_{base64.b64encode(secret).decode('ascii')}"


@deed
def end_webhook(user: User) -> None:
    """End the webhook of the user's body; what waits for it is given up. Raises Problem ZS702."""
    check_may(user, Verb.MANAGE_KEYS)
    for one in Webhook.objects.filter(body=user.body, ended_at=None):
        one.ended_at = now()
        one.save(update_fields=["ended_at"])
        append(user, "webhook.ended", f"webhook:{one.pk}", {})


@deed
def send_again(user: User, pk: int) -> None:
    """Let the worker try again what was given up. Raises Problem ZS701, ZS702."""
    check_may(user, Verb.MANAGE_KEYS)
    given_up = Delivery.objects.filter(pk=pk, body=user.body_id, state=DeliveryState.DEAD)
    if not given_up.update(state=DeliveryState.WAITING, attempts=0, next_at=now(), settled_at=None):
        raise Problem("ZS701")
    append(user, "delivery.again", f"delivery:{pk}", {})


def put_off(found: Delivery, pause: timedelta, fault: str) -> None:
    """Keep why an attempt failed and when the next one follows."""
    Delivery.objects.filter(pk=found.pk).update(next_at=now() + pause, fault=fault[:120])


@deed
def settle(found: Delivery, state: DeliveryState, fault: str) -> None:
    """Close a delivery: sent, or given up."""
    Delivery.objects.filter(pk=found.pk).update(state=state, fault=fault[:120], settled_at=now())
    actor = Process("post")
    actor.body_key = str(found.body_id or "")
    said = {"way": found.way, "key": found.key, "attempts": found.attempts, "fault": fault[:120]}
    append(actor, f"delivery.{state}", f"delivery:{found.pk}", said)


def write_digests(day: date) -> int:
    """Write the mail of the day for everybody who wants one and has something unread; return how many."""
    made = list(outgoing.digests(day))
    Delivery.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)
