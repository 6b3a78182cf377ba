"""Reads the rule book from its folder, and the knowledge that the site imported beside it.

A broken file gets one Problem that names file, place, reason and mend; nothing of the book is used then.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from zhunsheng.book.indicators import Indicator, check
from zhunsheng.book.models import Awaited, Batch, Book, Instrument, KnowledgeList, ListKind, Place, Point, Rule
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, check_yaml, digest, from_yaml
from zhunsheng.kernel.ids import identity

#: What a row may say beyond the columns of its list; only the batch must be there.
COMMON = ("batch", "valid_from", "valid_to", "citation", "withdraws", "printed", "reading", "note")
READINGS: tuple[Literal["", "confirm", "waiting"], ...] = ("", "confirm", "waiting")
Model = TypeVar("Model", bound=BaseModel)
Filed = TypeVar("Filed", Rule, Indicator)


def load(folder: Path, site: Path | None = None) -> Book:
    """Return the book of a folder, with the site's own knowledge laid over it.

    Raises Problem ZS401 (file unreadable), ZS402 (content wrong), ZS403 (place and id differ),
    ZS404 (unknown reference), ZS405 (knowledge row wrong), ZS603, ZS604 (an indicator counts what is not there).
    """
    if not (folder / "rules").is_dir():
        raise Problem("ZS401", file=folder, reason="no rules folder")
    folders = [folder] + ([site] if site and site.is_dir() else [])
    rules = {rule.id: rule for rule in _each(folder / "rules", Rule)}
    indicators = {one.id: one for one in _each(folder / "indicators", Indicator)}
    laws = load_laws(folder)
    batches = _batches(folders)
    lists = _mapping(folder / "knowledge" / "lists.yaml", ListKind)
    knowledge = {name: _list(name, kind, folders, batches) for name, kind in lists.items()}
    awaited = _mapping(folder / "waits.yaml", Awaited)
    scheme = _mapping(folder / "scheme.yaml", Place)
    book = Book(
        rules=rules,
        laws=laws,
        knowledge=knowledge,
        batches=batches,
        digest=_digest(rules, laws, knowledge, batches, awaited, scheme, indicators),
        sources={rule.id: digest(canonical(rule.model_dump(mode="json"))) for rule in rules.values()},
        awaited=awaited,
        scheme=scheme,
        indicators=indicators,
    )
    _check_references(book)
    check(indicators.values(), knowledge)
    return book


def load_laws(folder: Path) -> dict[str, Instrument]:
    """Return the instruments of law of a rule book by id. Raises Problem ZS401, ZS402."""
    return {law.id: law for law in (_model(Instrument, path) for path in sorted((folder / "law").glob("*.yaml")))}


def load_indicators(folder: Path, area: str) -> dict[str, Indicator]:
    """Return the indicators of one area of a rule book by id. Raises Problem ZS401, ZS402, ZS403."""
    found = (_model(Indicator, path) for path in sorted((folder / "indicators" / area).glob("*.yaml")))
    return {one.id: one for one in found}


def load_rule(folder: Path, name: str) -> Rule:
    """Return one rule of a rule book by its id. Raises Problem ZS401, ZS402."""
    rule: Rule = _model(Rule, folder / "rules" / f"{name}.yaml")
    return rule


def draft(text: str, name: str) -> Rule:
    """Return the rule that a text holds, wherever it will lie. Raises Problem ZS401, ZS402."""
    try:
        data = from_yaml(check_yaml(text))
    except yaml.YAMLError as error:
        raise Problem("ZS401", file=name, reason=error) from error
    return _validated(Rule, data, name)


def _each(folder: Path, model: type[Filed]) -> Iterator[Filed]:
    """Yield what the files of a folder hold: one each, its id the path below the folder."""
    for path in sorted(folder.rglob("*.yaml")):
        one = _model(model, path)
        place = path.relative_to(folder).with_suffix("").as_posix()
        if one.id != place:
            raise Problem("ZS403", file=path.name, id=one.id, place=place)
        yield one


def _model(model: type[Model], path: Path) -> Model:
    built: Model = _built(model, _text(path), path.name)
    return built


def _mapping(path: Path, model: type[Model]) -> dict[str, Model]:
    return dict(_entries(model, _text(path), path.name))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("ZS401", file=path.name, reason=error) from error


def _yaml(text: str, name: str) -> Any:
    try:
        return from_yaml(text)
    except yaml.YAMLError as error:
        raise Problem("ZS401", file=name, reason=error) from error


# Reading YAML is most of what loading costs, and a book is loaded again whenever one of its files changes. What a text
# says depends on the text alone, and the objects are frozen: each text is read once in a process.
@lru_cache(maxsize=1024)
def _built(model: type[Model], text: str, name: str) -> Model:
    return _validated(model, _yaml(text, name), name)


@lru_cache(maxsize=64)
def _entries(model: type[Model], text: str, name: str) -> tuple[tuple[str, Model], ...]:
    data = _yaml(text, name) or {}
    return tuple((key, _validated(model, entry, f"{name}: {key}")) for key, entry in data.items())


def _validated(model: type[Model], data: Any, place: str) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Problem("ZS402", file=place, where=where, reason=first["msg"]) from error


def _batches(folders: list[Path]) -> dict[str, Batch]:
    batches: dict[str, Batch] = {}
    for folder in folders:
        path = folder / "knowledge" / "batches.yaml"
        if path.exists():
            batches |= _mapping(path, Batch)
    return batches


def _list(name: str, kind: ListKind, folders: list[Path], batches: dict[str, Batch]) -> KnowledgeList:
    points: dict[str, Point] = {}
    for folder in folders:
        path = folder / "knowledge" / f"{name}.csv"
        if path.exists():
            found = _points(path, name, kind, batches)
            told = {_subject(point, kind) for point in found}
            points = {key: point for key, point in points.items() if _subject(point, kind) not in told}
            points |= {point.point_id: point for point in found}
    return KnowledgeList(name=name, kind=kind, points=tuple(points.values()))


def _subject(point: Point, kind: ListKind) -> tuple[str, ...]:
    """Return what a later folder's rows replace: the batch and the subject, whatever else the rows say."""
    return (point.batch, *(point.get(column) for column in kind.key))


def _points(path: Path, name: str, kind: ListKind, batches: dict[str, Batch]) -> list[Point]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        wanted = [column.name for column in kind.columns]
        missing = [column for column in [*wanted, "batch"] if column not in (reader.fieldnames or [])]
        if missing:
            raise Problem("ZS405", file=path.name, row=1, column=missing[0], reason="column missing")
        return [_point(row, number, path, name, kind, batches) for number, row in enumerate(reader, start=2)]


def _point(row: dict[str, str], number: int, path: Path, name: str, kind: ListKind, batches: dict[str, Batch]) -> Point:
    def wrong(column: str, reason: str) -> Problem:
        return Problem("ZS405", file=path.name, row=number, column=column, reason=reason)

    values = {column.name: (row[column.name] or "").strip() for column in kind.columns}
    reading = (row.get("reading") or "").strip()
    if reading not in READINGS:
        raise wrong("reading", f"not one of {', '.join(READINGS[1:])}: {reading}")
    for column in kind.columns:
        text = values[column.name]
        if column.required and not text and reading != "waiting":
            raise wrong(column.name, "empty")
        if text and column.kind == "integer" and not text.lstrip("-").isdigit():
            raise wrong(column.name, f"not a whole number: {text}")
        codes = text.split() if column.kind == "set" else [text] if text else []
        if column.codes and not set(codes) <= set(column.codes):
            raise wrong(column.name, f"not one of {', '.join(column.codes)}: {text}")
    batch = batches.get(row["batch"])
    if batch is None:
        raise wrong("batch", f"unknown batch: {row['batch']}")
    said = {column: (row.get(column) or "").strip() for column in COMMON}
    if said["withdraws"] not in ("", "yes"):
        raise wrong("withdraws", f"neither empty nor yes: {said['withdraws']}")
    named = [values[column.name] for column in kind.columns if not column.name.endswith("_name")]
    own = [said[column] for column in ("valid_from", "withdraws") if said[column]]  # a later row of the same content
    try:
        return Point(
            point_id=identity(name, row["batch"], *named, *own),
            batch=row["batch"],
            values=values,
            note=said["note"],
            printed=row.get("printed") or "",
            reading=reading,
            citation=said["citation"],
            withdraws=said["withdraws"] == "yes",
            valid_from=_date(said["valid_from"]) or batch.valid_from,
            valid_to=_date(said["valid_to"]) or batch.valid_to,
        )
    except ValueError as error:
        raise wrong("valid_from", f"dates are wrong: {said['valid_from']} - {said['valid_to']}") from error


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _digest(*parts: dict[str, Any]) -> str:
    plain = [{key: entry.model_dump(mode="json") for key, entry in sorted(part.items())} for part in parts]
    return digest(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode())


def _check_references(book: Book) -> None:
    for rule in book.rules.values():
        for ref in rule.law:
            instrument = book.laws.get(ref.instrument)
            article = instrument.articles.get(ref.article) if instrument else None
            if article is None or (ref.item and ref.item not in article.items):
                raise Problem("ZS404", file=rule.id, reference=f"{ref.instrument} {ref.article} {ref.item}")
        unknown = [name for name in rule.lists if name not in book.knowledge]
        unknown += [name for name in rule.waits_for if name not in book.awaited]
        unknown += [rule.seq] if rule.seq and rule.seq not in book.scheme else []
        if unknown:
            raise Problem("ZS404", file=rule.id, reference=unknown[0])
    for key, batch in book.batches.items():
        for name in batch.supersedes:
            if name not in book.batches or name == key:
                raise Problem("ZS404", file=f"batches.yaml: {key}", reference=name)
