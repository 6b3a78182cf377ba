"""A year of the six vendors: gathers whom they serve while the county is made, then writes their files and the key.

Nothing of the county changes: the random numbers are of streams of their own, and only numbers of finished
encounters are read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from zhunsheng.generator.assemble import Whole
from zhunsheng.generator.county import COUNTY, TOWNSHIP, VILLAGE, County
from zhunsheng.generator.frames import DAY, HOUR, NONE, full
from zhunsheng.generator.masters import table as rows_table
from zhunsheng.generator.months import Month, as_date, ordinal
from zhunsheng.generator.tables import rows as listed_items
from zhunsheng.generator.vendors import course, papers, quality
from zhunsheng.generator.vendors.course import RUN, Batch, Patients
from zhunsheng.generator.vendors.draw import LONG, Orders, Source, draw
from zhunsheng.generator.vendors.profiles import Story, Told, Vendor, When, day_of, in_month, told
from zhunsheng.generator.world import World, office_seconds, random_numbers
from zhunsheng.kernel.workdays import workday

#: How often a patient comes who is chosen: more often than needed, since shares of a month leave some orders out.
OFTEN = 4
#: Streams of random numbers that no other step has; how many months the stories take.
STREAM, MONTHS = 40, 12
KINDS = {"county": COUNTY, "township": TOWNSHIP, "village": VILLAGE}
#: Order of the files of vendors.
FILES = ("medins", "device", "order", "event", "result", "qc", "reading", "survey", "complaint", "incident", "staff",
         "training", "price", "scope", "trip", "holding", "kinship")  # fmt: skip


@dataclass
class Services:
    """What is gathered of the county while it is made, by vendor and month."""

    seed: int
    county: County
    months: list[Month]
    shares: int
    sources: dict[tuple[int, int], list[Source]] = field(default_factory=dict)
    charged: Counter[tuple[str, int]] = field(default_factory=Counter)
    patients: dict[int, Patients] = field(default_factory=dict)

    @property
    def told(self) -> Told:
        """The vendors and their stories; none where the period is shorter than the stories."""
        return told() if len(self.months) >= MONTHS else Told((), (), (), ())

    def add(self, world: World, month: Month, done: Whole) -> None:
        """Choose the encounters of a finished part of a month that vendors serve, and note what hospitals charged."""
        made = done.encounters
        last = (month.first + month.days) * DAY
        usable = (made.label == NONE) & (made.begin >= month.first * DAY) & (made.begin < last)
        for number, vendor in enumerate(self.told.vendors):
            places = [KINDS[one] for one in vendor.places]
            wanted = np.flatnonzero(usable & np.isin(self.county.kind[made.institution], places))
            quota = min(-(-in_month(vendor.volume, month.number) // self.shares), len(wanted))
            rng = random_numbers(self.seed, STREAM, number, month.number, world.shard)
            chosen = np.sort(rng.choice(wanted, quota, replace=False))
            people = world.people.number[made.person[chosen]]
            source = Source(made.begin[chosen], made.institution[chosen], people, done.encounter_number[chosen])
            self.sources.setdefault((number, month.number), []).append(source)
        self._price(world, done)

    def _price(self, world: World, done: Whole) -> None:
        """Count at which prices the public hospitals charged the items whose filed price goes by their mean."""
        wanted = {one.code for vendor in self.told.vendors for one in vendor.items if one.of_mean}
        lines, items = done.lines, world.catalogue.items
        of_item = np.array([item.code in wanted for item in items])[lines.item] & (lines.quantity_e4 > 0)
        public = self.county.kind[done.encounters.institution[lines.encounter]] == COUNTY
        for n in np.flatnonzero(of_item & public):
            self.charged[items[lines.item[n]].code, int(lines.price_e6[n])] += 1

    def means(self) -> dict[str, int]:
        """Return the mean price of each such item over the lines of the public hospitals, in yuan x 10^6.

        An item that a small county never charged has its list price.
        """
        totals: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        for (code, price), count in self.charged.items():
            totals[code] += price * count
            counts[code] += count
        listed = {row["code"]: papers.e6(row["price"]) for row in listed_items("items")}
        return listed | {code: totals[code] // counts[code] for code in counts}

    def tables(self) -> dict[str, pa.Table]:
        """Return the files of the vendors by kind; none where the period is shorter than the stories."""
        if not self.told.vendors:
            return {}
        made: course.Table = {}
        self.patients = {n: self._patients(n, vendor) for n, vendor in enumerate(self.told.vendors)}
        for number, vendor in enumerate(self.told.vendors):
            for month in self.months:
                self._month(made, number, vendor, month)
            self._papers(made, number, vendor)
        made["medins"] = [rows_table("medins", papers.registrations(self.told.vendors))]
        made["device"] = [rows_table("device", papers.devices(self.told.vendors, self.months))]
        made["holding"] = [rows_table("holding", papers.ownership(self.told.ownership, self._people()))]
        made["kinship"] = [rows_table("kinship", papers.kinship(self.told.kinship, self._people(), self.months))]
        return {kind: pa.concat_tables(made[kind]) for kind in FILES}

    def _month(self, made: course.Table, number: int, vendor: Vendor, month: Month) -> None:
        """Add the orders of one vendor and month, and what stands behind them."""
        rng = random_numbers(self.seed, STREAM, number, month.number, 0, 1)
        source = self._source(rng, number, vendor, month)
        offered = [
            n for n, one in enumerate(vendor.items) if one.since is None or one.of_mean or _since(one.since, month)
        ]
        orders = draw(rng, vendor, month.number, source, np.array(offered, dtype=np.int64))
        self._patient_comes(number, vendor, orders)
        means = self.means()
        prices = np.array([papers.price_of(one, means, month.number) for one in vendor.items], dtype=np.int64)
        codes = [one.code for one in self.county.institutions]
        batch = Batch(vendor, month, self.months, orders, prices, codes, self.patients[number])
        for kind, table in (
            ("order", course.orders(batch)),
            ("event", course.events(rng, batch)),
            ("result", course.results(rng, batch).table()),
            ("reading", course.readings(rng, batch)),
            ("survey", rows_table("survey", quality.surveys(rng, vendor, month, self._places(vendor)))),
            ("complaint", rows_table("complaint", quality.complaints(rng, vendor, month, self._places(vendor)))),
        ):
            made.setdefault(kind, []).append(table)

    def _patients(self, number: int, vendor: Vendor) -> Patients:
        """Choose the patient whose results stay out of range: the lowest number that comes often enough, or nobody."""
        parts = [part.person for (of, _), held in self.sources.items() if of == number for part in held]
        if not vendor.abnormal or not parts:
            return Patients()
        people, times = np.unique(np.concatenate(parts), return_counts=True)
        often = people[times >= OFTEN]
        return Patients(int(often[0]) if len(often) else NONE)

    def _patient_comes(self, number: int, vendor: Vendor, orders: Orders) -> None:
        """Let each order of that patient be done for the item of the analyte."""
        rows = np.flatnonzero((orders.source.person == self.patients[number].chosen) & (orders.source.person != NONE))
        item = [n for n, one in enumerate(vendor.items) if vendor.abnormal in [name for name, *_ in one.analytes]]
        if len(rows) and item:
            orders.item[rows] = item[0]
            orders.rejected[rows] = orders.declined[rows] = False
            orders.done[rows] = np.where(orders.done[rows] == NONE, orders.due[rows] - HOUR, orders.done[rows])

    def _papers(self, made: course.Table, number: int, vendor: Vendor) -> None:
        rng = random_numbers(self.seed, STREAM, number, 0, 0, 2)
        for kind, rows in (
            ("qc", quality.controls(rng, vendor, self.months)),
            ("event", quality.leaving(vendor, self.months)),
            ("incident", quality.incidents(vendor, self.months)),
            ("staff", papers.staff(vendor, self.months)),
            ("training", papers.training(vendor, self.months)),
            ("price", papers.prices(vendor, self.means(), self.months)),
            ("scope", papers.scope(vendor)),
            ("trip", quality.trips(vendor, self.months, self._places(vendor))),
        ):
            made.setdefault(kind, []).append(rows_table(kind, rows))

    def _source(self, rng: np.random.Generator, number: int, vendor: Vendor, month: Month) -> Source:
        """Return whom the orders of a month are for; deliveries go to institutions and to nobody in particular."""
        if vendor.places:
            parts = self.sources[number, month.number]
            columns = [
                [getattr(one, name) for one in parts] for name in ("begin", "institution", "person", "encounter")
            ]
            whole = Source(*(np.concatenate(column) for column in columns))
            return whole.take(np.argsort(whole.begin, kind="stable")[: in_month(vendor.volume, month.number)])
        count = in_month(vendor.volume, month.number)
        days = month.first + rng.integers(0, month.days, count)
        begin = np.sort(days * DAY + office_seconds(rng, count))
        places = np.concatenate([self.county.of_kind(COUNTY)[:2], self.county.of_kind(TOWNSHIP)])
        return Source(begin, rng.choice(places, count).astype(np.int64), full(count, NONE), full(count, NONE))

    def _places(self, vendor: Vendor) -> list[str]:
        """Return the institutions that a vendor serves."""
        kinds = [KINDS[one] for one in vendor.places] or [COUNTY, TOWNSHIP]
        return [one.code for one in self.county.institutions if one.kind in kinds]

    def _people(self) -> dict[str, str]:
        """Return who stands for the names in braces: the county hospitals and people of theirs."""
        lead, second = (int(n) for n in self.county.of_kind(COUNTY)[:2])
        own = [one.code for one in self.county.practitioners if self._works(one.department, lead)]
        other = [one.code for one in self.county.practitioners if self._works(one.department, second)]
        found = {"lead": self.county.institutions[lead].code, "second": self.county.institutions[second].code}
        found |= {"director": own[0], "buyer": own[1], "manager": other[0]}
        return {f"{{{name}}}": code for name, code in found.items()}

    def _works(self, department: int, institution: int) -> bool:
        return self.county.departments[department].institution == institution

    def key(self) -> list[list[str]]:
        """Return the answer key: vendor, story, verdict, kind of service, first day, day it was knowable, note."""
        kinds = {one.id: one.service_kind for one in self.told.vendors}
        runs = sorted(day for one in self.patients.values() for day in one.days)
        return [
            [one.vendor, one.story, one.verdict, kinds[one.vendor], *self._days(one, runs), one.note]
            for one in self.told.stories
            if one.first != "run" or len(runs) >= RUN
        ]

    def _days(self, one: Story, runs: list[str]) -> list[str]:
        """Return the first day of a story and the day on which it could be known."""
        if one.first == "run":
            return [runs[0], runs[RUN - 1]]
        holiday = str(longest_holiday(self.months))
        return [holiday if isinstance(when, str) else str(day_of(self.months, when)) for when in (one.first, one.known)]


def _since(since: When, month: Month) -> bool:
    return month.number >= since[0]


def longest_holiday(months: list[Month]) -> object:
    """Return the first day of the longest run of free days of the period; a run of fewer than five is none."""
    first, last = months[0].first, ordinal(months[-1].last_date)
    best, run = (0, first), 0
    for day in range(first, last + 1):
        run = 0 if workday(as_date(day)).is_working else run + 1
        best = max(best, (run, -(day - run + 1)), key=lambda one: (one[0], one[1])) if run >= LONG else best
    return as_date(-best[1]) if best[0] else as_date(first)
