"""Knowledge points as the generator needs them, and the questions it asks of them.

The generator imports no pattern: it receives plain rows, keeps ordinary traffic clear of every one of them,
and plants its cases on some. The dates of a point are half-open; ``valid_to`` None means no end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from zhunsheng.generator.plants.cases import RuleText


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


@dataclass(frozen=True)
class Knowledge:
    """What the generator is told of the rule book.

    The points of four lists, whose rows may be plain tuples in the order of the point classes; ``named``, the texts of
    all other lists, whose items ordinary traffic leaves out; ``names`` of items by code; the live ``rules``;
    ``stocked``, the items whose stores keep a ledger.
    """

    sex: Sequence[tuple[str, str, str, date, date | None]] = ()
    age: Sequence[tuple[str, str, int | None, int | None, str, date, date | None]] = ()
    pairs: Sequence[tuple[str, str, str, str, str, date, date | None]] = ()
    caps: Sequence[tuple[str, str, int, date, date | None]] = ()
    named: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    rules: Sequence[RuleText] = ()
    stocked: frozenset[str] = frozenset()


@dataclass
class Index:
    """Knowledge by item code, whatever its dates: ordinary traffic keeps clear of a point before it begins, too."""

    sex: list[SexPoint]
    age: list[AgePoint]
    pairs: list[PairPoint]
    caps: list[CapPoint]
    named: frozenset[str] = frozenset()
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
        lists = (self.sexes, self.ages, self.excludes, self.cap_of, self.named)
        return any(code in known for known in lists)


def index(knowledge: Knowledge) -> Index:
    """Build the index of a knowledge input."""
    return Index(
        sex=[SexPoint(*row) for row in knowledge.sex],
        age=[AgePoint(*row) for row in knowledge.age],
        pairs=[PairPoint(*row) for row in knowledge.pairs],
        caps=[CapPoint(*row) for row in knowledge.caps],
        named=knowledge.named,
    )
