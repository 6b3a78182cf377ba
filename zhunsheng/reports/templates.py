"""Templates of documents as data: plain text with named fields, bound to a life-cycle and its steps.

One file of ``rulebook/documents`` is one kind of document. A template holds no code: a field in braces is replaced by
its words, a piece may depend on a field being there, a table may have a row for each step of a kind. A broken file gets
one Problem that names file, line, place and reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from zhunsheng.book.cycles import Cite, Cycle, Input, Text
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, check_yaml, digest, from_yaml

FIELD = re.compile(r"\{([a-z_]+)\.([a-z0-9_]+)\}")
#: A brace that begins no field: a slip of the pen that would be printed.
LOOSE = re.compile(r"[{}]")
#: What a template may say of any case, of the step it is made for, of the sheet itself.
CASE = frozenset({"number", "name", "party", "body", "opened_on", "officers", "owed"})
STEP = frozenset({"day", "people", "name"})
OPENING = "opening"
NUMBERS = "numbers.yaml"
NUMBER = frozenset({"short", "word", "year", "number"})


class Piece(Entry):
    """A piece of the body. ``needs`` and ``lacks`` name a field that must, or must not, be there for it to be printed.

    ``each`` names a move: a table gets a row for every time that it was taken.
    """

    kind: Literal["text", "heading", "record", "table"] = "text"
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    each: str = ""
    needs: str = ""
    lacks: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text of the piece that may hold fields."""
        return (self.text, *self.head, *(cell for row in self.rows for cell in row))


class Template(Dated):
    """One kind of document.

    ``cycle`` is a life-cycle or ``any``; ``after``: the steps it is made for (``opening`` or moves). ``word`` goes into
    its number. ``party``: whom the case is about may download it. ``repeats``: a step may have several. ``asks``: what
    is typed when it is drafted. ``cites``: citations of the life-cycle that it prints.
    """

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    zh: str
    en: str
    word: str = Field(min_length=1, max_length=8)
    cycle: str
    after: tuple[str, ...] = ()
    party: bool = False
    repeats: bool = False
    to: str = ""
    asks: tuple[Input, ...] = ()
    body: tuple[Piece, ...] = Field(min_length=1)
    sign: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    annexes: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    sources: dict[str, Cite] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Name of the exact content."""
        return digest(canonical(self.model_dump(mode="json")))

    def fits(self, cycle: str) -> bool:
        """Whether cases of a life-cycle have this document."""
        return self.cycle in (cycle, "any")


class Numbers(Entry):
    """How numbers read: a pattern with ``{short}{word}{year}{number}``, and short names of bodies by name."""

    pattern: str
    bodies: dict[str, str] = Field(default_factory=dict)

    def text(self, body: str, word: str, year: int, number: int) -> str:
        """Return the number of a document of a body."""
        parts = {"short": self.bodies.get(body, ""), "word": word, "year": str(year), "number": str(number)}
        return re.sub(r"\{([a-z]+)\}", lambda found: parts[found[1]], self.pattern)


def load_numbers(folder: Path) -> Numbers:
    """Return how numbers read. Raises Problem ZS961."""
    path = folder / "documents" / NUMBERS
    made = Numbers.model_validate(_data(path, Numbers))
    named = set(re.findall(r"\{([a-z]+)\}", made.pattern))
    if named - NUMBER or not {"word", "year", "number"} <= named:
        raise Problem("ZS961", file=NUMBERS, line=1, where="pattern", reason="{short}{word}{year}{number}")
    return made


def load_templates(folder: Path, cycles: Mapping[str, Cycle]) -> dict[str, Template]:
    """Return the kinds of documents by name, each checked against its life-cycle. Raises Problem ZS961."""
    found = {}
    for path in sorted((folder / "documents").glob("*.yaml")):
        if path.name == NUMBERS:
            continue
        template = Template.model_validate(_data(path, Template))
        if template.kind != path.stem:
            raise Problem("ZS961", file=path.name, line=1, where="kind", reason=f"{template.kind} ≠ {path.stem}")
        check(template, cycles, _read(path))
        found[template.kind] = template
    return found


def _read(path: Path) -> Text:
    try:
        return Text(path.name, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("ZS961", file=path.name, line=1, where="", reason=error) from error


def _data(path: Path, model: type[Entry]) -> dict[str, Any]:
    text = _read(path)
    return _valid(text.text, text.name, model)


@lru_cache(maxsize=256)
def _valid(text: str, name: str, model: type[Entry]) -> dict[str, Any]:
    """Return the plain data of a text that a model takes."""
    try:
        data = from_yaml(check_yaml(text))
        model.model_validate(data)
    except yaml.YAMLError as error:
        raise Problem("ZS961", file=name, line=1, where="", reason=error) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise Problem(
            "ZS961", file=name, line=Text(name, text).line(first["loc"]), where=place, reason=first["msg"]
        ) from error
    return dict(data)


def check(template: Template, cycles: Mapping[str, Cycle], text: Text) -> None:
    """Raise Problem ZS961 for the first field, step or citation that the life-cycle does not have or not surely."""
    for place, reason in faults(template, cycles):
        raise Problem(
            "ZS961", file=text.name, line=text.line(place), where=".".join(str(step) for step in place), reason=reason
        )


def faults(template: Template, cycles: Mapping[str, Cycle]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield (place, reason) of what is wrong with a template."""
    if template.cycle == "any":
        yield from _fields(template, None)
        return
    cycle = cycles.get(template.cycle)
    if cycle is None:
        yield ("cycle",), f"没有这一流程 no life-cycle: {template.cycle}"
        return
    moves = {move.id for move in cycle.moves}
    for n, key in enumerate(template.after):
        if key != OPENING and key not in moves:
            yield ("after", n), f"没有这一步 no such step: {key}"
            return
    if not template.after:
        yield ("after",), "至少写一步 names no step"
    for n, key in enumerate(template.cites):
        if key not in cycle.cites and key not in template.sources:
            yield ("cites", n), f"没有这一引文 no such citation: {key}"
    yield from _fields(template, cycle)


def _fields(template: Template, cycle: Cycle | None) -> Iterator[tuple[tuple[Any, ...], str]]:
    outside = (("to", template.to), ("sign", " ".join(template.sign)), ("annexes", " ".join(template.annexes)))
    for name, value in outside:
        yield from _one(template, cycle, (name,), value, "", "")
    for n, piece in enumerate(template.body):
        for key in (piece.needs, piece.lacks):
            group, _, name = key.partition(".")
            if name and not _known(template, cycle, group, name, ""):
                yield ("body", n), f"没有这一字段 no such field: {key}"
            elif key and not name:
                yield ("body", n), f"字段写作“步骤.字段” a field reads step.field: {key}"
        if piece.each and (cycle is None or piece.each not in {move.id for move in cycle.moves}):
            yield ("body", n), f"没有这一步 no such step: {piece.each}"
            return
        if piece.kind == "table" and any(len(row) != len(piece.head) for row in piece.rows):
            yield ("body", n), "每行的格数须与表头相同 each row has as many cells as the head"
        for value in piece.texts:
            yield from _one(template, cycle, ("body", n), value, piece.needs, piece.each)


def _one(
    template: Template, cycle: Cycle | None, place: tuple[Any, ...], value: str, needs: str, each: str
) -> Iterator[tuple[tuple[Any, ...], str]]:
    if LOOSE.search(FIELD.sub("", value)):
        yield place, "花括号中不是字段 braces that hold no field"
    for group, key in FIELD.findall(value):
        if not _known(template, cycle, group, key, each):
            yield place, f"没有这一字段 no such field: {group}.{key}"
        elif not _sure(template, cycle, group, key, needs, each):
            yield place, f"未必有值，须注明 needs may be absent, say needs: {group}.{key}"


def _known(template: Template, cycle: Cycle | None, group: str, key: str, each: str) -> bool:
    """Whether a field exists. ``row`` is the step of a row of a table, ``step`` that of the document."""
    if group == "case":
        return key in CASE
    if group == "step":
        return key in STEP
    if group == "ask":
        return key in {one.id for one in template.asks}
    if cycle is None:
        return False
    if group == "row":
        return bool(each) and (key in STEP or key in {one.id for one in cycle.move(each).needs})
    if group == "clock":
        return key in {one.id for one in cycle.clocks}
    if group == "document":
        return True
    needs = cycle.opening.needs if group == OPENING else _needs(cycle, group)
    return needs is not None and (key in STEP or key in {one.id for one in needs})


def _needs(cycle: Cycle, move: str) -> tuple[Input, ...] | None:
    return next((one.needs for one in cycle.moves if one.id == move), None)


def _sure(template: Template, cycle: Cycle | None, group: str, key: str, needs: str, each: str) -> bool:
    """Whether a field has words in every document of the kind, or the piece says that it needs it."""
    if f"{group}.{key}" == needs or (needs.startswith(f"{group}.") and group not in ("ask", "document")):
        return True
    if group == "ask":
        return next(one.required for one in template.asks if one.id == key)
    if group == "case":
        return key not in ("party", "officers", "owed") or _case_sure(template, cycle, key)
    if group in ("step", "clock") or cycle is None or (group == "row" and each):
        return True
    inputs = cycle.opening.needs if group == OPENING else _needs(cycle, group) or ()
    if any(one.id == key and not one.required for one in inputs):
        return False
    return group == OPENING or all(_before(cycle, group, after) for after in template.after)


def _case_sure(template: Template, cycle: Cycle | None, key: str) -> bool:
    if key == "party":
        return cycle is not None and (cycle.party == "required" or _named_before(template, cycle))
    fields = {"officers": "officers", "owed": "recover_fen"}[key]
    if cycle is None:
        return False
    holding = {move.id for move in cycle.moves if fields in {one.id for one in move.needs}}
    opened = fields in {one.id for one in cycle.opening.needs}
    return opened or all(_reaches_only_by(cycle, holding, after) for after in template.after)


def _named_before(template: Template, cycle: Cycle) -> bool:
    naming = {move.id for move in cycle.moves if move.names_party}
    return bool(naming) and all(_reaches_only_by(cycle, naming, after) for after in template.after)


def _before(cycle: Cycle, move: str, after: str) -> bool:
    return _reaches_only_by(cycle, {move}, after)


def _reaches_only_by(cycle: Cycle, moves: set[str], after: str) -> bool:
    """Whether no row of moves comes to a step without taking one of some moves, itself among them."""
    if after in moves:
        return True
    if after == OPENING:
        return False
    found, fresh = {cycle.opening.to}, {cycle.opening.to}
    while fresh:
        others = [one for one in cycle.moves if one.id not in moves]
        fresh = {cycle.target(one, state) for one in others for state in one.source if state in fresh} - found
        found |= fresh
    return not found & set(cycle.move(after).source)
