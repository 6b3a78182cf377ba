"""Reads of bodies and users."""

from __future__ import annotations

from zhunsheng.casework.bodies.models import Duty, User
from zhunsheng.kernel.time import now


def duties_today(user: User) -> list[Duty]:
    """Return the duties that a user holds today."""
    return list(user.duties.on(now().date()))
