"""Sending of deliveries: each is claimed by one worker, tried again with growing pauses, and at last given up.

The claim is a row changed from one moment to a later one, so that of two workers one sends. A worker that dies while
sending leaves the delivery to be sent once more under the same key, by which a receiver knows it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from email.utils import make_msgid
from http.client import HTTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F

from zhunsheng.casework.accounts import vault
from zhunsheng.casework.inbox import actions, mails, targets
from zhunsheng.casework.inbox.mails import Undelivered
from zhunsheng.casework.inbox.models import Delivery, Reader
from zhunsheng.casework.inbox.states import DeliveryState, Way
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical
from zhunsheng.kernel.time import epoch_seconds, now

#: Pauses after the first, second ... failed attempt; after the last one a delivery is given up.
PAUSES = tuple(timedelta(seconds=one) for one in (60, 300, 1800, 2 * 3600, 6 * 3600, 24 * 3600))
#: How long a claimed delivery is left alone: longer than an attempt may last.
CLAIM = timedelta(seconds=120)
#: Deliveries of one turn.
TURN = 10


def send_due() -> int:
    """Send what waits to be sent now; return how many attempts were made."""
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=now()).order_by("next_at", "pk")
    return sum(_claimed(pk) and _attempt(pk) for pk in list(waiting.values_list("pk", flat=True)[:TURN]))


def _claimed(pk: int) -> bool:
    due = Delivery.objects.filter(pk=pk, state=DeliveryState.WAITING, next_at__lte=now())
    return due.update(attempts=F("attempts") + 1, next_at=now() + CLAIM) == 1


def _attempt(pk: int) -> bool:
    found = Delivery.objects.select_related("webhook", "user").get(pk=pk)
    try:
        (_post if found.way == Way.MAIL else _call)(found)
    except Undelivered as error:
        _failed(found, str(error))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one delivery holds up no other
        _failed(found, type(error).__name__)
    else:
        actions.settle(found, DeliveryState.SENT, "")
    return True


def _failed(found: Delivery, fault: str) -> None:
    if found.attempts > len(PAUSES):
        actions.settle(found, DeliveryState.DEAD, fault)
    else:
        actions.put_off(found, PAUSES[found.attempts - 1], fault)


def _post(found: Delivery) -> None:
    """Send a mail. The address is the one that stands now: who took it away gets nothing more."""
    reader = Reader.objects.filter(user=found.user).exclude(mail="").select_related("user").first()
    if reader is None or not reader.user.is_active:
        raise Undelivered("no address")
    zh = not reader.user.language.startswith("en")
    lines = [_line(one, zh=zh) for one in found.content["notices"]]
    title = " ".join(found.title.split())  # a line end would be another header
    subject = f"准绳：{title}" if zh else f"Zhunsheng: {len(lines)} notices"
    foot = "本邮件由系统发送。可在“通知”页更改。" if zh else "Sent by the platform. Change this on the page of notices."
    kept = {"Message-ID": f"<{hashlib.sha256(found.key.encode()).hexdigest()[:32]}@{_domain()}>"}
    mails.send(EmailMessage(subject, "\n\n".join([*lines, foot]), None, [reader.mail], headers=kept))


def _line(one: dict, *, zh: bool) -> str:
    due = f"（{one['due_on']} 到期）" if zh else f" (due {one['due_on']})"
    head = f"{one['title']['zh' if zh else 'en']}{due if one['due_on'] else ''}"
    return f"{head}\n{one['address']}" if one["address"] else head


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2] or make_msgid().rpartition("@")[2].rstrip(">")


def _call(found: Delivery) -> None:
    """Call a webhook, signed as Standard Webhooks says: over id, moment and body."""
    if found.webhook is None or found.webhook.ended_at is not None:
        raise Undelivered("webhook ended")
    body = canonical(found.content)
    key, moment = hashlib.sha256(found.key.encode()).hexdigest()[:32], str(epoch_seconds(now()))
    secret = vault.unlock(found.webhook.secret)
    headers = {
        "webhook-id": key,
        "webhook-timestamp": moment,
        "webhook-signature": signature(secret, key, moment, body),
    }
    try:
        status = targets.call(found.webhook.address, body, headers)
    except Problem as problem:
        raise Undelivered(problem.code) from problem
    except (OSError, HTTPException) as error:
        raise Undelivered(f"webhook: {type(error).__name__}") from error
    if not 200 <= status < 300:
        raise Undelivered(f"webhook: {status}")


def signature(secret: bytes, key: str, moment: str, body: bytes) -> str:
    """Return the signature of a call: HMAC-SHA256 over ``id.moment.body``, as Standard Webhooks writes it."""
    mac = hmac.new(secret, b".".join([key.encode(), moment.encode(), body]), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode('ascii')}"
