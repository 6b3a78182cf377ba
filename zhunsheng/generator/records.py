"""What stands beside the charges: orders, use records, registered devices and facilities, deaths.

All of it agrees with what is charged: an order covers the drugs of a stay, a use record the implants that were not
taken back, a death follows the last care of the person.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from zhunsheng.generator import export
from zhunsheng.generator.assemble import Whole
from zhunsheng.generator.county import COUNTY, TOWNSHIP, County
from zhunsheng.generator.export import chosen, moment, scaled, whole
from zhunsheng.generator.frames import DAY, NONE, Ints, size
from zhunsheng.generator.people import People
from zhunsheng.generator.stays import INPATIENT
from zhunsheng.generator.tables import headers, rows
from zhunsheng.generator.world import World

SINCE, NO_DAY = "2020-01-01", ""
TIERS = {COUNTY: "county", TOWNSHIP: "township"}
#: Numbers of orders and records lie beside those of lines and settlements of the same month.
ORDERS, RECORDS = 600_000_000, 700_000_000
OLD, DEATHS, WITHIN = 60, 0.012, 60


def registers(county: County) -> dict[str, pa.Table]:
    """Return the registers of devices and facilities, whole from the first day on."""
    return {kind: _table(kind, _register(county, kind)) for kind in ("device", "facility")}


def tables(world: World, month: Whole) -> dict[str, pa.Table]:
    """Return orders and use records of a month by file kind."""
    return {"drord": _orders(world, month), "exerecd": _use_records(world, month)}


def deaths(rng: Generator, people: People, first: int, days: int) -> pa.Table:
    """Return the deaths of a few old people, each on or after the last day on which care was given to them."""
    last = first + days - 1
    age = (people.last_day - people.birth) // 365
    met = (people.last_day >= first) & (people.last_day < last) & ~people.planted & (age >= OLD)
    dead = np.flatnonzero(met & (rng.random(len(people)) < DEATHS))
    day = np.minimum(people.last_day[dead] + rng.integers(0, WITHIN, size=len(dead)), last)
    return pa.table([whole(people.number[dead]), export.day(day)], names=list(headers("death")))


def _register(county: County, kind: str) -> list[list[str]]:
    return [
        [one.code, row["number"], row["class"], row["name"], SINCE, NO_DAY]
        for one in county.institutions
        for row in rows("registers")
        if row["kind"] == kind and row["tier"] == TIERS.get(one.kind)
    ]


def _table(kind: str, found: list[list[str]]) -> pa.Table:
    columns = [pa.array(column, pa.string()) for column in zip(*found, strict=True)]
    return pa.table(columns, names=list(headers(kind)))


def _of(world: World, month: Whole, categories: set[str]) -> Ints:
    """Return the positions of charges (refunds left out) of items of some categories."""
    fitting = np.array([item.category in categories for item in world.catalogue.items])
    return np.flatnonzero(fitting[month.lines.item] & (month.lines.undoes == NONE))


def _left(month: Whole) -> Ints:
    """Return what of each line's quantity was not taken back."""
    left = month.lines.quantity_e4.copy()
    back = month.lines.undoes != NONE
    np.add.at(left, month.lines.undoes[back], month.lines.quantity_e4[back])
    return left


def _orders(world: World, month: Whole) -> pa.Table:
    """One order per drug of a stay, from its first dose to its last."""
    lines, county, items = month.lines, world.county, world.catalogue.items
    given = _of(world, month, {"drug"})
    given = given[month.encounters.visit_type[lines.encounter[given]] == INPATIENT]
    key = lines.encounter[given] * len(items) + lines.item[given]
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    line = given[first]
    stopped, quantity = lines.at[line].copy(), np.zeros(len(line), dtype=np.int64)
    np.maximum.at(stopped, place, lines.at[given])
    np.add.at(quantity, place, lines.quantity_e4[given])
    owner = lines.encounter[line]
    columns = [
        _numbers(month, len(line), ORDERS),
        whole(month.encounter_number[owner]),
        whole(world.people.number[month.encounters.person[owner]]),
        chosen([one.code for one in county.institutions], month.encounters.institution[owner]),
        chosen([one.code for one in county.departments], lines.department[line]),
        chosen([one.code for one in county.practitioners], lines.practitioner[line]),
        chosen([item.code for item in items], lines.item[line]),
        chosen([export.cleared(item.name) for item in items], lines.item[line]),
        moment(lines.at[line]),
        moment(stopped),
        scaled(quantity, 4, 0),
        whole(stopped // DAY - lines.at[line] // DAY + 1),
    ]
    return pa.table(columns, names=list(headers("drord")))


def _use_records(world: World, month: Whole) -> pa.Table:
    """One record per implant that stayed charged."""
    lines, left = month.lines, _left(month)
    used = _of(world, month, {"implant"})
    used = used[left[used] > 0]
    owner = lines.encounter[used]
    columns = [
        _numbers(month, len(used), RECORDS),
        whole(month.encounter_number[owner]),
        whole(world.people.number[month.encounters.person[owner]]),
        chosen([one.code for one in world.county.institutions], month.encounters.institution[owner]),
        export.constant("", len(used)),
        chosen([item.code for item in world.catalogue.items], lines.item[used]),
        moment(lines.at[used], day_only=lines.day_only[used] == 1),
        scaled(left[used], 4, 0),
        chosen([one.code for one in world.county.practitioners], lines.practitioner[used]),
    ]
    return pa.table(columns, names=list(headers("exerecd")))


def _numbers(month: Whole, count: int, base: int) -> pa.Array:
    """Return running numbers that start from the month's own base."""
    start = int(month.line_number[0]) // 10**9 * 10**9 if size(month.lines) else 0
    return whole(start + base + np.arange(1, count + 1, dtype=np.int64))
