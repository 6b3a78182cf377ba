"""Knowledge points as the generator needs them, and the questions it asks of them.

The generator imports no pattern: it receives plain rows, keeps ordinary traffic clear of every one of them,
and plants its cases on some. The dates of a point are half-open; ``valid_to`` None means no end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple


class SexPoint(NamedTuple):
    """An item limited to one sex (``M`` or ``F``)."""

    code: str
    name: str
    sex: str
    valid_from: date
    valid_to: date | None


class AgePoint(NamedTuple):
    """An item limited to completed ages ``low`` to ``high`` (both held, None open) by unit."""

    code: str
    name: str
    low: int | None
    high: int | None
    unit: str
    valid_from: date
    valid_to: date | None


class PairPoint(NamedTuple):
    """A sub item not to be charged beside its main item within ``day``, ``encounter``, ``6h`` or ``hour``."""

    main_code: str
    main_name: str
    sub_code: str
    sub_name: str
    window: str
    valid_from: date
    valid_to: date | None


class CapPoint(NamedTuple):
    """The largest quantity (x 10^4) of an item for one person at one institution on one day."""

    code: str
    name: str
    cap_e4: int
    valid_from: date
    valid_to: date | None


Point = SexPoint | AgePoint | PairPoint | CapPoint


@dataclass(frozen=True)
class Knowledge:
    """The points of the four lists. Rows may be plain tuples in the order of the point classes."""

    sex: Sequence[tuple[str, str, str, date, date | None]] = ()
    age: Sequence[tuple[str, str, int | None, int | None, str, date, date | None]] = ()
    pairs: Sequence[tuple[str, str, str, str, str, date, date | None]] = ()
    caps: Sequence[tuple[str, str, int, date, date | None]] = ()


@dataclass
class Index:
    """Knowledge by item code, whatever its dates: ordinary traffic keeps clear of a point before it begins, too."""

    sex: list[SexPoint]
    age: list[AgePoint]
    pairs: list[PairPoint]
    caps: list[CapPoint]
    sexes: dict[str, set[str]] = field(default_factory=dict)
    ages: dict[str, list[AgePoint]] = field(default_factory=dict)
    excludes: dict[str, set[str]] = field(default_factory=dict)
    cap_of: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for point in self.sex:
            self.sexes.setdefault(point.code, set()).add(point.sex)
        for band in self.age:
            self.ages.setdefault(band.code, []).append(band)
        for pair in self.pairs:
            self.excludes.setdefault(pair.main_code, set()).add(pair.sub_code)
            self.excludes.setdefault(pair.sub_code, set()).add(pair.main_code)
        for cap in self.caps:
            self.cap_of[cap.code] = min(cap.cap_e4, self.cap_of.get(cap.code, cap.cap_e4))

    def limited(self, code: str) -> bool:
        """Whether any list names the code."""
        return code in self.sexes or code in self.ages or code in self.excludes or code in self.cap_of

    @cached_property
    def clear_sex(self) -> list[SexPoint]:
        """Return the sex points whose item stands in no other list and has one point only."""
        times = Counter(point.code for point in self.sex)
        return [p for p in self.sex if times[p.code] == 1 and not self._elsewhere(p.code, "sex")]

    @cached_property
    def clear_age(self) -> list[AgePoint]:
        """Return the age points whose item stands in no other list and has one point only."""
        return [p for p in self.age if len(self.ages[p.code]) == 1 and not self._elsewhere(p.code, "age")]

    @cached_property
    def clear_pairs(self) -> list[PairPoint]:
        """Return pairs that stand once, in one direction, and whose items carry no age limit or opposed sexes."""
        times = Counter(frozenset((p.main_code, p.sub_code)) for p in self.pairs)
        return [p for p in self.pairs if times[frozenset((p.main_code, p.sub_code))] == 1 and not self._unfit(p)]

    @cached_property
    def clear_caps(self) -> list[CapPoint]:
        """Return caps of items without sex or age limit that have one point only."""
        times = Counter(point.code for point in self.caps)
        return [p for p in self.caps if times[p.code] == 1 and p.code not in self.sexes and p.code not in self.ages]

    def _elsewhere(self, code: str, own: str) -> bool:
        held_in = {
            "sex": code in self.sexes,
            "age": code in self.ages,
            "caps": code in self.cap_of,
            "pairs": code in self.excludes,
        }
        return any(held for name, held in held_in.items() if name != own)

    def _unfit(self, pair: PairPoint) -> bool:
        sexes = self.sexes.get(pair.main_code, set()) | self.sexes.get(pair.sub_code, set())
        same = pair.main_code == pair.sub_code
        return same or len(sexes) > 1 or pair.main_code in self.ages or pair.sub_code in self.ages


def index(knowledge: Knowledge) -> Index:
    """Build the index of a knowledge input."""
    return Index(
        sex=[SexPoint(*row) for row in knowledge.sex],
        age=[AgePoint(*row) for row in knowledge.age],
        pairs=[PairPoint(*row) for row in knowledge.pairs],
        caps=[CapPoint(*row) for row in knowledge.caps],
    )


def holds(point: Point, first: date, last: date) -> bool:
    """Whether a point is valid on every day from ``first`` to ``last`` (both held)."""
    return point.valid_from <= first and (point.valid_to is None or last < point.valid_to)


def never_holds(point: Point, first: date, last: date) -> bool:
    """Whether a point is valid on no day from ``first`` to ``last``."""
    return last < point.valid_from or (point.valid_to is not None and point.valid_to <= first)
