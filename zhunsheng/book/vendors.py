"""Service kinds of vendors as data: tiers with their regime, papers, capability models, credit; and negative lists.

``rulebook/vendors/service_kinds.yaml`` is the whole of it: a new kind, paper or criterion touches no code. Shares are
graded in 1/10000, counts as they are; scores run from 0 to 100. ``rulebook/negative_lists`` holds dated prohibitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from pydantic import Field, TypeAdapter, model_validator

from zhunsheng.book.cycle_lint import open_point
from zhunsheng.book.cycles import Cite, Name
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.lint import Remark
from zhunsheng.book.reading import file_text, validated
from zhunsheng.kernel.errors import Problem

FILE = "service_kinds.yaml"
Read = TypeVar("Read", bound=Entry)


class Worded(Entry):
    """Something with a name in both languages and a place where it stands."""

    zh: str
    en: str
    cite: str


class Tier(Worded):
    """A tier of risk: how a vendor enters (approval or filing), and which check comes every so many months."""

    way: Literal["approval", "filing"]
    check: Literal["unannounced", "spot_check", "sample"]
    every_months: int = Field(ge=1, le=12)


class Document(Worded):
    """A kind of paper: of the vendor, or of each person or device of a role (``of``).

    ``valid_days``: how long one without an end counts from its first day; None for as long as it stands. ``public``:
    number, issuer and days of one of the vendor are shown to anybody.
    """

    about: Literal["vendor", "person", "device"] = "vendor"
    of: str = ""
    valid_days: int | None = Field(default=None, ge=1)
    public: bool = False


class Fact(Worded):
    """Something recorded of a vendor: that there is none of it (``absence``) within so many years, or a rating.

    An answer counts for ``fresh_days``; an older one is unknown. Years of 0: as things stand.
    """

    kind: Literal["absence", "rating"]
    years: int = Field(default=0, ge=0, le=10)
    fresh_days: int = Field(default=365, ge=1)


class Criterion(Worded):
    """One measure of what a vendor can do: a share or a count, its weight, and the grades from the highest down."""

    id: str = Name
    kind: Literal["share", "count"]
    weight: int = Field(ge=1, le=100)
    levels: tuple[tuple[int, int], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _falling(self) -> Criterion:
        for (high, more), (low, less) in zip(self.levels, self.levels[1:], strict=False):
            if low >= high or less >= more:
                raise ValueError(f"{self.id}: levels fall, in value and in score")
        if not all(0 <= score <= 100 and value >= 0 for value, score in self.levels):
            raise ValueError(f"{self.id}: scores lie between 0 and 100")
        if self.kind == "share" and self.levels[0][0] > 10_000:
            raise ValueError(f"{self.id}: a share has no more than 10000")
        return self

    def score(self, numerator: int, denominator: int) -> int:
        """Return the score of a value: the first level that it reaches, 0 below all of them."""
        base = denominator if self.kind == "share" else 1
        scale = 10_000 if self.kind == "share" else 1
        return next((score for value, score in self.levels if numerator * scale >= value * base), 0)


class Kind(Worded):
    """A kind of service. ``medical``: care that takes a licence and approval; ``data``: it holds patients' data."""

    id: str = Name
    tier: str
    medical: bool
    data: bool
    documents: tuple[str, ...]
    capability: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _whole(self) -> Kind:
        if self.capability and sum(one.weight for one in self.capability) != 100:
            raise ValueError(f"{self.id}: weights come to 100")
        if len({one.id for one in self.capability}) < len(self.capability):
            raise ValueError(f"{self.id}: a criterion stands twice")
        return self


class Least(Entry):
    """The least of something, and where that stands."""

    least: int = Field(ge=0, le=100)
    cite: str


class Hours(Entry):
    """Hours a year, and where that stands."""

    hours: int = Field(ge=1)
    cite: str


class ShortForm(Entry):
    """Who enters by the short form: this rating in so many years in a row."""

    rating: str
    years: int = Field(ge=1)
    cite: str


class Kinds(Dated):
    """The service kinds with all that their entry asks."""

    id: Literal["service_kinds"]
    zh: str
    en: str
    cites: dict[str, Cite]
    tiers: dict[str, Tier]
    documents: dict[str, Document]
    facts: dict[str, Fact]
    credit: tuple[str, ...]
    every: tuple[str, ...]
    with_data: tuple[str, ...]
    medical: tuple[str, ...]
    short_form: ShortForm
    training: Hours
    watch: tuple[int, ...] = Field(min_length=1)
    pass_score: Least
    kinds: tuple[Kind, ...]

    @model_validator(mode="after")
    def _names_exist(self) -> Kinds:
        worded = [*self.tiers.values(), *self.documents.values(), *self.facts.values(), *self.kinds]
        cited = [one.cite for one in worded] + [one.cite for kind in self.kinds for one in kind.capability]
        cited += [self.short_form.cite, self.training.cite, self.pass_score.cite]
        asked = [*self.every, *self.with_data, *self.medical, *(one for kind in self.kinds for one in kind.documents)]
        known("cite", cited, self.cites)
        known("document", asked, self.documents)
        known("fact", self.credit, self.facts)
        known("tier", [kind.tier for kind in self.kinds], self.tiers)
        if len({kind.id for kind in self.kinds}) < len(self.kinds):
            raise ValueError("a kind stands twice")
        for name, one in self.documents.items():
            if (one.about == "vendor") != (one.of == ""):
                raise ValueError(f"document {name}: a paper of people or devices says of which")
        for kind in self.kinds:
            if self.tiers[kind.tier].way == "approval" and not kind.capability:
                raise ValueError(f"kind {kind.id}: what takes approval has a capability model")
        return self

    def kind(self, key: str) -> Kind:
        """Return a kind. Raises Problem ZS651 for one that the rule book does not hold."""
        found = next((one for one in self.kinds if one.id == key), None)
        if found is None:
            raise Problem("ZS651", kind=key[:40])
        return found

    def papers(self, kind: Kind) -> tuple[str, ...]:
        """Return the kinds of papers that a service takes, in the order of the file."""
        asked = {*self.every, *kind.documents}
        asked |= set(self.with_data) if kind.data else set()
        asked |= set(self.medical) if kind.medical else set()
        return tuple(name for name in self.documents if name in asked)


class Prohibition(Dated):
    """One entry of a negative list: vendors by code, or by something recorded of them, for some kinds or all."""

    id: str = Name
    zh: str
    en: str
    cite: str
    fact: str = ""
    codes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _of_somebody(self) -> Prohibition:
        if bool(self.fact) == bool(self.codes):
            raise ValueError(f"{self.id}: an entry names a fact or codes")
        return self


class NegativeList(Entry):
    """One list of prohibitions."""

    id: str
    zh: str
    en: str
    cites: dict[str, Cite]
    entries: tuple[Prohibition, ...]

    @model_validator(mode="after")
    def _cited(self) -> NegativeList:
        known("cite", [one.cite for one in self.entries], self.cites)
        return self


def known(what: str, names: Iterable[str], defined: Iterable[str]) -> None:
    """Raise ValueError for the first name that is not defined."""
    for name in names:
        if name not in set(defined):
            raise ValueError(f"{what} {name} is not defined")


def load_kinds(folder: Path) -> Kinds:
    """Return the service kinds of a rule book. Raises Problem ZS401 (unreadable), ZS650 (content wrong)."""
    found: Kinds = read(file_text(folder / "vendors" / FILE), FILE, Kinds)
    return found


def load_negative(folder: Path) -> tuple[NegativeList, ...]:
    """Return the negative lists of a rule book. Raises Problem ZS401, ZS403 (name and place differ), ZS650."""
    found, kinds = [], load_kinds(folder)
    for path in sorted((folder / "negative_lists").glob("*.yaml")):
        one = read(file_text(path), path.name, NegativeList)
        if one.id != path.stem:
            raise Problem("ZS403", file=path.name, id=one.id, place=path.stem)
        for n, entry in enumerate(one.entries):
            wrong = {entry.fact} - {""} - set(kinds.facts) or set(entry.kinds) - {kind.id for kind in kinds.kinds}
            if wrong:
                told = f"{sorted(wrong)[0]} is not defined"
                raise Problem("ZS650", file=path.name, where=f"entries.{n}", reason=told)
        found.append(one)
    return tuple(found)


@lru_cache(maxsize=16)
def read(text: str, name: str, model: type[Read]) -> Read:
    """Return what a text holds, its shape and sense checked. Raises Problem ZS401, ZS650."""
    return validated(TypeAdapter(model), text, name, "ZS650")


class Citing(Protocol):
    """A file of vendors with its citations."""

    @property
    def id(self) -> str:
        """Name of the file."""

    @property
    def cites(self) -> dict[str, Cite]:
        """Its citations by key."""


def about_vendors(files: Iterable[Citing]) -> list[Remark]:
    """Return what waits for a person: defaults of this house, and citations to be checked against the original."""
    return [one for told in files for one in _of_cites(told.id, told.cites)]


def _of_cites(name: str, cites: dict[str, Cite]) -> Iterator[Remark]:
    for cite in cites.values():
        yield from open_point("vendor", name, (f"“{cite.zh}”", f"'{cite.en}'"), cite)


def prohibitions_on(lists: Iterable[NegativeList], day: date) -> list[tuple[NegativeList, Prohibition]]:
    """Return the entries that hold on a day, with their list."""
    return [(one, entry) for one in lists for entry in one.entries if day in entry.period]
