"""Cases to plant, as plain data: worked examples of the rule book, and cases written apart from it.

An example that expects a finding becomes a plant, one that expects none a look-alike. Cases under ``data/cases`` are
written from the sentence of the standard alone, or break two rules at once. What a case is silent about is free,
unless its rule looks at it: then silence states that it is not known. Who wrote from the sentence alone cannot know
what the rule looks at: there silence is ordinary, but of registers, where what is not stated is not registered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from zhunsheng.book.entry import Entry
from zhunsheng.book.worked import (
    Example,
    ExampleCheck,
    ExampleDecision,
    ExampleDepartment,
    ExampleInstitution,
    ExampleLine,
    ExampleNursing,
    ExampleOrder,
    ExamplePerson,
    ExamplePractitioner,
    ExampleProcedure,
    ExampleRegistered,
    ExampleSettlement,
    ExampleStay,
    ExampleUse,
)
from zhunsheng.generator.frames import INTERNET
from zhunsheng.kernel.files import from_yaml

VIOLATION, LOOK_ALIKE, UNKNOWN, FALSE_POSITIVE = "violation", "look_alike", "unknown", "known_false_positive"
#: Whether a case was written with the rule at hand or from the sentence of the standard alone.
PATTERN, STANDARD = "pattern", "standard"
#: Registers of an institution: a case that states none of them says that nothing is registered.
REGISTERS = {"device", "facility", "licence"}
#: How a case is varied by refunds: all its subjects taken back, by name or without one, or a surplus taken back.
NAMED, UNNAMED, SURPLUS = "named", "unnamed", "surplus"
REFUND_NOTES = {NAMED: "已全部退费", UNNAMED: "已全部退费，退费未指明原明细", SURPLUS: "多收一份，已退一份"}
#: The facts that a case can be told in; a case that states others is left out.
TELLABLE = {"person", "lines", "stays", "institutions", "departments", "orders", "uses", "procedures"}
TELLABLE |= {"devices", "facilities", "licences", "practitioners", "decisions", "nursing", "checks", "settlements"}
#: The first day of birth that an import takes, with room for a case to move.
FIRST_BIRTH = date(1892, 1, 1)
WORDS = {"name", "name_en", "expect", "work", "work_en", "known_false_positive", "kind", "rows", "besides"}


class Turn(NamedTuple):
    """A day on which something about a rule begins or ends, and the texts it concerns; none means all."""

    day: date
    texts: frozenset[str]


@dataclass(frozen=True)
class RuleText:
    """What the generator is told of a live rule: the facts it looks at, its texts, dates and worked examples."""

    id: str
    facts: frozenset[str]
    spoken: frozenset[str]
    turns: tuple[Turn, ...]
    examples: tuple[Example, ...]


class Told(NamedTuple):
    """What the answer key says of a case: rule, kind, and the rows at stake by their names in the case."""

    rule: str
    kind: str
    rows: tuple[str, ...]


class Written(Entry):
    """A case written apart from the rule book. ``besides`` names rows that break further rules."""

    name: str
    person: ExamplePerson = ExamplePerson()
    lines: tuple[ExampleLine, ...] = ()
    stays: tuple[ExampleStay, ...] = ()
    institutions: tuple[ExampleInstitution, ...] = ()
    departments: tuple[ExampleDepartment, ...] = ()
    orders: tuple[ExampleOrder, ...] = ()
    uses: tuple[ExampleUse, ...] = ()
    devices: tuple[ExampleRegistered, ...] = ()
    facilities: tuple[ExampleRegistered, ...] = ()
    licences: tuple[ExampleRegistered, ...] = ()
    practitioners: tuple[ExamplePractitioner, ...] = ()
    decisions: tuple[ExampleDecision, ...] = ()
    procedures: tuple[ExampleProcedure, ...] = ()
    nursing: tuple[ExampleNursing, ...] = ()
    checks: tuple[ExampleCheck, ...] = ()
    settlements: tuple[ExampleSettlement, ...] = ()
    kind: Literal["violation", "look_alike", "unknown"] = "violation"
    rows: tuple[str, ...]
    besides: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class CaseFile(Entry):
    """One file of cases: the rule they break and the sentence that they were written from."""

    rule: str
    author: Literal["pattern", "standard"]
    sentence: str
    cases: tuple[Written, ...]


@dataclass(frozen=True)
class Case:
    """One case to plant. ``looked`` names what its rules look at, ``exact`` where silence states that it is not known.

    ``refund`` names the variant by refunds.
    """

    author: str
    facts: Example | Written
    told: tuple[Told, ...]
    looked: frozenset[str]
    exact: frozenset[str]
    rules: tuple[RuleText, ...]
    refund: str = ""

    @property
    def kind(self) -> str:
        """The kind by which cases are shared out: that of the first row of its key."""
        return self.told[0].kind

    @property
    def note(self) -> str:
        """The words of the case for the answer key."""
        return self.facts.name + (f"（{REFUND_NOTES[self.refund]}）" if self.refund else "")

    def verbatim(self, text: str) -> bool:
        """Whether a rule speaks of a text, so that it may not be replaced by another."""
        return any(text in rule.spoken for rule in self.rules)


@cache
def files() -> tuple[CaseFile, ...]:
    """Return the case files, in the order of their names."""
    folder = resources.files("zhunsheng.generator").joinpath("data", "cases")
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    reader = TypeAdapter(CaseFile)
    return tuple(reader.validate_python(from_yaml(one.read_text("utf-8"))) for one in found)


def cases(rules: Sequence[RuleText]) -> tuple[list[Case], list[str]]:
    """Return the cases of the live rules, and the names of those that state facts the files cannot carry."""
    live = {rule.id: rule for rule in rules}
    found = [case for rule in rules for case in _of_examples(rule)] + list(_written(live))
    told = [not _foreign(case.facts) for case in found]
    left = [f"{case.told[0].rule}: {case.note}" for case, tellable in zip(found, told, strict=True) if not tellable]
    return [case for case, tellable in zip(found, told, strict=True) if tellable], left


def _of_examples(rule: RuleText) -> Iterable[Case]:
    """Yield a case per example, then its variants by refunds: the first violations are taken back."""
    exact = frozenset(exactly(rule))
    plain = [Case(PATTERN, example, _expected(rule, example), exact, exact, (rule,)) for example in rule.examples]
    yield from plain
    broken = [case for case in plain if case.kind == VIOLATION and _of_lines(case)]
    for case, refund in zip(broken, (NAMED, UNNAMED), strict=False):
        told = (Told(rule.id, LOOK_ALIKE, tuple(sorted(at_stake(case)))),)
        yield replace(case, told=told, refund=refund if _alone(case) else NAMED)
    for case in broken[:1]:
        if "in_scope" not in exact:
            yield replace(case, refund=SURPLUS)


def _expected(rule: RuleText, example: Example) -> tuple[Told, ...]:
    if not example.expect:
        named = [line.id for line in example.lines] + [stay.id for stay in example.stays]
        return (Told(rule.id, LOOK_ALIKE, tuple(named)),)
    sure = FALSE_POSITIVE if example.known_false_positive else VIOLATION
    return tuple(Told(rule.id, UNKNOWN if one.verdict == "unknown" else sure, one.subject) for one in example.expect)


def _of_lines(case: Case) -> bool:
    """Whether all that is at stake are lines, and every finding is sure."""
    lines = {line.id for line in case.facts.lines}
    return all(set(told.rows) <= lines and told.kind == VIOLATION for told in case.told)


def at_stake(case: Case) -> set[str]:
    """Return the names of all rows at stake."""
    return {row for told in case.told for row in told.rows}


def _alone(case: Case) -> bool:
    """Whether no line beside those at stake is like one of them, so that an unnamed refund can mean no other."""

    def like(line: ExampleLine) -> tuple[str, ...]:
        return (line.encounter, line.item, line.price, line.quantity)

    stake = at_stake(case)
    taken = {like(line) for line in case.facts.lines if line.id in stake}
    return not any(like(line) in taken for line in case.facts.lines if line.id not in stake)


def _written(live: dict[str, RuleText]) -> Iterable[Case]:
    for file in files():
        for one in file.cases:
            named = (file.rule, *one.besides)
            if not set(named) <= set(live):
                continue
            told = (Told(file.rule, one.kind, one.rows), *(Told(r, one.kind, rows) for r, rows in one.besides.items()))
            rules = tuple(live[name] for name in named)
            looked = frozenset().union(*(exactly(rule) for rule in rules))
            exact = looked & REGISTERS if file.author == STANDARD else looked
            yield Case(file.author, one, told, looked, exact, rules)


def exactly(rule: RuleText) -> set[str]:
    """Return what a rule looks at, as far as its examples ever state it: there silence means "not known"."""
    stated = {
        "sex": ("person", any(e.person.sex for e in rule.examples)),
        "birth": ("person", any(e.person.birth_date for e in rule.examples)),
        "encounter": ("encounter", any(e.stays for e in rule.examples)),
        "end": ("encounter", any(stay.end for e in rule.examples for stay in e.stays)),
        "insurance": ("encounter", _any(rule, "stays", "insurance")),
        "diagnoses": ("diagnosis", _any(rule, "stays", "diagnoses")),
        "institution": ("institution", any(e.institutions for e in rule.examples)),
        "department": ("department", _ever(rule, "departments")),
        "device": ("device", _ever(rule, "devices")),
        "facility": ("facility", _ever(rule, "facilities")),
        "licence": ("licence", _ever(rule, "licences")),
        "use": ("use_record", _ever(rule, "uses")),
        "region": ("institution", _any(rule, "institutions", "region")),
        "item_class": ("line", _any(rule, "lines", "item_class")),
        "in_scope": ("line", _any(rule, "lines", "in_scope")),
        "practitioner": ("practice", _any(rule, "lines", "practitioner")),
        "invoice": ("settlement", _any(rule, "settlements", "invoice")),
    }
    return {name for name, (fact, ever) in stated.items() if ever and fact in rule.facts}


def _ever(rule: RuleText, part: str) -> bool:
    return any(getattr(example, part) for example in rule.examples)


def _any(rule: RuleText, part: str, name: str) -> bool:
    """Whether any example states a field of its lines, stays or institutions."""
    return any(name in row.model_fields_set for example in rule.examples for row in getattr(example, part))


def _foreign(facts: Example | Written) -> bool:
    """Whether a case states facts that the files of the county do not carry, or contradicts itself."""
    foreign = {name for name in facts.model_fields_set - TELLABLE - WORDS if getattr(facts, name)}
    place = {stay.id: stay.institution for stay in facts.stays}
    elsewhere = any(place.get(line.encounter, line.institution) != line.institution for line in facts.lines)
    # price times quantity and one principal diagnosis are what the files are made of
    elsewhere |= any(line.amount is not None for line in facts.lines) or any(s.principals != 1 for s in facts.stays)
    # one import cannot let a person die on two days, nor take one born too long ago
    elsewhere |= len(facts.person.died_on) > 1 or (facts.person.birth_date or FIRST_BIRTH) < FIRST_BIRTH
    elsewhere |= any(one.encounter not in place for one in (*facts.procedures, *facts.settlements))
    # an encounter of a case is settled once
    elsewhere |= len({one.encounter for one in facts.settlements}) < len(facts.settlements)
    return bool(foreign) or elsewhere or any(stay.visit_type not in VISIT_TYPES for stay in facts.stays)


#: National codes of the kinds of visit; care over the internet has none and is exported in words.
VISIT_TYPES: dict[str, int] = {"outpatient": 11, "emergency": 13, "inpatient": 21, "pharmacy": 41, "internet": INTERNET}


def stated(row: Any, name: str) -> bool:
    """Whether a row of a case states a field itself."""
    return name in row.model_fields_set
