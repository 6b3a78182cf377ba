"""What the resources of one import say about each other: who is meant by a reference, what comes in which order.

Every file is read once before any row is made. A reference means the resource of its own file first, then that of the
other files; files that refer to each other are remembered, because a batch changes when a file it leans on does.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import ValidationError

from zhunsheng.kernel.errors import Problem
from zhunsheng.sources.fhir.reading import Fault, Found
from zhunsheng.sources.fhir.shapes import (
    SHAPES,
    Benefit,
    Billed,
    Claim,
    ClaimDiagnosis,
    Concept,
    Condition,
    Encounter,
    PractitionerRole,
    Procedure,
    Reference,
    Resource,
)
from zhunsheng.sources.mapping import mapping

#: What is kept of a resource until the import ends is about nine kilobytes (measured), so that this is 1.8 GB.
RESOURCES = 200_000


class Unusable(Exception):
    """Something in a resource that no fact can be made of."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__(str(faults))


@dataclass(frozen=True, slots=True)
class Holder:
    """Who refers: the number of the file and what the resource itself contains."""

    file: int
    id: str
    contained: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource of the import."""

    holder: Holder
    row: int
    digest: bytes
    model: Resource


@dataclass(frozen=True, slots=True)
class Statement:
    """A diagnosis of an encounter, where it is stated, and its place among the diagnoses of that encounter."""

    encounter: str
    concept: Concept | None
    principal: bool
    admission: str
    pointer: str
    owner: str
    sequence: int = 0
    fault: Fault | None = None


@dataclass(slots=True)
class Index:
    """All resources of one import by type and id, and what follows from them together."""

    names: list[str] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)
    own: dict[tuple[int, str], str] = field(default_factory=dict)
    anywhere: dict[str, str] = field(default_factory=dict)
    edges: set[tuple[int, int]] = field(default_factory=set)
    statements: dict[str, list[Statement]] = field(default_factory=lambda: defaultdict(list))
    principal: dict[str, str] = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)
    insurance: dict[str, str] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    judged: dict[str, str] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)

    def add(self, file: int, found: Found) -> None:
        """Take a resource in, unless it is of a type that is not read or cannot be used. Raises Problem ZS265."""
        kind = found.resource.get("resourceType")
        if found.fault or kind not in SHAPES:
            return
        try:
            model = shaped(found.resource)
        except Unusable:
            return
        if len(self.seen) >= RESOURCES:
            raise Problem("ZS265", limit=f"{RESOURCES:,}")
        key = f"{kind}/{model.id}"
        holder = Holder(file, model.id, tuple(model.contained))
        self.seen.setdefault(key, Seen(holder, found.row, digest(found.resource), _brief(model)))
        for name in (found.full_url, key, f"urn:uuid:{model.id}", *_identifiers(model)):
            if name:
                self.own.setdefault((file, name), key)
                self.anywhere.setdefault(name, key)

    def standing(self, file: int, found: Found, model: Resource) -> Seen | None:
        """Return the earlier resource of the same type and id, None when this is the first."""
        first = self.seen[f"{model.resource_type}/{model.id}"]
        return None if (first.holder.file, first.row) == (file, found.row) else first

    def find(self, holder: Holder, reference: Reference | None, pointer: str, *types: str) -> Resource | None:
        """Return what a reference points to, None when none is stated. Raises Unusable with ZS264."""
        text = reference.reference if reference else None
        if not text:
            return None
        if text.startswith("#"):
            return self._contained(holder, text, pointer, types)
        key = self.own.get((holder.file, text)) or self.anywhere.get(text) or self._relative(text)
        if key is None or key.split("/")[0] not in types:
            raise Unusable(Fault("ZS264", text, pointer, {"types": "、".join(types)}))
        target = self.seen[key]
        if target.holder.file != holder.file:
            self.edges.add((holder.file, target.holder.file))
        return target.model

    def _relative(self, text: str) -> str | None:
        """Read the end of a longer address, ``Type/id`` or ``Type/id/_history/n``."""
        parts = text.split("/_history/")[0].rsplit("/", 2)
        return self.anywhere.get("/".join(parts[-2:])) if len(parts) > 1 else None

    def _contained(self, holder: Holder, text: str, pointer: str, types: tuple[str, ...]) -> Resource:
        for one in holder.contained:
            if one.get("id") == text[1:] and one.get("resourceType") in types:
                own = {**one, "id": f"{holder.id}.{text[1:]}"[:64]}
                try:
                    return shaped(own)
                except Unusable as error:
                    raise Unusable(*(replace(fault, pointer=pointer) for fault in error.faults)) from error
        raise Unusable(Fault("ZS264", text, pointer, {"types": "、".join(types)}))

    def settle(self) -> None:
        """Put in order what several resources say together, once all of them are in."""
        kept = [(key, one) for key, one in self.seen.items() if isinstance(one.model, Billed) and in_force(one.model)]
        kept.sort(key=lambda pair: _claim_order(pair[1].model, pair[0]))
        for key, one in kept:
            if isinstance(one.model, Benefit) and (claim := self.claim_of(one)):
                self.judged.setdefault(claim, key)
        stated: dict[str, list[Statement]] = defaultdict(list)
        for key, one in kept:
            for statement in self._of_claim(key, one):
                stated[statement.encounter].append(statement)
        for statement in self._of_conditions():
            stated[statement.encounter].append(statement)
        for encounter, statements in stated.items():
            self._number(encounter, statements)
        self._procedures()
        self._roles()

    def claim_of(self, one: Seen) -> str | None:
        """Return the key of the claim that an explanation of benefit judges, where it is in this import."""
        try:
            claim = self.find(one.holder, cast(Benefit, one.model).claim, "/claim", "Claim")
        except Unusable:
            return None
        return f"Claim/{claim.id}" if claim and in_force(claim) else None

    def encounter_of(self, one: Seen) -> Encounter | None:
        """Return the one encounter that a bill is about. Raises Unusable with ZS264, or ZS268 for several."""
        found: dict[str, Encounter] = {}
        for place, item in enumerate(cast(Billed, one.model).item):
            for reference in item.encounter:
                target = self.find(one.holder, reference, f"/item/{place}/encounter", "Encounter")
                if target:
                    found[target.id] = cast(Encounter, target)
        if len(found) > 1:
            raise Unusable(Fault("ZS268", "、".join(sorted(found)), "/item"))
        if not found and isinstance(one.model, Benefit) and (claim := self.claim_of(one)):
            return self.encounter_of(self.seen[claim])
        return next(iter(found.values()), None)

    def _of_claim(self, key: str, one: Seen) -> Iterator[Statement]:
        claimed = cast(Billed, one.model)
        try:
            encounter = self.encounter_of(one)
        except Unusable:
            return
        if encounter is None:
            return
        self._coverage(one, claimed, encounter.id)
        places = sorted(enumerate(claimed.diagnosis), key=lambda pair: (pair[1].sequence, pair[0]))
        for place, stated in places:
            pointer = f"/diagnosis/{place}"
            principal = any(code.code == "principal" for concept in stated.type for code in concept.coding)
            admission = code_of(stated.admission)[0]
            base = Statement(encounter.id, None, principal, admission, pointer, key)
            try:
                yield replace(base, concept=self._concept(one, stated, pointer))
            except Unusable as error:
                yield replace(base, fault=error.faults[0])

    def _coverage(self, one: Seen, claimed: Billed, encounter: str) -> None:
        for place, insurance in enumerate(claimed.insurance):
            if insurance.focal or len(claimed.insurance) == 1:
                try:
                    found = self.find(one.holder, insurance.coverage, f"/insurance/{place}/coverage", "Coverage")
                except Unusable:
                    continue
                if found and (code := code_of(getattr(found, "type", None))[0]):
                    self.insurance.setdefault(encounter, code)

    def _concept(self, one: Seen, stated: ClaimDiagnosis, pointer: str) -> Concept | None:
        condition = self.find(one.holder, stated.condition, pointer + "/diagnosisReference", "Condition")
        return stated.concept or (condition.code if isinstance(condition, Condition) else None)

    def _of_conditions(self) -> Iterator[Statement]:
        conditions = [(key, one) for key, one in self.seen.items() if isinstance(one.model, Condition)]
        kept = [(key, one) for key, one in conditions if in_force(one.model)]
        moments = {key: cast(Condition, one.model) for key, one in kept}
        for key, one in sorted(kept, key=lambda pair: (instant(_when(moments[pair[0]])), pair[0])):
            model = moments[key]
            base = Statement("", model.code, principal=False, admission="", pointer="", owner=key)
            try:
                encounter = self.find(one.holder, model.encounter, "/encounter", "Encounter")
            except Unusable as error:
                self.statements[key].append(replace(base, fault=error.faults[0]))
                continue
            if encounter:
                yield replace(base, encounter=encounter.id)

    def _number(self, encounter: str, stated: list[Statement]) -> None:
        """Number the diagnoses of an encounter; one that is stated again keeps its first place."""
        owners: dict[str, Statement] = {}
        chief: dict[str, None] = {}
        for one in stated:
            code = code_of(one.concept)[0]
            if one.fault or not code:
                fault = one.fault or Fault("ZS220", "", one.pointer + "/code")
                self.statements[one.owner].append(replace(one, fault=fault))
                continue
            owners.setdefault(code, replace(one, sequence=len(owners) + 1))
            chief |= {code: None} if one.principal else {}
        if len(chief) > 1:
            self.disputed.add(next(iter(owners.values())).owner)
        only = next(iter(chief)) if len(chief) == 1 else None
        if only:
            self.principal[encounter] = only
        for code, one in owners.items():
            self.statements[one.owner].append(replace(one, principal=code == only))

    def _procedures(self) -> None:
        """Number the procedures of each encounter by time."""
        by_encounter: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, one in self.seen.items():
            model = one.model
            if isinstance(model, Procedure) and in_force(model):
                try:
                    encounter = self.find(one.holder, model.encounter, "/encounter", "Encounter")
                except Unusable:
                    continue
                if encounter:
                    when = model.moment or (model.period.start if model.period else None)
                    by_encounter[encounter.id].append((instant(when), key))
        for found in by_encounter.values():
            self.order |= {key: number for number, (_, key) in enumerate(sorted(found), 1)}

    def _roles(self) -> None:
        """Note the clinicians of whom a role says where they practise."""
        for one in list(self.seen.values()):
            if isinstance(one.model, PractitionerRole):
                with suppress(Unusable):
                    found = self.find(one.holder, one.model.practitioner, "/practitioner", "Practitioner")
                    self.placed |= {f"Practitioner/{found.id}"} if found else set()


def shaped(resource: dict[str, Any]) -> Resource:
    """Return a resource as its shape. Raises Unusable with a fault for each element that is wrong."""
    try:
        return SHAPES[resource["resourceType"]].model_validate(resource)
    except ValidationError as error:
        raise Unusable(*(_fault(one) for one in error.errors(include_url=False)[:20])) from error


def in_force(model: Resource) -> bool:
    """Whether a resource says that something happened: not a plan, a draft, or an entry made in error."""
    out = mapping("fhir").rest["out_of_force"].get(model.resource_type, {})
    for name, states in out.items():
        stated = getattr(model, name)
        if (code_of(stated)[0] if isinstance(stated, Concept) else stated) in states:
            return False
    return True


def code_of(concept: Concept | None) -> tuple[str, str]:
    """Return code and words of a concept: of the preferred code system, else of the first coding."""
    if concept is None:
        return "", ""
    systems = mapping("fhir").rest["systems"]
    coded = [one for one in concept.coding if one.code]
    rank = {system: place for place, system in enumerate(systems)}
    best = min(coded, key=lambda one: rank.get(one.system or "", len(systems)), default=None)
    return (best.code or "" if best else ""), concept.text or (best.display or "" if best else "")


def instant(text: str | None) -> str:
    """Return a moment as text that sorts by time, whatever its zone; a day sorts before its moments."""
    if text and "T" in text:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).isoformat()
    return text or "9999"


def digest(resource: dict[str, Any]) -> bytes:
    """Return the digest of what a resource says, whatever server wrote it down when."""
    said = {name: value for name, value in resource.items() if name not in ("meta", "text")}
    return hashlib.blake2b(json.dumps(said, sort_keys=True, default=str).encode("utf-8"), digest_size=16).digest()


def _fault(error: Any) -> Fault:
    pointer = "".join(f"/{part}" for part in error["loc"])
    given = error["input"]
    value = str(given)[:200] if isinstance(given, str | int | float) or hasattr(given, "adjusted") else ""
    if error["type"] == "missing":
        return Fault("ZS220", "", pointer)
    if error["type"].startswith("ZS"):
        return Fault(error["type"], value, pointer)
    return Fault("ZS262", value, pointer, {"expected": error["type"].removesuffix("_type")})


def _brief(model: Resource) -> Resource:
    """Return what has to be kept of a resource until the import ends; of a claim's items the encounters."""
    if not isinstance(model, Claim | Benefit):
        return model
    return model.model_copy(update={"item": [one for one in model.item if one.encounter], "contained": []})


def _identifiers(model: Resource) -> list[str]:
    """Return the conditional references by which other files may mean an institution or a clinician."""
    if model.resource_type not in ("Organization", "Practitioner"):
        return []
    stated = getattr(model, "identifier", [])
    return [f"{model.resource_type}?identifier={one.system}|{one.value}" for one in stated if one.system and one.value]


def _claim_order(model: Resource, key: str) -> tuple[bool, str, str]:
    return isinstance(model, Benefit), instant(cast(Billed, model).created), key


def _when(model: Condition) -> str | None:
    return model.recorded or model.onset
