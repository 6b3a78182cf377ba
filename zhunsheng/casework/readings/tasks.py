"""What a day begins with: days that ended are closed, and files whose time of keeping is over are removed."""

from __future__ import annotations

from datetime import date

from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.readings.closing import close_days, remove_ended


def each_day(today: date) -> None:
    """Close days and remove what need not be kept; done again on the same day it finds nothing to do."""
    actor = Process("readings")
    close_days(actor)
    remove_ended(actor, today)
