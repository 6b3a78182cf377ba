"""Whether a run may start now."""

from __future__ import annotations

from zhunsheng.casework.jobs.queries import under_way
from zhunsheng.kernel.errors import Problem


def check_none_under_way() -> None:
    """Raise Problem ZS714 while a run waits or is under way: runs follow one another."""
    if under_way("run"):
        raise Problem("ZS714")
