"""Reward schemes for tip-offs as data, and what a scheme gives for a case value, exact to the fen.

One file of ``rulebook/reward_schemes`` is one dated scheme. Rates and factors are counts of 1/10,000, amounts are fen.
The value is cut into slices, each paid by its rate, the sum multiplied by the factor of the grade and rounded once,
half up; then the floor and the cap of the scheme hold. A broken file gets one Problem with file, line and reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from zhunsheng.book.cycle_lint import open_point
from zhunsheng.book.cycles import Cite, Name, Text
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.lint import Remark
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import check_yaml, from_yaml
from zhunsheng.kernel.money import part, share

#: Rates and factors are counts of this part.
WHOLE = 10_000


class Slice(Entry):
    """A slice of the case value up to an amount (all that is left when absent), paid by a rate."""

    up_to_fen: int | None = Field(default=None, gt=0)
    rate_e4: int = Field(gt=0, le=WHOLE)


class Subject(Entry):
    """A kind of whom a tip-off is about: its slices, and a floor of its own where it has one."""

    id: str = Name
    zh: str
    en: str
    floor_fen: int = Field(default=0, ge=0)
    slices: tuple[Slice, ...] = Field(min_length=1)
    cite: str


class Grade(Entry):
    """How good the evidence of the reporter was, as a share of the full reward."""

    id: str = Name
    zh: str
    en: str
    factor_e4: int = Field(gt=0, le=WHOLE)


class Several(Entry):
    """Whom the reward goes to where several reported the same: all to who came first, or equal parts to each."""

    way: Literal["first", "equal"]
    cite: str


class Scheme(Dated):
    """One reward scheme. A reward is claimed within ``claim_days`` calendar days of its grant.

    Where it says nothing of ``several`` reporters, people share the reward out.
    """

    name: str = Name
    zh: str
    en: str
    cites: dict[str, Cite]
    floor_fen: int = Field(ge=0)
    cap_fen: int = Field(gt=0)
    limits_cite: str
    subjects: tuple[Subject, ...] = Field(min_length=1)
    grades: tuple[Grade, ...] = Field(min_length=1)
    grades_cite: str
    several: Several | None = None
    claim_days: int = Field(ge=1)
    claim_cite: str

    def subject(self, key: str) -> Subject:
        """Return a kind of subject. Raises KeyError."""
        return {one.id: one for one in self.subjects}[key]

    def grade(self, key: str) -> Grade:
        """Return a grade. Raises KeyError."""
        return {one.id: one for one in self.grades}[key]


@dataclass(frozen=True, slots=True)
class Paid:
    """One slice as it was paid: fen of the case value within it, and its rate."""

    part_fen: int
    rate_e4: int


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward in fen and how it came about; ``limit`` is ``floor``, ``cap`` or empty."""

    amount_fen: int
    slices: tuple[Paid, ...]
    factor_e4: int
    before_limits_fen: int
    limit: str


def reward_of(scheme: Scheme, day: date, value_fen: int, subject: str, grade: str) -> Reward:
    """Return what a scheme gives on a day for a case value of at least 0.

    Raises KeyError for a subject or grade that the scheme does not name, ValueError outside its days or below 0.
    """
    if day not in scheme.period or value_fen < 0:
        raise ValueError(f"{scheme.name}: no reward on {day} for {value_fen} fen")
    kind, factor = scheme.subject(subject), scheme.grade(grade).factor_e4
    slices = tuple(_paid(kind.slices, value_fen))
    full_e4 = sum(one.part_fen * one.rate_e4 for one in slices)
    raw = part(full_e4, factor, WHOLE * WHOLE)
    floor = max(scheme.floor_fen, kind.floor_fen)
    amount = min(scheme.cap_fen, max(floor, raw))
    limit = "" if amount == raw else "floor" if amount > raw else "cap"
    return Reward(amount, slices, factor, raw, limit)


def parted(scheme: Scheme, amount_fen: int, reporters: int) -> list[int] | None:
    """Return what each of several reporters gets of a reward, who came first in front; None where no rule says it."""
    if reporters == 1:
        return [amount_fen]
    if scheme.several is None:
        return None
    first = scheme.several.way == "first"
    return share(amount_fen, [1, *[0 if first else 1] * (reporters - 1)])


def _paid(slices: tuple[Slice, ...], value_fen: int) -> Iterator[Paid]:
    below = 0
    for one in slices:
        top = value_fen if one.up_to_fen is None else min(value_fen, one.up_to_fen)
        if top > below:
            yield Paid(top - below, one.rate_e4)
        below = max(below, top)


def scheme_on(schemes: Iterable[Scheme], day: date) -> Scheme | None:
    """Return the scheme that holds on a day, or None; two that share a day are refused when they are loaded."""
    return next((one for one in schemes if day in one.period), None)


def load_schemes(folder: Path) -> dict[str, Scheme]:
    """Return the schemes of a rule book by name. Raises Problem ZS401, ZS403, ZS928."""
    found: dict[str, Scheme] = {}
    for path in sorted((folder / "reward_schemes").glob("*.yaml")):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Problem("ZS401", file=path.name, reason=error) from error
        scheme = read_scheme(text, path.name)
        if scheme.name != path.stem:
            raise Problem("ZS403", file=path.name, id=scheme.name, place=path.stem)
        for other in found.values():
            if scheme.period.meets(other.period):
                told = f"与 {other.name} 有共同的日子。It shares days with {other.name}."
                raise _wrong(Text(path.name, text), ("valid_from",), told)
        found[scheme.name] = scheme
    return found


@lru_cache(maxsize=32)
def read_scheme(text: str, name: str) -> Scheme:
    """Return the scheme that a text holds, shape and sense checked. Raises Problem ZS401, ZS928."""
    try:
        data = from_yaml(check_yaml(text))
    except yaml.YAMLError as error:
        raise Problem("ZS401", file=name, reason=error) from error
    try:
        scheme = Scheme.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(Text(name, text), first["loc"], first["msg"]) from error
    for place, told in _faults(scheme):
        raise _wrong(Text(name, text), place, told)
    return scheme


def _wrong(text: Text, place: tuple[int | str, ...], reason: str) -> Problem:
    where = ".".join(str(step) for step in place)
    return Problem("ZS928", file=text.name, line=text.line(place), where=where, reason=reason)


def _faults(scheme: Scheme) -> Iterator[tuple[tuple[int | str, ...], str]]:
    if scheme.cap_fen < max(scheme.floor_fen, *(one.floor_fen for one in scheme.subjects)):
        yield ("cap_fen",), "上限低于下限。The cap lies below the floor."
    cited: list[tuple[tuple[int | str, ...], str]] = [
        (("limits_cite",), scheme.limits_cite),
        (("grades_cite",), scheme.grades_cite),
    ]
    cited += [(("claim_cite",), scheme.claim_cite)]
    cited += [(("several", "cite"), scheme.several.cite)] if scheme.several else []
    places = [*cited, *((("subjects", n, "cite"), one.cite) for n, one in enumerate(scheme.subjects))]
    for place, key in places:
        if key not in scheme.cites:
            yield place, f"没有名为“{key}”的出处。Nothing is cited as '{key}'."
    for part_ in ("subjects", "grades"):
        keys = [one.id for one in getattr(scheme, part_)]
        if len(set(keys)) < len(keys):
            yield (part_,), "标识重复。An id stands twice."
    for n, one in enumerate(scheme.subjects):
        tops = [cut.up_to_fen for cut in one.slices[:-1] if cut.up_to_fen is not None]
        whole = len(tops) == len(one.slices) - 1 and one.slices[-1].up_to_fen is None
        if not whole or any(a >= b for a, b in pairwise(tops)):
            place = ("subjects", n, "slices")
            yield place, "各段上限须递增，最后一段不设上限。Slices rise, and the last one has no end."


def about_schemes(schemes: Iterable[Scheme]) -> list[Remark]:
    """Return what waits for a person: figures of local making, or to be checked against the original."""
    return [
        remark
        for scheme in schemes
        for cite in scheme.cites.values()
        for remark in open_point("scheme", scheme.name, (f"“{cite.zh}”", f"'{cite.en}'"), cite)
    ]
