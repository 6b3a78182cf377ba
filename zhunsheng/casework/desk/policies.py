"""Whether a key may ask, for whom and how often; whether a response may be kept."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from zhunsheng.casework.desk.models import ApiKey, ResponseKind
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept

REASON_LENGTH, NAME_LENGTH = 500, 60
#: Requests a minute where whoever makes a key states no other limit, and the most that can be stated.
PER_MINUTE, MOST_PER_MINUTE = 6_000, 60_000


def check_own_institution(own: str, asked: Iterable[str | None]) -> None:
    """Raise Problem ZS743 for rows of an order that another institution than the asking one should have."""
    for one in asked:
        if one is not None and one != own:
            raise Problem("ZS743", own=own, asked=one)


def stated(kind: str, reason: str) -> tuple[ResponseKind, str]:
    """Return a response as it is kept. Raises Problem ZS713 for an unknown kind, ZS746 for a missing or long reason."""
    if kind not in ResponseKind.values:
        raise Problem("ZS713")
    told = kept(reason)
    if len(told) > REASON_LENGTH or (kind == ResponseKind.JUSTIFIED and not told):
        raise Problem("ZS746", limit=REASON_LENGTH)
    return ResponseKind(kind), told


class Pace:
    """Counts the requests of each key by the minute, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._asked: dict[int, int] = {}

    def check(self, key: ApiKey, second: int) -> None:
        """Count a request. Raises Problem ZS744 beyond the limit of the key."""
        with self._lock:
            if second // 60 != self._minute:
                self._minute, self._asked = second // 60, {}
            self._asked[key.pk] = self._asked.get(key.pk, 0) + 1
            if self._asked[key.pk] > key.per_minute:
                raise Problem("ZS744", limit=key.per_minute)
