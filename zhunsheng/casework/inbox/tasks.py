"""What the worker does for the inbox: tell of delegations that ended, write the mail of the day, send what waits."""

from __future__ import annotations

from datetime import date

from zhunsheng.casework.inbox import actions, sending


def each_day(day: date) -> None:
    """Tell of what ended, then write the mail of the day."""
    actions.tell_of_ended(day)
    actions.write_digests(day)


def send_due() -> None:
    """Send what waits to be sent now, a few at a time: jobs go on in between."""
    sending.send_due()
