"""Puts one case on a real person, at real institutions, on days of the county's period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import numpy as np
from numpy.random import Generator

from zhunsheng.book.worked import ExampleLine, ExampleStay
from zhunsheng.generator import months
from zhunsheng.generator.casemix import GROUP_OF, CaseMix
from zhunsheng.generator.county import COUNTY, ELSEWHERE, EMERGENCY, PHARMACY, TOWNSHIP, VILLAGE
from zhunsheng.generator.frames import DAY, HOUR, NONE, Ints
from zhunsheng.generator.knowledge import Need, NeedPoint
from zhunsheng.generator.people import FEMALE, MALE
from zhunsheng.generator.plants import harmless
from zhunsheng.generator.plants.cases import (
    SURPLUS,
    UNNAMED,
    VISIT_TYPES,
    at_stake,
    stated,
)
from zhunsheng.generator.plants.company import WHOLE, Company
from zhunsheng.generator.plants.paper import PAPERS
from zhunsheng.generator.plants.places import ATTEMPTS, Departments, institutions
from zhunsheng.generator.plants.plant import Plant, PlantedEncounter, PlantedLine
from zhunsheng.generator.plants.staff import UNREGISTERED, prescribers
from zhunsheng.generator.world import World
from zhunsheng.kernel.money import fen_from_yuan
from zhunsheng.kernel.quantity import scaled
from zhunsheng.kernel.time import age, parse_date

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the generator counts local wall-clock seconds
SETTINGS = {VILLAGE: 0, TOWNSHIP: 1, COUNTY: 2, ELSEWHERE: 2, PHARMACY: months.RETAIL}
#: Days around a case on which its person is seen for nothing else.
APART = 15


class Stage:
    """One case in the making, on a person set aside."""

    def __init__(self, world: World, mix: Callable[[date], CaseMix], rng: Generator, plant: Plant) -> None:
        self.world, self.mix, self.rng, self.plant = world, mix, rng, plant
        self.case, self.move = plant.case, plant.move
        self.place = institutions(world, rng, self.case)
        self.codes = {line.item for line in self.case.facts.lines}
        self.prescribers = prescribers(world, self.case, self.place)

    def build(self) -> Plant:
        """Put person, encounters, lines and refunds on the stage and return the plant."""
        self._person()
        made = {stay.id: self._stay(stay) for stay in self.case.facts.stays}
        self.plant.named |= made
        whole = made | self._unstated(set(made))
        first = {one.institution: one.department for one in whole.values() if isinstance(one.department, int)}
        first = {place: first.get(place, NONE) for place in self.place.values()}
        names = {place: name for name, place in self.place.items()}
        departments = Departments(self.world, self.case, first, names)
        self._settle(made, whole)
        for one in self.case.facts.procedures:
            day = None if one.day is None else months.ordinal(one.day) + self.move
            made[one.encounter].procedures.append((one.code, day))
        for stay in self.case.facts.stays:
            made[stay.id].department = departments.of(made[stay.id].institution, stay.department)
        for line in self.case.facts.lines:
            self._line(line, whole[_visit(line, set(made))], departments)
        self.plant.encounters += whole.values()
        self._refunds()
        company = Company(self.world, self.rng, self.plant)
        company.recorded()
        company.goes_with()
        company.earlier(self._visit_on)
        company.plain(self._visit_on)
        self._in_turn()
        self._register(whole)
        return self.plant

    def _person(self) -> None:
        """Give the person what the case states; what it does not state is free, or hidden where a rule looks at it."""
        people, one, told = self.world.people, self.plant.person, self.case.facts.person
        index = self.world.index
        sexes = set().union(*(index.sexes.get(code, set()) for code in self.codes))
        sexes |= {sex for need in self._of_codes(Need.CODE_SEX) for sex in need.any_of}
        sex = told.sex or min(sexes, default=None)
        if sex:
            people.sex[one] = MALE if sex == "M" else FEMALE
        first = min(self._moment(text)[0] for text in self._texts()) // DAY
        people.birth[one] = self._birth(first)
        if told.birth_date:
            people.birth[one] = months.ordinal(told.birth_date) + self.move
        people.sex_unknown[one] = "sex" in self.case.exact and told.sex is None
        people.birth_unknown[one] = "birth" in self.case.exact and told.birth_date is None

    def _birth(self, day: int) -> int:
        """Return a birth date that suits the items of the case: of a grown person where no item is limited by age."""
        bands = [(b.low, b.high, b.unit) for code in self.codes for b in self.world.index.ages.get(code, [])]
        bands += [(int(low), int(high), unit) for low, high, unit in (n.any_of for n in self._of_codes(Need.CODE_AGE))]
        grown = 30 + int(38 * self.rng.random())
        for days in (int((years + 0.5) * 365.2425) for years in (grown, 12, 7, 1.5, 0.04 - 0.5)):
            ages = [age(months.as_date(day - days), months.as_date(day), unit) for _, _, unit in bands]
            if all(
                (low or 0) <= a <= (a if high is None else high) for a, (low, high, _) in zip(ages, bands, strict=True)
            ):
                return day - days
        return day - int(grown * 365.2425)

    def _of_codes(self, kind: Need) -> list[NeedPoint]:
        """Return what is asked of the diagnoses and operations that the case states."""
        codes = {code for stay in self.case.facts.stays for code in stay.diagnoses}
        codes |= {one.code for one in self.case.facts.procedures}
        return [need for code in sorted(codes) for need in self.world.index.of_code(code) if need.kind == kind]

    def _texts(self) -> list[str]:
        facts = self.case.facts
        return [line.at for line in facts.lines] + [stay.start for stay in facts.stays]

    def _moment(self, text: str) -> tuple[int, bool]:
        """Return local seconds of a text of the case, moved, and whether it states a day only."""
        if len(text) <= 10:
            return (months.ordinal(parse_date(text)) + self.move) * DAY, True
        return int((datetime.fromisoformat(text) - EPOCH).total_seconds()) + self.move * DAY, False

    def _stay(self, stay: ExampleStay) -> PlantedEncounter:
        """Return a stated encounter, as the case states it."""
        begin, begin_day_only = self._moment(stay.start)
        charged = [line for line in self.case.facts.lines if line.encounter == stay.id]
        end, end_day_only = self._moment(stay.end) if stay.end else self._over(begin, charged, day_only=begin_day_only)
        made = self._open(self.place[stay.institution], VISIT_TYPES[stay.visit_type], begin, end)
        made.begin_day_only, made.end_day_only = begin_day_only, end_day_only
        if "insurance" in self.case.exact:
            made.insurance = stay.insurance or ""
        elif stated(stay, "insurance"):
            made.insurance = stay.insurance
        if stay.diagnoses or "diagnoses" in self.case.exact:
            made.diagnoses = stay.diagnoses
        else:
            self._free(made, charged)
        return made

    def _over(self, begin: int, lines: list[ExampleLine], *, day_only: bool) -> tuple[int | None, bool]:
        """Return when an encounter ends whose end nobody states: with its last charge; never, where a rule looks."""
        if "end" in self.case.exact:
            return None, False
        last = max([begin] + [self._moment(line.at)[0] for line in lines])
        return (last // DAY * DAY, True) if day_only else (max(begin + 2 * HOUR, last + 600), False)

    def _free(self, made: PlantedEncounter, lines: list[ExampleLine]) -> None:
        """Choose the diagnoses and the insurance of an encounter, where the case is free, for what is charged in it."""
        codes = [line.item for line in lines]
        needs = harmless.asked(self.case, self.world.index, codes, Need.DIAGNOSIS, Need.FORBIDS)
        found = harmless.diagnoses(needs, harmless.CODES[made.condition])
        made.diagnoses = found or made.diagnoses
        for need in harmless.asked(self.case, self.world.index, codes, Need.INSURANCE):
            made.insurance = made.insurance or need.any_of[0]

    def _unstated(self, known: set[str]) -> dict[str, PlantedEncounter]:
        """Return encounters for the lines whose encounter the case does not state, by its name and institution.

        Where a rule looks at encounters such lines have none that is settled. The first that spans days is a stay.
        """
        grouped: dict[str, list[ExampleLine]] = {}
        for line in self.case.facts.lines:
            if line.encounter not in known:
                grouped.setdefault(_visit(line, known), []).append(line)
        made: dict[str, PlantedEncounter] = {}
        in_bed = any(stay.visit_type == "inpatient" for stay in self.case.facts.stays)
        for name, lines in grouped.items():
            moments = [self._moment(line.at) for line in lines]
            begin = min(at + 8 * HOUR if day_only else at - 300 for at, day_only in moments)
            end = max(at + 17 * HOUR if day_only else at + 1_500 for at, day_only in moments)
            institution = self.place[lines[0].institution]
            shop = self.world.county.kind[institution] == PHARMACY
            bed = begin // DAY < end // DAY and not in_bed and not shop and self._beds(institution)
            in_bed |= bed
            visit_type = "inpatient" if bed else "pharmacy" if shop else "outpatient"
            made[name] = self._open(institution, VISIT_TYPES[visit_type], begin, end)
            made[name].settled = "encounter" not in self.case.exact
            self._free(made[name], lines)
        return made

    def _visit_on(self, day: int) -> PlantedEncounter:
        """Return a visit of an hour to the own township centre."""
        township = int(self.world.people.township[self.plant.person])
        return self._open(township, VISIT_TYPES["outpatient"], day * DAY + 9 * HOUR, day * DAY + 10 * HOUR)

    def _beds(self, institution: int) -> bool:
        return int(self.world.county.kind[institution]) in (COUNTY, TOWNSHIP)

    def _open(self, institution: int, visit_type: int, begin: int, end: int | None) -> PlantedEncounter:
        kind = int(self.world.county.kind[institution])
        setting = SETTINGS[kind]
        if visit_type == VISIT_TYPES["inpatient"]:
            setting = months.STAY_COUNTY if kind in (COUNTY, ELSEWHERE) else months.STAY_TOWNSHIP
        elif visit_type == VISIT_TYPES["emergency"]:
            setting = months.EMERGENCY_VISIT
        met = np.array([months.VILLAGE_VISIT if setting == months.RETAIL else setting])
        day = begin // DAY
        condition = self._condition(met, day)
        group = EMERGENCY if setting == months.EMERGENCY_VISIT else int(GROUP_OF[condition])
        department = int(self.world.county.department_for[institution, group])
        staff = int(self.world.county.staff(self.rng, np.array([department]))[0])
        return PlantedEncounter(institution, department, staff, visit_type, setting, condition, begin, end)

    def _condition(self, setting: Ints, day: int) -> int:
        """Draw a condition; of a person of whom sex or birth is hidden, one that is limited by neither."""
        people, one = self.world.people, np.array([self.plant.person])
        hidden = people.sex_unknown[one[0]] or people.birth_unknown[one[0]]
        for _ in range(ATTEMPTS):
            drawn = int(self.mix(months.as_date(day)).draw(self.rng, people, one, setting, day)[0])
            if not hidden or not self.world.index.of_code(harmless.CODES[drawn]):
                break
        return drawn

    def _line(self, line: ExampleLine, encounter: PlantedEncounter, departments: Departments) -> None:
        item = self.world.catalogue.planted(line.item, self.world.names.get(line.item, line.item))
        at, day_only = self._moment(line.at)
        department = departments.of(encounter.institution, line.department)
        staff: int | str = encounter.practitioner
        if isinstance(department, int):
            staff = int(self.world.county.staff(self.rng, np.array([department]))[0])
        if line.practitioner is not None:
            staff = self.prescribers.get(line.practitioner, UNREGISTERED)
        elif "practitioner" in self.case.exact:
            staff = NONE
        made = PlantedLine(item, scaled(line.price, 6), scaled(line.quantity, 4), at, department, staff, day_only)
        if line.item_class or "item_class" in self.case.exact:
            made.item_class = line.item_class or ""
        if line.in_scope is not None:
            made.in_scope = fen_from_yuan(line.in_scope)
        elif "in_scope" in self.case.exact:
            made.in_scope = ""
        encounter.lines.append(made)
        self.plant.named[line.id] = made

    def _refunds(self) -> None:
        """Take back what is at stake, or charge a surplus of it and take that back."""
        stake = [self.plant.named[name] for name in sorted(at_stake(self.case))]
        for line in stake if self.case.refund else ():
            if isinstance(line, PlantedLine):
                back = WHOLE if self.case.refund == SURPLUS else line.quantity_e4
                line.quantity_e4 += WHOLE * (self.case.refund == SURPLUS)
                names = self.case.refund != UNNAMED
                encounter = next(one for one in self.plant.encounters if line in one.lines)
                later = line.at if line.day_only else line.at + 600
                scope = -line.in_scope if isinstance(line.in_scope, int) else line.in_scope
                refund = replace(line, quantity_e4=-back, at=later, undoes=line, names_line=names, in_scope=scope)
                encounter.lines.append(refund)

    def _settle(self, made: dict[str, PlantedEncounter], whole: dict[str, PlantedEncounter]) -> None:
        """Let settlements say what the case states of them; no invoice where the rule looks and the case is silent."""
        for one in whole.values() if "invoice" in self.case.exact else ():
            one.invoice = ("", "")
        for told in self.case.facts.settlements:
            encounter = made[told.encounter]
            encounter.total = fen_from_yuan(told.total)
            encounter.settled_from = (months.ordinal(told.day) + self.move) * DAY + 9 * HOUR
            if told.invoice:
                # the numbers of the case, and nobody else's
                code, _, own = told.invoice.partition(" ")
                encounter.invoice = (f"{code}-{self.plant.person}", own)

    def _register(self, whole: dict[str, PlantedEncounter]) -> None:
        """Keep the death of the person; papers wait for the identities of their encounters."""
        number = int(self.world.people.number[self.plant.person])
        self.world.more.deaths += [[str(number), self._day(day)] for day in self.case.facts.person.died_on]
        for part, (_, _, cells_of) in PAPERS.items():
            for one in getattr(self.case.facts, part):
                name = one.encounter if one.encounter in whole else f"{one.encounter}@{one.institution}"
                institution = self.world.county.institutions[self.place[one.institution]].code
                cells = {"psn_no": str(number), "fixmedins_code": institution, **cells_of(one, self._day)}
                self.plant.papers.append((part, whole.get(name), cells))

    def _day(self, day: date) -> str:
        return str(months.as_date(months.ordinal(day) + self.move))

    def _in_turn(self) -> None:
        """Settle the encounters in the order of the case, so that identities follow it where moments are equal."""
        latest = 0
        for encounter in self.plant.encounters:
            latest = encounter.settlement = max(encounter.last + 600, encounter.settled_from, latest + 1)


def _visit(line: ExampleLine, known: set[str]) -> str:
    """Return the name under which the encounter of a line is held: its own where stated, else with its institution."""
    return line.encounter if line.encounter in known else f"{line.encounter}@{line.institution}"
