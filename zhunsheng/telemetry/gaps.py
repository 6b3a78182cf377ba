"""What is not there: numbers missing in a boot (data lost), silence between readings (asleep), silence at the end.

Only a hole in the sequence proves that something was made and did not arrive. A new boot begins at 0 or 1; one that
begins later lost its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from zhunsheng.telemetry.series import Series

GapKind = Literal["missing", "asleep", "silent", "restart"]


@dataclass(frozen=True, slots=True)
class Gap:
    """No reading between two moments (seconds since 1970); ``missing`` counts sequence numbers that never came."""

    kind: GapKind
    since: float
    until: float
    missing: int = 0

    @property
    def minutes(self) -> float:
        """How long nothing was heard."""
        return (self.until - self.since) / 60


def gaps(whole: Series, since: float, until: float, hold_s: float) -> list[Gap]:
    """Return the gaps between two moments, oldest first; a silence up to ``hold_s`` seconds is none.

    ``whole`` may hold readings of other times: where a boot began, and what is missing, is told by all of them.
    """
    told = whole.take((whole.at >= since) & (whole.at <= until))
    found = [hole for hole in _holes(whole) if hole.until >= since and hole.since <= until]
    found += _rests(told, hold_s)
    if not len(told):
        return [Gap("silent", since, until)] if until - since > hold_s else []
    first, last = float(told.at[0]), float(told.at[-1])
    if first - since > hold_s and not any(one.since <= since and one.until >= first for one in found):
        found.append(Gap("asleep", since, first))
    if until - last > hold_s:
        found.append(Gap("silent", last, until))
    return sorted(found, key=lambda gap: (gap.since, gap.until, gap.kind))


def _holes(told: Series) -> list[Gap]:
    """Return the holes in the sequence of each boot."""
    found = []
    for number in np.unique(told.boot):
        mine = np.flatnonzero(told.boot == number)
        mine = mine[np.argsort(told.seq[mine], kind="stable")]
        seq, at = told.seq[mine], told.at[mine]
        if number and seq[0] > 1:  # the first boot may have begun long before what is at hand
            begin = float(told.at[told.boot < number].max())
            found.append(Gap("missing", min(begin, float(at[0])), float(at[0]), int(seq[0] - 1)))
        steps = np.diff(seq)
        for place in np.flatnonzero(steps > 1):
            ends = sorted((float(at[place]), float(at[place + 1])))
            found.append(Gap("missing", ends[0], ends[1], int(steps[place] - 1)))
    return found


def _rests(told: Series, hold_s: float) -> list[Gap]:
    """Return silences without a hole: the device slept, or was started anew."""
    found: list[Gap] = []
    for place in np.flatnonzero(np.diff(told.at) > hold_s):
        ends = float(told.at[place]), float(told.at[place + 1])
        if told.boot[place] != told.boot[place + 1]:
            if told.seq[place + 1] <= 1:
                found.append(Gap("restart", *ends))
        elif told.seq[place + 1] - told.seq[place] == 1:
            found.append(Gap("asleep", *ends))
    return found
