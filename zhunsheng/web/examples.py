"""Worked examples for reading: what repeats at a steady step is told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from zhunsheng.book.worked import ExampleLine

#: Shorter runs are read faster line by line.
LEAST = 4
#: First line, last line, days from one to the next, lines; a line by itself has no last one.
Group = tuple[ExampleLine, ExampleLine | None, int, int]


def folded(lines: Sequence[ExampleLine]) -> list[Group]:
    """Return lines in their order, with runs that differ only by name and day, evenly, folded into one group."""
    return [group for run in _runs(lines) for group in _groups(run)]


def _runs(lines: Sequence[ExampleLine]) -> Iterator[list[ExampleLine]]:
    run: list[ExampleLine] = []
    for line in lines:
        step = _step(run[-1], line) if run else None
        if run and (step is None or (len(run) > 1 and step != _step(run[-2], run[-1]))):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _groups(run: list[ExampleLine]) -> list[Group]:
    if len(run) < LEAST:
        return [(line, None, 0, 1) for line in run]
    step = next(step for one, other in pairwise(run) if (step := _step(one, other)))
    return [(run[0], run[-1], step.days, len(run))]


def _step(line: ExampleLine, following: ExampleLine) -> timedelta | None:
    """Return the days from one line to the next at the same hour, None where anything else differs."""
    named = {"id": "", "at": ""}
    if line.model_copy(update=named) != following.model_copy(update=named) or line.at[10:] != following.at[10:]:
        return None
    days = date.fromisoformat(following.at[:10]) - date.fromisoformat(line.at[:10])
    return days if days > timedelta(0) else None
