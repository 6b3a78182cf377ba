"""Whether something is allowed now, whoever asks."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from zhunsheng.casework.bodies.actions import attempt_key
from zhunsheng.casework.bodies.models import LoginFailure
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now


def check_may_try(login: str, address: str) -> None:
    """Raise Problem ZS704 while a login name, or an address, has failed too often within the window."""
    limits = settings.LOGIN_LIMITS
    recent = LoginFailure.objects.filter(at__gt=now() - timedelta(seconds=limits["window_seconds"]))
    by_login = recent.filter(login_key=attempt_key(login)).count()
    by_address = recent.filter(address_key=attempt_key(address)).count()
    if by_login >= limits["login"] or by_address >= limits["address"]:
        raise Problem("ZS704", minutes=limits["window_seconds"] // 60)
