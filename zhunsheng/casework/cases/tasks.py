"""The job that passes over the clocks. It may run again from the start: what ran out is told once."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.cases import actions
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.kernel.time import now, parse_date


def catch_up() -> None:
    """Do what is due today; the worker does so when it starts and after each job."""
    actions.tick(now().date())


def tick(arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Do what is due on the day of the arguments, or today."""
    progress("tick", 0, None)
    day = parse_date(arguments["day"]) if arguments.get("day") else now().date()
    return Outcome({"events": len(actions.tick(day))})
