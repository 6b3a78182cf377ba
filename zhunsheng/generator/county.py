"""The invented county 青禾县: institutions, departments, practitioners. Its region code belongs to no real county."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from zhunsheng.generator.frames import NONE, Ints
from zhunsheng.generator.pools import GROUPS, group_numbers
from zhunsheng.generator.tables import rows

REGION = 990124
COUNTY, TOWNSHIP, VILLAGE, PHARMACY, ELSEWHERE = range(5)
#: Names of the kinds as the registry prints them, and the price tier of each (pharmacies sell at the township's).
KINDS = ("医院", "乡镇卫生院", "村卫生室", "药店")
LEVELS = ("2", "1", "0", "")
TIER_OF = np.array([2, 1, 0, 1, 2], dtype=np.int64)
TIERS = {COUNTY: "county", TOWNSHIP: "township", VILLAGE: "village", ELSEWHERE: "township"}
#: The kinds of device and facility that every institution of a kind has registered.
REGISTERED_KINDS = tuple(
    frozenset(row["of"] for row in rows("registers") if row["tier"] == TIERS.get(kind)) for kind in range(PHARMACY + 1)
)
EMERGENCY = len(GROUPS)


def within(specialty: str, allowed: tuple[str, ...]) -> bool:
    """Whether a national specialty code is one of those allowed, or lies below one."""
    return specialty in allowed or specialty.partition(".")[0] in allowed


class Held(NamedTuple):
    """A device or a facility in the register of an institution: its kind, the first day and the day after the last."""

    register: str
    kind: str
    valid_from: date
    valid_to: date | None


class Registered(NamedTuple):
    """What the registry says of an institution outside the county; a ``kind`` of None: it is not registered.

    It says so since before the period, or on the days stated; ``later`` registrations of the institution follow.
    """

    kind: str | None
    level: str | None
    region: str | None
    held: tuple[Held, ...] = ()
    valid_from: date = date.min
    valid_to: date | None = None
    later: tuple[Registered, ...] = ()


@dataclass(frozen=True, slots=True)
class Institution:
    """One institution; ``lead`` is the position of its lead hospital, NONE for none."""

    code: str
    name: str
    kind: int
    lead: int
    registered: Registered | None = None


@dataclass(frozen=True, slots=True)
class Department:
    """One department of an institution (by position)."""

    institution: int
    code: str
    name: str
    caty: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Practitioner:
    """One practitioner of a department (by position)."""

    code: str
    name: str
    department: int
    title: str


@dataclass(frozen=True)
class County:
    """The masters and the columns that look-ups need. Department and practitioner of a pharmacy are NONE."""

    institutions: tuple[Institution, ...]
    departments: tuple[Department, ...]
    practitioners: tuple[Practitioner, ...]
    kind: Ints
    lead: Ints
    department_for: Ints  # institution x (group of conditions, then EMERGENCY)
    first_practitioner: Ints
    practitioner_count: Ints

    def of_kind(self, kind: int) -> Ints:
        """Return the positions of the institutions of a kind."""
        return np.flatnonzero(self.kind == kind)

    def staff(self, rng: Generator, department: Ints) -> Ints:
        """Choose a practitioner of each department, the first ones more often; NONE where there is no department."""
        count = self.practitioner_count[department]
        chosen = self.first_practitioner[department] + (rng.random(len(department)) ** 1.5 * count).astype(np.int64)
        return np.where(department == NONE, NONE, chosen)


def build(rng: Generator, elsewhere: Sequence[Registered] = ()) -> County:
    """Found the county: the same for every seed in its institutions, staffed by the seed.

    ``elsewhere`` are institutions outside it that its people went to.
    """
    institutions = _institutions() + [_outside(number, one) for number, one in enumerate(elsewhere, 1)]
    departments = _departments(institutions)
    practitioners = _practitioners(rng, institutions, departments)
    owner = np.array([p.department for p in practitioners], dtype=np.int64)
    count = np.bincount(owner, minlength=len(departments))
    return County(
        institutions=tuple(institutions),
        departments=tuple(departments),
        practitioners=tuple(practitioners),
        kind=np.array([i.kind for i in institutions], dtype=np.int64),
        lead=np.array([i.lead for i in institutions], dtype=np.int64),
        department_for=_department_for(institutions, departments),
        first_practitioner=np.cumsum(count) - count,
        practitioner_count=count,
    )


def _institutions() -> list[Institution]:
    named = rows("institutions")
    hospitals = [row["name"] for row in named if row["kind"] == "county"]
    centres = [row["name"] for row in named if row["kind"] == "township"]
    pharmacies = [row["name"] for row in named if row["kind"] == "pharmacy"]
    made = [Institution(f"H{REGION}{1 + i:05d}", name, COUNTY, NONE) for i, name in enumerate(hospitals)]
    made += [Institution(f"H{REGION}{101 + i:05d}", name, TOWNSHIP, i % 2) for i, name in enumerate(centres)]
    made += [_clinic(i, row["name"], centres) for i, row in enumerate(rows("villages"))]
    made += [Institution(f"P{REGION}{1 + i:05d}", name, PHARMACY, NONE) for i, name in enumerate(pharmacies)]
    return made


def _clinic(number: int, village: str, centres: list[str]) -> Institution:
    """Return a village clinic; its township is its number modulo the townships, its lead that township's."""
    township = number % len(centres)
    place = centres[township].removesuffix("中心卫生院").removesuffix("卫生院")
    return Institution(f"H{REGION}{301 + number:05d}", f"{place}{village}卫生室", VILLAGE, township % 2)


def _outside(number: int, registered: Registered) -> Institution:
    letter = "P" if registered.kind == "pharmacy" else "H"
    return Institution(f"{letter}{REGION}{90_000 + number:05d}", f"外县机构{number}", ELSEWHERE, NONE, registered)


def _departments(institutions: list[Institution]) -> list[Department]:
    return [
        Department(number, row["code"], row["name"], row["caty"], tuple(row["groups"].split("|")))
        for number, institution in enumerate(institutions)
        for row in rows("departments")
        if row["tier"] == TIERS.get(institution.kind) and not _shop(institution)
    ]


def _shop(institution: Institution) -> bool:
    return institution.registered is not None and institution.registered.kind == "pharmacy"


def _practitioners(
    rng: Generator, institutions: list[Institution], departments: list[Department]
) -> list[Practitioner]:
    sizes = {(row["tier"], row["code"]): int(row["practitioners"]) for row in rows("departments")}
    made: list[Practitioner] = []
    for number, department in enumerate(departments):
        kind = institutions[department.institution].kind
        for _ in range(sizes[TIERS[kind], department.code]):
            code = f"D{REGION}{len(made) + 1:06d}"
            made.append(Practitioner(code, _name(rng), number, _title(rng, kind)))
    return made


def _name(rng: Generator) -> str:
    surnames, given = (
        next(row["text"] for row in rows("names") if row["part"] == part) for part in ("surname", "given")
    )
    letters = rng.integers(0, len(given), size=1 + int(rng.random() < 0.7))
    return surnames[int(rng.integers(0, len(surnames)))] + "".join(given[int(i)] for i in letters)


def _title(rng: Generator, kind: int) -> str:
    part = "title_village" if kind == VILLAGE else "title"
    titles = [row["text"] for row in rows("names") if row["part"] == part]
    return titles[int(rng.integers(0, len(titles)))]


def _department_for(institutions: list[Institution], departments: list[Department]) -> Ints:
    """Return which department of an institution sees a group of conditions; the first one sees what nobody claims."""
    table = np.full((len(institutions), len(GROUPS) + 1), NONE, dtype=np.int64)
    numbers = group_numbers() | {"emergency": EMERGENCY}
    for number in reversed(range(len(departments))):
        department = departments[number]
        row = table[department.institution]
        row[row == NONE] = number
        for group in department.groups:
            if group in numbers:
                row[numbers[group]] = number
    return table
