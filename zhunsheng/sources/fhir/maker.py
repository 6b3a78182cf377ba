"""A row in the making: its columns as text, its faults, and the people and places that references lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from zhunsheng.sources.fhir.index import Index, Seen, Unusable, code_of
from zhunsheng.sources.fhir.reading import Fault
from zhunsheng.sources.fhir.shapes import Concept, Organization, PractitionerRole, Reference, Resource
from zhunsheng.sources.mapping import mapping


@dataclass(slots=True)
class Row:
    """A row of one table, made of the element ``at`` of its resource. With faults it is sent back whole."""

    kind: str
    at: str = ""
    values: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)

    def put(self, **values: object) -> None:
        """Set columns; None and empty text leave a column empty."""
        for name, value in values.items():
            if value is not None and value != "":
                self.values[name] = plain(value)

    def coded(self, concept: Concept | None) -> None:
        """Set code and name."""
        code, words = code_of(concept)
        self.put(code=code, name=words)

    def refuse(self, column: str, fault: Fault) -> None:
        """Note why the row cannot be used."""
        self.faults.append((column, fault))

    def lack(self, column: str, pointer: str) -> None:
        """Note that something required is not stated."""
        self.refuse(column, Fault("ZS220", "", pointer))


@dataclass(frozen=True, slots=True)
class Maker:
    """Follows the references of one resource; what cannot be followed becomes a fault of the row."""

    index: Index
    one: Seen

    def find(self, row: Row, column: str, reference: Reference | None, pointer: str, *types: str) -> Resource | None:
        """Return what a reference means, None where none is stated or the row has been refused for it."""
        try:
            return self.index.find(self.one.holder, reference, pointer, *types)
        except Unusable as error:
            for fault in error.faults:
                row.refuse(column, fault)
            return None

    def person(self, row: Row, reference: Reference | None, pointer: str) -> None:
        """Set the person."""
        found = self.find(row, "patient", reference, pointer, "Patient")
        row.put(patient=number(found) if found else None)

    def place(self, row: Row, reference: Reference | None, pointer: str) -> None:
        """Set institution, and department where the reference means one."""
        found = self.find(row, "institution", reference, pointer, "Organization")
        if not isinstance(found, Organization):
            return
        if not _is_department(found):
            row.put(institution=number(found))
            return
        own = self.index.seen.get(f"Organization/{found.id}", self.one)
        above = Maker(self.index, own).find(row, "institution", found.part_of, pointer, "Organization")
        row.put(institution=number(above) if above else None, department=number(found))

    def clinician(self, row: Row, reference: Reference | None, pointer: str) -> None:
        """Set the clinician, whether meant directly or by a role; relatives and devices are none."""
        if _NOBODY.search((reference and reference.reference) or ""):
            return
        found = self.find(row, "practitioner", reference, pointer, "Practitioner", "PractitionerRole", *_OTHERS)
        if isinstance(found, PractitionerRole):
            own = self.index.seen.get(f"PractitionerRole/{found.id}", self.one)
            found = Maker(self.index, own).find(row, "practitioner", found.practitioner, pointer, "Practitioner")
        if found and found.resource_type == "Practitioner":
            row.put(practitioner=number(found))


#: Types that are not read and may take part as well.
_NOBODY = re.compile(r"(^|/)(RelatedPerson|Device|CareTeam|HealthcareService)/")
#: May stand where a clinician may; they are resolved and give no clinician.
_OTHERS = ("Patient", "Organization")


def number(model: Resource) -> str:
    """Return the number of a person, a clinician or an institution: the identifier of the agreed type, else the id."""
    kind = mapping("fhir").rest["identifiers"].get(model.resource_type)
    stated = [
        one.value
        for one in getattr(model, "identifier", [])
        if one.value and one.type and any(code.code == kind for code in one.type.coding)
    ]
    return str(stated[0]) if len(stated) == 1 else model.id


def plain(value: object) -> str:
    """Return a value as one line of text; half of a surrogate pair becomes the mark of a broken character."""
    if isinstance(value, Decimal):
        return format(value, "f")
    text = str(value)
    if text.isprintable():
        return text
    return re.sub("[\ud800-\udfff]", "\ufffd", re.sub(r"[\t\r\n]+", " ", text))


def _is_department(found: Organization) -> bool:
    return any(code.code == "dept" for concept in found.type for code in concept.coding)
