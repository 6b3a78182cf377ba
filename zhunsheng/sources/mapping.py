"""Mappings as data: which headers make which kind of file, and where each column goes in the facts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import yaml

from zhunsheng.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Field:
    """One column of an outside file. ``to`` names fact columns as (table, column).

    ``element`` is where a value stands in a file that is no table, below the element of its row.
    """

    name: str
    zh: str
    type: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    to: tuple[tuple[str, str], ...] = ()
    sign: str = "any"
    after: str | None = None
    length: int = 64
    element: str | None = None


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of outside file: its columns, and the fact key by which its rows must differ."""

    name: str
    zh: str
    fields: tuple[Field, ...]
    key_table: str
    key_columns: tuple[str, ...]
    #: For a key that another batch holds: "reject" the row or let the "newest" speak. "unused": nothing is stored.
    across_batches: str = "reject"

    def field(self, name: str) -> Field:
        """Return a column by its national name. Raises KeyError."""
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def tables(self) -> tuple[str, ...]:
        """Fact tables that the kind feeds, in order of first mention."""
        return tuple(dict.fromkeys([table for one in self.fields for table, _ in one.to] or [self.key_table]))


@dataclass(frozen=True, slots=True)
class Mapping:
    """All kinds of one source. ``version`` is part of a batch's identity: a new mapping reads old bytes anew.

    ``format`` is "table" where headers tell the kind of a file, else that of the reader that cuts the tables out of
    it; ``rest`` holds what only that reader knows.
    """

    source: str
    zh: str
    version: int
    currency: str
    since: date
    total_words: tuple[str, ...]
    kinds: dict[str, FileKind]
    format: str = "table"
    rest: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A header row that was understood: position of each known column, and the headers nobody knows."""

    mapping: Mapping
    kind: FileKind
    columns: dict[str, int]
    unknown: tuple[str, ...]
    width: int


SOURCES = ("settlement_list", "synthea", "fhir", "vendor_service")
_KNOWN = {one.name for one in fields(Mapping)}


@cache
def mapping(source: str) -> Mapping:
    """Load the mapping of a source by its folder name."""
    text = resources.files(f"zhunsheng.sources.{source}").joinpath("mapping.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Mapping(
        source=data["source"],
        zh=data["zh"],
        version=data["version"],
        currency=data["currency"],
        since=data["since"],
        total_words=tuple(data["total_words"]),
        kinds={name: _kind(name, entry) for name, entry in data["kinds"].items()},
        format=data.get("format", "table"),
        rest={name: value for name, value in data.items() if name not in _KNOWN},
    )


def mapping_of(kind: FileKind) -> Mapping:
    """Return the mapping that a kind belongs to. Raises KeyError for a kind of no source."""
    for source in SOURCES:
        if mapping(source).kinds.get(kind.name) == kind:
            return mapping(source)
    raise KeyError(kind.name)


def recognise(header: list[str], source: str = "auto") -> Recognised:
    """Find the kind of file that a header row belongs to.

    The kind with all its required columns present and most columns matched wins. Raises Problem ZS203 when no
    kind comes near, ZS204 when one does and required columns are missing, ZS206 when a column stands twice, ZS261
    when the named source has no tables.
    """
    names = [normal(cell) for cell in header]
    sources = SOURCES if source == "auto" else (source,)
    known = [mapping(one) for one in sources if mapping(one).format == "table"]
    if not known:
        raise Problem("ZS261", found="、".join(header)[:100])
    found = [_match(one, kind, names) for one in known for kind in one.kinds.values()]
    complete = [one for one in found if not _missing(one)]
    if complete:
        best = max(complete, key=lambda one: (len(one.columns), sum(item.required for item in one.kind.fields)))
        _refuse_twice(best, names)
        return best
    raise _unknown(found, header)


def normal(cell: str) -> str:
    """Return a header as it is compared: half-width, lower case, without spaces, marks of order and quotes."""
    text = unicodedata.normalize("NFKC", cell).replace("\ufeff", "").lower()
    return "".join(text.split()).strip("\"'*:")


def _kind(name: str, entry: dict[str, Any]) -> FileKind:
    return FileKind(
        name=name,
        zh=entry["zh"],
        fields=tuple(_field(column) for column in entry["columns"]),
        key_table=entry["key"]["table"],
        key_columns=tuple(entry["key"]["columns"]),
        across_batches=entry["across_batches"],
    )


def _field(entry: dict[str, Any]) -> Field:
    to = entry.get("to", [])
    targets = [to] if isinstance(to, str) else to
    values = {**entry, "aliases": tuple(entry.get("aliases", ()))}
    values["to"] = tuple((target.split(".")[0], target.split(".")[1]) for target in targets)
    values.setdefault("length", 500 if entry["type"] == "text" else 64)
    return Field(**values)


def _match(source: Mapping, kind: FileKind, names: list[str]) -> Recognised:
    columns: dict[str, int] = {}
    for one in kind.fields:
        accepted = {normal(name) for name in (one.name, one.zh, *one.aliases)}
        places = [place for place, name in enumerate(names) if name in accepted]
        if places:
            columns[one.name] = places[0]
    taken = set(columns.values())
    unknown = tuple(name for place, name in enumerate(names) if place not in taken and name)
    return Recognised(source, kind, columns, unknown, len(names))


def _missing(found: Recognised) -> list[Field]:
    return [one for one in found.kind.fields if one.required and one.name not in found.columns]


def _refuse_twice(found: Recognised, names: list[str]) -> None:
    for one in found.kind.fields:
        accepted = {normal(name) for name in (one.name, one.zh, *one.aliases)}
        if sum(name in accepted for name in names) > 1:
            raise Problem("ZS206", column=one.name, column_zh=one.zh)


def _unknown(found: list[Recognised], header: list[str]) -> Problem:
    shown = "、".join(cell.strip() for cell in header if cell.strip())[:300]
    near = sorted(found, key=lambda one: (-len(one.columns), len(_missing(one))))[:2]
    best = near[0]
    missing = "、".join(f"{one.zh} {one.name}" for one in _missing(best))
    kinds = "、".join(f"{one.kind.zh} {one.kind.name}" for one in near if one.columns)
    if len(best.columns) >= 2:
        return Problem("ZS204", kind=f"{best.kind.zh} {best.kind.name}", missing=missing, found=shown)
    return Problem("ZS203", found=shown or "-", nearest=kinds or "-", missing=missing)
