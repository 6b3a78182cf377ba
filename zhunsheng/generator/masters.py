"""The master files: institutions, departments, practitioners."""

from __future__ import annotations

import pyarrow as pa

from zhunsheng.generator.county import KINDS, LEVELS, REGION, County
from zhunsheng.generator.frames import NONE
from zhunsheng.generator.tables import headers

SINCE = "2020-01-01"
NO_DAY = ""


def tables(county: County) -> dict[str, pa.Table]:
    """Return the master tables by file kind."""
    made = {"medins": _institutions(county), "dept": _departments(county), "prac": _practitioners(county)}
    return {kind: _table(kind, rows) for kind, rows in made.items()}


def _table(kind: str, rows: list[list[str]]) -> pa.Table:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.table(columns, names=list(headers(kind)))


def _institutions(county: County) -> list[list[str]]:
    rows = []
    for one in county.institutions:
        lead = "" if one.lead == NONE else county.institutions[one.lead].code
        said = one.registered
        if said is None:
            rows.append([one.code, one.name, KINDS[one.kind], LEVELS[one.kind], lead, str(REGION), SINCE, NO_DAY])
        elif said.kind is not None:
            rows.append([one.code, one.name, said.kind, said.level or "", lead, said.region or "", SINCE, NO_DAY])
    return rows


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
