"""The job that passes over the clocks. It may run again from the start: what ran out is told once."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.casework.cases import actions, notices
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.kernel.time import now, parse_date


def each_day(day: date) -> None:
    """Do what the clocks ask for on a day, then remind of those that are about to end or have ended."""
    _pass(day)


def tick(arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Do what is due on the day of the arguments, or today."""
    progress("tick", 0, None)
    day = parse_date(arguments["day"]) if arguments.get("day") else now().date()
    events, reminded = _pass(day)
    return Outcome({"events": events, "reminded": reminded})


def _pass(day: date) -> tuple[int, int]:
    """Return how many events and reminders there were; people are reminded even where a case fails."""
    try:
        events = len(actions.tick(day))
    finally:
        reminded = notices.remind(day)
    return events, reminded
