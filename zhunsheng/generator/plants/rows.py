"""Planted cases as rows of a month, and the answer key once their identities are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from zhunsheng.generator.frames import NONE, Encounters, Lines
from zhunsheng.generator.plants.stage import Plant, PlantedEncounter, PlantedLine


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One row of the answer key. ``rows`` are line identities, or encounter identities for stays."""

    rule: str
    kind: str
    person: int
    institution: int
    rows: tuple[str, ...]
    note: str
    author: str


def as_frames(plants: Iterable[tuple[int, Plant]]) -> tuple[Encounters, Lines]:
    """Return the encounters and lines of labelled plants, positions counted from 0."""
    encounters: list[list[int]] = []
    lines: list[list[int]] = []
    position: dict[int, int] = {}
    for label, plant in plants:
        for encounter in plant.encounters:
            for line in sorted(encounter.lines, key=lambda line: line.undoes is not None):
                position[id(line)] = len(lines)
                lines.append(_line(line, len(encounters), label, position))
            encounters.append(_encounter(plant, encounter, label))
    return Encounters(*_columns(encounters, 11)), Lines(*_columns(lines, 10))


def _encounter(plant: Plant, made: PlantedEncounter, label: int) -> list[int]:
    last = max([line.at for line in made.lines] + [made.begin if made.end is None else made.end])
    end = NONE if made.end is None else made.end
    row = [plant.person, made.institution, made.department, made.practitioner, made.visit_type, made.setting]
    return [*row, made.condition, made.begin, end, last + 600, label if made.subject else NONE]


def _line(line: PlantedLine, encounter: int, label: int, position: dict[int, int]) -> list[int]:
    undoes = NONE if line.undoes is None else position[id(line.undoes)]
    row = [encounter, line.item, line.price_e6, line.quantity_e4, line.at, int(line.day_only)]
    return [*row, line.department, line.practitioner, undoes, label if line.subject else NONE]


def _columns(rows: list[list[int]], width: int) -> list[np.ndarray]:
    return list(np.array(rows, dtype=np.int64).reshape(-1, width).T.copy())


def key_rows(plants: dict[int, Plant], found: dict[int, list[tuple[int, str]]]) -> list[KeyRow]:
    """Return the key of labelled plants from (institution, identity) of their subject rows."""
    return [
        KeyRow(
            plant.rule,
            plant.kind,
            plant.person,
            found[label][-1][0],
            tuple(identity for _, identity in found[label]),
            plant.note,
            plant.author,
        )
        for label, plant in plants.items()
    ]
