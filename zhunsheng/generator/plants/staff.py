"""Numbers for the prescribers that a case names, with the registrations and the decisions that it states of them."""

from __future__ import annotations

from collections.abc import Mapping

from zhunsheng.generator.county import REGION
from zhunsheng.generator.frames import NONE
from zhunsheng.generator.masters import days
from zhunsheng.generator.plants.cases import Case
from zhunsheng.generator.world import World

#: Numbers of prescribers of cases lie behind this one, which stands in no register.
BEYOND = 900_000
UNREGISTERED = f"D{REGION}{BEYOND:06d}"


def prescribers(world: World, case: Case, place: Mapping[str, int]) -> dict[str, str]:
    """Return numbers by name of the prescribers of whom a case states something; ``place`` finds institutions."""
    facts = case.facts
    names = [one.id for one in facts.practitioners] + [one.practitioner for one in facts.decisions]
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        practice = [
            (*_where(world, place[one.institution]), one.title or "", *days(one.valid_from, one.valid_to))
            for one in facts.practitioners
            if one.id == name
        ]
        decided = [
            (one.status, *days(one.valid_from, one.valid_to)) for one in facts.decisions if one.practitioner == name
        ]
        found[name] = _number(world, practice, decided)
    return found


def _where(world: World, institution: int) -> tuple[str, str]:
    """Return the codes of an institution and of its first department, empty where it has none."""
    first = int(world.county.department_for[institution, 0])
    department = "" if first == NONE else world.county.departments[first].code
    return world.county.institutions[institution].code, department


def _number(world: World, practice: list[tuple[str, ...]], decided: list[tuple[str, ...]]) -> str:
    """Return the number of the prescriber of whom such is registered and decided, entered when new."""
    more, key = world.more, (*practice, *decided)
    if key not in more.numbers:
        count = len(more.numbers) + 1
        number = more.numbers[key] = f"D{REGION}{BEYOND + count:06d}"
        name = world.county.practitioners[count % len(world.county.practitioners)].name
        more.practitioners += [[number, name, *told] for told in practice]
        more.decisions += [[number, *told] for told in decided]
    return more.numbers[key]
