"""Planted cases as rows of a month, and the answer key once their identities are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from zhunsheng.generator.frames import NONE, Encounters, Lines
from zhunsheng.generator.plants.paper import PAPERS
from zhunsheng.generator.plants.plant import Plant, PlantedEncounter, PlantedLine
from zhunsheng.generator.tables import headers


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One row of the answer key. ``rows`` are line identities, or encounter identities for stays.

    ``case`` numbers the case; ``others`` are the further rows of the case, at stake for nothing that it is said of.
    """

    rule: str
    kind: str
    person: int
    institution: int
    rows: tuple[str, ...]
    note: str
    author: str
    case: int
    others: tuple[str, ...]


@dataclass
class Cast:
    """All planted cases. Labels of rows number ``encounters`` and ``lines``, by which a row finds what was planted."""

    plants: list[Plant]
    encounters: list[PlantedEncounter] = field(default_factory=list)
    lines: list[PlantedLine] = field(default_factory=list)


def as_frames(cast: Cast, wanted: Iterable[tuple[int, PlantedEncounter]]) -> tuple[Encounters, Lines]:
    """Return planted (person, encounter) pairs as frames, labelled; positions counted from 0."""
    encounters: list[list[int]] = []
    lines: list[list[int]] = []
    position: dict[int, int] = {}
    for person, encounter in wanted:
        for line in sorted(encounter.lines, key=lambda line: line.undoes is not None):
            position[id(line)] = len(lines)
            lines.append([*_line(line, len(encounters), position), len(cast.lines)])
            cast.lines.append(line)
        encounters.append([*_encounter(person, encounter), len(cast.encounters)])
        cast.encounters.append(encounter)
    return Encounters(*_columns(encounters, 11)), Lines(*_columns(lines, 10))


def _encounter(person: int, made: PlantedEncounter) -> list[int]:
    end = NONE if made.end is None else made.end
    row = [person, made.institution, _place(made.department), made.practitioner, made.visit_type, made.setting]
    return [*row, made.condition, made.begin, end, made.settlement]


def _line(line: PlantedLine, encounter: int, position: dict[int, int]) -> list[int]:
    undoes = NONE if line.undoes is None or not line.names_line else position[id(line.undoes)]
    row = [encounter, line.item, line.price_e6, line.quantity_e4, line.at, int(line.day_only)]
    return [*row, _place(line.department), _place(line.practitioner), undoes]


def _place(stated: int | str | None) -> int:
    return stated if isinstance(stated, int) else NONE


def _columns(rows: list[list[int]], width: int) -> list[np.ndarray]:
    return list(np.array(rows, dtype=np.int64).reshape(-1, width).T.copy())


def papers(cast: Cast, part: str) -> list[list[str]]:
    """Return the rows of a part of the papers once the identities of their encounters are known."""
    kind, own, _ = PAPERS[part]
    found = [paper for plant in cast.plants for paper in plant.papers if paper[0] == part]
    made = []
    for number, (_, encounter, cells) in enumerate(found, 1):
        numbers = {own: f"{number:08d}", "mdtrt_id": encounter.row if encounter else f"0{number:08d}"}
        made.append([(cells | numbers).get(name, "") for name in headers(kind)])
    return made


def key_rows(cast: Cast) -> list[KeyRow]:
    """Return the answer key: one row for each thing said of a case."""
    return [row for number, plant in enumerate(cast.plants, 1) for row in _said(number, plant)]


def _said(number: int, plant: Plant) -> list[KeyRow]:
    identities = {name: one.row for name, one in plant.named.items()}
    # encounters that the case does not state, and the company it keeps, are rows of the case, too
    further = [one.row for encounter in plant.encounters for one in (encounter, *encounter.lines)]
    made = []
    for told in plant.case.told:
        rows = tuple(identities[name] for name in told.rows)
        others = tuple(row for row in dict.fromkeys([*identities.values(), *further]) if row and row not in rows)
        place = _institution(plant, told.rows[-1])
        made.append(
            KeyRow(told.rule, told.kind, plant.person, place, rows, plant.case.note, plant.case.author, number, others)
        )
    return made


def _institution(plant: Plant, name: str) -> int:
    row = plant.named[name]
    return next(one.institution for one in plant.encounters if row is one or row in one.lines)
