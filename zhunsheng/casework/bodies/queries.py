"""Reads of bodies, people and duties, scoped to the reader."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from zhunsheng.casework.bodies.models import Body, Duty, User
from zhunsheng.casework.bodies.permissions import ADMINISTRATORS
from zhunsheng.casework.bodies.scope import Scope, prefix
from zhunsheng.kernel.time import now

STATES = ("open", "locked", "idle")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people a list shows: part of a name or login, body, duty held today, state (one of STATES)."""

    q: str = ""
    body: int | None = None
    duty: str = ""
    state: str = ""


def duties_today(user: User) -> list[Duty]:
    """Return the duties that a user holds today."""
    return list(user.duties.on(now().date()))


def bodies(scope: Scope) -> QuerySet[Body]:
    """Return the bodies in view, by kind and name."""
    return scope.rows(Body.objects.all()).order_by("kind", "name")


def people(scope: Scope, wanted: Wanted = Wanted()) -> QuerySet[User]:
    """Return the people in view, each with the duties held today as ``today``."""
    today = Duty.objects.on(now().date())
    found = scope.rows(User.objects.select_related("body")).prefetch_related(
        Prefetch("duties", queryset=today.order_by("name"), to_attr="today")
    )
    if wanted.q:
        found = found.filter(Q(login__icontains=wanted.q) | Q(display_name__icontains=wanted.q))
    if wanted.body is not None:
        found = found.filter(body_id=wanted.body)
    if wanted.duty:
        found = found.filter(pk__in=today.filter(name=wanted.duty).values("user_id"))
    if wanted.state == "idle":
        return found.filter(is_active=True).exclude(pk__in=today.values("user_id"))
    return found.filter(is_active=wanted.state == "open") if wanted.state else found


def administrators(scope: Scope) -> list[tuple[str, list[Duty]]]:
    """Return who in view holds each of the three administrators' duties today; an empty list where nobody does."""
    held = scope.rows(Duty.objects.on(now().date()).filter(name__in=ADMINISTRATORS).select_related("user", "body"))
    return [(name, [duty for duty in held if duty.name == name]) for name in sorted(ADMINISTRATORS)]


def clashing(scope: Scope) -> QuerySet[User]:
    """Return who in view holds an administrator's duty together with another today: given before that was refused."""
    today = Duty.objects.on(now().date())
    several = today.order_by().values("user_id").annotate(names=Count("name", distinct=True)).filter(names__gt=1)
    held = today.filter(name__in=ADMINISTRATORS, user_id__in=several.values("user_id"))
    return scope.rows(User.objects.filter(pk__in=held.values("user_id")))


def successors(scope: Scope, body_id: int | None, but: int) -> QuerySet[User]:
    """Return who could take over a duty of a body: its other people whose account is not locked."""
    return scope.rows(User.objects.filter(body_id=body_id, is_active=True).exclude(pk=but))


def superior(body: Body) -> Body | None:
    """Return the body above another: the one it names, else the one of its kind with the next wider region; or None."""
    if body.parent is not None or not body.region:
        return body.parent
    wider = [one for one in Body.objects.filter(kind=body.kind).exclude(pk=body.pk) if one.region != body.region]
    above = [one for one in wider if body.region.startswith(prefix(one.region))]
    return max(above, key=lambda one: len(prefix(one.region)), default=None)
