"""Writers of accounts. Each names its actor and leaves its evidence in the same transaction; no secret goes there."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db.models import Q, QuerySet

from zhunsheng.casework.accounts import codes, policies, vault
from zhunsheng.casework.accounts.models import CodeDevice, OutsideIdentity, Passkey, RecoveryCode, SignIn
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.bodies.policies import attempt_key, check_other
from zhunsheng.casework.bodies.readable import readable
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import epoch_seconds, now


@deed
def open_sign_in(user: User, way: str, device: str, address: str) -> SignIn:
    """Record a login; failures of the name before it are forgotten."""
    bodies.clear_failures(user.login)
    row = SignIn.objects.create(
        user=user,
        key=secrets.token_hex(32),
        way=way,
        device=device[:60],
        address_key=attempt_key(address),
        started_at=now(),
        seen_at=now(),
    )
    append(user, "user.logged_in", f"user:{user.pk}", {"address": row.address_key, "way": way, "session": row.pk})
    return row


def note_seen(key: str) -> None:
    """Keep the moment of last use: no deed of anybody, so without evidence."""
    SignIn.objects.filter(key=key, ended_at__isnull=True).update(seen_at=now())


@deed
def end_sign_in(actor: Actor, row: SignIn, why: str) -> None:
    """End a session; one that has ended stays as it is. ``why``: logged_out, idle, ended, locked, password."""
    _end(actor, SignIn.objects.filter(pk=row.pk), why)


def _end(actor: Actor, rows: QuerySet[SignIn], why: str) -> None:
    for row in rows.filter(ended_at__isnull=True):
        row.ended_at = now()
        row.save(update_fields=["ended_at"])
        append(actor, "session.ended", f"user:{row.user_id}", {"session": row.pk, "why": why})


@deed
def change_password(user: User, password: str, keep: str) -> None:
    """Change the own password; every session but that of the key ``keep`` ends."""
    bodies.set_password(user, user, password)
    _end(user, user.sign_ins.exclude(key=keep), "password")


@deed
def issue_password(actor: Actor, user: User) -> str:
    """Give an account a password for one use, end its sessions and return it.

    An account with duties is locked by this until the security administrator unlocks it: the one who knows the new
    password cannot use it alone. Raises Problem ZS702, ZS752.
    """
    bodies.check_holds(actor, Verb.MANAGE_PEOPLE)
    check_other(actor, user)
    password = readable(3, 4)
    bodies.set_password(actor, user, password, once=True)
    _end(actor, user.sign_ins.all(), "password")
    if policies.is_powerful(user):
        _set_active(actor, user, active=False, reason="password")
    return password


@deed
def lock(actor: Actor, user: User, reason: str) -> None:
    """Lock an account and end its sessions: the system or the security administrator. Problems as of ``unlock``."""
    bodies.check_holds(actor, Verb.MANAGE_PEOPLE, Verb.GIVE_DUTIES)
    check_other(actor, user)
    _check_reason(reason)
    _set_active(actor, user, active=False, reason=reason)
    _end(actor, user.sign_ins.all(), "locked")


@deed
def unlock(actor: Actor, user: User, reason: str) -> None:
    """Unlock an account and forget its failures: the security administrator alone. Raises ZS702, ZS719, ZS752."""
    bodies.check_holds(actor, Verb.GIVE_DUTIES)
    check_other(actor, user)
    _check_reason(reason)
    bodies.clear_failures(user.login)
    _set_active(actor, user, active=True, reason=reason)


def _check_reason(reason: str) -> None:
    if not 0 < len(reason) <= 200:
        raise Problem("ZS719", limit=200)


def _set_active(actor: Actor, user: User, *, active: bool, reason: str) -> None:
    user.is_active = active
    user.save(update_fields=["is_active"])
    append(actor, "user.unlocked" if active else "user.locked", f"user:{user.pk}", {"reason": reason})


@deed
def add_code_device(user: User, secret: bytes, code: str) -> list[str]:
    """Add a device by a code that it shows; it takes the place of an older one. Return recovery codes, if new.

    Raises Problem ZS761 for a code that is not the device's.
    """
    step = codes.matching_step(secret, code, epoch_seconds(now()), 0)
    if step is None:
        raise Problem("ZS761")
    kept = {"secret": vault.lock(secret), "last_step": step, "made_at": now()}
    CodeDevice.objects.update_or_create(user=user, defaults=kept)
    append(user, "factor.added", f"user:{user.pk}", {"kind": "code"})
    return _first_recovery_codes(user)


@deed
def remove_code_device(actor: Actor, user: User) -> None:
    """Remove the device of an account. Raises Problem ZS766 when it is demanded and the last; see remove_factors."""
    policies.check_may_remove(user, user.passkeys.count())
    if CodeDevice.objects.filter(user=user).delete()[0]:
        append(actor, "factor.removed", f"user:{user.pk}", {"kind": "code"})
    _drop_recovery_codes(user)


def use_code(user: User, code: str) -> bool:
    """Whether a code of the account's device is right; a right one is used up, in the transaction of the login.

    The row is changed only where its last step is older: of two requests with one code, one gets in.
    """
    device = CodeDevice.objects.filter(user=user).first()
    if device is None:
        return False
    step = codes.matching_step(vault.unlock(device.secret), code, epoch_seconds(now()), device.last_step)
    fresh = CodeDevice.objects.filter(pk=device.pk, last_step__lt=step) if step is not None else None
    return fresh is not None and fresh.update(last_step=step) == 1


@deed
def use_recovery_code(user: User, code: str) -> bool:
    """Whether a recovery code is right; a right one is used up and leaves evidence of how many are left."""
    digest = codes.recovery_digest(code, settings.SECRET_KEY)
    if RecoveryCode.objects.filter(user=user, digest=digest, used_at__isnull=True).update(used_at=now()) != 1:
        return False
    left = user.recovery_codes.filter(used_at__isnull=True).count()
    append(user, "recovery.used", f"user:{user.pk}", {"left": left})
    return True


@deed
def renew_recovery_codes(user: User) -> list[str]:
    """Replace all recovery codes; return the new ones, shown once."""
    user.recovery_codes.all().delete()
    made = codes.new_recovery_codes()
    for code in made:
        RecoveryCode.objects.create(user=user, digest=codes.recovery_digest(code, settings.SECRET_KEY))
    append(user, "recovery.made", f"user:{user.pk}", {"codes": len(made)})
    return made


def _first_recovery_codes(user: User) -> list[str]:
    return [] if user.recovery_codes.exists() else renew_recovery_codes(user)


def _drop_recovery_codes(user: User) -> None:
    """Without any factor left, codes that stand in for one are of no use."""
    if not policies.factors(user):
        user.recovery_codes.all().delete()


@deed
def add_passkey(user: User, name: str, credential: str, public_key: bytes, sign_count: int) -> list[str]:
    """Add a passkey that was verified; return recovery codes, if new. Raises Problem ZS765 for one that is known."""
    if Passkey.objects.filter(credential=credential).exists():
        raise Problem("ZS765")
    made = Passkey.objects.create(
        user=user, name=name, credential=credential, public_key=public_key, sign_count=sign_count, made_at=now()
    )
    append(user, "factor.added", f"user:{user.pk}", {"kind": "passkey", "passkey": made.pk})
    return _first_recovery_codes(user)


def use_passkey(passkey: Passkey, sign_count: int) -> None:
    """Keep how often a passkey has signed; within the deed of the login."""
    passkey.sign_count, passkey.used_at = sign_count, now()
    passkey.save(update_fields=["sign_count", "used_at"])


@deed
def remove_passkey(user: User, passkey: Passkey) -> None:
    """Remove an own passkey. Raises Problem ZS766 when a factor is demanded and this is the last."""
    left = user.passkeys.count() - 1 + CodeDevice.objects.filter(user=user).count()
    policies.check_may_remove(user, left)
    append(user, "factor.removed", f"user:{user.pk}", {"kind": "passkey", "passkey": passkey.pk})
    passkey.delete()
    _drop_recovery_codes(user)


@deed
def remove_factors(actor: Actor, user: User, reason: str) -> None:
    """Take all second factors from an account whose holder has lost them, and end its sessions.

    The security administrator does so after making sure of the person, and does not know the password that is still
    asked for. Raises Problem ZS702, ZS719, ZS752.
    """
    bodies.check_holds(actor, Verb.GIVE_DUTIES)
    check_other(actor, user)
    _check_reason(reason)
    kinds = policies.factors(user)
    CodeDevice.objects.filter(user=user).delete()
    user.passkeys.all().delete()
    user.recovery_codes.all().delete()
    _end(actor, user.sign_ins.all(), "locked")
    append(actor, "factor.removed", f"user:{user.pk}", {"kinds": kinds, "reason": reason})


@deed
def bind_identity(user: User | None, issuer: str, subject: str) -> None:
    """Bind an account to its subject at the OpenID provider, once.

    Raises Problem ZS768 for no account, and for one that is bound otherwise.
    """
    bound = OutsideIdentity.objects.filter(Q(user=user) | Q(issuer=issuer, subject=subject)).first()
    if user is not None and bound is None:
        OutsideIdentity.objects.create(user=user, issuer=issuer, subject=subject, bound_at=now())
        append(user, "identity.bound", f"user:{user.pk}", {"issuer": issuer})
    elif user is None or (bound.user_id, bound.issuer, bound.subject) != (user.pk, issuer, subject):
        raise Problem("ZS768")


@deed
def note_confirmed(user: User, way: str) -> None:
    """Record that the holder proved to be there before a sensitive deed."""
    append(user, "user.confirmed", f"user:{user.pk}", {"way": way})
