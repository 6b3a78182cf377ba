"""What goes out of the site with a notice: a mail to who wants it, a call of the webhook of the person's body.

Deliveries are rows written with the notice, in one transaction; the worker sends them afterwards. A body hears of a
thing once, however many of its people were told, and hears no person's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db.models import Q

from zhunsheng.casework.inbox.models import Delivery, Notice, Reader, Webhook
from zhunsheng.casework.inbox.states import GROUPS, Mailing, NoticeKind, Way
from zhunsheng.kernel.time import SHANGHAI, now

#: When the mail of the day goes out, in Shanghai.
DIGEST_AT = time(8, 0)
#: Notices of one digest; the rest is counted.
DIGEST_MOST = 100


def said(notice: Notice) -> dict[str, Any]:
    """Return what a notice may say outside the site: kind, number, title, last day, address of the page."""
    address = f"{settings.SITE_ADDRESS}{notice.address}" if settings.SITE_ADDRESS and notice.address else ""
    return {
        "kind": notice.kind,
        "number": notice.number,
        "title": {"zh": notice.zh, "en": notice.en},
        "due_on": str(notice.due_on) if notice.due_on else None,
        "at": notice.at.isoformat(),
        "address": address,
    }


def along(notices: list[Notice]) -> list[Delivery]:
    """Return the deliveries of fresh notices, to be written in the transaction that wrote those."""
    return [*_mails(notices), *_calls(notices)]


def _mails(notices: list[Notice]) -> Iterable[Delivery]:
    if not settings.EMAIL_HOST:
        return
    wants = dict(
        Reader.objects.filter(user__in=[one.user_id for one in notices])
        .exclude(mail="")
        .values_list("user_id", "mailing")
    )
    for one in notices:
        if wants.get(one.user_id, {}).get(GROUPS[NoticeKind(one.kind)]) == Mailing.AT_ONCE:
            yield _mail(one.user_id, one.body_id, one.key, one.zh, [said(one)], now())


def _mail(
    user_id: int, body_id: int | None, key: str, title: str, notices: list[dict[str, Any]], at: datetime
) -> Delivery:
    return Delivery(
        way=Way.MAIL,
        user_id=user_id,
        body_id=body_id,
        key=f"mail:{user_id}:{key}",
        title=title,
        content={"notices": notices},
        next_at=at,
        made_at=now(),
    )


def _calls(notices: list[Notice]) -> Iterable[Delivery]:
    bodies = {
        one.body_id: one for one in reversed(notices) if one.body_id and GROUPS[NoticeKind(one.kind)] != "account"
    }
    for hook in Webhook.objects.filter(body__in=bodies, ended_at=None):
        one = bodies[hook.body_id]
        yield Delivery(
            way=Way.WEBHOOK,
            webhook=hook,
            body_id=hook.body_id,
            key=f"webhook:{hook.pk}:{one.key}",
            title=f"{one.number} {NoticeKind(one.kind).label}".strip(),
            content=_without_names(one),
            next_at=now(),
            made_at=now(),
        )


def _without_names(notice: Notice) -> dict[str, Any]:
    """A body's system learns what happened to which number, not who did it: titles may name a person."""
    return {key: value for key, value in said(notice).items() if key != "title"}


def digests(day: date) -> Iterable[Delivery]:
    """Return the mail of the day of everybody who wants one: what is unread of the groups, told since the last one."""
    if settings.EMAIL_HOST:
        found = (_digest(reader, day) for reader in Reader.objects.exclude(mail="").select_related("user"))
        yield from (one for one in found if one)


def _digest(reader: Reader, day: date) -> Delivery | None:
    groups = {name for name, way in reader.mailing.items() if way == Mailing.DAILY}
    kinds = [kind for kind, group in GROUPS.items() if group in groups]
    last = Delivery.objects.filter(user=reader.user, key__startswith=f"mail:{reader.user_id}:digest:").first()
    since = Q(at__gt=last.made_at) if last else Q()
    told = Notice.objects.filter(since, user=reader.user, kind__in=kinds, read_at=None)
    found, count = list(told[:DIGEST_MOST]), told.count()
    if not found or not reader.user.is_active:
        return None
    at = datetime.combine(day, DIGEST_AT, SHANGHAI)
    title = f"{count} 条未读通知"
    return _mail(reader.user_id, reader.body_id, f"digest:{day}", title, [said(one) for one in found], at)
