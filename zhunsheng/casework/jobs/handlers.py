"""Which function does which kind of job. A handler may run again from the start: it must bear that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

#: Tells how far a job is: step, done, total.
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler gives back: the result kept with the job, and what to write when the job closes."""

    result: dict[str, Any]
    settle: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """How to do a kind of job, and what to write when it cannot be done."""

    run: Callable[[dict[str, Any], Progress], Outcome]
    undo: Callable[[dict[str, Any], dict[str, Any]], None] | None = None


HANDLERS: dict[str, Handler] = {}
#: What a worker does when it starts and after each job: write the evidence that a killed process left out.
MAKE_GOOD: list[Callable[[], object]] = []
#: What a worker does when it starts and when a day begins in Shanghai. Every worker of a site does it: each function
#: leaves nothing to do for the next one on the same day, and makes up for days on which no worker ran.
EACH_DAY: list[Callable[[date], object]] = []
#: What a worker does between jobs: short, and nothing where nothing waits.
EACH_TURN: list[Callable[[], object]] = []


def register(kind: str, handler: Handler) -> None:
    """Name the handler of a kind; called when the apps are ready."""
    HANDLERS[kind] = handler


def make_good(write: Callable[[], object]) -> None:
    """Name a function that writes missing evidence; called when the apps are ready."""
    MAKE_GOOD.append(write)


def each_day(do: Callable[[date], object]) -> None:
    """Name a function for the beginning of a day; called when the apps are ready."""
    EACH_DAY.append(do)


def each_turn(do: Callable[[], object]) -> None:
    """Name a function for between jobs; called when the apps are ready."""
    EACH_TURN.append(do)
