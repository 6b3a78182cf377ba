"""What a decision says of a finding."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Confirmed: the finding is so. Overturned: it is not, and the reason says why."""

    CONFIRMED = "confirmed"
    OVERTURNED = "overturned"
