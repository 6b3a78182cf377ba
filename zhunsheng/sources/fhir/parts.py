"""Make tables of FHIR files, one for each kind of row in each file, ready for the reader that all sources share."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from zhunsheng.kernel.errors import Problem
from zhunsheng.sources.fhir.index import Index, Seen, Unusable, digest, shaped
from zhunsheng.sources.fhir.maker import Row
from zhunsheng.sources.fhir.reading import Fault, Found, encoding, resources
from zhunsheng.sources.fhir.rows import rows
from zhunsheng.sources.fhir.shapes import SHAPES
from zhunsheng.sources.mapping import Recognised, mapping
from zhunsheng.sources.records import Irregular

#: The table that a resource belongs to when no row can be made of it.
_HOME = {
    "Patient": "patient",
    "Organization": "organization",
    "Practitioner": "practitioner_role",
    "PractitionerRole": "practitioner_role",
    "Encounter": "encounter",
    "Condition": "diagnosis",
    "Procedure": "procedure",
    "Medication": "medication_request",
    "MedicationRequest": "medication_request",
    "Coverage": "claim",
    "Claim": "claim",
    "ExplanationOfBenefit": "benefit",
}
_FIRST_ROW = 2


@dataclass(slots=True)
class Sheet:
    """One table of one file. ``places`` says where each row stands; ``context`` names the files it leans on."""

    kind: str
    path: Path
    places: Path
    encoding: str
    irregular: list[Irregular] = field(default_factory=list)
    notices: dict[str, tuple[int, str]] = field(default_factory=dict)
    context: tuple[str, ...] = ()

    def find(self, _: list[str]) -> Recognised:
        """Return what the table is, whatever its header."""
        kind = mapping("fhir").kinds[self.kind]
        return Recognised(
            mapping("fhir"), kind, {one.name: n for n, one in enumerate(kind.fields)}, (), len(kind.fields)
        )


@dataclass(slots=True)
class Bundle:
    """One file of the import, with its tables or with what is wrong with it as a whole."""

    path: Path
    digest: str
    number: int
    folder: Path
    problem: Problem | None = None
    sheets: dict[str, Sheet] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    @property
    def notices(self) -> dict[str, tuple[int, str]]:
        """What is counted and sent back no row: code -> (number, names)."""
        found = {code: (number, "") for code, number in self.counts.items() if number}
        if self.unread:
            found["ZS270"] = (self.unread.total(), "、".join(sorted(self.unread)))
        return found

    def tables(self, stored: Iterable[str]) -> Iterator[Sheet]:
        """Yield the tables; a kind that an earlier version of the file held and this one lacks comes empty."""
        for kind in mapping("fhir").kinds:
            if kind not in self.sheets and kind in stored:
                with _Tables(self) as tables:
                    tables.sheet(kind)
            if kind in self.sheets:
                yield self.sheets[kind]


class Bundles:
    """All FHIR files of one import, read together."""

    def __init__(self, files: list[tuple[Path, str]], folder: Path) -> None:
        self.index = Index()
        self.files = [Bundle(path, key, n, folder / f"fhir-{n}") for n, (path, key) in enumerate(files)]
        for one in self.files:
            self.index.names.append(one.path.name)
            self._guard(one, self._learn)
        self.index.settle()
        for one in self.files:
            self._guard(one, self._write)
        self._join()

    def _guard(self, one: Bundle, step: Any) -> None:
        """Take a step for a file that has no problem yet; a problem ends this file only."""
        if one.problem is None:
            try:
                step(one)
            except Problem as problem:
                one.problem = problem
            except OSError as error:
                one.problem = Problem("ZS209", detail=error.strerror or str(error))

    def _learn(self, one: Bundle) -> None:
        for found in resources(one.path):
            self.index.add(one.number, found)

    def _write(self, one: Bundle) -> None:
        lost: list[tuple[Found, Fault]] = []
        with _Tables(one) as tables:
            for found in resources(one.path):
                if found.fault:
                    lost.append((found, found.fault))
                elif found.resource["resourceType"] in SHAPES:
                    self._resource(one, found, tables)
                else:
                    one.unread[plain_type(found.resource["resourceType"])] += 1
            if lost and not one.sheets:
                fault = lost[0][1]
                raise Problem(fault.code, value=fault.value, **fault.values)
            kind = max(one.sheets, key=lambda name: tables.lengths[name], default="")
            for found, fault in lost:
                tables.refuse(kind, found, [("", fault)])

    def _resource(self, one: Bundle, found: Found, tables: _Tables) -> None:
        """Write the rows of one resource."""
        home = _HOME[found.resource["resourceType"]]
        try:
            model = shaped(found.resource)
        except Unusable as error:
            tables.refuse(home, found, [("", fault) for fault in error.faults])
            return
        key = f"{model.resource_type}/{model.id}"
        first = self.index.standing(one.number, found, model)
        if first:
            self._again(one, found, first, tables, home)
            return
        made = rows(self.index, key, replace(self.index.seen[key], model=model))
        one.counts.update(made.counts)
        for row in made.rows:
            tables.write(row, found)

    def _again(self, one: Bundle, found: Found, first: Seen, tables: _Tables, home: str) -> None:
        """Count a resource that repeats an earlier one; send back one that contradicts it."""
        if first.holder.file != one.number:
            self.index.edges.add((one.number, first.holder.file))
        if digest(found.resource) == first.digest:
            one.counts["ZS282"] += 1
            return
        values = {"file": self.index.names[first.holder.file], "row": str(first.row)}
        tables.refuse(home, found, [("", Fault("ZS266", str(found.resource.get("id")), "/id", values))])

    def _join(self) -> None:
        """Name for each table the other files that its file leans on, directly or through others."""
        group = {one.number: {one.number} for one in self.files}
        for left, right in self.index.edges:
            if group[left] is not group[right]:
                group[left] |= group[right]
                for number in group[right]:
                    group[number] = group[left]
        for one in self.files:
            others = sorted(self.files[number].digest for number in group[one.number] - {one.number})
            for sheet in one.sheets.values():
                sheet.context = tuple(others)


class _Tables:
    """The tables of one file, open for writing."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.lengths: Counter[str] = Counter()
        self._files: list[TextIO] = []
        self._writers: dict[str, tuple[Any, Any]] = {}

    def __enter__(self) -> _Tables:
        self.bundle.folder.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()

    def sheet(self, kind: str) -> Sheet:
        """Return a table, begun with its header when it is new."""
        if kind not in self.bundle.sheets:
            folder = self.bundle.folder
            sheet = Sheet(kind, folder / f"{kind}.tsv", folder / f"{kind}.places", encoding(self.bundle.path))
            self._writers[kind] = (self._open(sheet.path), self._open(sheet.places))
            self._writers[kind][0].writerow([one.name for one in mapping("fhir").kinds[kind].fields])
            self.bundle.sheets[kind] = sheet
        return self.bundle.sheets[kind]

    def write(self, row: Row, found: Found) -> None:
        """Write a row, or an empty one and why it is sent back."""
        if row.faults:
            self.refuse(row.kind, found, row.faults, row.at)
            return
        self._put(row.kind, row.values, found, row.at)

    def refuse(self, kind: str, found: Found, faults: list[tuple[str, Fault]], at: str = "") -> None:
        """Leave the row empty and note each fault with the element it stands at."""
        number = self._put(kind, {}, found, at)
        names = [one.name for one in mapping("fhir").kinds[kind].fields]
        for column, fault in faults:
            values = {**fault.values, "pointer": found.pointer + fault.pointer}
            place = names.index(column) if column in names else None
            self.bundle.sheets[kind].irregular.append(Irregular(number, fault.code, place, fault.value, values))

    def _put(self, kind: str, values: dict[str, str], found: Found, at: str) -> int:
        self.sheet(kind)
        table, places = self._writers[kind]
        number = self.lengths[kind] + _FIRST_ROW
        self.lengths[kind] += 1
        table.writerow([values.get(one.name, "") for one in mapping("fhir").kinds[kind].fields])
        places.writerow([number, found.row, found.pointer + at])
        return number

    def _open(self, path: Path) -> Any:
        file = path.open("w", encoding="utf-8", newline="")
        self._files.append(file)
        return csv.writer(file, delimiter="\t", lineterminator="\n")


def plain_type(name: str) -> str:
    """Return a type as it may be shown: one that no FHIR type is called is not repeated."""
    return name if name.isascii() and name.isalpha() and len(name) <= 40 else "?"
