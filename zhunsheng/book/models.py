"""The rule book as objects: frozen, checked when built, so that nothing invalid can exist to be run."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zhunsheng.book.entry import Dated, Entry, Ground, LawRef
from zhunsheng.book.entry import Signed as Signed
from zhunsheng.book.indicators import Indicator
from zhunsheng.book.worked import Example

#: Who published a batch, broadest first: a narrower jurisdiction is laid over a broader one.
Level = Literal["national", "province", "city", "county", "site"]
LEVELS: tuple[Level, ...] = get_args(Level)


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

    def on(self, day: date) -> int:
        """Return the number that holds on a day; before the first one, the first."""
        held = [one for one in self.values if one.valid_from is None or one.valid_from <= day]
        return int((held or list(self.values[:1]))[-1].value)


class Rule(Signed):
    """A pattern bound to knowledge, parameters, law and words. One file, one rule.

    ``seq`` is its place in the scheme, ``code`` the national code. ``where`` takes of its lists only the points whose
    columns hold the given text; empty text: what is left open. A rule that ``waits_for`` facts or knowledge says
    all but what it cannot show: it is never run, and may name neither pattern nor examples.
    """

    id: str
    seq: str = ""
    code: str = ""
    name: str
    name_en: str
    area: str
    pattern: str = ""
    waits_for: tuple[str, ...] = ()
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
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Rule:
        if not self.waits_for and not self.pattern:
            raise ValueError("a rule without a pattern must say what it waits for")
        if not self.waits_for and len(self.examples) < 2:
            raise ValueError("a rule that waits for nothing needs examples on both sides")
        return self

    def parameter(self, name: str) -> Parameter | None:
        """Return a parameter by name, or None."""
        return next((p for p in self.parameters if p.name == name), None)


class Awaited(Entry):
    """A kind of fact, a knowledge table or a step that rules wait for because it is not here."""

    kind: Literal["fact", "knowledge", "step"]
    zh: str
    en: str


class Place(Entry):
    """A place in the scheme of rules: the national classes by number, then the derived ones (X01, ...)."""

    name: str
    code: str = ""
    template: str


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
    awaited: dict[str, Awaited] = Field(default_factory=dict)
    scheme: dict[str, Place] = Field(default_factory=dict)
    indicators: dict[str, Indicator] = Field(default_factory=dict)

    @property
    def live(self) -> dict[str, Rule]:
        """The rules that judge: those that wait for nothing."""
        return {key: rule for key, rule in self.rules.items() if not rule.waits_for}

    def article(self, ref: LawRef) -> tuple[Instrument, Article]:
        """Return instrument and article of a reference. Raises KeyError."""
        instrument = self.laws[ref.instrument]
        return instrument, instrument.articles[ref.article]

    def as_of(self, day: date) -> Book:
        """Return the book as it stood on a day: rules and points that had begun by then."""
        rules = {k: r for k, r in self.rules.items() if r.valid_from <= day}
        counted = {k: one for k, one in self.indicators.items() if one.valid_from <= day}
        lists = {
            name: known.model_copy(update={"points": tuple(p for p in known.points if p.valid_from <= day)})
            for name, known in self.knowledge.items()
        }
        return self.model_copy(update={"rules": rules, "knowledge": lists, "indicators": counted})

    def judging(self, as_of: date, known: date | None = None) -> Book:
        """Return what judges as of a day: what had begun, waits for nothing and was known by ``known`` if given."""
        held = (self.known_on(known) if known else self).as_of(as_of)
        return held.model_copy(update={"rules": held.live})

    def known_on(self, day: date) -> Book:
        """Return the book as one knew it on a day: rules and batches published by then, whatever they say of when."""
        lists = {
            name: known.model_copy(
                update={"points": tuple(p for p in known.points if self.batches[p.batch].known_from <= day)}
            )
            for name, known in self.knowledge.items()
        }
        rules = {key: rule for key, rule in self.rules.items() if rule.known_from <= day}
        counted = {key: one for key, one in self.indicators.items() if one.known_from <= day}
        return self.model_copy(update={"rules": rules, "knowledge": lists, "indicators": counted})


def plain_data(entry: BaseModel) -> Any:
    """Return an entry as plain JSON data."""
    return entry.model_dump(mode="json")
