"""The items a county charges: ordinary ones of the data table, screened against the knowledge, and planted ones.

Screening keeps ordinary traffic clean by construction: an item that a sex or age point limits stays only when the
table limits it at least as strictly, of two items that exclude each other one goes, and no daily quantity passes a cap.
What rules ask of a charge beyond that is met line by line (screen.py), or the item goes here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from zhunsheng.generator.frames import NONE, Ints
from zhunsheng.generator.knowledge import Index, Need, NeedPoint
from zhunsheng.generator.tables import rows
from zhunsheng.kernel.quantity import scaled

#: What is charged once in a stay, and what its use is recorded of.
ONCE, RECORDED = ("operation", "anaesthesia", "implant"), ("implant",)
#: Fixed fees stay when they exclude another item; the other one goes.
FIXED = ("consult", "bed", "nursing")
TIER_PERCENT = (80, 90, 100)
UNIT_E4, E6_PER_FEN = 10_000, 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the catalogue. Prices in yuan x 10^6, quantities x 10^4; own_share is the percentage out of scope."""

    code: str
    name: str
    item_class: str
    category: str
    level: int
    groups: frozenset[str]
    price_e6: int
    visit_quantity: tuple[int, int]
    day_quantity: tuple[int, int]
    own_share: int
    sex: str
    max_age: int | None


def ordinary(index: Index) -> list[Item]:
    """Return the items of the data table that stay clear of every knowledge point."""
    kept = [_capped(item, index) for item in map(_read, rows("items")) if _limits_suffice(item, index)]
    kept = [item for item in kept if item.category.startswith(FIXED) or _may(item, index)]
    fixed_first = sorted(kept, key=lambda item: not item.category.startswith(FIXED))
    held: set[str] = set()
    for item in fixed_first:
        if not index.excludes.get(item.code, set()) & held:
            held.add(item.code)
    return [item for item in kept if item.code in held]


def _read(row: dict[str, str]) -> Item:
    return Item(
        code=row["code"],
        name=row["name"],
        item_class=row["class"],
        category=row["category"],
        level=int(row["level"]),
        groups=frozenset(row["groups"].split("|")) - {""},
        price_e6=scaled(row["price"], 6),
        visit_quantity=_range(row["visit_qty"]),
        day_quantity=_range(row["day_qty"]),
        own_share=int(row["own_share"]),
        sex=row["sex"],
        max_age=int(row["max_age"]) if row["max_age"] else None,
    )


def _range(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return int(low), int(high or low)


def _limits_suffice(item: Item, index: Index) -> bool:
    if index.sexes.get(item.code, set()) - {item.sex}:
        return False
    return all(_inside(item, band.low, band.high, band.unit) for band in index.ages.get(item.code, []))


def _inside(item: Item, low: int | None, high: int | None, unit: str) -> bool:
    """Whether the table's upper age (the lower is birth) lies inside a band, a year of margin kept."""
    if (low or 0) > 0 or item.max_age is None:
        return not low and high is None
    per_year = {"year": 1, "month": 12, "day": 366}[unit]
    return high is None or (item.max_age + 1) * per_year <= high


def _may(item: Item, index: Index) -> bool:
    """Whether an item may stand in ordinary traffic: no list names it but those whose demands can be met."""
    return item.code not in index.named and all(_possible(item, need) for need in index.needs.get(item.code, ()))


def _possible(item: Item, need: NeedPoint) -> bool:
    """Whether ordinary traffic can meet what is asked of an item; earlier care and other insurance it does not."""
    once = item.category in ONCE
    answers = {
        Need.INSURANCE: False,
        Need.EARLIER: False,
        Need.RECORD: item.category in RECORDED,
        Need.UNPAID: item.own_share == 100,
        Need.PRICE: item.price_e6 <= need.most,
        Need.QUANTITY: once and need.most >= UNIT_E4,
        Need.AMOUNT: once and item.price_e6 <= need.most * E6_PER_FEN,
        Need.ALONE: once,
    }
    return answers.get(need.kind, True)


def _capped(item: Item, index: Index) -> Item:
    cap = index.cap_of.get(item.code)
    if cap is None:
        return item
    whole = max(1, cap // 10_000)
    limits = {name: tuple(min(n, whole) for n in getattr(item, name)) for name in ("visit_quantity", "day_quantity")}
    return Item(**{name: limits.get(name, getattr(item, name)) for name in Item.__slots__})


@dataclass
class Catalogue:
    """Items by position; planted ones are added behind the ``ordinary`` ones, which alone are found by name."""

    items: list[Item]
    position: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.position = {item.code: i for i, item in enumerate(self.items)}
        self.ordinary = len(self.items)

    def only(self, category: str) -> int:
        """Return the position of the one item of a category, NONE when screening dropped it."""
        return next((i for i, item in enumerate(self.items[: self.ordinary]) if item.category == category), NONE)

    def named(self, name: str) -> int:
        """Return the position of an item by name, NONE when it is not held."""
        return next((i for i, item in enumerate(self.items[: self.ordinary]) if item.name == name), NONE)

    def planted(self, code: str, name: str) -> int:
        """Return the position of an item, added with a plausible price when the catalogue lacks it."""
        if code not in self.position:
            self.position[code] = len(self.items)
            self.items.append(_plausible(code, name))
        return self.position[code]

    def column(self, name: str) -> Ints:
        """Return a whole-number attribute of all items."""
        return np.array([getattr(item, name) for item in self.items], dtype=np.int64)

    def prices(self) -> Ints:
        """Return prices by tier (village, township, county) and item: services cost less at lower tiers."""
        return np.array([[price_at(item, tier) for item in self.items] for tier in range(3)], dtype=np.int64)


def plain(items: list[Item], index: Index) -> tuple[int, ...]:
    """Return the positions of drugs and simple treatments that no list names, that anybody may have anywhere."""
    return tuple(n for n, item in enumerate(items) if _plain(item) and not index.limited(item.code))


def materials(items: list[Item], index: Index) -> tuple[int, ...]:
    """Return the positions of the materials that no list names and that are charged at every level."""
    return tuple(
        n for n, i in enumerate(items) if i.category == "material" and i.level <= 1 and not index.limited(i.code)
    )


def _plain(item: Item) -> bool:
    return not item.sex and item.max_age is None and item.level <= 1 and item.category in ("drug", "treat")


def price_at(item: Item, tier: int) -> int:
    """Return the unit price of an item at a tier, services to the jiao, drugs and materials as printed."""
    if not item.code.startswith("00"):
        return item.price_e6
    return max(100_000, item.price_e6 * TIER_PERCENT[tier] // 10_000_000 * 100_000)


def _plausible(code: str, name: str) -> Item:
    """Return an item known by code and name only: class by the shape of the code, price spread by its digest."""
    number = int.from_bytes(hashlib.sha256(code.encode()).digest()[:4])
    item_class, low, high = _class_of(code, name)
    price = (low + number % (high - low)) * 100_000
    return Item(code, name, item_class, "planted", 0, frozenset(), price, (1, 1), (1, 1), 0, "", None)


def _class_of(code: str, name: str) -> tuple[str, int, int]:
    """Return the class and the price range in jiao."""
    if code[0] in "XZT":
        return {"X": "09", "Z": "11", "T": "10"}[code[0]], 80, 600
    if code[0] == "C":
        return "08", 50, 3_000
    if code.startswith(("0033", "0032")) and "麻醉" not in name:
        return "06", 3_000, 16_000
    return {"0011": "02", "0012": "07", "0025": "04", "0021": "03", "0022": "03"}.get(code[:4], "05"), 60, 900
