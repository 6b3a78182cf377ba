"""Graded handling and the reasons of overturning as data: ``rulebook/handling``. A broken file gets one Problem, ZS945.

Multiples are kept in 1/10000 of the loss; a grade that names no multiple of an article sets no fine under it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from zhunsheng.book.cycles import Cite
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.lint import Remark
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, check_yaml, digest, from_yaml

NAME = r"^[a-z][a-z0-9_]{0,39}$"


class Measure(Entry):
    """Something that a grade may bring, and where it stands."""

    id: str = Field(pattern=NAME)
    zh: str
    en: str
    cite: str


class FineRange(Entry):
    """What a fine under an article may be in a grade: so many 1/10000 of the loss, both held."""

    article: str
    least_e4: int = Field(ge=0)
    most_e4: int = Field(ge=0)
    cite: str


class Grade(Entry):
    """One grade: when it applies, what may follow, and the grade that applies where the party reported itself."""

    id: str = Field(pattern=NAME)
    zh: str
    en: str
    natures: tuple[Literal["misread", "fault", "intent"], ...] = Field(min_length=1)
    least_repeats: int = Field(ge=0)
    severe: bool = False
    measures: tuple[str, ...] = Field(min_length=1)
    fines: tuple[FineRange, ...] = ()
    self_reported: str = ""

    def fine(self, article: str) -> FineRange | None:
        """Return the range of a fine under an article or an item of it; None where the grade sets none."""
        return next((one for one in self.fines if f"{article}/".startswith(f"{one.article}/")), None)


class LookBack(Entry):
    """How many months back confirmed cases of the same institution and article count as repeats."""

    months: int = Field(ge=1)
    cite: str


class Grades(Dated):
    """The grades, the gravest first: the first that fits is the one that applies."""

    name: str = Field(pattern=NAME)
    cites: dict[str, Cite]
    look_back: LookBack
    credit: LookBack
    measures: tuple[Measure, ...]
    grades: tuple[Grade, ...]

    @property
    def digest(self) -> str:
        """Name of the exact content, which a decision keeps."""
        return digest(canonical(self.model_dump(mode="json")))

    def grade(self, key: str) -> Grade:
        """Return a grade. Raises StopIteration for an unknown name."""
        return next(one for one in self.grades if one.id == key)

    def fitting(self, nature: str, *, severe: bool, repeats: int, self_reported: bool) -> Grade:
        """Return the grade of an act. Raises StopIteration where none fits, which ``read_handling`` refuses."""
        found = next(
            one
            for one in self.grades
            if nature in one.natures and repeats >= one.least_repeats and (severe or not one.severe)
        )
        return self.grade(found.self_reported) if self_reported and found.self_reported else found


class Reason(Entry):
    """A reason for which a finding is overturned; ``of_rule``: it speaks against the rule, not against the data."""

    id: str = Field(pattern=NAME)
    zh: str
    en: str
    of_rule: bool


class Threshold(Entry):
    """From a day on: a rule whose overturned share reaches this, on so many decisions at least, says so."""

    valid_from: date
    share_e4: int = Field(ge=1, le=10_000)
    least: int = Field(ge=1)
    cite: str


class Overturning(Dated):
    """Why findings are overturned, what their rule's author may answer, and from when on a rule is marked."""

    name: str = Field(pattern=NAME)
    cites: dict[str, Cite]
    reasons: tuple[Reason, ...] = Field(min_length=1)
    answers: tuple[Reason, ...] = Field(min_length=1)
    thresholds: tuple[Threshold, ...] = Field(min_length=1)

    def threshold(self, day: date) -> Threshold | None:
        """Return the threshold of a day; None before the first."""
        known = [one for one in self.thresholds if one.valid_from <= day]
        return max(known, key=lambda one: one.valid_from, default=None)


def load_grades(folder: Path) -> Grades:
    """Return the grades of a rule book. Raises Problem ZS945."""
    found: Grades = _load(folder / "handling" / "grades.yaml", Grades)
    fault = next(_wrong_grades(found), "")
    if fault:
        raise Problem("ZS945", file="grades.yaml", where="grades", reason=fault)
    return found


def load_overturning(folder: Path) -> Overturning:
    """Return the reasons of overturning of a rule book. Raises Problem ZS945."""
    found: Overturning = _load(folder / "handling" / "overturning.yaml", Overturning)
    fault = next((f"cite {one.cite}" for one in found.thresholds if one.cite not in found.cites), "")
    if fault:
        raise Problem("ZS945", file="overturning.yaml", where="thresholds", reason=fault)
    return found


def _wrong_grades(found: Grades) -> Iterator[str]:
    """Yield what is wrong in the sense: names that nothing defines, and acts for which no grade is there."""
    measures, grades = {one.id for one in found.measures}, {one.id for one in found.grades}
    cites = {one.cite for one in found.measures} | {found.look_back.cite, found.credit.cite}
    for one in found.grades:
        yield from (f"{one.id}: {name}" for name in one.measures if name not in measures)
        yield from (f"{one.id}: {name}" for name in {one.self_reported} - {""} - grades)
        yield from (f"{one.id}: {fine.article}" for fine in one.fines if fine.least_e4 > fine.most_e4)
        cites |= {fine.cite for fine in one.fines}
    yield from (f"cite {name}" for name in sorted(cites - set(found.cites)))
    plain = {nature for one in found.grades if not one.least_repeats and not one.severe for nature in one.natures}
    yield from (f"no grade for {name}" for name in sorted({"misread", "fault", "intent"} - plain))


def _load(path: Path, shape: Any) -> Any:
    try:
        return _read(path.read_text("utf-8"), path.name, shape)
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("ZS945", file=path.name, where="", reason=error) from error


@lru_cache(maxsize=16)
def _read(text: str, name: str, shape: Any) -> Any:
    try:
        return shape.model_validate(from_yaml(check_yaml(text)))
    except yaml.YAMLError as error:
        raise Problem("ZS945", file=name, where="", reason=error) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise Problem("ZS945", file=name, where=place, reason=first["msg"]) from error


def about_handling(grades: Grades, overturning: Overturning) -> list[Remark]:
    """Return what waits for a person: values of local making or to be checked against the original."""
    told = {
        "local": ("local_value", "为本地默认，待确认", "is a local default to confirm"),
        "to_verify": ("law_to_verify", "待对照原文核实", "is to be checked against the original"),
    }
    found = []
    for part in (grades, overturning):
        for key, cite in part.cites.items():
            if cite.certainty in told:
                code, zh, en = told[cite.certainty]
                found.append(Remark("handling", part.name, "warning", code, f"“{key}”{zh}", f"'{key}' {en}"))
    return found
