"""Life-cycles as data: the states of a kind of case, its moves, who makes them, and the clocks that run meanwhile.

One file of ``rulebook/lifecycles`` is one life-cycle; ``casework.cases`` walks them all by the same code. A broken file
gets one Problem that names file, line, place and reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import Field, ValidationError

from zhunsheng.book.entry import Certainty as Certainty
from zhunsheng.book.entry import Cite as Cite
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.recovery import Recovery
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, check_yaml, digest, from_yaml

Kind = Literal[
    "text", "code", "amount", "integer", "multiple", "date", "choice", "several", "article", "people", "attachment",
    "codes", "plan", "bodies",
]  # fmt: skip
#: What a step means for the money of a case.
Books = Literal["", "decision", "service", "adjustment", "plan", "payment", "reversal", "refund", "late", "default"]
Name = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


Named = TypeVar("Named", "Clock", "State", "Move")


class Who(Entry):
    """People who may act: on which side of the case, of which kinds of bodies, with which duties.

    ``handling`` is the body that keeps the case, ``party`` the institution or body that it is about, ``public`` anyone
    (a case of a tip-off is opened by a page without a login), ``clock`` the running out of time, ``run`` a judgement by
    the rule book.
    """

    side: Literal["handling", "party", "public", "clock", "run"]
    bodies: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()


class Input(Entry):
    """A typed field of a move. ``least`` and ``most`` limit characters of a text, fen of an amount, how many of a list.

    ``when`` limits a date against the day of the move. ``internal`` fields are not shown to the party. A ``multiple``
    is kept in 1/10000 (limits too), a ``plan`` as rows of day and fen per account (limits count rows). ``bodies`` are
    kept by number: bodies of the kinds ``of``, around the one that handles the case.
    """

    id: str = Name
    zh: str
    en: str
    kind: Kind
    required: bool = True
    least: int | None = None
    most: int | None = None
    when: Literal["past", "future", "any"] = "any"
    choices: dict[str, tuple[str, str]] = Field(default_factory=dict)
    internal: bool = False
    of: tuple[str, ...] = ()


class Extension(Entry):
    """One prolongation of a clock by at most so many days, and who grants it."""

    days: int = Field(ge=1)
    who: tuple[str, ...] = Field(min_length=1)
    cite: str


class Clock(Entry):
    """A time limit. It runs in the states that name it and stands still in ``excluded`` ones; elsewhere it ends.

    ``kind`` says how days are counted; ``year_end`` has no days and is due on the last day of the year it began in,
    ``planned`` has none either: a step names its day, in the field ``by`` where the file names one.
    """

    id: str = Name
    zh: str
    en: str
    days: int = Field(ge=0)
    kind: Literal["working", "calendar", "year_end", "planned"]
    excluded: tuple[str, ...] = ()
    extensions: tuple[Extension, ...] = ()
    at_end: Literal["remind", "escalate", "move"]
    move: str = ""
    by: str = ""
    cite: str


class State(Entry):
    """Where a case stands: whose turn it is, by which clocks, and whether the party sees the case then."""

    id: str = Name
    zh: str
    en: str
    owner: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    final: bool = False
    party_sees: bool = False


class Move(Entry):
    """A step between states. One that names two people is proposed by one and confirmed or refused by another.

    ``to`` may be ``same``: the case stays where it is and the step is recorded. ``names_party`` is the field that says
    which institution the case is about, where that was open until now. The party does not see an ``internal`` step.
    ``books`` says what the step means for the money of the case.
    """

    id: str = Name
    zh: str
    en: str
    source: tuple[str, ...] = Field(min_length=1, alias="from")
    to: str
    who: tuple[str, ...] = Field(min_length=1)
    two_person: bool = False
    guards: tuple[str, ...] = ()
    needs: tuple[Input, ...] = ()
    names_party: str = ""
    internal: bool = False
    books: Books = ""
    evidence: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$")


class Opening(Entry):
    """How a case begins."""

    to: str
    who: tuple[str, ...] = Field(min_length=1)
    needs: tuple[Input, ...] = ()
    guards: tuple[str, ...] = ()
    evidence: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$")


class Band(Entry):
    """Limits of one number by another field's value: ``field`` lies between so many times ``times_of``, or as it is."""

    when: str
    equals: str
    field: str
    times_of: str = ""
    least: int
    most: int
    cite: str


class Cycle(Dated):
    """One life-cycle. ``prefix`` begins the numbers of its cases; ``party`` says whether a case is about somebody."""

    name: str = Name
    zh: str
    en: str
    about: str
    about_en: str
    prefix: str = Field(pattern=r"^[A-Z]{2,4}$")
    version: int = Field(ge=1)
    party: Literal["required", "optional"]
    cites: dict[str, Cite]
    people: dict[str, Who]
    clocks: tuple[Clock, ...]
    states: tuple[State, ...]
    opening: Opening
    moves: tuple[Move, ...]
    bands: tuple[Band, ...] = ()
    recovery: Recovery | None = None

    @property
    def digest(self) -> str:
        """Name of the exact content, by which a case stays bound to the version it was opened under."""
        return digest(canonical(self.plain))

    @property
    def plain(self) -> dict[str, Any]:
        """The life-cycle as plain data, from which ``Cycle.model_validate`` makes it again."""
        return self.model_dump(mode="json", by_alias=True)

    def named(self, keys: tuple[str, ...]) -> list[Who]:
        """Return people by the names under which the file lists them."""
        return [self.people[key] for key in keys]

    def state(self, key: str) -> State:
        """Return a state. Raises KeyError."""
        return _by_id(self.states, key)

    def clock(self, key: str) -> Clock:
        """Return a clock. Raises KeyError."""
        return _by_id(self.clocks, key)

    def move(self, key: str) -> Move:
        """Return a move. Raises KeyError."""
        return _by_id(self.moves, key)

    def moves_from(self, state: str) -> list[Move]:
        """Return the moves that leave a state or are recorded in it, in file order."""
        return [move for move in self.moves if state in move.source]

    def target(self, move: Move, state: str) -> str:
        """Return where a move leads from a state."""
        return state if move.to == "same" else move.to


def _by_id(entries: tuple[Named, ...], key: str) -> Named:
    found = next((one for one in entries if one.id == key), None)
    if found is None:
        raise KeyError(key)
    return found


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file, in which a place of the data is found again as a line."""

    name: str
    text: str

    def line(self, place: tuple[Any, ...]) -> int:
        """Return the line on which the nearest part of a place stands, from 1."""
        node = yaml.compose(self.text, Loader=yaml.SafeLoader)
        found = node.start_mark.line if node else 0
        for step in place:
            node = _child(node, step)
            if node is None:
                break
            found = node.start_mark.line
        return found + 1


def _child(node: Any, step: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


@dataclass(frozen=True, slots=True)
class Names:
    """What life-cycles may name and the code provides: kinds of bodies, duties, guards."""

    bodies: frozenset[str]
    duties: frozenset[str]
    guards: frozenset[str]
    laws: Mapping[str, Any] = field(default_factory=dict)


def load_cycles(folder: Path, names: Names) -> dict[str, Cycle]:
    """Return the life-cycles of a rule book by name.

    Raises Problem ZS401 (file unreadable), ZS403 (place and name differ), ZS901 (content wrong, with its line).
    """
    found = {}
    for path in sorted((folder / "lifecycles").glob("*.yaml")):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Problem("ZS401", file=path.name, reason=error) from error
        cycle = read_cycle(text, path.name)
        if cycle.name != path.stem:
            raise Problem("ZS403", file=path.name, id=cycle.name, place=path.stem)
        check(cycle, Text(path.name, text), names)
        found[cycle.name] = cycle
    return found


@lru_cache(maxsize=64)
def read_cycle(text: str, name: str) -> Cycle:
    """Return the life-cycle that a text holds, its shape checked and not yet its sense. Raises Problem ZS401, ZS901."""
    try:
        data = from_yaml(check_yaml(text))
    except yaml.YAMLError as error:
        raise Problem("ZS401", file=name, reason=error) from error
    try:
        return Cycle.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        line = Text(name, text).line(first["loc"])
        raise Problem("ZS901", file=name, line=line, where=place, reason=first["msg"]) from error


def check(cycle: Cycle, text: Text, names: Names) -> None:
    """Raise Problem ZS901 for the first fault in the sense of a life-cycle."""
    from zhunsheng.book.cycle_lint import faults

    for fault in faults(cycle, names):
        place = ".".join(str(step) for step in fault.place)
        reason = f"{fault.zh} {fault.en}"
        raise Problem("ZS901", file=text.name, line=text.line(fault.place), where=place, reason=reason)
