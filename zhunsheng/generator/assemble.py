"""A finished month: everything in the order of settlement, numbered, settled, and laid out as tables of text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhunsheng.generator import export
from zhunsheng.generator.casemix import CONDITIONS
from zhunsheng.generator.county import PHARMACY
from zhunsheng.generator.export import chosen, moment, scaled, whole
from zhunsheng.generator.frames import INTERNET, NONE, Encounters, Flags, Ints, Lines, Procedures, full, size, take
from zhunsheng.generator.months import Month
from zhunsheng.generator.parts import Parts, divide
from zhunsheng.generator.people import EMPLOYEE, RESIDENT
from zhunsheng.generator.plants.plant import PlantedEncounter
from zhunsheng.generator.plants.rows import Cast
from zhunsheng.generator.settle import LineMoney, Settlement, line_money, settle
from zhunsheng.generator.stays import INPATIENT
from zhunsheng.generator.tables import headers
from zhunsheng.generator.world import World

INSURANCES = np.array([EMPLOYEE, RESIDENT], dtype=np.int64)
#: Numbers of a month that each part of it has for its own, whatever the order in which parts are made; how many parts.
NUMBERS, MOST_PARTS = 500_000, 200
#: How the codes of the county's invoices begin; the month follows.
OWN_CODE = "99"


@dataclass(frozen=True)
class Whole:
    """A month, or a part of it, in file order. ``part`` is the settlement of each line, NONE for none."""

    encounters: Encounters
    lines: Lines
    procedures: Procedures
    parts: Parts
    part: Ints
    money: LineMoney
    settlement: Settlement
    encounter_number: Ints
    settlement_number: Ints
    line_number: Ints


def ordered(encounters: Encounters, lines: Lines, procedures: Procedures) -> tuple[Encounters, Lines, Procedures]:
    """Drop encounters without a line; sort encounters by settlement and lines by encounter and moment."""
    charged = np.bincount(lines.encounter, minlength=size(encounters)) > 0
    kept = np.flatnonzero(charged)
    order = kept[np.lexsort((encounters.person[kept], encounters.begin[kept], encounters.settled[kept]))]
    place = _inverse(order, size(encounters))
    lines.encounter, procedures.encounter = place[lines.encounter], place[procedures.encounter]
    line_order = np.lexsort((lines.at, lines.encounter))
    lines.undoes = np.append(_inverse(line_order, size(lines)), NONE)[lines.undoes]
    procedures = take(procedures, procedures.encounter != NONE)
    return (
        take(encounters, order),
        take(lines, line_order),
        take(procedures, np.argsort(procedures.encounter, kind="stable")),
    )


def _inverse(order: Ints, count: int) -> Ints:
    """Return the new position of each old one; NONE for what was dropped."""
    place = np.full(count, NONE, dtype=np.int64)
    place[order] = np.arange(len(order))
    return place


def finish(
    world: World, cast: Cast, month: Month, encounters: Encounters, lines: Lines, procedures: Procedures
) -> Whole:
    """Order, number and settle a month, or the part of it that belongs to a share of the people.

    Raises ValueError when there are more parts, or more lines in one, than there are numbers.
    """
    if size(lines) >= NUMBERS or world.shard >= MOST_PARTS:
        raise ValueError(f"part {world.shard} of {month.label}: {size(lines)} lines")
    encounters, lines, procedures = ordered(encounters, lines, procedures)
    money = _stated_scope(cast, lines, line_money(world.catalogue, lines))
    parts, part = divide(month, encounters, lines, _settled(cast, encounters))
    settlement = settle(world.county, world.people, encounters, parts, part, money)
    of, base = month.start.year * 100 + month.start.month, world.shard * NUMBERS
    visits = of * 10**8 + base + np.arange(1, size(encounters) + 1, dtype=np.int64)
    settled = of * 10**9 + 500_000_000 + base + np.arange(1, len(parts.settled) + 1, dtype=np.int64)
    line_number = of * 10**9 + base + np.arange(1, size(lines) + 1, dtype=np.int64)
    return Whole(encounters, lines, procedures, parts, part, money, settlement, visits, settled, line_number)


def _settled(cast: Cast, encounters: Encounters) -> Flags:
    """Whether each encounter has a settlement list."""
    found = np.ones(size(encounters), dtype=np.bool_)
    for n in np.flatnonzero(encounters.label != NONE):
        found[n] = cast.encounters[encounters.label[n]].settled
    return found


def _stated_scope(cast: Cast, lines: Lines, money: LineMoney) -> LineMoney:
    """Return the money of lines with the amounts in scope that cases state."""
    for n in np.flatnonzero(lines.label != NONE):
        scope = cast.lines[lines.label[n]].in_scope
        if isinstance(scope, int):
            money.in_scope[n] = scope
            money.outside[n] = 0
    return money


class Said:
    """Texts by position with those that planted rows state instead: ``column`` looks each row's text up."""

    def __init__(self, texts: list[str], position: Ints) -> None:
        self.texts, self.position = list(texts), position.copy()

    def instead(self, row: int, text: str) -> None:
        """Let a row say a text of its own."""
        self.position[row] = len(self.texts)
        self.texts.append(text)

    def column(self) -> pa.Array:
        """Return the column of texts."""
        return chosen(self.texts, self.position)


def _planted(cast: Cast, made: Encounters, owner: Ints) -> list[tuple[int, PlantedEncounter]]:
    """Return (row, planted encounter) of the rows that belong to one."""
    label = made.label[owner]
    return [(int(n), cast.encounters[label[n]]) for n in np.flatnonzero(label != NONE)]


def setlinfo(world: World, cast: Cast, month: Whole) -> pa.Table:
    """Return the settlement lists: one row per settlement."""
    parts, money, people, county = month.parts, month.settlement, world.people, world.county
    made = take(month.encounters, parts.encounter)
    person = made.person
    cents = (money.total, money.fund, money.copayment, money.self_paid, money.account, money.cash)
    department = Said([one.code for one in county.departments], made.department)
    seen = county.kind[made.institution] != PHARMACY
    disease = Said([row["code"] for row in CONDITIONS], np.where(seen, made.condition, NONE))
    insurance = Said([str(code) for code in INSURANCES], np.searchsorted(INSURANCES, people.insurance[person]))
    code, number = (Said(*of) for of in _codes_and_numbers(month))
    begin_day, end_day = np.zeros(len(person), dtype=np.bool_), np.zeros(len(person), dtype=np.bool_)
    for row, one in _planted(cast, month.encounters, parts.encounter):
        begin_day[row], end_day[row] = one.begin_day_only, one.end_day_only
        if isinstance(one.department, str):
            department.instead(row, one.department)
        if one.diagnoses is not None:
            disease.instead(row, one.diagnoses[0] if one.diagnoses else "")
        if one.insurance is not None:
            insurance.instead(row, one.insurance)
        for said, text in zip((code, number), one.invoice or (), strict=False):
            said.instead(row, text)
    columns = [
        whole(month.encounter_number[parts.encounter]),
        whole(month.settlement_number),
        whole(people.number[person]),
        whole(np.where(people.sex_unknown[person], 9, people.sex[person])),
        export.day(people.birth[person], ~people.birth_unknown[person]),
        chosen([institution.code for institution in county.institutions], made.institution),
        _visit_types(made.visit_type),
        moment(parts.begin, day_only=begin_day),
        moment(parts.end, parts.end != NONE, day_only=end_day),
        department.column(),
        chosen([practitioner.code for practitioner in county.practitioners], made.practitioner),
        insurance.column(),
        disease.column(),
        moment(parts.settled),
        code.column(),
        number.column(),
        *(scaled(amount, 2, 2) for amount in cents),
    ]
    return pa.table(columns, names=list(headers("setlinfo")))


def _codes_and_numbers(month: Whole) -> tuple[tuple[list[str], Ints], tuple[list[str], Ints]]:
    """Return codes and numbers of the invoices with the position of each settlement: a code a month, a number each."""
    of_month, number = np.divmod(month.settlement_number, 10**9)
    codes, position = np.unique(of_month, return_inverse=True)
    every = np.arange(len(number), dtype=np.int64)
    return ([f"{OWN_CODE}{one}" for one in codes], position.astype(np.int64)), (whole(number).to_pylist(), every)


def _visit_types(codes: Ints) -> pa.Array:
    """Return kinds of visit by national code, in words where there is none."""
    distinct, position = np.unique(codes, return_inverse=True)
    return chosen(["互联网诊疗" if code == INTERNET else str(code) for code in distinct], position)


def diseinfo(world: World, cast: Cast, month: Whole) -> pa.Table:
    """Return the diagnoses: the principal one, and the chronic condition that a person brings along."""
    made = month.encounters
    told = {row: one for row, one in _planted(cast, made, np.arange(size(made))) if one.diagnoses is not None}
    free = (world.county.kind[made.institution] != PHARMACY) & _settled(cast, made)
    free[list(told)] = False
    chronic = world.people.chronic[made.person]
    second = np.flatnonzero(free & (chronic != NONE) & (chronic != made.condition))
    extra = [(row, n, code) for row, one in told.items() for n, code in enumerate(one.diagnoses or (), 1)]
    owner = np.concatenate([np.flatnonzero(free), second, np.array([row for row, _, _ in extra], dtype=np.int64)])
    sequence = np.concatenate([full(int(free.sum()), 1), full(len(second), 2)])
    sequence = np.concatenate([sequence, np.array([n for _, n, _ in extra], dtype=np.int64)])
    condition = np.where(sequence == 1, made.condition[owner], chronic[owner])
    texts = [Said([row[name] for row in CONDITIONS], condition) for name in ("code", "name")]
    names = {row["code"]: row["name"] for row in CONDITIONS}
    for n, (_, _, code) in enumerate(extra, len(owner) - len(extra)):
        texts[0].instead(n, code)
        texts[1].instead(n, names.get(code, ""))
    columns = [
        whole(month.encounter_number[owner]),
        whole(sequence),
        *(text.column() for text in texts),
        whole((sequence == 1).astype(np.int64)),
        whole(full(len(owner), 1), made.visit_type[owner] == INPATIENT),
    ]
    table = pa.table(columns, names=list(headers("diseinfo")))
    return table.take(pa.array(np.lexsort((sequence, owner))))


def oprninfo(world: World, cast: Cast, month: Whole) -> pa.Table:
    """Return the operations: one row each, those of cases behind the others."""
    made, encounters = month.procedures, month.encounters
    planted = _planted(cast, encounters, np.arange(size(encounters)))
    told = [(row, n, code, day) for row, one in planted for n, (code, day) in enumerate(one.procedures, 1)]
    owner = np.concatenate([made.encounter, np.array([row for row, *_ in told], dtype=np.int64)])
    day = np.concatenate([made.day, np.array([NONE if day is None else day for *_, day in told], dtype=np.int64)])
    condition = np.concatenate([made.condition, full(len(told), NONE)])
    texts = [Said([row[name] for row in CONDITIONS], condition) for name in ("operation_code", "operation_name")]
    for n, (_, _, code, _) in enumerate(told, size(made)):
        texts[0].instead(n, code)
    staff = np.concatenate([made.practitioner, encounters.practitioner[owner[size(made) :]]])
    columns = [
        whole(month.encounter_number[owner]),
        whole(np.concatenate([full(size(made), 1), np.array([n for _, n, _, _ in told], dtype=np.int64)])),
        *(text.column() for text in texts),
        export.day(day, day != NONE),
        chosen([practitioner.code for practitioner in world.county.practitioners], staff),
    ]
    return pa.table(columns, names=list(headers("oprninfo")))


def feedetail(world: World, cast: Cast, month: Whole) -> pa.Table:
    """Return the fee detail: one row per charge or refund line."""
    lines, county, items = month.lines, world.county, world.catalogue.items
    owner = lines.encounter
    department = Said([one.code for one in county.departments], lines.department)
    item_class = Said([item.item_class for item in items], lines.item)
    staff = Said([practitioner.code for practitioner in county.practitioners], lines.practitioner)
    scope_told = np.ones(size(lines), dtype=np.bool_)
    for n in np.flatnonzero(lines.label != NONE):
        one = cast.lines[lines.label[n]]
        scope_told[n] = one.in_scope != ""
        if isinstance(one.department, str):
            department.instead(int(n), one.department)
        if isinstance(one.practitioner, str):
            staff.instead(int(n), one.practitioner)
        if one.item_class is not None:
            item_class.instead(int(n), one.item_class)
    columns = [
        whole(month.line_number),
        whole(month.line_number[lines.undoes], lines.undoes != NONE),
        whole(month.encounter_number[owner]),
        whole(month.settlement_number[month.part], month.part != NONE),
        whole(world.people.number[month.encounters.person[owner]]),
        chosen([institution.code for institution in county.institutions], month.encounters.institution[owner]),
        department.column(),
        staff.column(),
        chosen([item.code for item in items], lines.item),
        chosen([export.cleared(item.name) for item in items], lines.item),
        item_class.column(),
        moment(lines.at, day_only=lines.day_only == 1),
        scaled(lines.quantity_e4, 4, 0),
        scaled(lines.price_e6, 6, 2),
        scaled(month.money.amount, 2, 2),
        export.shown(scaled(month.money.in_scope, 2, 2), scope_told),
    ]
    return pa.table(columns, names=list(headers("feedetail")))


def tables(world: World, cast: Cast, month: Whole) -> dict[str, pa.Table]:
    """Return the tables of a month by file kind."""
    return {
        "setlinfo": setlinfo(world, cast, month),
        "diseinfo": diseinfo(world, cast, month),
        "oprninfo": oprninfo(world, cast, month),
        "feedetail": feedetail(world, cast, month),
    }


def identify(world: World, cast: Cast, month: Whole) -> None:
    """Tell planted encounters and lines the identities of their rows."""
    made, lines = month.encounters, month.lines
    for n in np.flatnonzero(made.label != NONE):
        cast.encounters[made.label[n]].row = str(month.encounter_number[n])
    for n in np.flatnonzero(lines.label != NONE):
        institution = world.county.institutions[made.institution[lines.encounter[n]]]
        cast.lines[lines.label[n]].row = f"{institution.code}-{month.line_number[n]}"
