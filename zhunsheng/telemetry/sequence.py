"""Which numbers of a boot arrived: doubled ones, holes, what fills them. Small whatever a device invents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

#: No honest device has more boots or holes in one trip; beyond, the oldest are forgotten and the watch says so.
MOST_BOOTS, MOST_HOLES = 200, 500

Heard = Literal["next", "doubled", "hole", "fills"]


@dataclass(slots=True)
class Boot:
    """One boot: its number in the order of arrival, the highest sequence, and the holes below it (ends held)."""

    number: int
    top: int
    holes: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Sequences:
    """What was heard of a device, boot by boot; ``forgot``: something had to be dropped."""

    boots: dict[str, Boot] = field(default_factory=dict)
    count: int = 0
    forgot: bool = False

    def hear(self, boot: str, seq: int) -> tuple[Heard, int]:
        """Take a sequence number; return what it is, and how many numbers are missing before it."""
        known = self.boots.get(boot)
        if known is None:
            return self._begin(boot, seq)
        if seq > known.top:
            missing = seq - known.top - 1
            if missing:
                known.holes.append((known.top + 1, seq - 1))
                if len(known.holes) > MOST_HOLES:
                    known.holes.pop(0)
                    self.forgot = True
            known.top = seq
            return ("hole" if missing else "next"), missing
        return ("fills" if _fill(known.holes, seq) else "doubled"), 0

    def _begin(self, boot: str, seq: int) -> tuple[Heard, int]:
        if len(self.boots) >= MOST_BOOTS:
            self.boots.pop(next(iter(self.boots)))
            self.forgot = True
        # the first boot may have begun long before what is watched; a later one begins at 0 or 1
        first = not self.count
        missing = 0 if first or seq <= 1 else seq - 1
        holes = [(0, seq - 1)] if seq > 0 else []
        self.boots[boot] = Boot(self.count, seq, holes)
        self.count += 1
        return ("hole" if missing else "next"), missing


def _fill(holes: list[tuple[int, int]], seq: int) -> bool:
    for place, (first, last) in enumerate(holes):
        if first <= seq <= last:
            rest = [(first, seq - 1)] if first < seq else []
            rest += [(seq + 1, last)] if seq < last else []
            holes[place : place + 1] = rest
            return True
    return False
