"""Real institutions and departments for those that a case names. What a rule does not look at is chosen freely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from numpy.random import Generator

from zhunsheng.book.worked import ExampleDepartment
from zhunsheng.generator.county import (
    COUNTY,
    PHARMACY,
    REGION,
    TOWNSHIP,
    VILLAGE,
    County,
    Held,
    Registered,
    within,
)
from zhunsheng.generator.knowledge import Need
from zhunsheng.generator.masters import NO_DAY, SINCE, days
from zhunsheng.generator.plants import harmless
from zhunsheng.generator.plants.cases import REGISTERS, VIOLATION, Case
from zhunsheng.generator.plants.paper import PAPERS
from zhunsheng.generator.world import World

#: Where visits of a kind take place when a rule does not look at the institution.
USUAL = {
    "inpatient": (COUNTY, TOWNSHIP),
    "emergency": (COUNTY,),
    "outpatient": (COUNTY, TOWNSHIP),
    "internet": (COUNTY,),
    "pharmacy": (PHARMACY,),
}
#: How often something is drawn anew until it fits.
ATTEMPTS = 20
#: What the registry says of the county's own kinds.
OWN = {
    COUNTY: Registered("hospital", "2", str(REGION)),
    TOWNSHIP: Registered("township_centre", "1", str(REGION)),
    VILLAGE: Registered("village_clinic", "0", str(REGION)),
    PHARMACY: Registered("pharmacy", None, str(REGION)),
}


def named(case: Case) -> list[str]:
    """Return the institutions that a case names, each once."""
    places = [stay.institution for stay in case.facts.stays] + [line.institution for line in case.facts.lines]
    places += [one.institution for part in (*PAPERS, "practitioners") for one in getattr(case.facts, part)]
    return list(dict.fromkeys(places))


def elsewhere(cases: Iterable[Case]) -> list[Registered]:
    """Return the institutions that cases need and the county does not have, as often as one case needs them."""
    needed: Counter[Registered] = Counter()
    for case in cases:
        wanted = Counter(_stated(case, name) for name in named(case) if _told(case, name))
        needed |= Counter({one: count for one, count in wanted.items() if not _own_kinds(case, one)})
    return sorted(needed.elements(), key=str)


def _told(case: Case, name: str) -> bool:
    """Whether a case says what an institution is: by stating it, or by silence where its rule looks at it."""
    stated = any(one.id == name for one in case.facts.institutions)
    return stated or bool(case.exact & {"institution", *REGISTERS})


def _stated(case: Case, name: str) -> Registered:
    """Return what a case says the registries hold of an institution."""
    held = tuple(
        Held(register, one.kind, one.valid_from, one.valid_to)
        for register, part in (("device", "devices"), ("facility", "facilities"), ("licence", "licences"))
        for one in getattr(case.facts, part)
        if one.institution == name
    )
    said = [
        Registered(one.kind, one.level, one.region, held, one.valid_from, one.valid_to)
        for one in case.facts.institutions
        if one.id == name
    ]
    if said:
        return said[0]._replace(later=tuple(said[1:]))
    if "institution" in case.exact:
        return Registered(None, None, None, held)
    return Registered("hospital", "2", str(REGION), held)


def _own_kinds(case: Case, wanted: Registered) -> tuple[int, ...]:
    """Return the kinds of the county's own institutions that are as the registry shall say."""

    if case.exact & REGISTERS:
        return ()

    def seen(one: Registered) -> Registered:
        told = "region" in case.exact or any(place.region for place in case.facts.institutions)
        return one if told else one._replace(region=None)

    return tuple(kind for kind, own in OWN.items() if seen(own) == seen(wanted))


def institutions(world: World, rng: Generator, case: Case) -> dict[str, int]:
    """Choose an institution (by position) for each that a case names, no two alike; violations gather at few.

    Their codes stand in the order of their names where that can be: of equal rows, the first by identity counts first.
    """
    for _ in range(ATTEMPTS):
        chosen = _draw(world, rng, case)
        codes = [world.county.institutions[chosen[name]].code for name in sorted(chosen)]
        if codes == sorted(codes):
            break
    return chosen


def _draw(world: World, rng: Generator, case: Case) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for name in sorted(named(case), key=lambda name: not _told(case, name)):
        free = [place for place in _candidates(world, rng, case, name) if place not in chosen.values()]
        gather = case.kind == VIOLATION and rng.random() < 0.65
        chosen[name] = free[0 if gather else int(rng.integers(0, len(free)))]
    return chosen


def _candidates(world: World, rng: Generator, case: Case, name: str) -> list[int]:
    county = world.county
    if not _told(case, name):
        charged = [line.item for line in case.facts.lines if line.institution == name]
        needs = harmless.asked(case, world.index, charged, Need.LEVEL, Need.REGISTERED)
        usual = USUAL[_visit_type(case, name)]
        kinds = tuple(kind for kind in usual if harmless.suits(kind, OWN[kind].level, needs)) or usual
        # a pair of places is a pair of levels where it can be; a third place is any
        picked = kinds[int(rng.integers(0, len(kinds)))]
        return [int(n) for n in county.of_kind(picked)] if len(named(case)) < 3 else _all(county, kinds)
    wanted = _stated(case, name)
    kinds = _own_kinds(case, wanted)
    if kinds:
        return _all(county, kinds)
    return [n for n, one in enumerate(county.institutions) if one.registered == wanted]


def _all(county: County, kinds: tuple[int, ...]) -> list[int]:
    return [int(n) for kind in kinds for n in county.of_kind(kind)]


def _visit_type(case: Case, name: str) -> str:
    """Return the kind of visit at an institution; a stay outweighs a visit."""
    types = {stay.visit_type for stay in case.facts.stays if stay.institution == name}
    return next((kind for kind in USUAL if kind in types), "outpatient")


#: The code of departments that no register knows.
UNKNOWN_DEPARTMENT = "T000"


class Departments:
    """Real departments for those that a case names, by institution: each of its own, in the order of asking."""

    def __init__(self, world: World, case: Case, first: dict[int, int], names: dict[int, str]) -> None:
        self.case, self.county, self.rows, self.names = case, world.county, world.more, names
        self.index = world.index
        self._free: dict[int, list[int]] = {}
        for institution, department in first.items():
            own = [n for n, one in enumerate(world.county.departments) if one.institution == institution]
            self._free[institution] = sorted(own, key=lambda n: (n != department, n))
        self._chosen: dict[tuple[int, str], int | str] = {}

    def of(self, institution: int, text: str | None) -> int | str | None:
        """Return the position of a department, the text itself where a rule speaks of it, None for none."""
        if text is not None and (self._stated(institution, text) or "department" in self.case.exact):
            return self._registered(institution, text)
        if text is None or not self._free[institution]:
            return text if text is not None and self.case.verbatim(text) else None
        if (institution, text) not in self._chosen:
            self._chosen[institution, text] = text if self.case.verbatim(text) else self._real(institution, text)
        return self._chosen[institution, text]

    def _real(self, institution: int, text: str) -> int | str:
        """Return a department of the institution that may order what it orders in the case; entered where none may."""
        here = (self.names[institution], text)
        charged = [line.item for line in self.case.facts.lines if (line.institution, line.department) == here]
        needs = harmless.asked(self.case, self.index, charged, Need.SPECIALTY)
        own, known = self._free[institution], self.county.departments
        fitting = [n for n in own if all(within(known[n].caty, need.any_of) for need in needs)]
        if not fitting:
            return self._entered(institution, [["专科门诊", harmless.specialty(needs), SINCE, NO_DAY]])
        if len(own) > 1:
            own.remove(fitting[0])
        return fitting[0]

    def _stated(self, institution: int, text: str) -> ExampleDepartment | None:
        """Return what the case says of a department."""
        said = (one for one in self.case.facts.departments if one.id == text)
        return next((one for one in said if one.institution == self.names[institution]), None)

    def _registered(self, institution: int, text: str) -> str:
        """Return the code of a department of which is registered what the case says, entered when it is new."""
        said = [
            [one.name or "科室", one.specialty or "", *days(one.valid_from, one.valid_to)]
            for one in self.case.facts.departments
            if one.id == text and self.names[institution] == one.institution
        ]
        return self._entered(institution, said) if said else UNKNOWN_DEPARTMENT

    def _entered(self, institution: int, said: list[list[str]]) -> str:
        """Return the code of a further department of an institution with such registrations, entered when it is new."""
        code = self.county.institutions[institution].code
        known: dict[str, list[list[str]]] = {}
        for place, number, *told in self.rows.departments:
            if place == code:
                known.setdefault(number, []).append(told)
        free = f"T{len(self.rows.departments) + 1:03d}"
        entered = next((number for number, told in known.items() if told == said), free)
        if entered == free:
            self.rows.departments += [[code, entered, *told] for told in said]
        return entered
