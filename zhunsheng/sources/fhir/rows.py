"""Turn a resource into rows of the tables of mapping.yaml: texts by column, or why a row cannot be made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

from zhunsheng.sources.fhir.claims import claim_rows
from zhunsheng.sources.fhir.index import Index, Seen, code_of, in_force
from zhunsheng.sources.fhir.maker import Maker, Row, number
from zhunsheng.sources.fhir.shapes import (
    Encounter,
    Medication,
    MedicationRequest,
    Organization,
    Patient,
    Practitioner,
    PractitionerRole,
    Procedure,
)

#: Types of Organization that give no care; one without a type is taken for an institution.
_NO_CARE = {"ins", "pay", "govt", "edu", "reli", "crs", "bus", "team", "cg"}
_PRIMARY = {"ATND", "PPRF"}


@dataclass(slots=True)
class Made:
    """The rows of one resource, and what is only counted: code -> number."""

    rows: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def rows(index: Index, key: str, one: Seen) -> Made:
    """Return what a resource gives. Its references are resolved; one that cannot be is a fault of the row."""
    made = Made()
    if not in_force(one.model):
        made.counts["ZS271"] += 1
        return made
    maker = _MAKERS.get(one.model.resource_type)
    if maker:
        made.rows += maker(index, key, one, made.counts)
    made.rows += _diagnoses(index, key, made.counts)
    return made


def _patient(_: Index, __: str, one: Seen, counts: Counter[str]) -> Iterator[Row]:
    model = cast(Patient, one.model)
    row = Row("patient")
    row.put(number=number(model), gender=model.gender, deceased=model.deceased)
    if model.birth and len(model.birth) == 10:
        row.put(birth=model.birth)
    elif model.birth:
        counts["ZS277"] += 1
    yield row


def _organization(index: Index, _: str, one: Seen, counts: Counter[str]) -> Iterator[Row]:
    model = cast(Organization, one.model)
    codes = {code.code for concept in model.type for code in concept.coding}
    row, make = Row("organization"), Maker(index, one)
    above = make.find(row, "within", model.part_of, "/partOf", "Organization")
    role = "department" if "dept" in codes else "neither" if codes & _NO_CARE and "prov" not in codes else "institution"
    row.put(number=number(model), name=model.name, role=role, within=number(above) if above else None)
    if role == "department" and not above:
        row.lack("within", "/partOf")
    counts["ZS278"] += role == "neither"
    yield row


def _practitioner(index: Index, key: str, __: Seen, counts: Counter[str]) -> Iterator[Row]:
    if key not in index.placed:
        counts["ZS276"] += 1
    yield from ()


def _practitioner_role(index: Index, _: str, one: Seen, __: Counter[str]) -> Iterator[Row]:
    model = cast(PractitionerRole, one.model)
    row, make = Row("practitioner_role"), Maker(index, one)
    person = make.find(row, "practitioner", model.practitioner, "/practitioner", "Practitioner")
    if isinstance(person, Practitioner):
        row.put(practitioner=number(person), name=_full_name(person))
    make.place(row, model.organization, "/organization")
    if model.period:
        row.put(starts=model.period.start, ends=model.period.end)
    yield row


def _full_name(person: Practitioner) -> str:
    """Return a name as it is printed; Chinese names have no space between family and given name."""
    one = person.name[0] if person.name else None
    if one is None:
        return ""
    parts = [*one.given, one.family or ""] if (one.family or "").isascii() else [one.family or "", *one.given]
    return one.text or (" " if all(part.isascii() for part in parts) else "").join(part for part in parts if part)


def _encounter(index: Index, _: str, one: Seen, __: Counter[str]) -> Iterator[Row]:
    model = cast(Encounter, one.model)
    row, make = Row("encounter"), Maker(index, one)
    make.person(row, model.subject, "/subject")
    make.place(row, model.provider, "/serviceProvider")
    stated = [place for place in enumerate(model.participant) if place[1].individual]
    chief = [pair for pair in stated if {code.code for kind in pair[1].type for code in kind.coding} & _PRIMARY]
    for place, participant in (chief or stated)[:1]:
        make.clinician(row, participant.individual, f"/participant/{place}/individual")
    row.put(number=model.id, visit=model.kind.code)
    if model.period:
        row.put(starts=model.period.start, ends=model.period.end)
    row.put(insurance=index.insurance.get(model.id), principal=index.principal.get(model.id))
    yield row


def _procedure(index: Index, key: str, one: Seen, _: Counter[str]) -> Iterator[Row]:
    model = cast(Procedure, one.model)
    row, make = Row("procedure"), Maker(index, one)
    encounter = make.find(row, "encounter", model.encounter, "/encounter", "Encounter")
    row.put(encounter=encounter.id if encounter else None, sequence=index.order.get(key, 1))
    row.coded(model.code)
    row.put(performed=model.moment or (model.period.start if model.period else None))
    if model.performer:
        make.clinician(row, model.performer[0].actor, "/performer/0/actor")
    yield row


def _medication_request(index: Index, _: str, one: Seen, __: Counter[str]) -> Iterator[Row]:
    model = cast(MedicationRequest, one.model)
    row, make = Row("medication_request"), Maker(index, one)
    encounter = make.find(row, "encounter", model.encounter, "/encounter", "Encounter")
    row.put(number=model.id, authored=model.authored)
    if isinstance(encounter, Encounter):
        row.put(encounter=encounter.id)
        there = Maker(index, index.seen[f"Encounter/{encounter.id}"])
        there.person(row, encounter.subject, "/encounter")
        there.place(row, encounter.provider, "/encounter")
    make.clinician(row, model.requester, "/requester")
    drug = make.find(row, "code", model.medication, "/medicationReference", "Medication")
    row.coded(model.concept or (drug.code if isinstance(drug, Medication) else None))
    if model.dispense and model.dispense.quantity:
        row.put(quantity=model.dispense.quantity.value)
    supply = model.dispense.supply if model.dispense else None
    if supply and (supply.code or supply.unit) in ("d", "day", "days", "天"):
        row.put(supply=supply.value)
    yield row


def _diagnoses(index: Index, key: str, counts: Counter[str]) -> Iterator[Row]:
    for stated in index.statements.get(key, ()):
        row = Row("diagnosis", stated.pointer)
        if stated.fault:
            row.refuse("code", stated.fault)
        code, name = code_of(stated.concept)
        row.put(encounter=stated.encounter, sequence=stated.sequence, code=code, name=name)
        row.put(principal="true" if stated.principal else "false", admission=stated.admission)
        yield row
    counts["ZS279"] += key in index.disputed


_Make = Callable[[Index, str, Seen, Counter[str]], Iterator[Row]]
_MAKERS: dict[str, _Make] = {
    "Patient": _patient,
    "Organization": _organization,
    "Practitioner": _practitioner,
    "PractitionerRole": _practitioner_role,
    "Encounter": _encounter,
    "Procedure": _procedure,
    "MedicationRequest": _medication_request,
    "Claim": claim_rows,
    "ExplanationOfBenefit": claim_rows,
}
