"""Which sequences of a series are done with: a few intervals, however many readings there were."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable


class Spans:
    """Disjoint intervals with a hole between any two, both ends held; knows which of them changed."""

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        self.firsts: list[int] = []
        self.lasts: list[int] = []
        for first, last in sorted(spans):
            self.firsts.append(first)
            self.lasts.append(last)
        self.was = dict(zip(self.firsts, self.lasts, strict=True))

    def __contains__(self, seq: int) -> bool:
        place = bisect_right(self.firsts, seq) - 1
        return place >= 0 and seq <= self.lasts[place]

    def add(self, seq: int) -> bool:
        """Take a sequence in; whether it was not there."""
        place = bisect_right(self.firsts, seq) - 1
        if place >= 0 and seq <= self.lasts[place]:
            return False
        joins_before = place >= 0 and self.lasts[place] == seq - 1
        joins_after = place + 1 < len(self.firsts) and self.firsts[place + 1] == seq + 1
        if joins_before and joins_after:
            self.lasts[place] = self.lasts.pop(place + 1)
            del self.firsts[place + 1]
        elif joins_before:
            self.lasts[place] = seq
        elif joins_after:
            self.firsts[place + 1] = seq
        else:
            self.firsts.insert(place + 1, seq)
            self.lasts.insert(place + 1, seq)
        return True

    @property
    def all(self) -> tuple[tuple[int, int], ...]:
        """The intervals in order."""
        return tuple(zip(self.firsts, self.lasts, strict=True))

    def changes(self) -> tuple[list[int], list[tuple[int, int]]]:
        """Return the firsts of intervals that are no more, and the intervals that are new or other than they were."""
        now = dict(zip(self.firsts, self.lasts, strict=True))
        gone = [first for first in self.was if first not in now]
        return gone, [(first, last) for first, last in now.items() if self.was.get(first) != last]

    def around(self, seqs: Iterable[int]) -> tuple[int, tuple[tuple[int, int], ...]]:
        """Return the highest sequence without a hole below (-1: none), and the intervals above it that hold ``seqs``.

        A boot begins with 0 or 1: that 0 is missing is no hole.
        """
        whole = self.lasts[0] if self.firsts and self.firsts[0] <= 1 else -1
        places = {bisect_right(self.firsts, seq) - 1 for seq in seqs if seq > whole}
        return whole, tuple((self.firsts[place], self.lasts[place]) for place in sorted(places) if place >= 0)
