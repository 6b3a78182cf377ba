"""Scorecards as data: criteria that give points, weights that sum to 100, standings with what they lead to.

One file of ``rulebook/scorecards`` is one card, for some kinds of service. A card ``like`` another states what differs:
criteria take the place of those of the same id, everything else is that of the other. Unknown criteria give neither
points nor none: they widen the score to a range and cap the standing; too many of them, and nobody is rated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, model_validator

from zhunsheng.book.bands import Span, Whole, gaps, holes
from zhunsheng.book.cycles import Cite, Name
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.lint import Remark
from zhunsheng.book.reading import check_indicators, checked, file_text, named_by_place, open_cites, parsed, validated
from zhunsheng.kernel.errors import Problem

Standing = Literal["AAA", "AA", "A", "B", "C"]
Rated = Literal["AAA", "AA", "A", "B", "C", "unrated"]
#: From the worst to the best.
STANDINGS: tuple[Standing, ...] = ("C", "B", "A", "AA", "AAA")
#: What can be counted beside indicators; the code that counts stands in the casework.
COUNTS = (
    "alerts_yellow", "alerts_red", "complaints_upheld", "incidents_major", "incidents_any", "rectifications_late",
    "rectifications_weak", "papers_lapsed", "prices_at_limit", "promises_missed",
)  # fmt: skip


class Step(Span):
    """Values that give so many points."""

    points: int = Field(ge=0)


class StepTable(Dated):
    """Steps from a day on, in the order of the values; the table of the first day of a period judges it."""

    steps: tuple[Step, ...] = Field(min_length=2)


class Criterion(Entry):
    """What is looked at: a share of an indicator over the period, or a count; and the points that values give.

    ``or_else`` are indicators of other kinds of service: the first one that has a value is taken.

    Fewer than ``least`` cases, or more unknown ones than ``most_unknown_e4``, leave it unknown.
    """

    id: str = Name
    zh: str
    en: str
    weight: int = Field(ge=1, le=100)
    indicator: str = ""
    or_else: tuple[str, ...] = ()
    count: str = ""
    whole: Whole = Whole()
    least: int = Field(default=1, ge=1)
    most_unknown_e4: int = Field(default=2_000, ge=0, le=10_000)
    tables: tuple[StepTable, ...] = Field(min_length=1)

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators that can tell it, the first one first."""
        return (self.indicator, *self.or_else) if self.indicator else ()

    @model_validator(mode="after")
    def _is_sound(self) -> Criterion:
        """Steps cover the range, give all points at one end and fewer step by step to the other."""
        _check(bool(self.indicator) != bool(self.count), f"{self.id}: an indicator or a count, one of the two")
        _check(not self.count or self.count in COUNTS, f"{self.id}: nothing counts {self.count}")
        for zh, en in gaps(self.tables):
            raise ValueError(f"{self.id}: {zh} {en}")
        for table in self.tables:
            for zh, en in holes(table.steps, self.whole):
                raise ValueError(f"{self.id}: {zh} {en}")
            points = [step.points for step in table.steps]
            _check(max(points) == self.weight, f"{self.id}: the best value gives {max(points)} of {self.weight} points")
            sorted_ = points in (sorted(points), sorted(points, reverse=True))
            _check(
                sorted_ and len(set(points)) == len(points), f"{self.id}: points neither rise nor fall with the value"
            )
        return self


class Consequence(Entry):
    """What a standing leads to. ``opens`` is a life-cycle that is opened with it, ``fields`` its opening fields.

    ``moves`` is ``cycle.move`` of the vendor's open cases that the same body handles, with the same fields.
    """

    id: str = Name
    zh: str
    en: str
    opens: str = ""
    moves: str = Field(default="", pattern=r"^([a-z_]+\.[a-z_]+)?$")
    fields: dict[str, str] = Field(default_factory=dict)
    cite: str


class Grade(Span):
    """Scores of one standing. ``hurts``: its consequences take something away, and follow only from what is certain."""

    standing: Standing
    hurts: bool = False
    consequences: tuple[str, ...] = ()


class Cap(Span):
    """The best standing that so much unknown weight allows."""

    most: Rated


class CardExample(Entry):
    """A worked example: counts or [numerator, denominator, unknown] by criterion, what is left out is unknown."""

    name: str
    given: dict[str, int | tuple[int, ...]]
    low: int
    high: int
    standing: Rated


class Card(Dated):
    """One scorecard of vendors of some kinds of service. ``months`` is the length of its periods, from January on."""

    id: str
    zh: str
    en: str
    about: str
    about_en: str
    version: int = Field(ge=1)
    kinds: tuple[str, ...] = Field(min_length=1)
    months: Literal[1, 3, 6, 12]
    cites: dict[str, Cite]
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    grades: tuple[Grade, ...]
    caps: tuple[Cap, ...]
    consequences: tuple[Consequence, ...] = ()
    examples: tuple[CardExample, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _is_whole(self) -> Card:
        """Weights sum to 100; standings and caps cover all scores; every edge stands between two examples."""
        total = sum(one.weight for one in self.criteria)
        _check(total == 100, f"weights sum to {total}, not 100")
        _check(len({one.id for one in self.criteria}) == len(self.criteria), "a criterion stands twice")
        for table, what in ((self.grades, "grades"), (self.caps, "caps")):
            for zh, en in holes(table, Whole(least=0, most=100)):
                raise ValueError(f"{what}: {zh} {en}")
        _check(tuple(one.standing for one in self.grades) == STANDINGS, "grades go from C to AAA, each once")
        ranks = [-1 if one.most == "unrated" else STANDINGS.index(one.most) for one in self.caps]
        _check(ranks == sorted(ranks, reverse=True) and ranks[-1] == -1, "more unknown weight must not allow more")
        known = {one.id for one in self.consequences}
        _check(all(set(one.consequences) <= known for one in self.grades), "a standing names an unknown consequence")
        cited = [one.cite for one in self.grades] + [one.cite for one in self.caps]
        cited += [one.cite for one in self.consequences]
        cited += [step.cite for one in self.criteria for table in one.tables for step in table.steps]
        _check(set(cited) <= set(self.cites), "a cite is not among the cites")
        scores = {one.low for one in self.examples if one.low == one.high}
        missing = [edge for one in self.grades[1:] for edge in (one.low, one.low - 1) if edge not in scores]
        _check(not missing and 100 in scores, f"no example has the score {[*missing, 100][0]}")
        return self

    def criterion(self, key: str) -> Criterion:
        """Return a criterion by its id. Raises StopIteration."""
        return next(one for one in self.criteria if one.id == key)

    def grade(self, standing: str) -> Grade | None:
        """Return the grade of a standing, None for unrated."""
        return next((one for one in self.grades if one.standing == standing), None)


def _check(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)


def load_cards(folder: Path) -> dict[str, Card]:
    """Return the scorecards of a rule book by id.

    Raises Problem ZS401, ZS403, ZS404 (a card or an indicator that is not there), ZS620, ZS625 (two cards for a kind).
    """
    root, found = folder / "scorecards", {}
    texts = {path: file_text(path) for path in sorted(root.rglob("*.yaml"))}
    by_id = {path.relative_to(root).with_suffix("").as_posix(): text for path, text in texts.items()}
    rated: dict[str, str] = {}
    for path, text in texts.items():
        card = _card(text, path.name, by_id)
        named_by_place(root, path, card.id)
        check_indicators(folder, path.name, [name for one in card.criteria for name in one.indicators])
        for kind in card.kinds:
            if rated.setdefault(kind, card.id) != card.id:
                raise Problem("ZS625", kind=kind, first=rated[kind], second=card.id)
        found[card.id] = card
    return found


def _card(text: str, name: str, texts: Mapping[str, str]) -> Card:
    """Return the card that a text holds, with what it takes from the one that it is like."""
    like = like_of(text, name)
    if not like:
        return read_card(text, name)
    if like not in texts or like_of(texts[like], name):
        raise Problem("ZS404", file=name, reference=like)
    return read_like(text, texts[like], name)


def like_of(text: str, name: str) -> str:
    """Return the id of the card that a text is like, empty for one of its own. Raises Problem ZS401."""
    data = _parsed(text, name)
    return str(data.get("like", "")) if isinstance(data, dict) else ""


@lru_cache(maxsize=64)
def _parsed(text: str, name: str) -> Any:
    return parsed(text, name)


@lru_cache(maxsize=64)
def read_like(text: str, other: str, name: str) -> Card:
    """Return the card of a text that states what differs from another. Raises Problem ZS401, ZS620."""
    own, base = dict(_parsed(text, name)), dict(_parsed(other, name))
    differs = {one.get("id"): one for one in own.pop("criteria", ())}
    own.pop("like")
    known = [one["id"] for one in base["criteria"]]
    strange = next((key for key in differs if key not in known), None)
    if strange is not None:
        raise Problem(
            "ZS620", file=name, where=f"criteria.{strange}", reason="no such criterion in the card it is like"
        )
    merged = base | own
    merged["cites"] = base["cites"] | own.get("cites", {})
    merged["criteria"] = [differs.get(one["id"], one) for one in base["criteria"]]
    return checked(TypeAdapter(Card), merged, name)


@lru_cache(maxsize=64)
def read_card(text: str, name: str) -> Card:
    """Return the scorecard that a text holds. Raises Problem ZS401, ZS620."""
    return validated(TypeAdapter(Card), text, name)


def about_cards(cards: Iterable[Card]) -> list[Remark]:
    """Return what waits for a person: values of local making, or to be checked against the original."""
    return open_cites("scorecard", ((one.id, one.cites) for one in cards))
