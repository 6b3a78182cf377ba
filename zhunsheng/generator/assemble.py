"""A finished month: everything in the order of settlement, numbered, settled, and laid out as tables of text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhunsheng.generator import export
from zhunsheng.generator.casemix import CONDITIONS
from zhunsheng.generator.county import PHARMACY
from zhunsheng.generator.export import chosen, moment, scaled, whole
from zhunsheng.generator.frames import NONE, Encounters, Flags, Ints, Lines, Procedures, full, size, take
from zhunsheng.generator.months import Month
from zhunsheng.generator.settle import LineMoney, Settlement, line_money, settle
from zhunsheng.generator.stays import INPATIENT
from zhunsheng.generator.tables import headers
from zhunsheng.generator.world import World


@dataclass(frozen=True)
class Whole:
    """A month in file order. Numbers of encounters, settlements and lines count up from the month's own base."""

    encounters: Encounters
    lines: Lines
    procedures: Procedures
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


def finish(world: World, month: Month, encounters: Encounters, lines: Lines, procedures: Procedures) -> Whole:
    """Order, number and settle a month."""
    encounters, lines, procedures = ordered(encounters, lines, procedures)
    money = line_money(world.catalogue, lines)
    settlement = settle(world.county, world.people, encounters, lines, money)
    base = month.start.year * 100 + month.start.month
    number = np.arange(1, size(encounters) + 1, dtype=np.int64)
    line_number = base * 10**9 + np.arange(1, size(lines) + 1, dtype=np.int64)
    visits, settled = base * 10**8 + number, base * 10**9 + 500_000_000 + number
    return Whole(encounters, lines, procedures, money, settlement, visits, settled, line_number)


def setlinfo(world: World, month: Whole) -> pa.Table:
    """Return the settlement lists: one row per encounter."""
    made, people, county, money = month.encounters, world.people, world.county, month.settlement
    person = made.person
    cents = (money.total, money.fund, money.copayment, money.self_paid, money.account, money.cash)
    columns = [
        whole(month.encounter_number),
        whole(month.settlement_number),
        whole(people.number[person]),
        whole(np.where(people.sex_unknown[person], 9, people.sex[person])),
        export.day(people.birth[person], ~people.birth_unknown[person]),
        chosen([institution.code for institution in county.institutions], made.institution),
        whole(made.visit_type),
        moment(made.begin),
        moment(made.end, made.end != NONE),
        chosen([department.code for department in county.departments], made.department),
        chosen([practitioner.code for practitioner in county.practitioners], made.practitioner),
        whole(people.insurance[person]),
        chosen(
            [row["code"] for row in CONDITIONS], _diagnosed(county.kind[made.institution] != PHARMACY, made.condition)
        ),
        moment(made.settled),
        *(scaled(amount, 2, 2) for amount in cents),
    ]
    return pa.table(columns, names=list(headers("setlinfo")))


def _diagnosed(seen: Flags, condition: Ints) -> Ints:
    return np.where(seen, condition, NONE)


def diseinfo(world: World, month: Whole) -> pa.Table:
    """Return the diagnoses: the principal one, and the chronic condition that a person brings along."""
    made = month.encounters
    seen = world.county.kind[made.institution] != PHARMACY
    chronic = world.people.chronic[made.person]
    first, second = np.flatnonzero(seen), np.flatnonzero(seen & (chronic != NONE) & (chronic != made.condition))
    owner = np.concatenate([first, second])
    sequence = np.concatenate([full(len(first), 1), full(len(second), 2)])
    order = np.lexsort((sequence, owner))
    owner, sequence = owner[order], sequence[order]
    condition = np.where(sequence == 1, made.condition[owner], chronic[owner])
    columns = [
        whole(month.encounter_number[owner]),
        whole(sequence),
        chosen([row["code"] for row in CONDITIONS], condition),
        chosen([row["name"] for row in CONDITIONS], condition),
        whole((sequence == 1).astype(np.int64)),
        whole(full(len(owner), 1), made.visit_type[owner] == INPATIENT),
    ]
    return pa.table(columns, names=list(headers("diseinfo")))


def oprninfo(world: World, month: Whole) -> pa.Table:
    """Return the operations: one row each."""
    made = month.procedures
    columns = [
        whole(month.encounter_number[made.encounter]),
        whole(full(size(made), 1)),
        chosen([row["operation_code"] for row in CONDITIONS], made.condition),
        chosen([row["operation_name"] for row in CONDITIONS], made.condition),
        export.day(made.day),
        chosen([practitioner.code for practitioner in world.county.practitioners], made.practitioner),
    ]
    return pa.table(columns, names=list(headers("oprninfo")))


def feedetail(world: World, month: Whole) -> pa.Table:
    """Return the fee detail: one row per charge or refund line."""
    lines, county, items = month.lines, world.county, world.catalogue.items
    owner = lines.encounter
    columns = [
        whole(month.line_number),
        whole(month.line_number[lines.undoes], lines.undoes != NONE),
        whole(month.encounter_number[owner]),
        whole(month.settlement_number[owner]),
        whole(world.people.number[month.encounters.person[owner]]),
        chosen([institution.code for institution in county.institutions], month.encounters.institution[owner]),
        chosen([department.code for department in county.departments], lines.department),
        chosen([practitioner.code for practitioner in county.practitioners], lines.practitioner),
        chosen([item.code for item in items], lines.item),
        chosen([export.cleared(item.name) for item in items], lines.item),
        chosen([item.item_class for item in items], lines.item),
        moment(lines.at, day_only=lines.day_only == 1),
        scaled(lines.quantity_e4, 4, 0),
        scaled(lines.price_e6, 6, 2),
        scaled(month.money.amount, 2, 2),
        scaled(month.money.in_scope, 2, 2),
    ]
    return pa.table(columns, names=list(headers("feedetail")))


def tables(world: World, month: Whole) -> dict[str, pa.Table]:
    """Return the tables of a month by file kind."""
    makers = {"setlinfo": setlinfo, "diseinfo": diseinfo, "oprninfo": oprninfo, "feedetail": feedetail}
    return {kind: make(world, month) for kind, make in makers.items()}


def subjects(world: World, month: Whole) -> dict[int, list[tuple[int, str]]]:
    """Return, by label, institution and identity of the subject rows of planted cases."""
    found: dict[int, list[tuple[int, str]]] = {}
    made, lines = month.encounters, month.lines
    for n in np.flatnonzero(made.label != NONE):
        found.setdefault(int(made.label[n]), []).append((int(made.institution[n]), str(month.encounter_number[n])))
    for n in np.flatnonzero(lines.label != NONE):
        institution = int(made.institution[lines.encounter[n]])
        identity = f"{world.county.institutions[institution].code}-{month.line_number[n]}"
        found.setdefault(int(lines.label[n]), []).append((institution, identity))
    return found
