"""Whether something is allowed now, whoever asks."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings

from zhunsheng.casework.bodies.models import CODED, Body, BodyKind, Duty, DutyName, LoginFailure, User
from zhunsheng.casework.bodies.permissions import ADMINISTRATORS, CERTIFIED
from zhunsheng.casework.bodies.scope import members, prefix, reach
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import OPEN_END, Period, now

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,59}")
REGION = re.compile(r"([0-9]{6})?")


def attempt_key(text: str) -> str:
    """Return the keyed digest under which a login name or an address is kept."""
    message = text.strip().casefold().encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()[:32]


def check_may_try(login: str, address: str, *, known: bool = False) -> None:
    """Raise Problem ZS704 while a login name, or an address, has failed too often within the window.

    ``known``: the holder has logged in from this address. Then its own failures count for the name and no others, so
    that a stranger elsewhere cannot keep the holder out. No name, as on the way back from a provider, never waits.
    """
    limits = settings.LOGIN_LIMITS
    recent = LoginFailure.objects.filter(at__gt=now() - timedelta(seconds=limits["window_seconds"]))
    here = recent.filter(address_key=attempt_key(address))
    by_login = (here if known else recent).filter(login_key=attempt_key(login)).count() if login.strip() else 0
    if by_login >= limits["login"] or here.count() >= limits["address"]:
        raise Problem("ZS704", minutes=limits["window_seconds"] // 60)


def apart(one: str, other: str) -> bool:
    """Whether two duties may not meet in one person: an administrator's (三员) meets no other duty at all."""
    return one != other and bool({one, other} & ADMINISTRATORS)


def check_separation(held: Iterable[Duty], name: str, period: Period) -> None:
    """Raise Problem ZS750 when a duty would meet one that it must stay apart from, ZS751 when it is held already."""
    for duty in held:
        days = days_of(duty)
        if days is None or not days.meets(period):
            continue
        if apart(duty.name, name):
            raise Problem("ZS750", name=DutyName(name).label, held=DutyName(duty.name).label, since=duty.valid_from)
        if duty.name == name:
            raise Problem("ZS751", name=DutyName(name).label, since=duty.valid_from)


def days_of(duty: Duty) -> Period | None:
    """Return the days of a duty; None for one that was ended before it began."""
    end = duty.valid_to or OPEN_END
    return Period(duty.valid_from, end) if end > duty.valid_from else None


def check_end(duty: Duty, valid_to: date) -> None:
    """Raise Problem ZS757 unless a duty can end on a day: not before it began, and not later than it does already."""
    if valid_to < duty.valid_from or (duty.valid_to is not None and valid_to > duty.valid_to):
        raise Problem("ZS757", day=valid_to, name=DutyName(duty.name).label)


def check_day(actor: Actor, day: date) -> None:
    """Raise Problem ZS981 when a person would give or end a duty on a day that has passed: who held it then is history.

    The command of whoever holds the machine may: it enters what was so before the site began.
    """
    if isinstance(actor, User) and day < now().date():
        raise Problem("ZS981", day=day)


def check_other(actor: Actor, user: User) -> None:
    """Raise Problem ZS752 when an administrator would act on the own account: nobody makes oneself powerful."""
    if actor.actor_key == user.actor_key:
        raise Problem("ZS752")


def check_certificate(name: str, certificate: str) -> None:
    """Raise Problem ZS753 for a duty that needs the number of a certificate and has none."""
    if name in CERTIFIED and not certificate:
        raise Problem("ZS753", name=DutyName(name).label)


def check_successor(duty: Duty, user: User) -> None:
    """Raise Problem ZS758 unless a duty can pass to a person: another one, of the same body, not locked."""
    if user.pk == duty.user_id or user.body_id != duty.body_id or not user.is_active:
        raise Problem("ZS758", person=user.display_name)


def check_new_login(login: str) -> None:
    """Raise Problem ZS756 for a login name that someone has, or that cannot be one."""
    if not LOGIN.fullmatch(login) or User.objects.filter(login__iexact=login).exists():
        raise Problem("ZS756", login=login)


def check_body(kind: str, name: str, code: str, region: str) -> None:
    """Raise Problem ZS754 for a body that is registered already, ZS755 for one that is not stated in full."""
    carries_code = kind in (BodyKind.INSTITUTION, BodyKind.CONSORTIUM)
    if kind not in BodyKind.values or not name or not REGION.fullmatch(region) or (carries_code and not code):
        raise Problem("ZS755")
    same_code = kind in CODED and code and Body.objects.filter(kind=kind, institution_code=code).exists()
    if same_code or Body.objects.filter(kind=kind, name=name).exists():
        raise Problem("ZS754", name=name)


def check_reach(user: User, kind: str, code: str, region: str) -> None:
    """Raise Problem ZS755 for a body beyond the reach of who registers it: nobody opens a view wider than the own.

    A body that sees the whole site registers any, others the institutions and consortia within their reach, and a
    data authority every other body of its region.
    """
    known, own = reach(user), user.body
    if known is None:
        return
    if kind == BodyKind.CONSORTIUM:  # it sees its members as well
        allowed = members(code) <= known
    elif kind == BodyKind.INSTITUTION:
        allowed = code in known
    else:
        allowed = own.kind == BodyKind.DATA_AUTHORITY and region.startswith(prefix(own.region))
    if not allowed:
        raise Problem("ZS755")
