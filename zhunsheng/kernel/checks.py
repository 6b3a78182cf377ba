"""One thing that was looked at: how ``doctor`` and the examination of a restored site report what they saw."""

from __future__ import annotations

from dataclasses import dataclass

WELL, POOR, MISSING = "well", "poor", "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it is well, what was seen, and the command that mends it."""

    name: str
    state: str  # well, poor (works, worth a look) or missing
    seen: str
    mend: str = ""
