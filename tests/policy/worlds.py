"""Random worlds: regions, institutions, bodies, people with dated duties, cases, findings, evidence, grants.

Plain data with small numbers for names, so that the site and the second policy are each built from it by code of their
own. Days count from today (0).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

KINDS = (
    "insurance_authority", "insurance_agency", "health_authority", "consortium", "institution", "police", "finance",
    "market", "vendor", "data_authority",
)  # fmt: skip
DUTIES = (
    "head", "reviewer", "importer", "analyst", "office", "clinician", "officer", "legal_reviewer", "handler",
    "finance_officer", "administrator", "security", "auditor",
)  # fmt: skip
#: Some are drawn more often: they may see more, so that more questions are answered with yes.
USUAL = (*DUTIES, *("head", "reviewer", "officer", "auditor") * 3)
#: Codes of GB/T 2260 in shape; each with the region around it.
REGIONS = {"330000": "", "330700": "330000", "330781": "330700", "330782": "330700", "330800": "330000",
           "330802": "330800"}  # fmt: skip
CYCLES = ("clue", "fund_case")
AUTHORITIES = ("insurance_authority", "insurance_agency", "health_authority")


@dataclass
class Place:
    code: str
    region: str | None
    lead: str | None


@dataclass
class Body:
    number: int
    kind: str
    region: str
    place: str


@dataclass
class Person:
    number: int
    body: int | None
    open: bool


@dataclass
class Duty:
    number: int
    person: int
    body: int
    name: str
    start: int
    end: int | None


@dataclass
class Case:
    number: int
    body: int
    place: str
    subject: int | None
    cycle: str
    party_sees: bool
    events: list[bool] = field(default_factory=list)
    #: Files: whether internal, whether the event that brought it is shown, whether the party added it.
    files: list[tuple[bool, bool, bool]] = field(default_factory=list)


@dataclass
class Finding:
    number: int
    place: str | None
    rows: list[str]


@dataclass
class Grant:
    number: int
    owner: int
    receiver: int
    state: str
    opens: str
    case: int | None
    places: list[str]
    cycle: str
    internal: bool
    duty: str
    person: int | None
    start: int
    end: int


@dataclass
class World:
    places: list[Place] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    #: Where each patient was, institution by institution.
    patients: list[list[str]] = field(default_factory=list)
    #: The body of each row of evidence; None for a process.
    evidence: list[int | None] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)

    def place(self, code: str) -> Place:
        """Return a place; one that no run knows has no region and no lead."""
        return next((one for one in self.places if one.code == code), Place(code, None, None))


def world(seed: int) -> World:
    """Return the world of a seed."""
    dice, made = random.Random(seed), World()
    _places(dice, made)
    _bodies(dice, made)
    _people(dice, made)
    _cases(dice, made)
    _facts(dice, made)
    made.grants = [_grant(dice, made, number) for number in range(18)]
    return made


def _places(dice: random.Random, made: World) -> None:
    for number in range(8):
        lead = dice.choice(made.places).code if made.places and dice.random() < 0.5 else None
        made.places.append(Place(f"P{number}", dice.choice([*REGIONS, "330781", "330781", None]), lead))


def _bodies(dice: random.Random, made: World) -> None:
    own = dice.sample([*(place.code for place in made.places), "UNKNOWN"], 5)  # one body per institution
    kinds = ["institution"] * 5 + [dice.choice(KINDS) for _ in range(3)]
    kinds += ["insurance_authority", "health_authority", "consortium", "data_authority", "police", "insurance_agency"]
    for number, kind in enumerate(kinds):
        place = own[number] if number < 5 else dice.choice(made.places).code
        if kind == "institution" and number >= 5:
            kind = "consortium"
        carries = kind in ("institution", "consortium")
        region = dice.choice([*REGIONS, "330781", "330781", "", ""]) if not carries or dice.random() < 0.3 else ""
        made.bodies.append(Body(number, kind, region, place if carries else ""))


def _people(dice: random.Random, made: World) -> None:
    for number in range(18):
        body = dice.choice(made.bodies).number if dice.random() < 0.95 else None
        made.people.append(Person(number, body, dice.random() < 0.92))
    for person in made.people:
        for name in dict.fromkeys(dice.choice(USUAL) for _ in range(dice.choice((0, 1, 2, 2, 3, 3)))):
            home = person.body is not None and dice.random() < 0.92
            body = person.body if home and person.body is not None else dice.choice(made.bodies).number
            start, days = (-20, None) if dice.random() < 0.7 else (dice.randint(-3, 1), dice.choice((0, 1, 2, 3, None)))
            end = None if days is None else start + days
            made.duties.append(Duty(len(made.duties), person.number, body, name, start, end))


def _cases(dice: random.Random, made: World) -> None:
    staffed = [made.bodies[one.body] for one in made.people if one.body is not None] or made.bodies
    for number in range(12):
        body = dice.choice(staffed if dice.random() < 0.8 else made.bodies).number
        near = [one.place for one in staffed if one.place] or ["P0"]
        place = dice.choice(near) if dice.random() < 0.8 else ""
        subject = dice.choice(made.bodies).number if not place or dice.random() < 0.1 else None
        case = Case(number, body, place, subject, dice.choice(CYCLES), dice.random() < 0.6)
        case.events = [dice.random() < 0.5 for _ in range(3)]
        case.files = [(dice.random() < 0.5, dice.random() < 0.7, dice.random() < 0.2) for _ in range(2)]
        made.cases.append(case)


def _facts(dice: random.Random, made: World) -> None:
    codes = [place.code for place in made.places]
    for number in range(16):
        place = dice.choice(codes) if dice.random() < 0.95 else None
        made.findings.append(Finding(number, place, [dice.choice(codes) for _ in range(2)]))
    made.patients = [dice.sample(codes, dice.choice((1, 1, 2))) for _ in range(8)]
    made.evidence = [dice.choice([*(one.number for one in made.bodies), None]) for _ in range(12)]


def _grant(dice: random.Random, made: World, number: int) -> Grant:
    case, opens = dice.choice(made.cases), dice.choice(("case", "cases", "findings", "findings", "amounts"))
    authorities = [one.number for one in made.bodies if one.kind in AUTHORITIES] or [0]
    about_case = opens in ("case", "cases") and dice.random() < 0.9
    owner = case.body if about_case else dice.choice(authorities if dice.random() < 0.8 else range(len(made.bodies)))
    staffed = [one.body for one in made.people if one.body is not None and one.body != owner] or [(owner + 1) % 5]
    receiver = dice.choice(staffed)
    party = [one.number for one in made.bodies if one.place == case.place and one.number != owner and one.place]
    if party and dice.random() < 0.3:  # whom the case is about is granted more of it
        receiver = party[0]
    people = [one.number for one in made.people if one.body == receiver]
    start = dice.choice((-20, -20, -20, -1, 0, 1))
    return Grant(
        number, owner, receiver,
        state=dice.choice(("given",) * 8 + ("asked", "ended", "refused", "withdrawn")), opens=opens,
        case=case.number if opens == "case" else None,
        places=[] if opens == "case" else sorted({case.place or "P0", dice.choice(made.places).code}),
        cycle=dice.choice(("", "", *CYCLES)), internal=dice.random() < 0.5,
        duty=dice.choice(("", "", "", "head", *DUTIES[:4])),
        person=dice.choice(people) if people and dice.random() < 0.2 else None,
        start=start, end=start + dice.choice((1, 1, 2, 40, 40, 40)),
    )  # fmt: skip
