"""Writers of grants. Each takes an actor and leaves its evidence in the same transaction.

The purpose is evidence by its digest: its words may speak of a person. Days are told as POSIX seconds as well, so that
a monitor compares a use with them.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError

from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.grants import policies
from zhunsheng.casework.grants.models import Grant, GrantUse
from zhunsheng.casework.grants.policies import Request, Terms
from zhunsheng.casework.grants.states import GrantState, Opens
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.time import SHANGHAI, now


@deed
def ask(actor: User, owner: Body | None, asked: Request) -> Grant:
    """Ask the owner for sight, in the name of the actor's body. Raises Problem ZS702, ZS991."""
    check_may(actor, Verb.ASK_GRANTS)
    policies.check_request(actor, owner, asked, library.cycles(), now().date())
    grant = Grant(
        body=owner, receiver=actor.body, duty=asked.duty, person=asked.person, opens=asked.opens, number=asked.number,
        cycle=asked.cycle, purpose=asked.purpose, asked_by=actor, asked_at=now(), **_columns(asked.terms),
    )  # fmt: skip
    grant.asked = grant.terms
    grant.save()
    _evidence(actor, "asked", grant)
    return grant


def _columns(terms: Terms) -> dict[str, Any]:
    return {
        "institutions": sorted(terms.institutions),
        "internal": terms.internal,
        "valid_from": terms.valid_from,
        "valid_to": terms.valid_to,
    }


@deed
def give(actor: User, grant: Grant, terms: Terms) -> Grant:
    """Give what was asked for, or less. Raises Problem ZS702, ZS991 to ZS996."""
    check_may(actor, Verb.GIVE_GRANTS)
    standing = _locked(grant)
    policies.check_side(actor, standing.body_id)
    policies.check_state(standing, GrantState.ASKED)
    policies.check_two(actor, standing)
    policies.check_narrower(standing, terms)
    policies.check_days(terms, now().date())
    policies.check_owned(standing, terms.institutions)
    standing.case = _case(standing)
    return _settle(actor, standing, GrantState.GIVEN, terms)


def _case(grant: Grant) -> Any:
    """Return the case that is opened. Raises Problem ZS994 for a number that the owner has not given."""
    if grant.opens != Opens.CASE:
        return None
    found = cases.numbered(grant.body_id, grant.number)
    if found is None:
        raise Problem("ZS994", number=grant.number)
    return found


@deed
def refuse(actor: User, grant: Grant, reason: str) -> Grant:
    """Do not give what was asked for. Raises Problem ZS702, ZS991, ZS992."""
    check_may(actor, Verb.GIVE_GRANTS)
    standing = _locked(grant)
    policies.check_side(actor, standing.body_id)
    policies.check_state(standing, GrantState.ASKED)
    standing.reason = policies.reason_of(reason)
    return _settle(actor, standing, GrantState.REFUSED)


@deed
def withdraw(actor: User, grant: Grant) -> Grant:
    """Take back what the own body asked for. Raises Problem ZS702, ZS992."""
    check_may(actor, Verb.ASK_GRANTS)
    standing = _locked(grant)
    policies.check_side(actor, standing.receiver_id)
    policies.check_state(standing, GrantState.ASKED)
    return _settle(actor, standing, GrantState.WITHDRAWN)


def _settle(actor: User, grant: Grant, state: GrantState, terms: Terms | None = None) -> Grant:
    for name, value in (_columns(terms) if terms else {}).items():
        setattr(grant, name, value)
    grant.state, grant.settled_by, grant.settled_at = state, actor, now()
    grant.save()
    _evidence(actor, state.value, grant)
    return grant


@deed
def narrow(actor: User, grant: Grant, terms: Terms) -> Grant:
    """Open less from now on. Raises Problem ZS702, ZS991, ZS992, ZS996."""
    check_may(actor, Verb.GIVE_GRANTS)
    standing = _locked(grant)
    policies.check_side(actor, standing.body_id)
    policies.check_state(standing, GrantState.GIVEN)
    policies.check_narrower(standing, terms)
    policies.check_days(terms, now().date())
    for name, value in _columns(terms).items():
        setattr(standing, name, value)
    standing.save()
    _evidence(actor, "narrowed", standing)
    return standing


@deed
def end(actor: User, grant: Grant, reason: str) -> Grant:
    """End a grant at once: the owner by who gives, the receiver by who asks. Raises Problem ZS702, ZS991, ZS992."""
    standing = _locked(grant)
    policies.check_side(actor, standing.body_id, standing.receiver_id)
    check_may(actor, Verb.GIVE_GRANTS if actor.body_id == standing.body_id else Verb.ASK_GRANTS)
    policies.check_state(standing, GrantState.GIVEN)
    standing.reason = policies.reason_of(reason)
    standing.state, standing.ended_by, standing.ended_at = GrantState.ENDED, actor, now()
    standing.save()
    _evidence(actor, "ended", standing)
    return standing


def note_list(actor: User, grants: set[int]) -> None:
    """Record that lists were answered with grants in view: once per person, grant and day."""
    day = now().date()
    told = GrantUse.objects.filter(user=actor, day=day, subject="")
    for pk in sorted(grants - set(told.filter(grant__in=grants).values_list("grant", flat=True))):
        try:
            note_use(actor, pk, "")
        except IntegrityError:  # another page of the same person was quicker
            if not told.filter(grant=pk).exists():
                raise


@deed
def note_use(actor: User, pk: int, subject: str) -> None:
    """Record that a record was opened by a grant; without a subject, that lists were answered with it in view."""
    moment = now()
    GrantUse.objects.create(grant_id=pk, user=actor, day=moment.date(), subject=subject, at=moment)
    append(actor, "sight.used", f"grant:{pk}", {"record": digest(subject.encode()) if subject else ""})


def _locked(grant: Grant) -> Grant:
    # the row alone: PostgreSQL locks no side of a join that may be absent
    return Grant.objects.select_for_update(of=("self",)).select_related("body").get(pk=grant.pk)


def _evidence(actor: User, what: str, grant: Grant) -> None:
    terms = {**grant.terms, "start": _second(grant.valid_from), "end": _second(grant.valid_to)}
    named = {"opens": grant.opens, "owner": grant.body_id, "receiver": grant.receiver_id, "number": grant.number}
    narrow_to = {"duty": grant.duty, "person": grant.person_id, "cycle": grant.cycle}
    purpose = digest(grant.purpose.encode())
    append(actor, f"sight.{what}", f"grant:{grant.pk}", {**named, **narrow_to, **terms, "purpose": purpose})


def _second(day: date) -> int:
    return int(datetime.combine(day, time(), SHANGHAI).timestamp())
