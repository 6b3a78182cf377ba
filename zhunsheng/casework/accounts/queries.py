"""Reads of accounts: open sessions, factors, codes left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from zhunsheng.casework.accounts.models import CodeDevice, SignIn
from zhunsheng.casework.bodies.models import User
from zhunsheng.kernel.time import now


def open_sign_in(user: User, key: str) -> SignIn | None:
    """Return the open session of a key, or None."""
    return SignIn.objects.filter(user=user, key=key, ended_at__isnull=True).first() if key else None


def open_sign_ins(user: User) -> QuerySet[SignIn]:
    """Return an account's open sessions, latest first; those that nobody has used for too long have run out."""
    since = now() - timedelta(seconds=settings.IDLE_SECONDS)
    return user.sign_ins.filter(ended_at__isnull=True, seen_at__gt=since)


def security_of(user: User) -> dict[str, Any]:
    """Return what an account has to prove its holder by."""
    return {
        "code_device": CodeDevice.objects.filter(user=user).first(),
        "passkeys": list(user.passkeys.all()),
        "codes_left": user.recovery_codes.filter(used_at__isnull=True).count(),
    }
