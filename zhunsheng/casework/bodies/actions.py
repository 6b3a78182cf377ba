"""Writers of bodies, users and duties. Each takes an actor and leaves its evidence in the same transaction."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, timedelta

from django.conf import settings

from zhunsheng.casework.bodies.models import Body, Duty, LoginFailure, User
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.kernel.time import now


@deed
def create_body(actor: Actor, kind: str, name: str, *, code: str = "", region: str = "", name_en: str = "") -> Body:
    """Add a body."""
    body = Body.objects.create(kind=kind, name=name, institution_code=code, region=region, name_en=name_en)
    append(actor, "body.created", f"body:{body.pk}", {"kind": kind, "name": name, "code": code, "region": region})
    return body


@deed
def create_user(actor: Actor, login: str, display_name: str, body: Body | None, password: str) -> User:
    """Add an account. The evidence names the account and never the password.

    Raises ValueError for a login that someone has, whatever its case.
    """
    if User.objects.filter(login__iexact=login).exists():
        raise ValueError(f"the login {login} is taken")
    user = User(login=login, display_name=display_name, body=body)
    user.set_password(password)
    user.save()
    append(actor, "user.created", f"user:{user.pk}", {"login": login, "body": body.pk if body else None})
    return user


@deed
def set_password(actor: Actor, user: User, password: str) -> None:
    """Give an account a new password."""
    user.set_password(password)
    user.save(update_fields=["password"])
    append(actor, "user.password_set", f"user:{user.pk}", {})


@deed
def assign_duty(actor: Actor, user: User, name: str, valid_from: date, valid_to: date | None = None) -> Duty:
    """Give a user a duty in the user's own body. Raises ValueError for a user without a body."""
    if user.body is None:
        raise ValueError("a duty is held within a body")
    duty = Duty.objects.create(user=user, body=user.body, name=name, valid_from=valid_from, valid_to=valid_to)
    append(actor, "duty.assigned", f"user:{user.pk}", {"duty": name, "from": valid_from, "to": valid_to})
    return duty


@deed
def end_duty(actor: Actor, duty: Duty, valid_to: date) -> None:
    """End a duty: ``valid_to`` is the first day on which it no longer holds."""
    duty.valid_to = valid_to
    duty.save(update_fields=["valid_to"])
    append(actor, "duty.ended", f"user:{duty.user_id}", {"duty": duty.name, "to": valid_to})


@deed
def choose_language(user: User, language: str) -> None:
    """Keep the language that a user reads in."""
    user.language = language
    user.save(update_fields=["language"])
    append(user, "user.language_chosen", f"user:{user.pk}", {"language": language})


@deed
def note_login(user: User, login: str, address: str) -> None:
    """Record a login and clear the failures of that name."""
    LoginFailure.objects.filter(login_key=attempt_key(login)).delete()
    append(user, "user.logged_in", f"user:{user.pk}", {"address": attempt_key(address)})


@deed
def note_failure(actor: Actor, login: str, address: str) -> None:
    """Record a failed attempt; attempts older than a day are dropped."""
    moment = now()
    LoginFailure.objects.filter(at__lt=moment - timedelta(days=1)).delete()
    key = attempt_key(login)
    LoginFailure.objects.create(login_key=key, address_key=attempt_key(address), at=moment)
    append(actor, "login.failed", f"login:{key}", {"address": attempt_key(address)})


def attempt_key(text: str) -> str:
    """Return the keyed digest under which a login name or an address is kept."""
    message = text.strip().casefold().encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()[:32]
