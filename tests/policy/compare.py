"""Random questions about random worlds, put to the site and to the second policy; where they differ is told."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.policy.cedar import POLICY, Asked, Referee
from tests.policy.site import Reader, site_of
from tests.policy.worlds import DUTIES, KINDS, World, world
from zhunsheng.book.cycles import Who
from zhunsheng.casework.bodies.permissions import Verb


@dataclass
class Tally:
    """How many questions of each kind were allowed and denied by both, how many a grant alone allowed, and disputes."""

    allowed: Counter[str] = field(default_factory=Counter)
    denied: Counter[str] = field(default_factory=Counter)
    by_grant: Counter[str] = field(default_factory=Counter)
    disputes: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How many questions were put."""
        return self.allowed.total() + self.denied.total() + len(self.disputes)


@dataclass
class Question:
    """One question: its kind, in words, the requests to the second policy (all groups must allow), and our answer."""

    kind: str
    words: str
    groups: list[Asked]
    ours: bool


def compare(seed: int, tally: Tally, policy: Any = POLICY, most: int | None = None) -> None:
    """Ask everybody of the world of a seed about everything in it, or a seeded sample of so many questions."""
    told = world(seed)
    with site_of(told) as site:
        referee = Referee(told, policy)
        questions = [one for person in told.people for one in _of(told, referee, site.reader(person.number), seed)]
    if most is not None and len(questions) > most:
        questions = random.Random(seed).sample(questions, most)
    answers = referee.answers([one.groups for one in questions])
    for one, (theirs, by_grant) in zip(questions, answers, strict=True):
        if theirs != one.ours:
            tally.disputes.append(f"world {seed}: {one.words}: the site says {one.ours}, the second policy {theirs}")
            continue
        (tally.allowed if theirs else tally.denied)[one.kind] += 1
        tally.by_grant[one.kind] += theirs and by_grant


def _of(told: World, referee: Referee, reader: Reader, seed: int) -> Iterator[Question]:
    site, person = reader.site, int(reader.user.login[1:])
    who = f"person {person}"

    def seen(kind: str, key: Any, *resources: tuple[str, str], action: str = "") -> Question:
        action = action or f"view_{kind}"
        groups = [referee.asks(person, action, {"type": t, "id": i}) for t, i in resources]
        return Question(kind, f"{who}, {kind} {resources}", groups, key in reader.sees[kind])

    for verb in Verb:
        requests = referee.asks(person, verb.value, {"type": "Site", "id": "site"})
        yield Question("right", f"{who}, {verb}", [requests], verb in reader.rights)
    for finding in told.findings:
        key = f"f{finding.number}"
        yield seen("finding", key, ("Fact", key))
        yield seen("decide", key, ("Fact", key), action="decide")
        for n, code in enumerate(finding.rows):
            yield seen("row", f"{key}-{n}", ("Fact", key), ("Fact", f"p{code}"))
    for number in range(len(told.patients)):
        yield seen("patient", f"t{number}", ("Fact", f"t{number}"))
    for case, held in zip(told.cases, site.cases, strict=True):
        yield seen("case", held.pk, ("Case", str(case.number)))
        for n in range(len(case.events)):
            place = ("Event", f"{case.number}-{n}")
            yield seen("event", site.events[case.number, n].pk, place, action="view_case")
        for n in range(len(case.files)):
            place = ("File", f"{case.number}-{n}")
            yield seen("file", site.files[case.number, n].pk, place, action="view_case")
        yield _step(case.number, referee, reader, person, seed)
    for other, account in zip(told.people, site.people, strict=True):
        yield seen("account", account.pk, ("Row", f"u{other.number}"))
    for number, row in enumerate(site.evidence):
        yield seen("evidence", row.pk, ("Row", f"e{number}"))
    for grant, kept in zip(told.grants, site.grants, strict=True):
        yield seen("grant", kept.pk, ("Row", f"g{grant.number}"))


def _step(case: int, referee: Referee, reader: Reader, person: int, seed: int) -> Question:
    """A step as a life-cycle may name its people: a side, some duties, perhaps some kinds of bodies."""
    dice = random.Random(f"{seed} {case} {person}")
    side, duties = dice.choice(("handling", "party")), dice.sample(DUTIES, 6)
    kinds = dice.sample(KINDS, 3) if dice.random() < 0.4 else []
    more = {"side": side, "duties": duties, "kinds": kinds}
    requests = referee.asks(person, "step", {"type": "Case", "id": str(case)}, more)
    ours = reader.steps(case, Who(side=side, bodies=tuple(kinds), duties=tuple(duties)))
    return Question("step", f"person {person}, case {case}, {more}", [requests], ours)
