"""The job that passes over the clocks. It may run again from the start: what ran out is told once."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.casework.cases import actions, notices
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.kernel.time import now, parse_date


def each_day(day: date) -> None:
    """Do what the clocks ask for on a day, then remind of those that are about to end or have ended."""
    actions.tick(day)
    notices.remind(day)


def tick(arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Do what is due on the day of the arguments, or today."""
    progress("tick", 0, None)
    day = parse_date(arguments["day"]) if arguments.get("day") else now().date()
    return Outcome({"events": len(actions.tick(day)), "reminded": notices.remind(day)})
