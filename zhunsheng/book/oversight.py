"""Oversight of vendors as data: the calendar of checks with the survey, the table of sanctions, the steps of an exit.

Files of ``rulebook/vendors``: ``checks.yaml``, ``sanctions.yaml``, ``exit.yaml``, ``reports.yaml``. Shares in 1/10000,
scores 1 to 5,
retention in years. A broken file gets Problem ZS840 with its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, TypeAdapter, model_validator

from zhunsheng.book.cycle_lint import open_point
from zhunsheng.book.cycles import Cite, Name
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.lights import BandLight
from zhunsheng.book.lint import Remark
from zhunsheng.book.reading import file_text, validated
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import month_start

#: Where people of the pool are drawn from: supervisors of the office, evaluators, and experts by field.
Field_ = Literal["supervisor", "evaluator", "clinical", "legal", "it", "data_security"]
Measure = Literal["warning", "suspension", "fine", "revocation", "transfer"]
Read = TypeVar("Read", bound="Cited")


class Cited(Dated):
    """A file with its citations, each named by something that exists."""

    id: str
    zh: str
    en: str
    cites: dict[str, Cite]

    def _check_cites(self, named: Iterable[str]) -> None:
        for name in named:
            if name not in self.cites:
                raise ValueError(f"cite {name} is not defined")


class Check(Entry):
    """A kind of check: of which tiers, every so many months (0: by hand alone), and what is drawn for it.

    ``places`` members of the consortium and so many ``people`` by field are drawn by the committed seed.
    """

    id: str = Name
    zh: str
    en: str
    tiers: tuple[str, ...] = Field(min_length=1)
    every_months: Literal[0, 1, 2, 3, 6, 12, 24]
    draws: bool
    places: int = Field(ge=0, le=50)
    people: dict[Field_, int]
    cite: str

    @model_validator(mode="after")
    def _whole(self) -> Check:
        if self.draws != bool(self.places or self.people):
            raise ValueError(f"{self.id}: what is drawn and whether agree")
        return self

    def due_in(self, year: int, entered: date) -> list[date]:
        """Return the last days of the periods of a year on which this check is due for a line that entered on a day.

        Every second year: the second, fourth ... year after the one of entry. A period in which a line entered
        counts from its next one on.
        """
        if not self.every_months:
            return []
        if self.every_months == 24:
            return [date(year, 12, 31)] if year > entered.year and (year - entered.year) % 2 == 0 else []
        months = range(self.every_months, 13, self.every_months)
        return [end for end in (_month_end(year, month) for month in months) if self._begins(end) > entered]

    def _begins(self, end: date) -> date:
        """The first day of the period that ends on a day."""
        month = end.month - self.every_months + 1
        return date(end.year, month, 1)


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


class Survey(Entry):
    """The survey of a month: answers below the minimum are unknown; below a threshold something follows."""

    minimum: int = Field(ge=1)
    minimum_cite: str
    satisfied_from: int = Field(ge=1, le=5)
    report_below: int = Field(ge=0, le=10_000)
    deadline_below: int = Field(ge=0, le=10_000)
    cite: str

    @model_validator(mode="after")
    def _falling(self) -> Survey:
        if self.deadline_below > self.report_below:
            raise ValueError("the threshold of the deadline lies below that of the report")
        return self


class Training(Entry):
    """What supervisors are trained in each year: topic -> names in both languages."""

    topics: dict[str, tuple[str, str]] = Field(min_length=1)
    cite: str


class Checks(Cited):
    """The calendar of checks, the survey and the training of supervisors."""

    lead_days: int = Field(ge=0, le=90)
    checks: tuple[Check, ...] = Field(min_length=1)
    survey: Survey
    training: Training

    @model_validator(mode="after")
    def _named(self) -> Checks:
        self._check_cites([one.cite for one in self.checks])
        self._check_cites([self.survey.cite, self.survey.minimum_cite, self.training.cite])
        if len({one.id for one in self.checks}) < len(self.checks):
            raise ValueError("a check stands twice")
        return self

    def check(self, key: str) -> Check:
        """Return a kind of check. Raises Problem ZS841."""
        return _found(self.checks, key)


class Grade(Entry):
    """A grade of sanctions and the measures that it allows."""

    zh: str
    en: str
    measures: tuple[Measure, ...] = Field(min_length=1)
    cite: str


class Act(Entry):
    """An act of the table, with its grade and where it stands."""

    id: str = Name
    zh: str
    en: str
    grade: str
    cite: str


class Sanctions(Cited):
    """The table of sanctions."""

    grades: dict[str, Grade]
    acts: tuple[Act, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named(self) -> Sanctions:
        self._check_cites([*(one.cite for one in self.acts), *(one.cite for one in self.grades.values())])
        for one in self.acts:
            if one.grade not in self.grades:
                raise ValueError(f"grade {one.grade} is not defined")
        if len({one.id for one in self.acts}) < len(self.acts):
            raise ValueError("an act stands twice")
        return self

    def act(self, key: str) -> Act:
        """Return an act. Raises Problem ZS841."""
        return _found(self.acts, key)


class ExitStep(Entry):
    """A step of an exit plan, and whether it may be said not to apply."""

    id: str = Name
    zh: str
    en: str
    waivable: Literal["never", "no_data", "always"]
    cite: str

    def may_waive(self, *, data: bool) -> bool:
        """Whether the step may be waived for a service that holds patients' data, or not."""
        return self.waivable == "always" or (self.waivable == "no_data" and not data)


class Immediate(Entry):
    """Acts after which a vendor leaves at once."""

    acts: tuple[str, ...]
    cite: str


class Exit(Cited):
    """The steps of an exit and the retention of medical records in years."""

    steps: tuple[ExitStep, ...] = Field(min_length=1)
    retention: dict[Literal["outpatient", "inpatient"], int]
    retention_cite: str
    immediate: Immediate

    @model_validator(mode="after")
    def _named(self) -> Exit:
        self._check_cites([*(one.cite for one in self.steps), self.retention_cite, self.immediate.cite])
        return self

    def step(self, key: str) -> ExitStep:
        """Return a step. Raises Problem ZS841."""
        return _found(self.steps, key)


class Report(Entry):
    """A report that falls due after each period of so many months; ``id`` is the life-cycle that follows it."""

    id: str = Name
    zh: str
    en: str
    every_months: Literal[1, 3, 6, 12]
    publishes: bool
    cite: str
    publication_cite: str

    def period(self, day: date) -> tuple[date, date]:
        """Return the last period that is over on a day: its first day, and the first day after it."""
        after = month_start(day, -((day.month - 1) % self.every_months))
        return month_start(after, -self.every_months), after


class Reports(Cited):
    """Which reports fall due how often, and whether they are published."""

    reports: tuple[Report, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named(self) -> Reports:
        self._check_cites([name for one in self.reports for name in (one.cite, one.publication_cite)])
        return self

    def report(self, key: str) -> Report:
        """Return a report. Raises Problem ZS841."""
        return _found(self.reports, key)


Part = TypeVar("Part", Check, Act, ExitStep, Report)


def _found(parts: tuple[Part, ...], key: str) -> Part:
    found = next((one for one in parts if one.id == key), None)
    if found is None:
        raise Problem("ZS841", name=key[:40])
    return found


def load_checks(folder: Path) -> Checks:
    """Return the calendar of checks of a rule book. Raises Problem ZS401 (unreadable), ZS840 (content wrong)."""
    return _load(folder, "checks.yaml", Checks)


def load_sanctions(folder: Path) -> Sanctions:
    """Return the table of sanctions of a rule book. Raises Problem ZS401, ZS840."""
    return _load(folder, "sanctions.yaml", Sanctions)


def load_exit(folder: Path) -> Exit:
    """Return the steps of an exit of a rule book. Raises Problem ZS401, ZS840."""
    return _load(folder, "exit.yaml", Exit)


def load_reports(folder: Path) -> Reports:
    """Return the periodic reports of a rule book. Raises Problem ZS401, ZS840."""
    return _load(folder, "reports.yaml", Reports)


def _load(folder: Path, name: str, model: type[Read]) -> Read:
    found: Read = _read(file_text(folder / "vendors" / name), name, model)
    return found


@lru_cache(maxsize=16)
def _read(text: str, name: str, model: type[Read]) -> Read:
    return validated(TypeAdapter(model), text, name, "ZS840")


def check_survey(checks: Checks, lights: Iterable[BandLight]) -> None:
    """Raise Problem ZS848 where a light that registers the rectification of satisfaction has other edges than it."""
    wanted = {checks.survey.deadline_below, checks.survey.report_below}
    for light in lights:
        edges = {band.high for table in light.tables for band in table.bands if band.high is not None}
        if edges != wanted:
            raise Problem("ZS848", light=light.id)


def about_oversight(folder: Path) -> list[Remark]:
    """Return what waits for a person: house defaults, and citations to be checked against the original."""
    return list(_open(load_checks(folder), load_sanctions(folder), load_exit(folder), load_reports(folder)))


def _open(*files: Cited) -> Iterator[Remark]:
    for file in files:
        for cite in file.cites.values():
            yield from open_point("vendor", file.id, (f"“{cite.zh}”", f"'{cite.en}'"), cite)
