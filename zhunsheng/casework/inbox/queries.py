"""Reads of the inbox: what is asked of a person now, what was told, who acts for whom, what was sent.

Tasks are read live: the number of statements depends on how many apps ask, and not on how much they ask.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Duty, User
from zhunsheng.casework.bodies.permissions import verbs_of
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.inbox.models import Delegation, Delivery, Notice, Reader, Webhook
from zhunsheng.casework.inbox.offers import COLUMNS, SOURCES, UNOWNED, Asker, Task, Unowned
from zhunsheng.kernel.time import OPEN_END

#: Groups by their last day, in order.
GROUPS = ("late", "today", "week", "later", "none")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks are shown: one kind, part of a number or of an institution's name, one group, last days."""

    kind: str = ""
    q: str = ""
    group: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is asked of a person: how many by group and by kind, and the queries of all sources."""

    asker: Asker
    counts: dict[str, int] = field(default_factory=dict)
    total: int = 0
    queries: tuple[QuerySet[Any], ...] = ()

    def tasks(self, first: int, last: int) -> list[Task]:
        """Return tasks from a place (held, from 0) to a place (not held), the one that ends first in front."""
        if not self.queries or first >= last:
            return []
        head, *others = [one.order_by().values_list(*COLUMNS) for one in self.queries]
        rows = head.union(*others, all=True) if others else head
        page = list(rows.order_by("task_due", "task_source", "task_key")[first:last])
        told: dict[tuple[str, int], Task] = {}
        for name in dict.fromkeys(row[0] for row in page):
            keys = [row[1] for row in page if row[0] == name]
            told |= {(name, task.key): task for task in SOURCES[name].tasks(self.asker, keys)}
        return [told[row[0], row[1]] for row in page if (row[0], row[1]) in told]


def waiting_for(scope: Scope, user: User, day: date, wanted: Wanted = Wanted()) -> Waiting:
    """Return what the apps ask of a person on a day."""
    asker = Asker(scope, user, verbs_of(user), day)
    found = [_wanted(source.rows(asker), asker, wanted) for source in SOURCES.values()]
    counts = dict.fromkeys(GROUPS, 0)
    for rows in found:
        for name, count in rows.order_by().aggregate(**_groups(day)).items():
            counts[name] += count
    if wanted.group:
        found = [rows.filter(_group(wanted.group, day)) for rows in found]
    total = counts[wanted.group] if wanted.group else sum(counts.values())
    return Waiting(asker, counts, total, tuple(found))


def _wanted(rows: QuerySet[Any], asker: Asker, wanted: Wanted) -> QuerySet[Any]:
    if wanted.kind:
        rows = rows.filter(task_kind=wanted.kind)
    if wanted.first and wanted.last:
        rows = rows.filter(task_due__gte=wanted.first, task_due__lte=wanted.last)
    if wanted.q:
        places = [one.institution_id for one in asker.scope.places() if wanted.q in one.name]
        rows = rows.filter(Q(task_number__icontains=wanted.q) | Q(task_place__in=places))
    return rows


def _group(name: str, day: date) -> Q:
    """Days of a group: the week ends with its Sunday."""
    sunday = day + timedelta(days=6 - day.weekday())
    return {
        "late": Q(task_due__lt=day),
        "today": Q(task_due=day),
        "week": Q(task_due__gt=day, task_due__lte=sunday),
        "later": Q(task_due__gt=sunday, task_due__lt=OPEN_END),
        "none": Q(task_due=OPEN_END),
    }[name]


def group_of(due_on: date | None, day: date) -> str:
    """Return the group of a last day."""
    if due_on is None:
        return "none"
    if due_on <= day:
        return "late" if due_on < day else "today"
    return "week" if due_on <= day + timedelta(days=6 - day.weekday()) else "later"


def _groups(day: date) -> dict[str, Count]:
    return {name: Count("pk", filter=_group(name, day)) for name in GROUPS}


def kinds() -> dict[str, Any]:
    """Return all kinds of tasks with their names."""
    return {key: name for source in SOURCES.values() for key, name in source.kinds().items()}


def unowned(scope: Scope) -> list[Unowned]:
    """Return the tasks in view that nobody can do now."""
    return [one for find in UNOWNED for one in find(scope)]


def notices(user: User, *, unread: bool = False) -> QuerySet[Notice]:
    """Return what a person was told, newest first."""
    found = Notice.objects.filter(user=user).select_related("by")
    return found.filter(read_at=None) if unread else found


def reader(user: User) -> Reader:
    """Return how a person is told; one who has set nothing is told within the site."""
    return Reader.objects.filter(user=user).first() or Reader(user=user, body=user.body)


def delegations(user: User) -> QuerySet[Delegation]:
    """Return the delegations that a person has given or taken, newest first."""
    return Delegation.objects.filter(Q(giver=user) | Q(taker=user)).select_related("giver", "taker")


def delegated_to(user: User, day: date) -> list[tuple[User, frozenset[str], frozenset[str]]]:
    """Return for whom a person may act on a day: the giver, the duties, the kinds (empty: all).

    A duty that the giver no longer holds is not delegated, nor one of a giver whose account is locked.
    """
    standing = Delegation.objects.on(day).filter(taker=user, body=user.body_id, giver__is_active=True)
    found = list(standing.filter(giver__body=user.body_id).select_related("giver").order_by("pk"))
    held: dict[int, set[str]] = {}
    rows = Duty.objects.on(day).filter(user__in=[one.giver_id for one in found], body=user.body_id) if found else ()
    for duty in rows:
        held.setdefault(duty.user_id, set()).add(duty.name)
    told = [(one.giver, frozenset(one.duties) & held.get(one.giver_id, set()), frozenset(one.kinds)) for one in found]
    return [(giver, duties, cycles) for giver, duties, cycles in told if duties]


def done_for(user: User) -> QuerySet[Notice]:
    """Return what others did for a person, newest first."""
    return notices(user).filter(kind="acted_for_you")


def webhook(body_id: int | None) -> Webhook | None:
    """Return the webhook of a body, or None."""
    return Webhook.objects.filter(body=body_id, ended_at=None).first()


def deliveries(body_id: int | None) -> QuerySet[Delivery]:
    """Return what was sent, or is to be sent, to a body and its people, newest first."""
    return Delivery.objects.filter(body=body_id).select_related("user", "webhook")


def people_of(body_id: int | None, but: int) -> QuerySet[User]:
    """Return the other people of a body whose account is open."""
    return User.objects.filter(body_id=body_id, is_active=True).exclude(pk=but)


def known_by(people: Iterable[User], key: str) -> set[int]:
    """Return who of some people was told under a key."""
    return set(Notice.objects.filter(key=key, user__in=[one.pk for one in people]).values_list("user_id", flat=True))


def keys_told(keys: set[str]) -> set[str]:
    """Return those of some keys under which anybody was told something."""
    return set(Notice.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()


def takers_for(givers: Iterable[User], kind: str, day: date) -> list[User]:
    """Return who may act on a day for one of some people; ``kind``: in which kind of task, empty for any."""
    found = Delegation.objects.on(day).filter(giver__in=[one.pk for one in givers], taker__is_active=True)
    return [one.taker for one in found.select_related("taker") if not (kind and one.kinds) or kind in one.kinds]


def feed_of(key: str) -> User | None:
    """Return whose calendar a key opens, or None; an account that is locked has none."""
    found = Reader.objects.filter(feed=feed_digest(key)).select_related("user__body").first() if key else None
    return found.user if found is not None and found.user.is_active else None


def feed_digest(key: str) -> str:
    """Return the keyed digest under which the key of a calendar is kept."""
    return hmac.new(settings.SECRET_KEY.encode(), f"feed:{key}".encode(), hashlib.sha256).hexdigest()


def shares_mail(one: User, other: User) -> bool:
    """Whether two accounts are told at the same confirmed mail address."""
    with walls.within(walls.SITE):  # the accounts may be of two bodies
        told = Reader.objects.filter(user__in=(one, other)).exclude(mail="").values_list("mail", flat=True)
        mails = [mail.casefold() for mail in told]
    return len(mails) > len(set(mails))
