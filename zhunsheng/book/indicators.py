"""Indicators as data: what is counted of which table, what is left out, which way is better, and the dated targets.

One file of ``rulebook/indicators/<area>`` is one indicator. It holds conditions over named columns and nothing that is
run: no SQL, no formula. A broken file gets one Problem that names file, place and reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from pydantic import Field, model_validator

from zhunsheng.book.entry import Cite, Dated, Entry, Ground, Signed
from zhunsheng.facts.table import Column, Kind, Table
from zhunsheng.facts.wide import COUNTED
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest

Scalar = bool | int | str
Subject = Literal["institution", "department", "vendor"]
Unit = Literal["percent", "per_mille", "days", "hours", "minutes", "yuan", "count", "score", "class_hours"]
Direction = Literal["higher", "lower", "range", "none"]
Outcome = Literal["out", "excluded", "unknown", "neither", "numerator", "denominator", "both"]
#: Columns that name a subject, and the column of the institution whose row it is.
SUBJECTS: dict[Subject, tuple[str, ...]] = {
    "institution": ("institution_id",),
    "department": ("institution_id", "department_id"),
    "vendor": ("vendor_id",),
}
#: What a ratio of the stored integers is multiplied by to be shown in a unit.
FACTORS: dict[Unit, Fraction] = {
    "percent": Fraction(100), "per_mille": Fraction(1000), "days": Fraction(1), "hours": Fraction(1, 3600),
    "minutes": Fraction(1, 60), "yuan": Fraction(1, 100), "count": Fraction(1), "score": Fraction(1),
    "class_hours": Fraction(1, 10_000),
}  # fmt: skip
#: What people answer for and change without counting anew: everything else decides what is counted.
JUDGED = frozenset(
    {"name", "name_en", "why", "why_en", "limits", "limits_en", "area", "direction", "targets", "minimum", "cites", "law",
     "unknown_most", "authored_by", "checked_by", "signed_on", "reviewed_on", "next_review", "published_on", "ground",
     "version", "examples", "valid_from", "valid_to", "usual", "unit", "tags"}
)  # fmt: skip


class Condition(Entry):
    """One test of one column. An empty column makes it unknown; only ``empty`` itself is always known.

    ``at_least`` and ``at_most`` include their bound. ``not_above`` names another column that the value may exceed by
    at most ``plus`` (seconds between moments, days between dates). ``listed`` names a knowledge list whose points, on
    the day of the row, hold the value; ``holding`` narrows them to columns with a text.
    """

    column: str
    equals: Scalar | None = None
    any_of: tuple[Scalar, ...] = ()
    none_of: tuple[Scalar, ...] = ()
    starts: tuple[str, ...] = ()
    empty: bool | None = None
    at_least: int | None = None
    at_most: int | None = None
    not_above: str = ""
    above: str = ""
    plus: int = 0
    listed: str = ""
    holding: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Condition:
        said = [self.equals is not None, self.any_of, self.none_of, self.starts, self.empty is not None]
        said += [self.at_least is not None or self.at_most is not None, self.not_above, self.above, self.listed]
        if sum(map(bool, said)) != 1:
            raise ValueError(f"a condition on {self.column} says one thing, not {sum(map(bool, said))}")
        if self.plus and not (self.not_above or self.above):
            raise ValueError("plus belongs to not_above or above")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return tuple(filter(None, (self.column, self.not_above, self.above)))


class Count(Entry):
    """What is counted of the rows that meet ``where``: rows, the sum of a column, or its distinct values.

    Of a sum, ``less`` names a column that is taken off: a duration is an end less a start.
    """

    rows: bool = False
    sum: str = ""
    less: str = ""
    distinct: str = ""
    where: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _counts_one_thing(self) -> Count:
        if sum(map(bool, (self.rows, self.sum, self.distinct))) != 1:
            raise ValueError("counts one of rows, sum, distinct")
        if self.less and not self.sum:
            raise ValueError("less belongs to sum")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose values it adds up or tells apart."""
        return tuple(filter(None, (self.sum, self.less, self.distinct)))


class Target(Dated):
    """What is wanted from a day on, of institutions of some kinds and levels (none named: of all).

    ``value`` is as printed, in the unit of the indicator; of a range, ``low`` and ``high``, both included.
    """

    value: str = ""
    low: str = ""
    high: str = ""
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    cite: str
    ground: Ground
    confirmed_on: date

    @model_validator(mode="after")
    def _is_number(self) -> Target:
        for text in filter(None, (self.value, self.low, self.high)):
            Fraction(text)
        return self

    def concerns(self, kind: str | None, level: str | None) -> bool:
        """Whether it is meant for an institution of a kind and level; what is not known is not meant."""
        return (not self.kinds or kind in self.kinds) and (not self.levels or level in self.levels)


class Gives(Entry):
    """What a worked example comes to."""

    numerator: int = 0
    denominator: int = 0
    excluded: int = 0
    unknown: int = 0


class Worked(Entry):
    """A worked example: rows, each with what differs from the usual row, and what they come to."""

    name: str
    rows: tuple[dict[str, Any], ...] = Field(min_length=1)
    gives: Gives


class Indicator(Signed):
    """One indicator. Rows that meet ``universe`` and no ``exclusions`` are counted; month by the day of ``date``.

    Without ``denominator`` the numerator itself is the figure. ``needs`` are columns without which a row is unknown.
    ``minimum``: below this denominator a value is small and not judged. ``unknown_most``: above this share of unknown
    rows in percent a value that is no share of counted rows is not judged. ``usual`` is the row that examples vary.
    """

    id: str
    name: str
    name_en: str
    area: str
    why: str
    why_en: str
    limits: str = ""
    limits_en: str = ""
    version: int = Field(default=1, ge=1)
    ground: Ground
    table: str
    date: str
    subject: Subject = "institution"
    universe: tuple[Condition, ...] = ()
    exclusions: tuple[Condition, ...] = ()
    needs: tuple[str, ...] = ()
    numerator: Count
    denominator: Count | None = None
    unit: Unit
    direction: Direction
    minimum: int = Field(default=0, ge=0)
    unknown_most: int = Field(default=5, ge=0, le=100)
    targets: tuple[Target, ...] = ()
    cites: dict[str, Cite] = Field(min_length=1)
    authored_by: str = Field(min_length=1)
    reviewed_on: date
    next_review: date
    usual: dict[str, Any] = Field(default_factory=dict)
    examples: tuple[Worked, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Indicator:
        for target in self.targets:
            _check(target.cite in self.cites, f"target names an unknown cite {target.cite}")
            ranged = bool(target.low and target.high)
            _check(ranged == (self.direction == "range"), "a range has low and high, anything else a value")
            _check(bool(target.value) != ranged, "a target has a value or a range")
        _check(not (self.targets and self.direction == "none"), "what has no direction has no target")
        _check(self.denominator is not None or self.unit == "count", "a figure without denominator is a count")
        told_apart = {count.distinct for count in (self.numerator, self.denominator) if count and count.distinct}
        _check(len(told_apart) <= 1, "both sides tell apart the values of one column")
        for a, b in _pairs(self.targets):
            same = set(a.kinds) & set(b.kinds) or not (a.kinds and b.kinds)
            level = set(a.levels) & set(b.levels) or not (a.levels and b.levels)
            _check(not (same and level and a.period.meets(b.period)), "two targets hold for one institution and day")
        return self

    @property
    def is_share(self) -> bool:
        """Whether it is a share of counted things: every thing of the numerator is one of the denominator."""
        one, two = self.numerator, self.denominator
        if two is None or (one.rows, one.distinct, one.sum) != (two.rows, two.distinct, two.sum):
            return False
        return not one.sum and set(map(repr, two.where)) <= set(map(repr, one.where))

    @property
    def is_rate(self) -> bool:
        """Whether it is events per counted thing: both sides are counts and no side is part of the other."""
        two = self.denominator
        return two is not None and not self.is_share and not (self.numerator.sum or two.sum)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions, in the order of the file."""
        more = self.denominator.where if self.denominator else ()
        return (*self.universe, *self.exclusions, *self.numerator.where, *more)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it reads beside its date and subject."""
        read = [column for one in self.conditions for column in one.columns]
        read += [*self.needs, *self.numerator.columns, *(self.denominator.columns if self.denominator else ())]
        return tuple(dict.fromkeys(read))

    @property
    def counting(self) -> str:
        """Digest of what decides the counts: a change of a target or of words leaves it the same."""
        return digest(canonical(self.model_dump(mode="json", exclude=set(JUDGED))))

    def target(self, month: str, kind: str | None, level: str | None) -> Target | None:
        """Return the target in force on the first day of a month for an institution of a kind and level."""
        day = date.fromisoformat(f"{month}-01")
        return next((one for one in self.targets if day in one.period and one.concerns(kind, level)), None)


def _pairs(targets: tuple[Target, ...]) -> Iterator[tuple[Target, Target]]:
    for n, one in enumerate(targets):
        for other in targets[n + 1 :]:
            yield one, other


def _check(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)


def check(indicators: Iterable[Indicator], lists: Iterable[str]) -> None:
    """Raise Problem ZS603 for a table or column that is not there, ZS604 for a test that a column cannot pass.

    Raises Problem ZS404 for a knowledge list that the book does not hold.
    """
    known = set(lists)
    for one in indicators:
        table = COUNTED.get(one.table)
        if table is None:
            raise Problem("ZS603", indicator=one.id, name=one.table)
        for name in (*SUBJECTS[one.subject], *one.columns, one.date, *one.usual, *(c for e in one.examples for r in e.rows for c in r)):
            _column(one, table, name)
        day = _column(one, table, one.date)
        if day.kind is not Kind.DATE or not day.required:
            raise Problem("ZS604", indicator=one.id, column=one.date, reason="not a day that every row states")
        for condition in one.conditions:
            _fits(one, table, condition)
            if condition.listed and condition.listed not in known:
                raise Problem("ZS404", file=one.id, reference=condition.listed)
        for name in (*one.numerator.columns, *(one.denominator.columns if one.denominator else ())):
            _adds(one, table, name)


def _column(one: Indicator, table: Table, name: str) -> Column:
    try:
        return table.column(name)
    except KeyError:
        raise Problem("ZS603", indicator=one.id, name=f"{one.table}.{name}") from None


def _adds(one: Indicator, table: Table, name: str) -> None:
    summed = name in (one.numerator.sum, one.numerator.less) or (
        one.denominator is not None and name in (one.denominator.sum, one.denominator.less)
    )
    if summed and table.column(name).kind in (Kind.TEXT, Kind.FLAG):
        raise Problem("ZS604", indicator=one.id, column=name, reason="no number that can be added up")


def _fits(one: Indicator, table: Table, said: Condition) -> None:
    column = table.column(said.column)
    values = [*([said.equals] if said.equals is not None else ()), *said.any_of, *said.none_of]
    wanted: type = {Kind.TEXT: str, Kind.FLAG: bool}.get(column.kind, int)
    reason = ""
    if any(type(value) is not wanted for value in values):
        reason = f"compared with {values[0]!r}"
    elif column.codes and not {v for v in values if isinstance(v, str)} <= set(column.codes):
        reason = f"codes are {', '.join(column.codes)}"
    elif (said.starts or said.listed) and column.kind is not Kind.TEXT:
        reason = "no text"
    elif (said.at_least is not None or said.at_most is not None) and column.kind in (Kind.TEXT, Kind.FLAG, Kind.DATE):
        reason = "no number"
    elif other := said.not_above or said.above:
        if table.column(other).kind is not column.kind or column.kind in (Kind.TEXT, Kind.FLAG):
            reason = f"compared with {other}"
    if reason:
        raise Problem("ZS604", indicator=one.id, column=said.column, reason=reason)
