"""How the clocks of a case run: pure functions over its life-cycle and its events. Replaying the events gives the case.

A day is counted when it has passed: the day on which a clock starts is not counted. Working days hold make-up days and
leave out holidays; beyond the published calendar a day is provisional and is counted again once the year is published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from zhunsheng.book.cycles import Clock, Cycle
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.kernel.workdays import Due, add_workdays, workdays_between

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Running:
    """One clock of a case. ``days`` holds extensions, ``spent`` what passed before it last stood still.

    ``since`` is None while it stands still. ``told_on`` is the day on which its running out was acted on.
    """

    clock: str
    days: int
    since: date | None
    spent: int = 0
    extended: int = 0
    due_on: date | None = None
    provisional: bool = False
    told_on: date | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the clock as JSON data."""
        return {name: str(value) if isinstance(value, date) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands: its state and its clocks, running or standing still."""

    state: str = ""
    clocks: tuple[Running, ...] = ()

    @property
    def next_due(self) -> Running | None:
        """The running clock that ends first."""
        return min((one for one in self.clocks if one.due_on), key=lambda one: str(one.due_on), default=None)

    def ran_out(self, day: date) -> list[Running]:
        """Return the clocks whose last day has passed and that nobody has acted on, earliest first."""
        late = [one for one in self.clocks if one.due_on and one.due_on < day and one.told_on is None]
        return sorted(late, key=lambda one: (str(one.due_on), one.clock))


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as far as state and clocks are concerned. ``about`` names the move, or the clock."""

    kind: str
    about: str
    to: str
    day: date
    fields: dict[str, Any] = field(default_factory=dict)


def read(data: Iterable[dict[str, Any]]) -> tuple[Running, ...]:
    """Return clocks as they were kept by ``Running.as_dict``."""
    days = ("since", "due_on", "told_on")
    return tuple(
        Running(**{name: date.fromisoformat(value) if name in days and value else value for name, value in one.items()})
        for one in data
    )


def replay(cycle: Cycle, events: Iterable[Happened]) -> Standing:
    """Return where a case stands after its events, from the first on."""
    standing = Standing()
    for event in events:
        standing = advance(cycle, standing, event)
    return standing


def advance(cycle: Cycle, standing: Standing, event: Happened) -> Standing:
    """Return where a case stands after one more event."""
    if event.kind in (EventKind.OPENED, EventKind.MOVED):
        stays = event.to == standing.state
        moved = standing if stays else Standing(event.to, _entered(cycle, standing, event.to, event.day))
        named = {one.id: event.fields[one.by] for one in cycle.clocks if one.by in event.fields}
        return _planned(cycle, moved, named | event.fields.get("planned", {}))
    if event.kind == EventKind.EXTENDED:
        days = int(event.fields["days"])
        return _changed(cycle, standing, event.about, lambda one: _longer(one, days))
    if event.kind in (EventKind.REMINDED, EventKind.ESCALATED):
        return _changed(cycle, standing, event.about, lambda one: replace(one, told_on=event.day))
    if event.kind == EventKind.RECOUNTED:
        return recounted(cycle, standing)
    return standing


def _planned(cycle: Cycle, standing: Standing, days: dict[str, str | None]) -> Standing:
    """Give planned clocks the day that a step names for them; one without a day waits for nothing."""
    for key, text in days.items():
        day = date.fromisoformat(text) if text else None
        standing = _changed(cycle, standing, key, lambda one, day=day: replace(one, due_on=day, told_on=None))
    return standing


def recounted(cycle: Cycle, standing: Standing) -> Standing:
    """Return the standing with every due day counted by the calendar as it is published now."""
    return replace(standing, clocks=tuple(_timed(cycle.clock(one.clock), one) for one in standing.clocks))


def _changed(cycle: Cycle, standing: Standing, key: str, change: Any) -> Standing:
    clocks = tuple(_timed(cycle.clock(key), change(one)) if one.clock == key else one for one in standing.clocks)
    return replace(standing, clocks=clocks)


def _longer(one: Running, days: int) -> Running:
    return replace(one, days=one.days + days, extended=one.extended + 1, told_on=None)


def _entered(cycle: Cycle, standing: Standing, to: str, day: date) -> tuple[Running, ...]:
    """Clocks that the new state names go on, go on again, or start; those it excludes stand still; others end."""
    held = {one.clock: one for one in standing.clocks}
    found = []
    for key in cycle.state(to).clocks:
        clock, one = cycle.clock(key), held.get(key)
        if one is None:
            found.append(_timed(clock, Running(key, clock.days, day)))
        else:
            found.append(one if one.since else _timed(clock, replace(one, since=day)))
    named = set(cycle.state(to).clocks)
    still = [one for one in standing.clocks if one.clock not in named and to in cycle.clock(one.clock).excluded]
    return (*found, *(_stopped(cycle.clock(one.clock), one, day) for one in still))


def _stopped(clock: Clock, one: Running, day: date) -> Running:
    if one.since is None:
        return one
    spent = one.spent + passed(clock, one.since, day)
    return replace(one, spent=spent, since=None, due_on=None, provisional=False)


def _timed(clock: Clock, one: Running) -> Running:
    if one.since is None or clock.kind == "planned":
        return one
    due = _due(clock, one.since, max(0, one.days - one.spent))
    return replace(one, due_on=due.day, provisional=due.provisional)


def _due(clock: Clock, since: date, left: int) -> Due:
    if clock.kind == "year_end":
        return Due(date(since.year, 12, 31), provisional=False)
    return add_workdays(since, left) if clock.kind == "working" else Due(since + _DAY * left, provisional=False)


def passed(clock: Clock, since: date, day: date) -> int:
    """Return how many days of a clock have passed from its start to the end of a day."""
    if clock.kind == "working":
        return workdays_between(since + _DAY, day + _DAY).days
    return max(0, (day - since).days)
