"""What standing and independent evaluation lead to, as data: ``rulebook/vendors/incentives.yaml``.

The order of the standings is that of designation, the best in front, who is not rated last. Percentages are of the
mean of public hospitals, of the subsidy of what remote places settle.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, model_validator

from zhunsheng.book.cycle_lint import open_point
from zhunsheng.book.cycles import Cite
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.lint import Remark
from zhunsheng.book.reading import file_text, validated
from zhunsheng.book.scorecards import STANDINGS, Rated
from zhunsheng.kernel.money import part

Evaluated = Literal["passed", "failed", "unknown"]


class Band(Entry):
    """What one standing leads to."""

    standing: Rated
    price_percent: int = Field(ge=1, le=129)
    award: bool
    cite: str


class Evaluation(Entry):
    """Which check is the evaluation, for how many years it counts, and the price where it did not pass."""

    check: str
    years: int = Field(ge=1, le=10)
    otherwise_percent: int = Field(ge=1, le=129)
    cite: str


class Enforcement(Entry):
    """From which day on a price above the band is refused, and the life-cycle by which two people let one pass.

    ``refile_days``: within which a filed price that a later mean puts above the band is filed anew.
    """

    valid_from: date
    exception: str
    refile_days: int = Field(ge=1, le=366)
    cite: str


class Rate(Dated):
    """Which part of what remote places settle is given for orders of its days."""

    percent: int = Field(ge=0, le=100)
    cite: str


class Part(Entry):
    """What was settled at one percentage."""

    percent: int
    fen: int = Field(ge=0)


class SubsidyExample(Entry):
    """A worked example of a subsidy."""

    name: str
    amounts: tuple[Part, ...]
    subsidy_fen: int


class Subsidy(Entry):
    """What service in remote areas earns; ``list`` is the knowledge list that names which institutions are remote."""

    zh: str
    en: str
    list: str
    rates: tuple[Rate, ...] = Field(min_length=1)
    examples: tuple[SubsidyExample, ...] = Field(min_length=1)

    def on(self, day: date) -> Rate | None:
        """Return the rate of a day, None where nothing is given."""
        return next((one for one in self.rates if day in one.period), None)


def subsidy_fen(parts: Iterable[Part]) -> int:
    """Return the subsidy in fen of what was settled: summed first, then rounded once, half up."""
    return part(sum(one.fen * one.percent for one in parts), 1, 100)


class Example(Entry):
    """A worked example."""

    name: str
    standing: Rated
    evaluation: Evaluated
    price_percent: int
    award: bool


class Incentives(Dated):
    """The whole file."""

    id: str
    zh: str
    en: str
    cites: dict[str, Cite]
    standings: tuple[Band, ...]
    evaluation: Evaluation
    enforcement: Enforcement
    subsidy: Subsidy
    examples: tuple[Example, ...] = Field(min_length=1)

    def rank(self, standing: str) -> int:
        """Return the place of a standing in designation, 0 the first."""
        return [one.standing for one in self.standings].index(standing)  # type: ignore[arg-type]

    def of(self, standing: str, evaluation: str) -> tuple[int, bool]:
        """Return the highest price in percent and whether an award may be given; only what passed goes beyond."""
        band = self.standings[self.rank(standing)]
        if evaluation == "passed":
            return band.price_percent, band.award
        return min(band.price_percent, self.evaluation.otherwise_percent), False

    @model_validator(mode="after")
    def _is_whole(self) -> Incentives:
        """Each standing once, none better treated than one before it, every cite there, every example so."""
        named = [one.standing for one in self.standings]
        _check(sorted(named) == sorted((*STANDINGS, "unrated")), "each standing stands once")
        _check(named == [*reversed(STANDINGS), "unrated"], "the best standing comes first, unrated last")
        prices = [one.price_percent for one in self.standings if one.standing != "unrated"]
        _check(prices == sorted(prices, reverse=True), "a worse standing has a higher price")
        _check(self.standings[-1].price_percent < max(prices), "who is not rated has the price of the best")
        cited = [*(one.cite for one in self.standings), self.evaluation.cite, self.enforcement.cite]
        cited += [one.cite for one in self.subsidy.rates]
        _check(set(cited) <= set(self.cites), "a cite is not among the cites")
        told = {one.standing for one in self.examples}
        _check(told == set(named), "a standing has no example")
        for one in self.examples:
            given = self.of(one.standing, one.evaluation)
            _check(given == (one.price_percent, one.award), f"{one.name}: {given}")
        for earlier, later in pairwise(sorted(self.subsidy.rates, key=lambda rate: rate.valid_from)):
            _check(not earlier.period.meets(later.period), f"two percentages of the subsidy from {later.valid_from}")
        for worked in self.subsidy.examples:
            earned = subsidy_fen(worked.amounts)
            _check(earned == worked.subsidy_fen, f"{worked.name}: {earned}")
        return self


def _check(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)


def load_incentives(folder: Path) -> Incentives:
    """Return what ratings lead to. Raises Problem ZS401, ZS620."""
    path = folder / "vendors" / "incentives.yaml"
    return _read(file_text(path), path.name)


@lru_cache(maxsize=16)
def _read(text: str, name: str) -> Incentives:
    return validated(TypeAdapter(Incentives), text, name)


def about_incentives(one: Incentives) -> list[Remark]:
    """Return what waits for a person: house defaults, and citations to be checked against the original."""
    cites = one.cites.values()
    return [r for cite in cites for r in open_point("vendor", one.id, (f"“{cite.zh}”", f"'{cite.en}'"), cite)]
