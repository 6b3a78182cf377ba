"""Reads of keys, reminders and counts, within a scope."""

from __future__ import annotations

from django.db.models import QuerySet, Sum

from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.desk.models import ApiKey, AskCount, Reminder
from zhunsheng.kernel.files import digest


def sealed(secret: str) -> str:
    """Return the digest by which a key is known."""
    return digest(secret.encode("utf-8", "replace"))


def key_of(secret: str) -> ApiKey | None:
    """Return the standing key of a secret, or None."""
    found = ApiKey.objects.select_related("body").filter(digest=sealed(secret), revoked_at=None)
    return found.first()


def keys(scope: Scope) -> QuerySet[ApiKey]:
    """Return the keys in view, newest first."""
    return scope.rows(ApiKey.objects.select_related("body", "made_by", "revoked_by"))


def key(scope: Scope, pk: int) -> ApiKey | None:
    """Return a key in view, or None."""
    return keys(scope).filter(pk=pk).first()


def institutions(scope: Scope) -> QuerySet[Body]:
    """Return the bodies in view that can have keys."""
    return scope.rows(Body.objects.filter(kind=BodyKind.INSTITUTION))


def reminders(scope: Scope) -> QuerySet[Reminder]:
    """Return the reminders in view with their answers, newest first."""
    return scope.rows(Reminder.objects.select_related("body", "user", "key")).prefetch_related("responses")


def reminder(body_id: int | None, reminder_id: str) -> Reminder | None:
    """Return a reminder that a body was told, or None."""
    return Reminder.objects.filter(body_id=body_id, reminder_id=reminder_id).first()


def counted(scope: Scope) -> dict[str, int]:
    """Return the asks, reminders and late asks of everyone in view."""
    sums = scope.rows(AskCount.objects.all()).aggregate(
        asks=Sum("asks", default=0), reminders=Sum("reminders", default=0), late=Sum("late", default=0)
    )
    return {name: int(value) for name, value in sums.items()}


def asked_and_late() -> list[tuple[str, int, int]]:
    """Return for each moment how often the desk was asked and how many rules came too late. For the site's figures."""
    return list(AskCount.objects.order_by().values_list("moment").annotate(Sum("asks"), Sum("late")))
