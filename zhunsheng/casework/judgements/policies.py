"""Whether a run may start now."""

from __future__ import annotations

from datetime import date

from zhunsheng.casework.jobs.queries import under_way
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now


def check_none_under_way() -> None:
    """Raise Problem ZS714 while a run waits or is under way: runs follow one another."""
    if under_way("run"):
        raise Problem("ZS714")


def check_not_ahead(as_of: date) -> None:
    """Raise Problem ZS508 for a day later than today."""
    if as_of > now().date():
        raise Problem("ZS508", as_of=as_of)
