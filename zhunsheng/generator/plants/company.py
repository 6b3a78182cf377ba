"""What a case brings along that no rule looks at: a plain drug, what goes with an item, earlier care, records of use.

It keeps within the encounters and the life of the person, and clear of all that the rules of the case speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from numpy.random import Generator

from zhunsheng.generator import months
from zhunsheng.generator.catalogue import price_at
from zhunsheng.generator.county import TIER_OF
from zhunsheng.generator.frames import DAY, HOUR
from zhunsheng.generator.knowledge import Need, NeedPoint
from zhunsheng.generator.plants.cases import VISIT_TYPES
from zhunsheng.generator.plants.harmless import asked
from zhunsheng.generator.plants.plant import Plant, PlantedEncounter, PlantedLine
from zhunsheng.generator.world import World
from zhunsheng.kernel.money import times

WHOLE, FEN_E6 = 10_000, 10_000
#: Opens a visit of the person at the own township centre on a day.
OpenVisit = Callable[[int], PlantedEncounter]


class Company:
    """What goes with one case whose own rows stand."""

    def __init__(self, world: World, rng: Generator, plant: Plant) -> None:
        self.world, self.rng, self.plant, self.case = world, rng, plant, plant.case
        codes = {line.item for line in self.case.facts.lines}
        self.avoided = codes.union(*(world.index.excludes.get(code, set()) for code in codes))
        died = plant.case.facts.person.died_on
        self.last_day = min((months.ordinal(day) + plant.move for day in died), default=2**40)

    def plain(self, open_visit: OpenVisit) -> None:
        """Add an item that no rule names to each settled encounter, and a visit that tells who the person is."""
        settled = [one for one in self.plant.encounters if one.settled]
        if not settled:
            begin = min(one.begin for one in self.plant.encounters)
            day = begin // DAY - 1 if begin // DAY > self.world.first_day else begin // DAY
            settled = [open_visit(day)]
            self.plant.encounters += settled
        # a rule that looks at classes would see the company, too
        alone = "item_class" in self.case.exact
        for number, encounter in enumerate(settled):
            self._daily(encounter)
            if alone and encounter.lines:
                continue
            at = encounter.begin + (10 * HOUR if encounter.begin_day_only else 600)
            at = min(at, at if encounter.end is None or encounter.end_day_only else encounter.end) - at % 60 + number
            # a stay of tests alone is a lead of its own
            category = "treat" if encounter.visit_type == VISIT_TYPES["inpatient"] else "drug"
            charge = self._charge(encounter, self.plain_item(category), at)
            if encounter.total is not None:
                charge.price_e6 = FEN_E6 * self._rest(encounter.total, encounter.lines)
            encounter.lines.append(charge)

    def _rest(self, total: int, lines: list[PlantedLine]) -> int:
        """Return what is left of a stated total, in fen. Raises ValueError when lines cost as much or more."""
        rest = total - sum(times(line.price_e6, line.quantity_e4) for line in lines)
        if rest <= 0:
            raise ValueError(f"{self.case.note}: the lines cost more than the settlement states")
        return rest

    def _daily(self, stay: PlantedEncounter) -> None:
        """Give something every other day of a stay: nobody lies in bed for days without any care."""
        looked_at = any(rule.facts & {"nursing_record", "procedure"} for rule in self.case.rules)
        if looked_at or stay.visit_type != VISIT_TYPES["inpatient"] or stay.end is None:
            return
        item = self.plain_item()
        for day in range(stay.begin // DAY + 2, min(stay.end // DAY, self.last_day), 2):
            stay.lines.append(self._charge(stay, item, day * DAY + 9 * HOUR))

    def goes_with(self) -> None:
        """Charge what other rules want to see beside an item on the same day, or in the same encounter."""
        for encounter, line, need in self._lines_of(Need.WITH_DAY, Need.WITH_VISIT):
            places = [encounter] if need.kind == Need.WITH_VISIT else self.plant.encounters
            day = line.at // DAY
            there = {
                self._code(other)
                for place in places
                for other in place.lines
                if need.kind == Need.WITH_VISIT or other.at // DAY == day
            }
            goes = self._allowed(need)
            if goes and not there & set(need.any_of) and self._during(encounter, day):
                encounter.lines.append(self._charge(encounter, goes, self._moment(encounter, line), line))

    def earlier(self, open_visit: OpenVisit) -> None:
        """Charge what other rules want to see before an item, in its stay or in a visit of its own."""
        for encounter, line, need in sorted(self._lines_of(Need.EARLIER), key=lambda found: found[1].at):
            day = line.at // DAY
            used = {
                other.at // DAY
                for place in self.plant.encounters
                for other in place.lines
                if self._code(other).startswith(need.any_of)
            }
            goes = self._beginning(need.any_of)
            if goes is None or any(0 < day - one <= need.most for one in used) or day - 2 < self.world.first_day:
                continue
            place = encounter
            if not self._during(encounter, day - 1):
                place = open_visit(day - 2)
                self.plant.encounters.append(place)
            at = place.begin + 900 if place is not encounter else (day - 1) * DAY + 11 * HOUR
            place.lines.append(self._charge(place, goes, max(at, place.begin + 60)))

    def recorded(self) -> None:
        """Record the use of what other rules compare with records, as much as stayed charged."""
        number = str(int(self.world.people.number[self.plant.person]))
        units: dict[tuple[int, str], tuple[PlantedEncounter, int, int]] = {}
        for encounter, line, _ in self._lines_of(Need.RECORD):
            key = (id(encounter), self._code(line))
            units[key] = (encounter, units.get(key, (encounter, 0, 0))[1] + line.quantity_e4, line.at // DAY)
        for (_, code), (encounter, quantity, day) in units.items():
            if quantity > 0 and not any(use.item == code for use in self.case.facts.uses):
                place = self.world.county.institutions[encounter.institution].code
                cells = {"med_list_codg": code, "exe_time": str(months.as_date(day)), "exe_cnt": _units(quantity)}
                self.plant.papers.append(("uses", encounter, {"psn_no": number, "fixmedins_code": place, **cells}))

    def plain_item(self, category: str = "drug") -> int:
        """Return an ordinary item that no list names, of a class that the case leaves free; of a category if it can."""
        items = self.world.catalogue.items
        # what a rule of the case speaks of might be what it misses there
        free = [n for n in self.world.plain if not self._spoken(items[n].code)]
        fitting = [n for n in free if not self.case.verbatim(items[n].item_class)] or free
        fitting = [n for n in fitting if items[n].category == category] or fitting
        return fitting[int(self.rng.integers(0, len(fitting)))]

    def _spoken(self, code: str) -> bool:
        """Whether the case, or a rule of it, speaks of an item or of what excludes it."""
        return code in self.avoided or self.case.verbatim(code)

    def _lines_of(self, *kinds: Need) -> Iterator[tuple[PlantedEncounter, PlantedLine, NeedPoint]]:
        """Yield the lines of settled encounters with what is asked of them."""
        held = [(one, line) for one in self.plant.encounters if one.settled for line in tuple(one.lines)]
        for encounter, line in held:
            for need in asked(self.case, self.world.index, [self._code(line)], *kinds):
                yield encounter, line, need

    def _code(self, line: PlantedLine) -> str:
        return self.world.catalogue.items[line.item].code

    def _allowed(self, need: NeedPoint) -> int | None:
        """Return the first item of those asked for that the case leaves free."""
        free = (code for code in need.any_of if not self._spoken(code))
        code = next(free, None)
        return None if code is None else self.world.catalogue.planted(code, self.world.names.get(code, code))

    def _beginning(self, texts: tuple[str, ...]) -> int | None:
        """Return an item whose code begins with one of some texts, of the catalogue or of the lists."""
        codes = [item.code for item in self.world.catalogue.items] + sorted(self.world.names)
        code = next((code for code in codes if code.startswith(texts) and not self._spoken(code)), None)
        return None if code is None else self.world.catalogue.planted(code, self.world.names.get(code, code))

    def _during(self, encounter: PlantedEncounter, day: int) -> bool:
        last = encounter.begin if encounter.end is None else encounter.end
        stay = encounter.end is None and encounter.visit_type == VISIT_TYPES["inpatient"]
        return encounter.begin // DAY <= day <= (day if stay else last // DAY) and day <= self.last_day

    def _moment(self, encounter: PlantedEncounter, line: PlantedLine) -> int:
        """Return a moment soon after a line that lies within its encounter."""
        at = line.at + (10 * HOUR if line.day_only else 120)
        if encounter.end is not None and not encounter.end_day_only:
            at = min(at, encounter.end)
        return max(at, line.at // DAY * DAY)

    def _charge(self, encounter: PlantedEncounter, item: int, at: int, like: PlantedLine | None = None) -> PlantedLine:
        """Return a line of one unit at the ordinary price, of the department of another line or of the encounter."""
        tier = int(TIER_OF[self.world.county.kind[encounter.institution]])
        of = like or encounter
        price = price_at(self.world.catalogue.items[item], tier)
        return PlantedLine(item, price, WHOLE, at, of.department, of.practitioner)


def _units(quantity_e4: int) -> str:
    whole, part = divmod(quantity_e4, WHOLE)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".")
