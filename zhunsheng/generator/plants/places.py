"""Real institutions and departments for those that a case names. What a rule does not look at is chosen freely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from numpy.random import Generator

from zhunsheng.generator.county import COUNTY, PHARMACY, REGION, TOWNSHIP, VILLAGE, County, Held, Registered
from zhunsheng.generator.masters import More, days
from zhunsheng.generator.plants.cases import VIOLATION, Case

#: Where visits of a kind take place when a rule does not look at the institution.
USUAL = {
    "inpatient": (COUNTY, TOWNSHIP),
    "emergency": (COUNTY,),
    "outpatient": (COUNTY, TOWNSHIP),
    "pharmacy": (PHARMACY,),
}
#: How often places are drawn anew until they stand in order.
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
    places += [one.institution for part in ("orders", "uses") for one in getattr(case.facts, part)]
    return list(dict.fromkeys(places))


def elsewhere(cases: Iterable[Case]) -> list[Registered]:
    """Return the institutions that cases need and the county does not have, as often as one case needs them."""
    needed: Counter[Registered] = Counter()
    for case in cases:
        if _exact(case):
            wanted = Counter(_stated(case, name) for name in named(case))
            needed |= Counter({one: count for one, count in wanted.items() if not _own_kinds(case, one)})
    return sorted(needed.elements(), key=str)


def _exact(case: Case) -> bool:
    """Whether a rule of the case looks at institutions or at what is registered of theirs."""
    return bool(case.exact & {"institution", "device", "facility"})


def _stated(case: Case, name: str) -> Registered:
    """Return what a case says the registries hold of an institution."""
    held = tuple(
        Held(register, one.kind, one.valid_from, one.valid_to)
        for register, part in (("device", "devices"), ("facility", "facilities"))
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

    if case.exact & {"device", "facility"}:
        return ()

    def seen(one: Registered) -> Registered:
        return one if "region" in case.exact else one._replace(region=None)

    return tuple(kind for kind, own in OWN.items() if seen(own) == seen(wanted))


def institutions(county: County, rng: Generator, case: Case) -> dict[str, int]:
    """Choose an institution (by position) for each that a case names, no two alike; violations gather at few.

    Their codes stand in the order of their names where that can be: of equal rows, the first by identity counts first.
    """
    for _ in range(ATTEMPTS):
        chosen = _draw(county, rng, case)
        codes = [county.institutions[chosen[name]].code for name in sorted(chosen)]
        if codes == sorted(codes):
            break
    return chosen


def _draw(county: County, rng: Generator, case: Case) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for name in named(case):
        free = [place for place in _candidates(county, rng, case, name) if place not in chosen.values()]
        gather = case.kind == VIOLATION and rng.random() < 0.65
        chosen[name] = free[0 if gather else int(rng.integers(0, len(free)))]
    return chosen


def _candidates(county: County, rng: Generator, case: Case, name: str) -> list[int]:
    if not _exact(case):
        kinds = USUAL[_visit_type(case, name)]
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

    def __init__(self, county: County, case: Case, first: dict[int, int], rows: More, names: dict[int, str]) -> None:
        self.case, self.county, self.rows, self.names = case, county, rows, names
        self._free: dict[int, list[int]] = {}
        for institution, department in first.items():
            own = [n for n, one in enumerate(county.departments) if one.institution == institution]
            self._free[institution] = sorted(own, key=lambda n: (n != department, n))
        self._chosen: dict[tuple[int, str], int | str] = {}

    def of(self, institution: int, text: str | None) -> int | str | None:
        """Return the position of a department, the text itself where a rule speaks of it, None for none."""
        if text is not None and "department" in self.case.exact:
            return self._registered(institution, text)
        if text is None or not self._free[institution]:
            return text if text is not None and self.case.verbatim(text) else None
        if (institution, text) not in self._chosen:
            own = self._free[institution]
            place = own[0] if len(own) == 1 else own.pop(0)
            self._chosen[institution, text] = text if self.case.verbatim(text) else place
        return self._chosen[institution, text]

    def _registered(self, institution: int, text: str) -> str:
        """Return the code of a department of which is registered what the case says, entered when it is new."""
        said = [
            [one.name or "科室", one.specialty or "", *days(one.valid_from, one.valid_to)]
            for one in self.case.facts.departments
            if one.id == text and self.names[institution] == one.institution
        ]
        if not said:
            return UNKNOWN_DEPARTMENT
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
