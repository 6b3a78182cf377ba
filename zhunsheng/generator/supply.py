"""What stands beside the charges for the patterns over populations: ledgers of stores, trace codes, contacts.

Of ordinary traffic all of it agrees: what was charged had been bought, each package is settled once, a phone belongs
to one household.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pyarrow as pa

from zhunsheng.generator import export
from zhunsheng.generator.assemble import Whole
from zhunsheng.generator.export import chosen, moment, whole
from zhunsheng.generator.frames import DAY, NONE, Ints
from zhunsheng.generator.masters import table
from zhunsheng.generator.months import Month, as_date
from zhunsheng.generator.tables import headers
from zhunsheng.generator.world import World

#: What lies in store on the first day, per item and institution that ever charges it.
SHELF = 20
#: Numbers of trace codes begin so; phones and accounts are of ranges that nobody is given.
CODE, PHONE, SELLER = "8199", "100", "青禾县医药有限公司"
#: People of one household share a phone.
HOUSEHOLD = 2
#: Institution and item by code, month as 2026-03.
Shelf = tuple[str, str, str]


@dataclass
class Ledger:
    """What was charged of the items whose store is kept, in units x 10^4, and who met how many."""

    kept: frozenset[str]
    charged: Counter[Shelf] = field(default_factory=Counter)
    met: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, world: World, done: Whole) -> None:
        """Count a finished part of a month; a refund gives nothing back to the store."""
        items = world.catalogue.items
        codes = [one.code for one in world.county.institutions]
        wanted = np.array([item.code in self.kept for item in items])[done.lines.item] & (done.lines.quantity_e4 > 0)
        for n in np.flatnonzero(wanted):
            place = codes[done.encounters.institution[done.lines.encounter[n]]]
            month = as_date(int(done.lines.at[n]) // DAY).isoformat()[:7]
            self.charged[place, items[done.lines.item[n]].code, month] += int(done.lines.quantity_e4[n])
        for n in range(len(done.encounters.institution)):
            month = as_date(int(done.encounters.begin[n]) // DAY).isoformat()[:7]
            self.met[codes[done.encounters.institution[n]], month] += 1

    def table(self, months: list[Month], short: dict[Shelf, int]) -> pa.Table:
        """Return the entries of all stores; ``short`` is how many percent of a month's purchases were not made."""
        shelves = sorted({(place, item) for place, item, _ in self.charged})
        rows: list[list[str]] = []
        early = {m for _, _, m in self.charged if m < months[0].label}
        for place, item in shelves:
            lay = SHELF + sum(-(-self.charged[place, item, m] // 10_000) for m in early)
            start = months[0].start if not early else as_date(months[0].first - 400)
            rows.append(self._row(rows, place, item, "期初", start.isoformat(), lay))
            before = sum(self.charged[place, item, m] for m in early)
            lay_e4 = lay * 10_000 - before
            for month in months:
                lay_e4 = self._month(rows, (place, item, month.label), month, lay_e4, short)
        return table("invchg", rows)

    def _month(self, rows: list[list[str]], shelf: Shelf, month: Month, lay_e4: int, short: dict[Shelf, int]) -> int:
        """Add the purchase and the count of a month; return what lies in store after it."""
        place, item, _ = shelf
        sold = self.charged[shelf]
        bought = -(-sold // 10_000)
        left = lay_e4 + bought * 10_000 - sold
        if bought:
            paid = bought - bought * short.get(shelf, 0) // 100
            day = month.start + timedelta(days=min(3, month.days - 1))
            rows.append(self._row(rows, place, item, "采购入库", day.isoformat(), paid))
        rows.append(self._row(rows, place, item, "期末盘点", month.last_date.isoformat(), left, scaled=True))
        return left

    @staticmethod
    def _row(
        rows: list[list[str]], place: str, item: str, kind: str, day: str, quantity: int, *, scaled: bool = False
    ) -> list[str]:
        units, rest = divmod(quantity, 10_000) if scaled else (quantity, 0)
        text = f"{units}.{rest:04d}".rstrip("0").rstrip(".") if rest else str(units)
        seller = SELLER if kind == "采购入库" else ""
        return [f"{len(rows) + 1:08d}", place, item, kind, day, text, f"B{day.replace('-', '')}", seller]


def tables(world: World, month: Whole, kept: frozenset[str]) -> dict[str, pa.Table]:
    """Return contacts and trace codes of a month by file kind."""
    return {"contact": _contacts(world, month), "drugtrac": _codes(world, month, kept)}


def _contacts(world: World, month: Whole) -> pa.Table:
    number = world.people.number[month.encounters.person]
    columns = [
        whole(month.encounter_number),
        whole(number),
        chosen([one.code for one in world.county.institutions], month.encounters.institution),
        _texts(PHONE, number // HOUSEHOLD % 10**8, 8),
        export.constant("", len(number)),
    ]
    return pa.table(columns, names=list(headers("contact")))


def _codes(world: World, month: Whole, kept: frozenset[str]) -> pa.Table:
    """One code for each charge of a kept item that was not taken back."""
    lines, items = month.lines, world.catalogue.items
    drug = np.array([item.code in kept and item.category == "drug" for item in items])
    undone = np.zeros(len(lines.item), dtype=np.bool_)
    undone[lines.undoes[lines.undoes != NONE]] = True
    read = np.flatnonzero(drug[lines.item] & (lines.quantity_e4 > 0) & ~undone)
    owner = lines.encounter[read]
    columns = [
        whole(month.line_number[read]),
        whole(month.encounter_number[owner]),
        whole(world.people.number[month.encounters.person[owner]]),
        chosen([one.code for one in world.county.institutions], month.encounters.institution[owner]),
        whole(month.line_number[read]),
        chosen([item.code for item in items], lines.item[read]),
        _texts(CODE, month.line_number[read], 16),
        moment(month.encounters.settled[owner]),
    ]
    return pa.table(columns, names=list(headers("drugtrac")))


def _texts(head: str, numbers: Ints, digits: int) -> pa.Array:
    return pa.array([f"{head}{int(number):0{digits}d}" for number in numbers], pa.string())
