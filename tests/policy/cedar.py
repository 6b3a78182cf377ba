"""The second policy at work: a world as Cedar entities, and a question as the requests of which one must be allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cedarpy

from tests.policy.worlds import AUTHORITIES, REGIONS, Body, Case, Duty, Grant, World

TEXT = Path(__file__).with_name("policy.cedar").read_text("utf-8")
POLICY = cedarpy.PolicySet.from_str(TEXT)
FOREVER = 10**6
#: Actions by the groups in which the policy speaks of them.
GROUPS = {
    "see_fact": ("see_granted_fact", "decide"), "see_granted_fact": ("view_finding", "view_row", "view_patient"),
    "see_case": ("view_case",), "see_row": ("view_account", "view_evidence", "view_grant"),
    "administer": (
        "view_account", "view_evidence", "view_grant", "read_people", "manage_people", "give_duties", "read_evidence",
        "read_rulebook", "read_runs", "read_grants", "read_imports",
    ),
}  # fmt: skip


def _ref(kind: str, key: object) -> dict[str, Any]:
    return {"__entity": {"type": kind, "id": str(key)}}


def _uid(kind: str, key: object) -> dict[str, str]:
    return {"type": kind, "id": str(key)}


def _around(region: str | None) -> list[str]:
    """A region and all around it, the whole site last; nothing for one that is not stated."""
    found = []
    while region:
        found.append(region)
        region = REGIONS[region]
    return [*found, "site"] if found else []


@dataclass
class Asked:
    """The requests of one question, of which one must be allowed: without a grant, and by grants."""

    plain: list[Any] = field(default_factory=list)
    granted: list[Any] = field(default_factory=list)


class Referee:
    """Answers by the second policy for one world, today being day 0."""

    def __init__(self, world: World, policy: cedarpy.PolicySet = POLICY) -> None:
        self.world, self.policy = world, policy
        self.bodies = {one.number: one for one in world.bodies}
        self.duties: dict[int, list[Duty]] = {one.number: [] for one in world.people}
        for duty in world.duties:
            self.duties[duty.person].append(duty)
        self.grants = [
            (grant, place) for grant in world.grants for place in (grant.places if grant.opens != "case" else [""])
        ]
        self.entities = cedarpy.Entities.from_json_str(json.dumps(list(self._entities())))

    def asks(self, person: int, action: str, resource: dict[str, str], more: dict[str, Any] | None = None) -> Asked:
        """Return the requests of a question: for each duty, without a grant and by each grant that may matter."""
        own, found = self.duties[person], Asked()
        grants = self._around(person) if action.startswith("view_") else []
        for duty in own:
            fixed = {"principal": _uid("Duty", duty.number), "action": _uid("Action", action), "resource": resource}
            found.plain.append({**fixed, "context": {"today": 0, "granted": False, **(more or {})}})
            for grant, place in grants:
                for by in own if grant.duty else [duty]:
                    held = {"grant": _ref("Grant", f"{grant.number} {place}"), "by": _ref("Duty", by.number)}
                    found.granted.append({**fixed, "context": {"today": 0, "granted": True, **held}})
        return found

    def _around(self, person: int) -> list[tuple[Grant, str]]:
        """Grants to the person's body, and one in ten of those to others: those must not help, and cost time."""
        home = self.world.people[person].body
        return [(grant, place) for grant, place in self.grants if grant.receiver == home or grant.number % 10 == 0]

    def answers(self, questions: list[list[Asked]]) -> list[tuple[bool, bool]]:
        """Return for each question, whose every group wants one allowed request, the answer, and whether by a grant.

        Raises ValueError where a policy cannot be judged.
        """
        plain = self._any([group.plain for groups in questions for group in groups])
        granted = self._any([
            [] if known else group.granted
            for group, known in zip((g for groups in questions for g in groups), plain, strict=True)
        ])  # fmt: skip
        pairs = iter(zip(plain, granted, strict=True))
        told = [[next(pairs) for _ in groups] for groups in questions]
        return [(all(a or b for a, b in one), any(b and not a for a, b in one)) for one in told]

    def _any(self, listed: list[list[Any]]) -> list[bool]:
        flat = [one for many in listed for one in many]
        results = iter(cedarpy.is_authorized_batch(flat, self.policy, self.entities))
        return [_one_of([next(results) for _ in many]) for many in listed]

    def _grant(self, grant: Grant, place: str) -> dict[str, Any]:
        regions = _around(self.world.place(place).region)
        return {
            "owner": _ref("Body", grant.owner), "receiver": _ref("Body", grant.receiver),
            "given": grant.state == "given", "opens": grant.opens,
            "case": _ref("Case", "none" if grant.case is None else grant.case), "place": _ref("Place", place),
            "place_regions": [_ref("Region", one) for one in regions], "cycle": grant.cycle,
            "internal": grant.internal, "duty": grant.duty or "any",
            "person": _ref("Person", "any" if grant.person is None else grant.person),
            "from": grant.start, "to": grant.end,
        }  # fmt: skip

    def _entities(self) -> Iterator[dict[str, Any]]:
        world = self.world
        groups: dict[str, list[str]] = {}
        for group, members in GROUPS.items():
            for member in members:
                groups.setdefault(member, []).append(group)
        for member, around in groups.items():
            yield self._entity("Action", member, {}, [_uid("Action", one) for one in around])
        for place in world.places:
            yield self._entity("Place", place.code, {}, [_uid("Place", place.lead)] if place.lead else [])
        for body in world.bodies:
            yield self._entity("Body", body.number, self._body(body))
        yield self._entity("Body", "none", {"kind": "none", "regional": False, "region": _ref("Region", "none"),
                                            "place": _ref("Place", "none"), "regions": []})  # fmt: skip
        for duty in world.duties:
            yield self._entity("Duty", duty.number, self._duty(duty))
        for case in world.cases:
            yield from self._case(case)
        for finding in world.findings:
            yield self._entity("Fact", f"f{finding.number}", self._fact([finding.place] if finding.place else []))
        for place in world.places:
            yield self._entity("Fact", f"p{place.code}", self._fact([place.code]))
        for number, codes in enumerate(world.patients):
            yield self._entity("Fact", f"t{number}", self._fact(codes))
        for person in world.people:
            yield self._entity("Row", f"u{person.number}", self._row([person.body]))
        for number, owner in enumerate(world.evidence):
            yield self._entity("Row", f"e{number}", self._row([owner]))
        for grant, place in self.grants:
            yield self._entity("Grant", f"{grant.number} {place}", self._grant(grant, place))
        for grant in world.grants:
            yield self._entity("Row", f"g{grant.number}", self._row([grant.owner, grant.receiver]))

    def _entity(
        self, kind: str, key: object, attrs: dict[str, Any], parents: list[dict[str, str]] | None = None
    ) -> dict[str, Any]:
        return {"uid": _uid(kind, key), "attrs": attrs, "parents": parents or []}

    def _body(self, body: Body) -> dict[str, Any]:
        regions = _around(self.world.place(body.place).region) if body.kind in ("institution", "consortium") else []
        return {
            "kind": body.kind, "regional": body.kind in AUTHORITIES, "region": _ref("Region", body.region or "site"),
            "place": _ref("Place", body.place or "none"), "regions": [_ref("Region", one) for one in regions],
        }  # fmt: skip

    def _duty(self, duty: Duty) -> dict[str, Any]:
        person = self.world.people[duty.person]
        return {
            "name": duty.name, "person": _ref("Person", duty.person), "body": _ref("Body", duty.body),
            "home": _ref("Body", "none" if person.body is None else person.body), "open": person.open,
            "from": duty.start, "to": FOREVER if duty.end is None else duty.end,
        }  # fmt: skip

    def _case(self, case: Case) -> Iterator[dict[str, Any]]:
        common = {
            "body": _ref("Body", case.body), "case": _ref("Case", case.number), "cycle": case.cycle,
            "place": _ref("Place", case.place or "nowhere"), "party_sees": case.party_sees,
            "subject": _ref("Body", "none" if case.subject is None else case.subject),
        }  # fmt: skip
        yield self._entity("Case", case.number, {**common, "shown": True})
        for number, shown in enumerate(case.events):
            yield self._entity("Event", f"{case.number}-{number}", {**common, "shown": shown})
        for number, (internal, shown, of_party) in enumerate(case.files):
            told = of_party or (shown and not internal)
            yield self._entity("File", f"{case.number}-{number}", {**common, "shown": told})

    def _fact(self, codes: list[str]) -> dict[str, Any]:
        """Where a fact happened: institutions, the regions around them, and who leads them, themselves among them."""
        regions = {one for code in codes for one in _around(self.world.place(code).region)}
        return {
            "places": [_ref("Place", code) for code in codes],
            "regions": [_ref("Region", one) for one in sorted(regions)],
            "leads": [_ref("Place", one) for code in codes for one in self._leads(code)],
        }

    def _leads(self, code: str) -> list[str]:
        lead = self.world.place(code).lead
        return [code, *(self._leads(lead) if lead else [])]

    def _row(self, owners: list[int | None]) -> dict[str, Any]:
        bodies = [self.bodies[one] for one in owners if one is not None]
        institutions = [one.place for one in bodies if one.kind == "institution"]
        led = [one.place for one in bodies if one.kind == "consortium"]
        carried = [one for body in bodies for one in _around(self.world.place(body.place).region)]
        regions = {one for body in bodies for one in _around(body.region)} | set(carried)
        return {
            "bodies": [_ref("Body", one.number) for one in bodies],
            "institution_regions": [_ref("Region", one) for one in self._fact_regions(institutions)],
            "consortium_regions": [_ref("Region", one) for one in self._fact_regions(led)],
            "institution_leads": [_ref("Place", one) for code in institutions for one in self._leads(code)],
            "body_regions": [_ref("Region", one) for one in sorted(regions)],
        }

    def _fact_regions(self, codes: list[str]) -> list[str]:
        return sorted({one for code in codes for one in _around(self.world.place(code).region)})


def _one_of(results: list[Any]) -> bool:
    """Whether one is allowed; an error in any of them is told and not taken for a denial."""
    for result in results:
        if result.diagnostics.errors:
            raise ValueError(result.diagnostics.errors)
    return any(result.allowed for result in results)
