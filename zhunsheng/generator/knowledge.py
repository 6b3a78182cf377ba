"""Knowledge points as the generator needs them, and the questions it asks of them.

The generator imports no pattern: it receives plain rows, keeps ordinary traffic clear of every one of them,
and plants its cases on some. The dates of a point are half-open; ``valid_to`` None means no end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
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


class Need(StrEnum):
    """What a rule may ask of a charge of an item, so that it has nothing to say of it."""

    DIAGNOSIS = "diagnosis"  # a diagnosis of the encounter that begins with one of the texts
    SPECIALTY = "specialty"  # a department of one of the national specialties, or below one
    LEVEL = "level"  # an institution of one of the levels
    VISIT = "visit"  # one of the kinds of visit
    INSURANCE = "insurance"  # one of the kinds of insurance, by national code
    WITH_DAY = "with_day"  # one of the items, charged on the same day
    WITH_VISIT = "with_visit"  # one of the items, charged in the same encounter
    EARLIER = "earlier"  # an item whose code begins with one of the texts, in the ``most`` days before
    RECORD = "record"  # a record of its use
    REGISTERED = "registered"  # a device or facility of one of the kinds, registered at the institution
    UNPAID = "unpaid"  # nothing within policy scope
    PRICE = "price"  # a unit price of no more than ``most``, yuan x 10^6
    QUANTITY = "quantity"  # no more than ``most`` units x 10^4 in an encounter
    AMOUNT = "amount"  # no more than ``most`` fen within policy scope in an encounter
    APART = "apart"  # none of the items in the whole of ordinary traffic
    FORBIDS = "forbids"  # no diagnosis of the encounter that begins with one of the texts
    CODE_SEX = "code_sex"  # of a code that begins so: a person of the sex
    CODE_AGE = "code_age"  # of a code that begins so: a completed age from, to, by unit
    CODE_ITEM = "code_item"  # of a main code that begins so: one of the items in the encounter
    CODE_DIAGNOSIS = "code_diagnosis"  # of a main operation: a principal diagnosis that begins with one of the texts
    ALONE = "alone"  # at most once in an encounter, and no other of its kind there


#: What is asked of the codes of diagnoses and operations; ``code`` is then the beginning of a code.
OF_CODES = frozenset({Need.CODE_SEX, Need.CODE_AGE, Need.CODE_ITEM, Need.CODE_DIAGNOSIS})


class NeedPoint(NamedTuple):
    """What one rule asks of a charge of an item, or of a code; of ``any_of`` one text suffices."""

    rule: str
    code: str
    kind: Need
    any_of: tuple[str, ...] = ()
    most: int = 0


@dataclass(frozen=True)
class Knowledge:
    """What the generator is told of the rule book.

    The points of four lists, whose rows may be plain tuples in the order of the point classes; ``needs``, what other
    rules ask of an item; ``named``, the texts of all further lists, whose items ordinary traffic leaves out; ``names``
    of items by code; the live ``rules``; ``stocked``, the items whose stores keep a ledger.
    """

    sex: Sequence[tuple[str, str, str, date, date | None]] = ()
    age: Sequence[tuple[str, str, int | None, int | None, str, date, date | None]] = ()
    pairs: Sequence[tuple[str, str, str, str, str, date, date | None]] = ()
    caps: Sequence[tuple[str, str, int, date, date | None]] = ()
    needs: Sequence[NeedPoint] = ()
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
    needed: list[NeedPoint] = field(default_factory=list)
    named: frozenset[str] = frozenset()
    sexes: dict[str, set[str]] = field(default_factory=dict)
    ages: dict[str, list[AgePoint]] = field(default_factory=dict)
    excludes: dict[str, set[str]] = field(default_factory=dict)
    cap_of: dict[str, int] = field(default_factory=dict)
    needs: dict[str, list[NeedPoint]] = field(default_factory=dict)

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
        for need in dict.fromkeys(self.needed):
            if need.kind == Need.APART:
                self.excludes.setdefault(need.code, set()).update(need.any_of)
            self.needs.setdefault(need.code, []).append(need)

    def of_code(self, code: str) -> list[NeedPoint]:
        """Return what is asked of a diagnosis or an operation."""
        return [need for need in self.needed if need.kind in OF_CODES and code.startswith(need.code)]

    def limited(self, code: str) -> bool:
        """Whether any list names the code."""
        lists = (self.sexes, self.ages, self.excludes, self.cap_of, self.needs, self.named)
        return any(code in known for known in lists)


def index(knowledge: Knowledge) -> Index:
    """Build the index of a knowledge input."""
    return Index(
        sex=[SexPoint(*row) for row in knowledge.sex],
        age=[AgePoint(*row) for row in knowledge.age],
        pairs=[PairPoint(*row) for row in knowledge.pairs],
        caps=[CapPoint(*row) for row in knowledge.caps],
        needed=list(knowledge.needs),
        named=knowledge.named,
    )
