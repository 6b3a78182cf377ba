"""The master files: institutions, departments, practitioners."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa

from zhunsheng.generator.county import KINDS, LEVELS, REGION, County
from zhunsheng.generator.frames import NONE
from zhunsheng.generator.tables import headers

SINCE = "2020-01-01"
#: How the numbers of entries in the registers of devices and facilities begin.
NUMBERS = {"device": "SB", "facility": "SS"}
NO_DAY = ""


@dataclass
class More:
    """Rows that cases bring along: departments and prescribers with what is registered of them, and deaths.

    ``numbers`` finds a prescriber by registrations and decisions.
    """

    departments: list[list[str]] = field(default_factory=list)
    practitioners: list[list[str]] = field(default_factory=list)
    decisions: list[list[str]] = field(default_factory=list)
    numbers: dict[tuple[tuple[str, ...], ...], str] = field(default_factory=dict)
    deaths: list[list[str]] = field(default_factory=list)


def tables(county: County, more: More) -> dict[str, pa.Table]:
    """Return the master tables of institutions, departments and practitioners by file kind."""
    made = {"medins": _institutions(county), "dept": _departments(county) + more.departments}
    made |= {"prac": _practitioners(county) + more.practitioners}
    return {kind: table(kind, rows) for kind, rows in made.items()}


def registers(county: County, more: More) -> dict[str, list[list[str]]]:
    """Return what cases have registered at institutions of their own or decided of prescribers, by register."""
    held = {register: _register(county, register) for register in NUMBERS}
    return held | {"licdept": _licensed(county), "payqual": more.decisions}


def table(kind: str, rows: list[list[str]]) -> pa.Table:
    """Return rows of text as a table of a file kind, which may be empty."""
    names = list(headers(kind))
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=names)


def _institutions(county: County) -> list[list[str]]:
    rows = []
    for one in county.institutions:
        lead = "" if one.lead == NONE else county.institutions[one.lead].code
        said = one.registered
        if said is None:
            rows.append([one.code, one.name, KINDS[one.kind], LEVELS[one.kind], lead, str(REGION), SINCE, NO_DAY])
        elif said.kind is not None:
            for row in (said, *said.later):
                told = [row.kind or "", row.level or "", lead, row.region or ""]
                rows.append([one.code, one.name, *told, *days(row.valid_from, row.valid_to)])
    return rows


def days(valid_from: date, valid_to: date | None) -> list[str]:
    """Return a period as files state it: its first day and its last one, which is held."""
    first = SINCE if valid_from == date.min else str(valid_from)
    return [first, NO_DAY if valid_to is None else str(valid_to - timedelta(days=1))]


def _register(county: County, register: str) -> list[list[str]]:
    """Return the entries of a register of devices or facilities."""
    rows = []
    for one in county.institutions:
        for held in one.registered.held if one.registered else ():
            if held.register == register:
                number = f"{NUMBERS[register]}{len(rows) + 1:05d}"
                rows.append([one.code, number, held.kind, held.kind, *days(held.valid_from, held.valid_to)])
    return rows


def _licensed(county: County) -> list[list[str]]:
    """Return the licensed specialties: of the county's own institutions those of their departments."""
    own = {(county.institutions[one.institution].code, one.caty): one.name for one in county.departments}
    told = {one.code for one in county.institutions if one.registered is not None}
    rows = [[code, caty, name, SINCE, NO_DAY] for (code, caty), name in own.items() if code not in told]
    return rows + [
        [one.code, held.kind, "", *days(held.valid_from, held.valid_to)]
        for one in county.institutions
        for held in (one.registered.held if one.registered else ())
        if held.register == "licence"
    ]


def _departments(county: County) -> list[list[str]]:
    codes = [one.code for one in county.institutions]
    return [[codes[one.institution], one.code, one.name, one.caty, SINCE, NO_DAY] for one in county.departments]


def _practitioners(county: County) -> list[list[str]]:
    rows = []
    for one in county.practitioners:
        department = county.departments[one.department]
        institution = county.institutions[department.institution].code
        rows.append([one.code, one.name, institution, department.code, one.title, SINCE, NO_DAY])
    return rows
