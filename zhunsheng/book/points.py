"""Schemes of penalty points as data: acts, responsibilities and severities give points; points have consequences.

One file of ``rulebook/points`` is one scheme and holds for its days; of two schemes one ends when the other begins.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from zhunsheng.book.cycles import Cite, Name
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.lint import Remark
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import check_yaml, from_yaml

Does = Literal["watch", "suspended", "terminated"]


class Severity(Entry):
    """How grave an act is, and the points that it takes at least and at most."""

    zh: str
    en: str
    least: int = Field(ge=1)
    most: int = Field(ge=1)
    cite: str


class Responsibility(Entry):
    """Who is responsible how far: from the how-manieth to the how-manieth point of a severity."""

    zh: str
    en: str
    first: int = Field(ge=1)
    last: int = Field(ge=1)
    cite: str


class Act(Entry):
    """A kind of act: the articles that it breaches, and how grave it can be."""

    id: str = Name
    zh: str
    en: str
    articles: tuple[str, ...] = Field(min_length=1)
    severities: tuple[str, ...] = Field(min_length=1)
    cite: str


class Threshold(Entry):
    """What so many points in a calendar year, or in one decision, lead to.

    ``months`` is the least and most length of a suspension, ``no_return_months`` how long nobody registers again.
    """

    id: str = Name
    zh: str
    en: str
    points: int = Field(ge=1)
    in_one: bool = False
    does: Does
    months: tuple[int, int] | None = None
    no_return_months: int | None = None
    cite: str


class Repair(Entry):
    """Points that one activity takes back, and what all of a calendar year may take back together."""

    each: int = Field(ge=1)
    most: int = Field(ge=1)
    cite: str


class Exempt(Entry):
    """What a suspension does not reach."""

    zh: str
    en: str
    cite: str


class Follows(Entry):
    """A step of a kind of case after which points may be given."""

    cycle: str
    move: str
    cite: str


class PointsExample(Entry):
    """A worked example: points of the decisions of a year, credits, what is due, and what comes next."""

    name: str
    points: tuple[int, ...]
    credits: int = 0
    due: tuple[str, ...]
    next: str = ""
    missing: int


class Scheme(Dated):
    """One scheme of penalty points."""

    id: str
    zh: str
    en: str
    cites: dict[str, Cite]
    severities: dict[str, Severity]
    responsibilities: dict[str, Responsibility]
    acts: tuple[Act, ...]
    thresholds: tuple[Threshold, ...]
    repair: Repair
    exempt: Exempt
    follows: tuple[Follows, ...]
    examples: tuple[PointsExample, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_exist(self) -> Scheme:
        """Refuse names that nothing answers to, and limits that turn around."""
        cited = [self.repair.cite, self.exempt.cite, *(one.cite for one in self.severities.values())]
        cited += [one.cite for one in self.responsibilities.values()] + [one.cite for one in self.acts]
        cited += [one.cite for one in self.thresholds] + [one.cite for one in self.follows]
        for cite in cited:
            _check(cite in self.cites, f"cite {cite} is not among the cites")
        for act in self.acts:
            _check(set(act.severities) <= set(self.severities), f"act {act.id} names an unknown severity")
        for name, grade in self.severities.items():
            _check(grade.least <= grade.most, f"severity {name}: least above most")
        for name, share in self.responsibilities.items():
            _check(share.first <= share.last, f"responsibility {name}: first above last")
        for one in self.thresholds:
            _check((one.does == "suspended") == (one.months is not None), f"threshold {one.id}: months and suspension")
            _check(one.months is None or 1 <= one.months[0] <= one.months[1], f"threshold {one.id}: months")
            _check(
                (one.does == "terminated") == (one.no_return_months is not None),
                f"threshold {one.id}: no_return_months",
            )
        return self

    def act_of(self, article: str) -> Act | None:
        """Return the act that an article, or an item of it, stands for; None for one that no act names."""
        return next((a for a in self.acts if any(f"{article}/".startswith(f"{one}/") for one in a.articles)), None)

    def limits(self, article: str, severity: str, responsibility: str) -> tuple[int, int] | None:
        """Return the least and most points of an act, None where the scheme does not give any."""
        act, share = self.act_of(article), self.responsibilities.get(responsibility)
        if act is None or share is None or severity not in act.severities:
            return None
        grade = self.severities[severity]
        return grade.least + share.first - 1, min(grade.most, grade.least + share.last - 1)

    def threshold(self, key: str) -> Threshold:
        """Return a threshold by its id. Raises StopIteration."""
        return next(one for one in self.thresholds if one.id == key)


def _check(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)


def load_schemes(folder: Path) -> tuple[Scheme, ...]:
    """Return the schemes of a rule book, earliest first. Raises Problem ZS401, ZS402 (and for overlaps), ZS403."""
    found = sorted((_read(path) for path in (folder / "points").glob("*.yaml")), key=lambda one: one.valid_from)
    for before, after in itertools.pairwise(found):
        if before.period.meets(after.period):
            raise Problem("ZS402", file=f"{after.id}.yaml", where="valid_from", reason=f"overlaps {before.id}")
    return tuple(found)


def _read(path: Path) -> Scheme:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("ZS401", file=path.name, reason=error) from error
    scheme = read_scheme(text, path.name)
    if scheme.id != path.stem:
        raise Problem("ZS403", file=path.name, id=scheme.id, place=path.stem)
    return scheme


@lru_cache(maxsize=16)
def read_scheme(text: str, name: str) -> Scheme:
    """Return the scheme that a text holds. Raises Problem ZS401, ZS402."""
    try:
        return Scheme.model_validate(from_yaml(check_yaml(text)))
    except yaml.YAMLError as error:
        raise Problem("ZS401", file=name, reason=error) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise Problem("ZS402", file=name, where=place, reason=first["msg"]) from error


def scheme_on(schemes: Iterable[Scheme], day: date) -> Scheme | None:
    """Return the scheme that holds on a day, None where none does."""
    return next((one for one in schemes if day in one.period), None)


def about_schemes(schemes: Iterable[Scheme]) -> list[Remark]:
    """Return what waits for a person: values of local making, or to be checked against the original."""
    code = {"local": "local_value", "to_verify": "law_to_verify"}
    return [
        Remark(
            "scheme",
            scheme.id,
            "warning",
            code[cite.certainty],
            f"“{cite.zh}”待确认",
            f"'{cite.en}' is to be confirmed",
        )
        for scheme in schemes
        for cite in scheme.cites.values()
        if cite.certainty in code
    ]
