"""Reads of grants within a scope: lists by side and state, one with its uses, and the sums that it opens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.decisions import queries as decisions
from zhunsheng.casework.grants.models import Grant, GrantUse
from zhunsheng.casework.grants.policies import ASKED
from zhunsheng.casework.grants.states import GrantState, Opens

SHOWS = ("asked", "given", "received", "ended", "all")
OVER = (GrantState.REFUSED, GrantState.WITHDRAWN, GrantState.ENDED)


def grants(scope: Scope, user: User, show: str, opens: str, day: date) -> QuerySet[Grant]:
    """Return the grants in view: waiting for an answer, given by or to the own body, over, or all."""
    found = scope.rows(Grant.objects.select_related("body", "receiver", "person", "case", "asked_by"))
    found = found.filter(opens=opens) if opens else found
    if show == "asked":
        return found.filter(state=GrantState.ASKED)
    if show == "ended":
        return found.filter(Q(state__in=OVER) | Q(state=GrantState.GIVEN, valid_to__lte=day))
    if show in ("given", "received"):
        side = "body" if show == "given" else "receiver"
        return found.filter(state=GrantState.GIVEN, valid_to__gt=day, **{side: user.body_id})
    return found


def one(scope: Scope, pk: int) -> Grant | None:
    """Return a grant in view, or None."""
    found = Grant.objects.select_related("body", "receiver", "person", "case", "asked_by", "settled_by", "ended_by")
    return scope.rows(found).filter(pk=pk).first()


def holding(receiver_id: int | None, day: date) -> QuerySet[Grant]:
    """Return the grants to a body that hold on a day. For ``scope``, which is what a reader's scope is made of."""
    return Grant.objects.on(day).filter(receiver=receiver_id).select_related("body").order_by("pk")


def uses(grant: Grant) -> QuerySet[GrantUse]:
    """Return the uses of a grant that is in view, newest first."""
    return grant.uses.select_related("user")


def named(keys: Iterable[int]) -> list[Grant]:
    """Return the grants by which a page was answered, for its banner."""
    return list(Grant.objects.filter(pk__in=set(keys)).select_related("body").order_by("pk"))


def owners(user: User) -> QuerySet[Body]:
    """Return the bodies that can be asked. Which authorities there are is no secret; what they hold is."""
    return Body.objects.filter(kind__in=ASKED).exclude(pk=user.body_id).order_by("name")


def amounts(scope: Scope, grant: Grant) -> list[dict[str, Any]] | None:
    """Return decided sums (fen) by institution, month and outcome, to whom a grant opens them; None to others.

    Sums alone leave the wall: the rows that they are made of are asked for in the name of the site.
    """
    places = {sight.place for sight in scope.granted.of(Opens.AMOUNTS) if sight.grant == grant.pk}
    if not places:
        return None
    with walls.within(walls.SITE):
        return decisions.sums(places)
