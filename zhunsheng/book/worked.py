"""Worked examples as data: the facts they state and the findings they must give."""

from __future__ import annotations

from datetime import date
from typing import Literal

from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.worked_services import ExampleServices


class ExampleLine(Entry):
    """A charge line of a worked example; ``at`` is a day or a day with time, Asia/Shanghai.

    ``amount`` is price times quantity unless it is stated.
    """

    id: str
    item: str
    at: str
    quantity: str = "1"
    price: str
    institution: str = "A"
    department: str | None = "D1"
    practitioner: str | None = None
    encounter: str = "E1"
    item_class: str | None = None
    in_scope: str | None = None
    amount: str | None = None


class ExampleStay(Entry):
    """An encounter of a worked example; the first ``principals`` of ``diagnoses`` are principal ones."""

    id: str
    start: str
    end: str | None = None
    visit_type: str = "inpatient"
    institution: str = "A"
    department: str | None = "D1"
    insurance: str | None = "310"
    diagnoses: tuple[str, ...] = ()
    principals: int = 1


class ExampleInstitution(Dated):
    """A registration of an institution: kind and level as in the facts, region code.

    Without a day it is the first one; a further one of the same ``id`` states when it begins.
    """

    valid_from: date = date.min
    id: str = "A"
    kind: str = "hospital"
    level: str | None = "2"
    region: str | None = None


class ExampleDepartment(Dated):
    """A registration of a department: national specialty code caty, None when not registered; dated alike."""

    valid_from: date = date.min
    id: str = "D1"
    institution: str = "A"
    name: str = ""
    specialty: str | None = None


class ExamplePerson(Entry):
    """The person of a worked example; what is left out is unknown.

    ``died_on`` holds the registered days of death: none, one, or several statements that differ.
    """

    sex: Literal["M", "F"] | None = None
    birth_date: date | None = None
    died_on: tuple[date, ...] = ()


class ExampleOrder(Entry):
    """A drug or treatment order of a worked example: first day, last day where it was stopped."""

    id: str
    start: date
    stop: date | None = None
    item: str | None = None
    quantity: str | None = None
    supply_days: int | None = None
    institution: str = "A"
    encounter: str = "E1"


class ExampleUse(Entry):
    """A record of performance or use of a worked example."""

    id: str
    item: str
    day: date
    quantity: str = "1"
    institution: str = "A"
    encounter: str = "E1"


class ExampleRegistered(Dated):
    """What is registered of an institution: ``kind`` is device class, use of the place or licensed specialty."""

    kind: str
    institution: str = "A"


class ExampleProcedure(Entry):
    """An operation of a worked example; the first of an encounter is its main one."""

    code: str
    day: date | None = None
    encounter: str = "E1"


class ExamplePractitioner(Dated):
    """A registration of practice of a worked example, with the professional title as registered."""

    id: str = "DR1"
    institution: str = "A"
    title: str | None = None


class ExampleDecision(Dated):
    """A decision on the payment qualification of a practitioner of a worked example."""

    practitioner: str = "DR1"
    status: Literal["suspended", "terminated"]


class ExampleNursing(Entry):
    """A nursing record of a worked example; ``level`` is None where the record states none."""

    day: date
    level: Literal["special", "1", "2", "3"] | None = None
    institution: str = "A"
    encounter: str = "E1"


class ExampleCheck(Entry):
    """An identity check of a worked example; ``at`` is a day or a day with time."""

    id: str
    at: str
    result: Literal["matched", "differed", "failed"]
    institution: str = "A"
    encounter: str = "E1"


class ExampleSettlement(Entry):
    """A settlement of a worked example; ``invoice`` is code and number parted by a space, None when not stated."""

    id: str
    day: date
    total: str
    invoice: str | None = None
    institution: str = "A"
    encounter: str = "E1"


class ExampleVisitLine(Entry):
    """A charge line of each of equal encounters, on the day on which it begins; ``code`` is a trace code."""

    id: str = "L1"
    item: str
    quantity: str = "1"
    price: str
    item_class: str | None = None
    code: str | None = None


class ExampleVisits(Entry):
    """Equal encounters of a worked example of a population rule: of each of some people, one on each of some days.

    Ids are made of ``id``, the number of the person and that of the day: person V.1, encounter V.1.2, line V.1.2.L1.
    ``minutes`` is by how much each person's encounter starts after the one before. ``nights`` makes them stays.
    ``phone`` and ``account`` are keys that all share; without them every person has one of their own.
    """

    id: str
    people: int = 1
    days: tuple[str, ...]
    minutes: int = 0
    nights: int | None = None
    institution: str = "A"
    department: str | None = "D1"
    practitioner: str | None = None
    visit_type: str = "outpatient"
    diagnoses: tuple[str, ...] = ()
    phone: str | None = None
    account: str | None = None
    lines: tuple[ExampleVisitLine, ...] = ()


class ExampleMove(Entry):
    """An entry of a store's ledger of a worked example."""

    id: str
    item: str
    day: date
    kind: Literal["opening", "purchase", "return", "use", "count"]
    quantity: str
    institution: str = "A"


class ExampleService(Entry):
    """A use record of a worked example of a population rule: who performed what for whom, and when."""

    id: str
    item: str
    at: str
    practitioner: str | None = None
    person: str = "V.1"
    institution: str = "A"
    quantity: str = "1"


class ExamplePrice(Dated):
    """The price in yuan that a vendor filed for an item, from a day on."""

    vendor: str = "V"
    item: str
    price: str


class ExampleLoad(Entry):
    """A whole small load, of which a population rule judges."""

    institutions: tuple[ExampleInstitution, ...] = ()
    visits: tuple[ExampleVisits, ...] = ()
    moves: tuple[ExampleMove, ...] = ()
    services: tuple[ExampleService, ...] = ()
    prices: tuple[ExamplePrice, ...] = ()
    vendors: ExampleServices = ExampleServices()


class Expected(Entry):
    """One finding that an example must give: its subject rows, verdict, reasons and amount at stake in yuan."""

    subject: tuple[str, ...]
    verdict: Literal["violation", "suspected", "unknown"]
    reasons: tuple[str, ...]
    amount: str


class Example(Entry):
    """A worked example: test of the rule and text of its page. ``work`` shows the arithmetic in words."""

    name: str
    name_en: str
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
    load: ExampleLoad | None = None
    expect: tuple[Expected, ...]
    work: str
    work_en: str
    known_false_positive: bool = False
