"""Points of a recognised workbook: speaking sheet and sheet of codes joined by name, one point for each code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from zhunsheng.book.models import ListKind
from zhunsheng.book.workbooks.layouts import Layout, Layouts, fold
from zhunsheng.book.workbooks.points import Fault, Made, Row, data_rows, missing, point_row
from zhunsheng.book.workbooks.recognise import Match
from zhunsheng.book.workbooks.sheets import text_of
from zhunsheng.kernel.errors import Problem

Key = tuple[str, ...]


class Place(NamedTuple):
    """A row of a sheet, counted from zero."""

    sheet: str
    row: int


class Printed(NamedTuple):
    """A point and the rows of the sheets that it was read from."""

    row: Row
    places: tuple[Place, ...]


class Taken(NamedTuple):
    """What the sheets of one layout gave: points by their key, remarks, data rows read."""

    layout: Layout
    sheets: tuple[str, ...]
    points: dict[Key, Printed]
    remarks: list[dict[str, Any]]
    rows: int


def key_of(row: Row, kind: ListKind) -> Key:
    """Return what names a row across revisions."""
    return tuple(row[column] for column in kind.key)


def take(file: str, matches: list[Match], lists: dict[str, ListKind], layouts: Layouts) -> list[Taken]:
    """Return the points of each layout found in a workbook."""
    speaking = [match for match in matches if match.part == 0]
    codes = {id(match.layout): match for match in matches if match.part == 1}
    return [_Taker(file, match, codes.get(id(match.layout)), lists, layouts).taken() for match in speaking]


class _Taker:
    """Reads one speaking sheet, with its sheet of codes where it has one."""

    def __init__(
        self, file: str, match: Match, codes: Match | None, lists: dict[str, ListKind], layouts: Layouts
    ) -> None:
        self.file, self.match, self.codes, self.layouts = file, match, codes, layouts
        self.kind = lists[match.layout.list]
        self.points: dict[Key, Printed] = {}
        self.remarks: list[dict[str, Any]] = []
        self.rows = 0

    def taken(self) -> Taken:
        """Return what the sheets gave."""
        for printed in self._joined(self.codes) if self.codes else self._single():
            self._add(printed)
        sheets = (self.match.sheet.name, *([self.codes.sheet.name] if self.codes else []))
        return Taken(self.match.layout, sheets, self.points, self.remarks, self.rows)

    def _single(self) -> Iterator[Printed]:
        for place, made in self._made(self.match):
            if self._sound(place, made, missing(made.row, self.kind)):
                yield Printed(made.row, (place,))

    def _joined(self, codes: Match) -> Iterator[Printed]:
        """Yield a point for each code, with what the speaking sheet says of its name."""
        said, broken = self._said()
        used: set[str] = set()
        for place, made in self._made(codes):
            code = {"item_code": made.row["item_code"], "item_name": made.row["item_name"]}
            faults = [fault for fault in missing(made.row, self.kind) if fault.column in code]
            if not self._sound(place, made._replace(faults=self._own(made)), faults):
                continue
            name = self._name(code["item_name"], said)
            if name in said:
                used.add(name)
                row = said[name].row
                yield Printed(row | {"item_code": code["item_code"]}, (said[name].places[0], place))
            elif fold(code["item_name"]) not in broken:
                self._remark(place, Fault("item_name", code["item_name"], "ZS425"))
        for name in said.keys() - used:
            self._remark(said[name].places[0], Fault("item_name", name, "ZS424"))

    def _own(self, made: Made) -> list[Fault]:
        """The faults of a row of codes: what the other sheet says is not its own."""
        return [fault for fault in made.faults if fault.column in ("item_code", *self.match.layout.where)]

    def _said(self) -> tuple[dict[str, Printed], set[str]]:
        """Return what is said of each name, and the folded names whose row is broken."""
        said: dict[str, Printed] = {}
        broken: set[str] = set()
        for place, made in self._made(self.match):
            name = made.row["item_name"]
            faults = [fault for fault in missing(made.row, self.kind) if fault.column != "item_code"]
            if not self._sound(place, made, faults):
                broken.add(fold(name))
            elif name in said and said[name].row != made.row:
                self._remark(place, Fault("item_name", name, "ZS426"))
            else:
                said.setdefault(name, Printed(made.row, (place,)))
        return said, broken

    def _name(self, name: str, said: dict[str, Printed]) -> str:
        """Return the name as the speaking sheet has it: letter for letter, else the only one that folds alike."""
        if name in said:
            return name
        alike = [other for other in said if fold(other) == fold(name)]
        return alike[0] if len(alike) == 1 else ""

    def _made(self, match: Match) -> Iterator[tuple[Place, Made]]:
        for number, cells in data_rows(match.sheet, match.header):
            self.rows += 1
            made = point_row(match.place, cells, match.layout, self.kind, self.layouts)
            yield Place(match.sheet.name, number), made

    def _sound(self, place: Place, made: Made, absent: list[Fault]) -> bool:
        told = {fault.column for fault in made.faults}
        faults = [*made.faults, *(fault for fault in absent if fault.column not in told)]
        for fault in faults:
            self._remark(place, fault)
        return not faults

    def _add(self, printed: Printed) -> None:
        key = key_of(printed.row, self.kind)
        if key in self.points and self.points[key].row != printed.row:
            self._remark(printed.places[-1], Fault(self.kind.key[0], " ".join(key), "ZS426"))
        elif key in self.points:
            self.points[key] = Printed(printed.row, self.points[key].places + printed.places)
        else:
            self.points[key] = printed

    def _remark(self, place: Place, fault: Fault) -> None:
        """Name file, sheet, row, column as printed, value, reason and mend."""
        shown = self._heading(fault.column)
        where = {"file": self.file, "sheet": place.sheet, "row": place.row + 1, "column": shown, "value": fault.value}
        problem = Problem(fault.code, **where, allowed="、".join(self._allowed(fault.column)))
        self.remarks.append(where | problem.as_dict())

    def _heading(self, column: str) -> str:
        heading = self.match.layout.columns.get(column, column)
        for match in filter(None, (self.match, self.codes)):
            at = match.place.get(self.layouts.heading(heading))
            if at is not None:
                return text_of(match.sheet.rows[match.header][at]).strip()
        return heading

    def _allowed(self, column: str) -> tuple[str, ...]:
        layout = self.match.layout
        if column in layout.where:
            return (layout.where[column],)
        codes = next((one.codes for one in self.kind.columns if one.name == column), ())
        return tuple(layout.values.get(column, {})) or codes
