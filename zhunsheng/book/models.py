"""The rule book as objects: frozen, checked when built, so that nothing invalid can exist to be run."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zhunsheng.kernel.time import OPEN_END, Period

Ground = Literal["published", "local", "demo"]
#: Who published a batch, broadest first: a narrower jurisdiction is laid over a broader one.
Level = Literal["national", "province", "city", "county", "site"]
LEVELS: tuple[Level, ...] = get_args(Level)


class Entry(BaseModel):
    """Base of every object of the book: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Dated(Entry):
    """Something that holds from a day (held) to a day (not held; open when absent)."""

    valid_from: date
    valid_to: date | None = None

    @property
    def period(self) -> Period:
        """The days on which the entry holds."""
        return Period(self.valid_from, self.valid_to or OPEN_END)

    @model_validator(mode="after")
    def _period_is_sound(self) -> Dated:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is not after valid_from {self.valid_from}")
        return self


class Signed(Dated):
    """Something that people answer for: who wrote it, who else checked it and signed on which day.

    ``published_on`` is the day on which it became known; where that was not seen, it counts as known from its start.
    """

    published_on: date | None = None
    authored_by: str = ""
    checked_by: str | None = None
    signed_on: date | None = None

    @property
    def known_from(self) -> date:
        """The first day on which one could have judged by it."""
        return self.published_on or self.valid_from

    @property
    def sign_off(self) -> Literal["signed", "undated", "unchecked", "self_checked"]:
        """Whether a second person answers for it. Only ``signed`` is whole."""
        if not self.checked_by:
            return "unchecked"
        if self.checked_by == self.authored_by:
            return "self_checked"
        return "signed" if self.signed_on else "undated"


class ParameterValue(Dated):
    """One value of a parameter as printed, with its unit, citation and the day it was last confirmed.

    ``when`` limits the value to knowledge points whose columns hold the given text.
    """

    value: int | str
    unit: str = ""
    when: dict[str, str] = Field(default_factory=dict)
    citation: str
    confirmed_on: date
    ground: Ground


#: A code and its word on screen, Chinese and English.
Words = dict[str, tuple[str, str]]


class Parameter(Entry):
    """A named parameter of a rule and its values over time. ``words`` says coded values in words."""

    name: str
    zh: str
    en: str
    values: tuple[ParameterValue, ...] = Field(min_length=1)
    words: Words = Field(default_factory=dict)


class LawRef(Entry):
    """A place in the law: instrument id, article and, where it has them, item."""

    instrument: str
    article: str
    item: str = ""


class ExampleLine(Entry):
    """A charge line of a worked example; ``at`` is a day or a day with time, Asia/Shanghai."""

    id: str
    item: str
    at: str
    quantity: str = "1"
    price: str
    institution: str = "A"
    department: str | None = "D1"
    encounter: str = "E1"
    item_class: str | None = None
    in_scope: str | None = None


class ExampleStay(Entry):
    """An encounter of a worked example; the first of ``diagnoses`` is the principal one."""

    id: str
    start: str
    end: str | None = None
    visit_type: str = "inpatient"
    institution: str = "A"
    department: str | None = "D1"
    insurance: str | None = "310"
    diagnoses: tuple[str, ...] = ()


class ExampleInstitution(Entry):
    """An institution of a worked example: kind and level as in the facts, region code."""

    id: str = "A"
    kind: str = "hospital"
    level: str | None = "2"
    region: str | None = None


class ExampleDepartment(Entry):
    """A department of a worked example: national specialty code caty, None when not registered."""

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


class ExampleLoad(Entry):
    """A whole small load, of which a population rule judges."""

    institutions: tuple[ExampleInstitution, ...] = ()
    visits: tuple[ExampleVisits, ...] = ()
    moves: tuple[ExampleMove, ...] = ()
    services: tuple[ExampleService, ...] = ()


class ExampleRegistered(Dated):
    """A registered device or facility of a worked example: ``kind`` is the device class or what the place is for."""

    kind: str
    institution: str = "A"


class Expected(Entry):
    """One finding that an example must give: its subject rows, verdict, reasons and amount at stake in yuan."""

    subject: tuple[str, ...]
    verdict: Literal["violation", "suspected", "unknown"]
    reasons: tuple[str, ...]
    amount: str


class Example(Entry):
    """A worked example: test of the rule and text of its page. ``work`` shows the arithmetic in words.

    A rule over populations states a ``load``; every other rule the facts of one person.
    """

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
    load: ExampleLoad | None = None
    expect: tuple[Expected, ...]
    work: str
    work_en: str
    known_false_positive: bool = False


class Rule(Signed):
    """A pattern bound to knowledge, parameters, law and words. One file, one rule.

    ``where`` takes of its lists only the points whose columns hold the given text; empty text: what is left open.
    """

    id: str
    code: str = ""
    name: str
    name_en: str
    area: str
    pattern: str
    version: int = Field(ge=1)
    ground: Ground
    verdict: Literal["violation", "suspected"]
    scenes: tuple[Literal["before", "during", "after"], ...]
    lists: tuple[str, ...] = ()
    where: dict[str, str] = Field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    law: tuple[LawRef, ...] = Field(min_length=1)
    why: str
    why_en: str
    advice: str
    advice_en: str
    stands_on: str
    stands_on_en: str
    known_false_positives: tuple[str, ...] = Field(min_length=1)
    known_false_positives_en: tuple[str, ...] = Field(min_length=1)
    authored_by: str = Field(min_length=1)
    reviewed_on: date
    next_review: date
    examples: tuple[Example, ...] = Field(min_length=2)

    def parameter(self, name: str) -> Parameter | None:
        """Return a parameter by name, or None."""
        return next((p for p in self.parameters if p.name == name), None)


class Article(Entry):
    """One article: subject and summary in own words. The official text is imported by the site."""

    subject: str
    subject_en: str
    summary: str
    summary_en: str
    items: dict[str, str] = Field(default_factory=dict)
    items_en: dict[str, str] = Field(default_factory=dict)
    consequence: str = ""
    consequence_en: str = ""
    certainty: Literal["seen", "secondary", "to_verify"]


class Instrument(Dated):
    """A law, decree or notice with the articles that the book cites."""

    id: str
    number: str
    title: str
    title_en: str
    short: str
    articles: dict[str, Article]


class Batch(Signed):
    """A published batch of knowledge points: one citation and one start date for all its rows.

    Its rows replace rows of the same subject of the batches named in ``supersedes``, and are laid over those of a
    broader ``level``; ``region`` is the division code of who published it, empty for the whole country.
    """

    title: str
    citation: str
    ground: Ground
    confirmed_on: date
    date_to_confirm: bool = False
    next_review: date | None = None
    level: Level = "national"
    region: str = ""
    supersedes: tuple[str, ...] = ()


class ListColumn(Entry):
    """One column of a knowledge list beyond the common ones. ``words`` lists its codes, said in words.

    A set holds several codes parted by spaces.
    """

    name: str
    zh: str
    en: str
    kind: Literal["text", "integer", "code", "set"] = "text"
    required: bool = True
    key: bool = False
    words: Words = Field(default_factory=dict)
    tighter: Literal["lower", "higher", ""] = ""  # which way a number limits more

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that the column allows; empty when any text will do."""
        return tuple(self.words)


class ListKind(Entry):
    """What a knowledge list holds: title and columns."""

    zh: str
    en: str
    columns: tuple[ListColumn, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a point across revisions: its codes and what is declared; else all but names."""
        named = tuple(c.name for c in self.columns if c.key or (c.kind == "code" and c.required))
        return named or tuple(c.name for c in self.columns if not c.name.endswith("_name"))


class Point(Dated):
    """A knowledge point: a dated row of a list with its batch and values by column.

    ``citation`` is the row's own, where it has one beside its batch's. A row that ``withdraws`` holds nothing itself:
    it ends what the rows that it replaces said of its subject. ``printed`` is the text that values were read from,
    word for word. ``reading`` is empty when the values are as printed, ``confirm`` when a local default or one of two
    readings was taken, ``waiting`` when the text could not be read: such a point is kept and shown, and no rule is
    bound to it until a person has settled it.
    """

    point_id: str
    batch: str
    values: dict[str, str]
    note: str = ""
    citation: str = ""
    withdraws: bool = False
    printed: str = ""
    reading: Literal["", "confirm", "waiting"] = ""

    def get(self, column: str) -> str:
        """Return the value of a column, empty when the row leaves it open."""
        return self.values.get(column, "")


class KnowledgeList(Entry):
    """A list and its points, in file order."""

    name: str
    kind: ListKind
    points: tuple[Point, ...]


class Book(BaseModel):
    """The loaded rule book. ``digest`` names its exact content."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    rules: dict[str, Rule]
    laws: dict[str, Instrument]
    knowledge: dict[str, KnowledgeList]
    batches: dict[str, Batch]
    digest: str
    sources: dict[str, str]  # rule id -> digest of its file

    def article(self, ref: LawRef) -> tuple[Instrument, Article]:
        """Return instrument and article of a reference. Raises KeyError."""
        instrument = self.laws[ref.instrument]
        return instrument, instrument.articles[ref.article]

    def as_of(self, day: date) -> Book:
        """Return the book as it stood on a day: rules and points that had begun by then."""
        rules = {k: r for k, r in self.rules.items() if r.valid_from <= day}
        lists = {
            name: known.model_copy(update={"points": tuple(p for p in known.points if p.valid_from <= day)})
            for name, known in self.knowledge.items()
        }
        return self.model_copy(update={"rules": rules, "knowledge": lists})

    def judging(self, as_of: date, known: date | None = None) -> Book:
        """Return what judges as of a day: what had begun, and was published by the day ``known`` where one is given."""
        return (self.known_on(known) if known else self).as_of(as_of)

    def known_on(self, day: date) -> Book:
        """Return the book as one knew it on a day: rules and batches published by then, whatever they say of when."""
        lists = {
            name: known.model_copy(
                update={"points": tuple(p for p in known.points if self.batches[p.batch].known_from <= day)}
            )
            for name, known in self.knowledge.items()
        }
        rules = {key: rule for key, rule in self.rules.items() if rule.known_from <= day}
        return self.model_copy(update={"rules": rules, "knowledge": lists})


def plain_data(entry: BaseModel) -> Any:
    """Return an entry as plain JSON data."""
    return entry.model_dump(mode="json")
