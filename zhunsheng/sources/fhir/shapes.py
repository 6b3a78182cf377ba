"""The elements of FHIR R4 that become facts, and what each must hold. Whatever else a resource says is not read.

Numbers arrive as Decimal, exactly as written. A fault carries a code of the catalogue where FHIR is stricter than a
type: a day that does not exist, a time without its zone, a number that no amount can be.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

#: More digits, before or behind the point, are no amount and no count; printing them could fill the memory.
DIGITS = 40
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?")


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value.adjusted()) > DIGITS or len(value.as_tuple().digits) > DIGITS:
        raise PydanticCustomError("ZS234", "beyond the limit")
    return value


def _whole(value: Decimal) -> Decimal:
    if value != value.to_integral_value() or not 0 < value < 2**31:
        raise PydanticCustomError("ZS104", "no whole number from 1")
    return value


def _moment(text: str) -> str:
    """Check a date or dateTime. Raises ZS105 for a day that does not exist, ZS263 for a time without a zone."""
    timed = _TIME.fullmatch(text)
    if timed and not timed[3]:
        raise PydanticCustomError("ZS263", "time without a zone")
    day = text[:19].rstrip("Z") if timed else (text + "-01-01")[:10]
    if not (timed or _DATE.fullmatch(text)) or not _exists(day):
        raise PydanticCustomError("ZS105", "no date")
    return text


def _exists(day: str) -> bool:
    try:
        datetime.fromisoformat(day)
    except ValueError:
        return False
    return True


Number = Annotated[Decimal, AfterValidator(_bounded)]
Count = Annotated[Decimal, AfterValidator(_bounded), AfterValidator(_whole)]
Moment = Annotated[str, AfterValidator(_moment)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.\-]{1,64}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Shape(BaseModel):
    """A part of a resource; types are taken as written, nothing is converted."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Coding(Shape):
    """One code of one code system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(Shape):
    """A CodeableConcept: the same idea in one or more code systems, and in words."""

    coding: list[Coding] = Field(default_factory=list)
    text: str | None = None


class Identifier(Shape):
    """A number under which somebody is known."""

    system: str | None = None
    value: str | None = None
    type: Concept | None = None


class Reference(Shape):
    """A pointer to another resource."""

    reference: str | None = None


class Period(Shape):
    """From when to when."""

    start: Moment | None = None
    end: Moment | None = None


class Money(Shape):
    """An amount in a currency."""

    value: Number | None = None
    currency: Currency | None = None


class Quantity(Shape):
    """A number with its unit."""

    value: Number | None = None
    code: str | None = None
    unit: str | None = None


class Name(Shape):
    """A name of a person, whole or in parts."""

    text: str | None = None
    family: str | None = None
    given: list[str] = Field(default_factory=list)


class Resource(Shape):
    """What every resource has. ``contained`` holds resources that only this one refers to."""

    id: Id
    resource_type: str = Field(alias="resourceType")
    contained: list[dict[str, Any]] = Field(default_factory=list)


class Patient(Resource):
    """A person. Names, addresses and telephone numbers are not read."""

    identifier: list[Identifier] = Field(default_factory=list)
    gender: str | None = None
    birth: Moment | None = Field(None, alias="birthDate")
    deceased: Moment | None = Field(None, alias="deceasedDateTime")


class Organization(Resource):
    """An institution or a department of one."""

    identifier: list[Identifier] = Field(default_factory=list)
    name: str | None = None
    type: list[Concept] = Field(default_factory=list)
    part_of: Reference | None = Field(None, alias="partOf")


class Practitioner(Resource):
    """A clinician; where they practise says a PractitionerRole."""

    identifier: list[Identifier] = Field(default_factory=list)
    name: list[Name] = Field(default_factory=list)


class PractitionerRole(Resource):
    """A clinician at an institution."""

    practitioner: Reference | None = None
    organization: Reference | None = None
    period: Period | None = None


class Participant(Shape):
    """Who took part in an encounter."""

    type: list[Concept] = Field(default_factory=list)
    individual: Reference | None = None


class Encounter(Resource):
    """A visit or a stay."""

    status: str
    kind: Coding = Field(alias="class")
    subject: Reference | None = None
    participant: list[Participant] = Field(default_factory=list)
    period: Period | None = None
    provider: Reference | None = Field(None, alias="serviceProvider")


class Condition(Resource):
    """A diagnosis made at an encounter."""

    verification: Concept | None = Field(None, alias="verificationStatus")
    code: Concept | None = None
    encounter: Reference | None = None
    onset: Moment | None = Field(None, alias="onsetDateTime")
    recorded: Moment | None = Field(None, alias="recordedDate")


class Performer(Shape):
    """Who performed a procedure."""

    actor: Reference | None = None


class Procedure(Resource):
    """An operation or another act on a person."""

    status: str
    code: Concept | None = None
    encounter: Reference | None = None
    moment: Moment | None = Field(None, alias="performedDateTime")
    period: Period | None = Field(None, alias="performedPeriod")
    performer: list[Performer] = Field(default_factory=list)


class Medication(Resource):
    """A drug that a request points to."""

    code: Concept | None = None


class Dispense(Shape):
    """How much is to be handed out."""

    quantity: Quantity | None = None
    supply: Quantity | None = Field(None, alias="expectedSupplyDuration")


class MedicationRequest(Resource):
    """An order of a drug."""

    status: str
    intent: str
    concept: Concept | None = Field(None, alias="medicationCodeableConcept")
    medication: Reference | None = Field(None, alias="medicationReference")
    encounter: Reference | None = None
    authored: Moment | None = Field(None, alias="authoredOn")
    requester: Reference | None = None
    dispense: Dispense | None = Field(None, alias="dispenseRequest")


class Coverage(Resource):
    """The insurance of a person."""

    type: Concept | None = None


class Insurance(Shape):
    """Which insurance a claim is made under."""

    focal: bool = False
    coverage: Reference | None = None


class ClaimDiagnosis(Shape):
    """A diagnosis as the claim orders them."""

    sequence: Count
    concept: Concept | None = Field(None, alias="diagnosisCodeableConcept")
    condition: Reference | None = Field(None, alias="diagnosisReference")
    type: list[Concept] = Field(default_factory=list)
    admission: Concept | None = Field(None, alias="onAdmission")


class Member(Shape):
    """A member of the care team."""

    sequence: Count
    provider: Reference | None = None


class Adjudication(Shape):
    """One amount that the insurer decided."""

    category: Concept
    amount: Money | None = None


class Item(Shape):
    """One line of a claim or of an explanation of benefit."""

    sequence: Count
    team: list[Count] = Field(default_factory=list, alias="careTeamSequence")
    product: Concept = Field(alias="productOrService")
    category: Concept | None = None
    day: Moment | None = Field(None, alias="servicedDate")
    period: Period | None = Field(None, alias="servicedPeriod")
    quantity: Quantity | None = None
    price: Money | None = Field(None, alias="unitPrice")
    factor: Number | None = None
    net: Money | None = None
    encounter: list[Reference] = Field(default_factory=list)
    detail: list[Any] = Field(default_factory=list)
    adjudication: list[Adjudication] = Field(default_factory=list)


class Billed(Resource):
    """What a claim and an explanation of benefit have in common."""

    status: str
    use: str
    patient: Reference
    provider: Reference
    created: Moment
    billable: Period | None = Field(None, alias="billablePeriod")
    team: list[Member] = Field(default_factory=list, alias="careTeam")
    diagnosis: list[ClaimDiagnosis] = Field(default_factory=list)
    insurance: list[Insurance] = Field(default_factory=list)
    item: list[Item] = Field(default_factory=list)


class Claim(Billed):
    """What a provider asks for."""

    total: Money | None = None


class Total(Shape):
    """A total by category."""

    category: Concept
    amount: Money


class Payment(Shape):
    """What the insurer pays."""

    day: Moment | None = Field(None, alias="date")
    amount: Money | None = None


class Benefit(Billed):
    """An ExplanationOfBenefit: a claim as the insurer judged it."""

    claim: Reference | None = None
    outcome: str
    added: list[Any] = Field(default_factory=list, alias="addItem")
    total: list[Total] = Field(default_factory=list)
    payment: Payment | None = None


SHAPES: dict[str, type[Resource]] = {
    "Patient": Patient,
    "Organization": Organization,
    "Practitioner": Practitioner,
    "PractitionerRole": PractitionerRole,
    "Encounter": Encounter,
    "Condition": Condition,
    "Procedure": Procedure,
    "Medication": Medication,
    "MedicationRequest": MedicationRequest,
    "Coverage": Coverage,
    "Claim": Claim,
    "ExplanationOfBenefit": Benefit,
}
