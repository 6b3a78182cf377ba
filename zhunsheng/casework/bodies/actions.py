"""Writers of bodies, users and duties. Each takes an actor and leaves its evidence in the same transaction."""

from __future__ import annotations

from datetime import date, timedelta

from zhunsheng.casework.bodies import policies
from zhunsheng.casework.bodies.models import Body, Duty, LoginFailure, User
from zhunsheng.casework.bodies.permissions import Verb, forget, verbs_of
from zhunsheng.casework.bodies.policies import attempt_key
from zhunsheng.casework.inbox.actions import tell_of_duty
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import OPEN_END, Period, now


@deed
def create_body(actor: Actor, kind: str, name: str, *, code: str = "", region: str = "", name_en: str = "") -> Body:
    """Add a body. Raises Problem ZS702, ZS754, ZS755."""
    check_holds(actor, Verb.MANAGE_PEOPLE)
    if isinstance(actor, User):
        policies.check_reach(actor, kind, code, region)
    policies.check_body(kind, name, code, region)
    body = Body.objects.create(kind=kind, name=name, institution_code=code, region=region, name_en=name_en)
    append(actor, "body.created", f"body:{body.pk}", {"kind": kind, "name": name, "code": code, "region": region})
    return body


@deed
def create_user(
    actor: Actor, login: str, display_name: str, body: Body | None, password: str, *, once: bool = False
) -> User:
    """Add an account without any duty; ``once``: its password is to be changed at the first login.

    The evidence names the account and never the password. Raises Problem ZS702, and ZS756 for a login that someone
    has, whatever its case.
    """
    check_holds(actor, Verb.MANAGE_PEOPLE)
    policies.check_new_login(login)
    user = User(login=login, display_name=display_name, body=body)
    _keep_password(user, password, once=once)
    user.save()
    append(actor, "user.created", f"user:{user.pk}", {"login": login, "body": body.pk if body else None})
    return user


@deed
def set_password(actor: Actor, user: User, password: str, *, once: bool = False) -> None:
    """Give an account a new password; ``once``: it is to be changed at the next login."""
    _keep_password(user, password, once=once)
    user.save(update_fields=["password", "password_set_at", "password_once"])
    append(actor, "user.password_set", f"user:{user.pk}", {"once": once})


def _keep_password(user: User, password: str, *, once: bool) -> None:
    user.set_password(password)
    user.password_set_at, user.password_once = now(), once


@deed
def assign_duty(
    actor: Actor, user: User, name: str, valid_from: date, valid_to: date | None = None, *, certificate: str = ""
) -> Duty:
    """Give a user a duty in the user's own body.

    Raises ValueError for a user without a body, Problem ZS702, ZS106, ZS750 to ZS753 and ZS981.
    """
    if user.body is None:
        raise ValueError("a duty is held within a body")
    check_holds(actor, Verb.GIVE_DUTIES)
    policies.check_other(actor, user)
    policies.check_day(actor, valid_from)
    policies.check_certificate(name, certificate)
    User.objects.select_for_update().get(pk=user.pk)  # two duties given at once see each other
    policies.check_separation(user.duties.all(), name, Period(valid_from, valid_to or OPEN_END))
    duty = Duty.objects.create(
        user=user, body=user.body, name=name, certificate=certificate, valid_from=valid_from, valid_to=valid_to
    )
    forget()
    said = {"duty": name, "from": valid_from, "to": valid_to, "certificate": certificate}
    append(actor, "duty.assigned", f"user:{user.pk}", said)
    tell_of_duty(actor, duty, ended=False)
    return duty


@deed
def end_duty(actor: Actor, duty: Duty, valid_to: date) -> None:
    """End a duty: ``valid_to`` is the first day on which it no longer holds. Raises ZS702, ZS752, ZS757, ZS981."""
    check_holds(actor, Verb.GIVE_DUTIES)
    policies.check_other(actor, duty.user)
    policies.check_day(actor, valid_to)
    policies.check_end(duty, valid_to)
    duty.valid_to = valid_to
    duty.save(update_fields=["valid_to"])
    forget()
    append(actor, "duty.ended", f"user:{duty.user_id}", {"duty": duty.name, "to": valid_to})
    tell_of_duty(actor, duty, ended=True)


@deed
def hand_over(actor: Actor, duty: Duty, user: User, day: date, *, certificate: str = "") -> Duty:
    """Pass a duty to another person of the body on a day; it keeps the end that it had. Problems as of its parts."""
    policies.check_successor(duty, user)
    until = duty.valid_to
    end_duty(actor, duty, day)
    taken = assign_duty(actor, user, duty.name, day, until, certificate=certificate)
    append(actor, "duty.handed_over", f"user:{duty.user_id}", {"duty": duty.name, "to": user.pk, "on": day})
    return taken


def check_holds(actor: Actor, *verbs: Verb) -> None:
    """Raise Problem ZS702 unless a person may do one of these; a process of the site acts by what started it."""
    if isinstance(actor, User) and not verbs_of(actor) & set(verbs):
        raise Problem("ZS702")


@deed
def choose_language(user: User, language: str) -> None:
    """Keep the language that a user reads in."""
    user.language = language
    user.save(update_fields=["language"])
    append(user, "user.language_chosen", f"user:{user.pk}", {"language": language})


def clear_failures(login: str) -> None:
    """Forget the failures of a name; within the deed that records its login."""
    LoginFailure.objects.filter(login_key=attempt_key(login)).delete()


@deed
def note_failure(actor: Actor, login: str, address: str) -> None:
    """Record a failed attempt; attempts older than a day are dropped."""
    moment = now()
    LoginFailure.objects.filter(at__lt=moment - timedelta(days=1)).delete()
    key = attempt_key(login)
    LoginFailure.objects.create(login_key=key, address_key=attempt_key(address), at=moment)
    append(actor, "login.failed", f"login:{key}", {"address": attempt_key(address)})
