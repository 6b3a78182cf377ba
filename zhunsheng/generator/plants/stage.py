"""A stage for one planted case: a person set aside, a month, and hands to put visits, stays and lines on it.

Whatever a scenario does not put there itself is filled with ordinary company (consultation, bed, a drug) that no
knowledge point joins to the planted items, so that a case gives the finding it was made for and no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.random import Generator

from zhunsheng.generator import months
from zhunsheng.generator.casemix import GROUP_OF, CaseMix
from zhunsheng.generator.catalogue import Item, price_at
from zhunsheng.generator.county import COUNTY, EMERGENCY, PHARMACY, TIER_OF, TOWNSHIP, VILLAGE
from zhunsheng.generator.frames import DAY, HOUR, NONE
from zhunsheng.generator.months import Month, as_date
from zhunsheng.generator.people import FEMALE, MALE
from zhunsheng.generator.stays import INPATIENT
from zhunsheng.generator.visits import EMERGENCY_TYPE, OUTPATIENT
from zhunsheng.generator.world import World

FULL, DRUGS, NOTHING = "full", "drugs", "nothing"
WHOLE = 10_000


@dataclass(eq=False)
class PlantedLine:
    """One line of a case. ``subject`` marks the rows of the answer key."""

    item: int
    price_e6: int
    quantity_e4: int
    at: int
    department: int
    practitioner: int
    day_only: bool = False
    undoes: PlantedLine | None = None
    subject: bool = False


@dataclass(eq=False)
class PlantedEncounter:
    """One encounter of a case; ``end`` None leaves it open."""

    institution: int
    department: int
    practitioner: int
    visit_type: int
    setting: int
    condition: int
    begin: int
    end: int | None
    company: str
    subject: bool = False
    lines: list[PlantedLine] = field(default_factory=list)


@dataclass
class Plant:
    """A finished case."""

    rule: str
    kind: str
    author: str
    note: str
    person: int
    month: int
    encounters: list[PlantedEncounter] = field(default_factory=list)


class Stage:
    """One case in the making. Offsets count days from the first day of the case; clocks read ``"09:30:00"``."""

    def __init__(self, world: World, month: Month, mix: CaseMix, rng: Generator, plant: Plant) -> None:
        self.world, self.month, self.mix, self.rng, self.plant = world, month, mix, rng, plant
        self.day = month.first + int(rng.integers(2, 9))
        self.avoided: set[str] = set()
        self.be(years=int(rng.integers(30, 70)))

    @property
    def first_date(self) -> date:
        """The first day of the case."""
        return as_date(self.day)

    def at(self, offset: int, clock: str) -> int:
        """Return the moment of a clock reading on a day of the case."""
        hour, minute, second = (int(piece) for piece in f"{clock}:00"[:8].split(":"))
        return (self.day + offset) * DAY + hour * HOUR + minute * 60 + second

    def be(self, sex: str | None = None, years: int | None = None, birth: date | None = None) -> None:
        """Give the person a sex (``M``, ``F``) and an age or a birth date."""
        people, person = self.world.people, self.plant.person
        if sex is not None:
            people.sex[person] = MALE if sex == "M" else FEMALE
        if years is not None:
            people.birth[person] = self.day - int((years + 0.5) * 365.2425)
        if birth is not None:
            people.birth[person] = months.ordinal(birth)

    def suit(self, *codes: str) -> None:
        """Make the person a plausible one for items: of the sex they are limited to, of middle age."""
        sexes = set().union(*(self.world.index.sexes.get(code, set()) for code in codes))
        self.be(sex=min(sexes, default=None), years=31 if "F" in sexes else 58)

    def somewhere(self, kind: int, besides: int = NONE) -> int:
        """Choose an institution; violations gather at few of them."""
        choice = self.world.county.of_kind(kind)
        choice = choice[choice != besides]
        gather = self.plant.kind == "violation" and self.rng.random() < 0.65
        return int(choice[0 if gather else int(self.rng.integers(0, len(choice)))])

    def visit(
        self,
        offset: int = 0,
        clock: str = "09:05",
        kind: int = COUNTY,
        *,
        institution: int = NONE,
        emergency: bool = False,
    ) -> PlantedEncounter:
        """Put an outpatient or emergency visit on the stage; it lasts the rest of its surgery hours."""
        institution = self.somewhere(kind) if institution == NONE else institution
        setting = {VILLAGE: 0, TOWNSHIP: 1, COUNTY: 2, PHARMACY: months.RETAIL}[
            int(self.world.county.kind[institution])
        ]
        setting, visit_type = (months.EMERGENCY_VISIT, EMERGENCY_TYPE) if emergency else (setting, OUTPATIENT)
        begin = self.at(offset, clock)
        return self._open(institution, visit_type, setting, begin, begin + 9 * HOUR, FULL)

    def stay(
        self,
        offset: int,
        clock: str,
        until: int,
        until_clock: str,
        kind: int = COUNTY,
        *,
        institution: int = NONE,
        company: str = FULL,
    ) -> PlantedEncounter:
        """Put an inpatient stay on the stage, from one day and clock to another."""
        institution = self.somewhere(kind) if institution == NONE else institution
        at_county = self.world.county.kind[institution] == COUNTY
        setting = months.STAY_COUNTY if at_county else months.STAY_TOWNSHIP
        begin, end = self.at(offset, clock), self.at(until, until_clock)
        return self._open(institution, INPATIENT, setting, begin, end, company)

    def _open(
        self, institution: int, visit_type: int, setting: int, begin: int, end: int, company: str
    ) -> PlantedEncounter:
        one = np.array([self.plant.person])
        met = np.array([months.VILLAGE_VISIT if setting == months.RETAIL else setting])
        condition = int(self.mix.draw(self.rng, self.world.people, one, met, self.day)[0])
        group = EMERGENCY if setting == months.EMERGENCY_VISIT else int(GROUP_OF[condition])
        department = int(self.world.county.department_for[institution, group])
        staff = int(self.world.county.staff(self.rng, np.array([department]))[0])
        made = PlantedEncounter(institution, department, staff, visit_type, setting, condition, begin, end, company)
        self.plant.encounters.append(made)
        return made

    def line(
        self,
        encounter: PlantedEncounter,
        item: tuple[str, str],
        at: int,
        quantity_e4: int = WHOLE,
        *,
        subject: bool = True,
        price_e6: int | None = None,
        day_only: bool = False,
    ) -> PlantedLine:
        """Charge an item (code, name) at a moment."""
        position = self.world.catalogue.planted(*item)
        price = self.price(encounter, position) if price_e6 is None else price_e6
        line = PlantedLine(position, price, quantity_e4, at, encounter.department, encounter.practitioner)
        line.subject, line.day_only = subject, day_only
        encounter.lines.append(line)
        self.avoid(item[0])
        return line

    def price(self, encounter: PlantedEncounter, item: int) -> int:
        """Return what an item costs where the encounter takes place."""
        tier = int(TIER_OF[self.world.county.kind[encounter.institution]])
        return price_at(self.world.catalogue.items[item], tier)

    def refund(self, encounter: PlantedEncounter, line: PlantedLine, quantity_e4: int | None = None) -> None:
        """Take a line back, in full or in part, ten minutes later."""
        back = line.quantity_e4 if quantity_e4 is None else quantity_e4
        encounter.lines.append(replace(line, quantity_e4=-back, at=line.at + 600, undoes=line, subject=False))

    def avoid(self, code: str) -> None:
        """Keep the company clear of an item and of what excludes it."""
        self.avoided |= {code} | self.world.index.excludes.get(code, set())

    def elsewhere(self, line: PlantedLine, encounter: PlantedEncounter) -> None:
        """Let another department of the same institution order the line."""
        county = self.world.county
        others = [
            number
            for number, department in enumerate(county.departments)
            if department.institution == encounter.institution and number != encounter.department
        ]
        line.department = others[int(self.rng.integers(0, len(others)))]
        line.practitioner = int(county.staff(self.rng, np.array([line.department]))[0])

    def plain_item(self, category: str = "lab") -> tuple[str, str]:
        """Return an ordinary item that no list names and every tier charges alike."""
        fitting = [item for item in self.world.catalogue.items if item.category == category and self._unlimited(item)]
        item = fitting[int(self.rng.integers(0, len(fitting)))]
        return item.code, item.name

    def _unlimited(self, item: Item) -> bool:
        free = not item.sex and item.max_age is None and item.level <= 1
        return free and not self.world.index.limited(item.code) and item.code not in self.avoided

    def finish(self) -> Plant:
        """Fill the encounters with company and return the case. Each encounter's company has a second of its own."""
        for number, encounter in enumerate(self.plant.encounters):
            encounter.begin += number * 7 * 60
            for item, at in self._company(encounter):
                price = self.price(encounter, item)
                moment, department = at - at % 60 + number, encounter.department
                line = PlantedLine(item, price, WHOLE, moment, department, encounter.practitioner)
                encounter.lines.append(line)
        return self.plant

    def _company(self, encounter: PlantedEncounter) -> list[tuple[int, int]]:
        """Return (item, moment) of the ordinary lines around the planted ones."""
        if encounter.company == NOTHING:
            return []
        drug = self.world.catalogue.position[self.plain_item("drug")[0]]
        if encounter.visit_type != INPATIENT:
            return [(fee, encounter.begin) for fee in self._fees(encounter)] + [(drug, encounter.begin + 2_400)]
        made = [(drug, encounter.begin + 3_000)]
        for day in range(encounter.begin // DAY, self._last_day(encounter)):
            fees = self._fees(encounter) if encounter.company == FULL else []
            made += [(fee, day * DAY + 23 * HOUR + 300 * n) for n, fee in enumerate(fees)]
        return made

    def _last_day(self, encounter: PlantedEncounter) -> int:
        return encounter.begin // DAY + 3 if encounter.end is None else encounter.end // DAY

    def _fees(self, encounter: PlantedEncounter) -> list[int]:
        """Return the fixed fees that fit the encounter, without those the planted items exclude."""
        at_county = self.world.county.kind[encounter.institution] == COUNTY
        names = {
            months.VILLAGE_VISIT: ["consult_village"],
            months.TOWNSHIP_VISIT: ["consult_township"],
            months.EMERGENCY_VISIT: ["consult_emergency"],
            months.RETAIL: [],
        }.get(encounter.setting, ["consult_county"])
        if encounter.visit_type == INPATIENT:
            names = ["consult_stay", "bed_county" if at_county else "bed_township", "nursing_2"]
        catalogue = self.world.catalogue
        found = [catalogue.only(name) for name in names]
        return [fee for fee in found if fee != NONE and catalogue.items[fee].code not in self.avoided]
