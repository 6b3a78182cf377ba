"""Columns of equal length held together: encounters and charge lines of one month while they are made.

Moments are local wall-clock seconds since 1970-01-01 00:00 in Asia/Shanghai (``day * 86400 + second of the day``),
days are days since 1970-01-01, so that everything here is an integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
#: Stands for "none" in index and moment columns.
NONE = -1
#: The kind of visit that no national code names.
INTERNET = 900
DAY = 86_400
HOUR = 3_600


@dataclass
class Encounters:
    """One element per encounter. ``label`` numbers a planted encounter, else NONE."""

    person: Ints
    institution: Ints
    department: Ints
    practitioner: Ints
    visit_type: Ints
    setting: Ints
    condition: Ints
    begin: Ints
    end: Ints
    settled: Ints
    label: Ints


@dataclass
class Lines:
    """One element per charge or refund line. ``encounter`` and ``undoes`` are positions within the month.

    ``label`` numbers a planted line, else NONE. A refund that names no line has no ``undoes``.
    """

    encounter: Ints
    item: Ints
    price_e6: Ints
    quantity_e4: Ints
    at: Ints
    day_only: Ints
    department: Ints
    practitioner: Ints
    undoes: Ints
    label: Ints


@dataclass
class Procedures:
    """One element per operation: its encounter, condition (which names the operation), day and surgeon."""

    encounter: Ints
    condition: Ints
    day: Ints
    practitioner: Ints


Frame = TypeVar("Frame", Encounters, Lines, Procedures)


def size(frame: Encounters | Lines | Procedures) -> int:
    """Return the number of elements."""
    return len(getattr(frame, fields(frame)[0].name))


def take(frame: Frame, wanted: NDArray[np.generic]) -> Frame:
    """Return the elements at positions, or where a mask is true."""
    return type(frame)(*(getattr(frame, f.name)[wanted] for f in fields(frame)))


def joined(frames: Sequence[Frame]) -> Frame:
    """Return the elements of one or more frames one after another."""
    kind = type(frames[0])
    return kind(*(np.concatenate([getattr(frame, f.name) for frame in frames]) for f in fields(kind)))


def moved(lines: Lines, encounters: int, before: int) -> Lines:
    """Return lines whose encounter and undoes positions are shifted, in place, for joining behind others."""
    lines.encounter += encounters
    lines.undoes[lines.undoes != NONE] += before
    return lines


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """Return, for counts per owner, the owner and the position (from 0) of each element."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner), dtype=np.int64) - starts[owner]


def full(count: int, value: int) -> Ints:
    """Return a column of one value."""
    return np.full(count, value, dtype=np.int64)
