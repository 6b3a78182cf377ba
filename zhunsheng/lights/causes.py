"""Lights by cause: months in a row are one cause, an event is one, other lights within a window are one.

A cause has the same identity whenever it is reckoned: light, subject and the month in which it came on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from zhunsheng.book.lights import COLOURS, SCALE, DriftLight, EventLight, Judged, Light, WindowLight, graver
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.time import month_start
from zhunsheng.lights.marks import LIT, Mark, marks
from zhunsheng.lights.values import Event, Value

#: Which months of a light and subject a person has settled: judged anew is what comes after.
Settled = Mapping[tuple[str, str], date]


@dataclass(frozen=True, slots=True)
class Lit:
    """One light that came on for one cause.

    ``colour`` is the gravest so far, ``came_on`` the first day on which it could be known, ``rose_on`` the one of its
    colour; ``since`` and ``through`` are the first and last month that it speaks of, ``lit`` the months in which it
    was on. ``held_on`` is the day from which its release condition holds, None while it does not. ``grounds`` are the
    events or the causes that it rests on. ``key`` tells causes of one light apart that stand beside each other, and
    ``about`` names what events speak of: an item, a kind of service.
    """

    cause: str
    light_id: str
    subject_id: str
    colour: str
    since: date
    through: date
    came_on: date
    rose_on: date
    lit: tuple[date, ...]
    held_on: date | None
    last: Mark | None = None
    gravest: Mark | None = None
    grounds: tuple[str, ...] = ()
    key: str = ""
    about: str = ""


def evaluate(
    lights: Iterable[Light],
    values: Iterable[Value],
    events: Iterable[Event],
    as_of: date,
    settled: Settled | None = None,
    dismissed: frozenset[str] = frozenset(),
) -> list[Lit]:
    """Return every light that came on as known on a day, by light and subject, oldest first.

    ``settled`` names the last month that people have settled by light and subject; ``dismissed`` are causes that were
    found not to hold: no window counts them.
    """
    lights, settled = list(lights), settled or {}
    by_key: dict[tuple[str, str], dict[date, Value]] = defaultdict(dict)
    for one in values:
        by_key[one.indicator_id, one.subject_id][month_start(one.month)] = one
    found: list[Lit] = []
    for light in lights:
        if isinstance(light, Judged):
            mine = {subject: months for (indicator, subject), months in by_key.items() if indicator == light.indicator}
            for subject, months in sorted(mine.items()):
                since = _after(settled, light.id, subject)
                others = others_of(light, subject, mine)
                found += episodes(light, subject, marks(light, months, as_of, since, others))
    known = [one for one in events if one.known_on <= as_of]
    told = (lit for light in lights if isinstance(light, EventLight) for lit in by_event(light, known, settled))
    found += [lit for lit in told if lit.came_on <= as_of]
    counted = [one for one in found if one.cause not in dismissed]
    windows = [light for light in lights if isinstance(light, WindowLight)]
    return [*found, *(lit for light in windows for lit in windowed(light, counted, lights, settled))]


def others_of(light: Judged, subject: str, by_subject: Mapping[str, Mapping[date, Value]]) -> dict[date, list[Value]]:
    """Return the values of all others by month for a light that holds a month against peers; empty for others."""
    found: dict[date, list[Value]] = defaultdict(list)
    if isinstance(light, DriftLight) and light.peers:
        for other, months in sorted(by_subject.items()):
            for month, value in months.items():
                if other != subject:
                    found[month].append(value)
    return found


def _after(settled: Settled, light: str, subject: str) -> date | None:
    through = settled.get((light, subject))
    return month_start(through, 1) if through else None


def episodes(light: Judged, subject_id: str, told: Sequence[Mark]) -> list[Lit]:
    """Return the causes among the months of a light: one lasts until its release condition holds.

    Unknown months neither count as good ones nor begin their count anew; unsure and lit ones do.
    """
    found: list[Lit] = []
    current: Lit | None = None
    good = 0
    for mark in told:
        if mark.state in LIT:
            good = 0
            current = _on(light, subject_id, current, mark)
        elif current is not None:
            good = good + 1 if mark.good else good if mark.state == "unknown" else 0
            current = replace(current, through=mark.month, last=mark)
            if light.release.months and good >= light.release.months:
                found.append(replace(current, held_on=mark.known_on))
                current = None
    return [*found, current] if current else found


def _on(light: Judged, subject_id: str, current: Lit | None, mark: Mark) -> Lit:
    day = mark.known_on
    if current is None:
        cause = identity("light", light.id, subject_id, mark.month)
        return Lit(
            cause, light.id, subject_id, mark.state, mark.month, mark.month, day, day, (mark.month,), None, mark, mark
        )
    rises = graver(mark.state, current.colour)
    return replace(
        current,
        colour=mark.state if rises else current.colour,
        rose_on=day if rises else current.rose_on,
        gravest=mark if rises else current.gravest,
        through=mark.month,
        lit=(*current.lit, mark.month),
        last=mark,
    )


def by_event(light: EventLight, events: Iterable[Event], settled: Settled | None = None) -> list[Lit]:
    """Return the causes that events are: each its own, or those of one matter that follow each other."""
    fitting = [one for one in events if _fits(light, one)]
    fitting.sort(key=lambda event: (event.subject_id, event.known_on, event.event_id))
    if not light.joins:
        return [_of_event(light, one) for one in fitting]
    return _joined(light, fitting, settled or {})


def _fits(light: EventLight, one: Event) -> bool:
    if one.kind not in light.kinds or one.happened_on not in light.period:
        return False
    part, whole = one.share or (0, 0)
    large = not light.share_from_e4 or (whole >= max(1, light.least) and part * SCALE >= light.share_from_e4 * whole)
    lasts = not light.after_days or one.ended_on is None or one.ended_on > _from(light, one)
    return large and lasts and (not light.weights or one.weight in light.weights)


def _from(light: EventLight, one: Event) -> date:
    """Return the first day on which an event lights: at once, or after the days that are left for its end."""
    return max(one.known_on, one.happened_on + timedelta(days=light.after_days)) if light.after_days else one.known_on


def _of_event(light: EventLight, one: Event) -> Lit:
    cause = identity("light", light.id, one.subject_id, one.event_id)
    month, day = month_start(one.happened_on), _from(light, one)
    return Lit(
        cause, light.id, one.subject_id, light.light, month, month, day, day, (month,),
        one.ended_on if light.release.ended else None, grounds=(one.event_id,), key=one.event_id, about=one.about,
    )  # fmt: skip


def _joined(light: EventLight, events: list[Event], settled: Settled) -> list[Lit]:
    """Return the causes of events by matter; what people have settled is not told again."""
    by_matter: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for one in events:
        since = _after(settled, light.id, f"{one.subject_id}|{one.about}" if one.about else one.subject_id)
        if since is None or one.happened_on >= since:
            by_matter[one.subject_id, one.about].append(one)
    found = []
    for (subject, about), group in sorted(by_matter.items()):
        current: Lit | None = None
        for one in sorted(group, key=lambda event: (event.happened_on, event.event_id)):
            month = month_start(one.happened_on)
            if current and month <= month_start(current.through, light.joins):
                months = current.lit if month in current.lit else (*current.lit, month)
                current = replace(current, through=month, lit=months, grounds=(*current.grounds, one.event_id))
                continue
            found += [current] if current else []
            cause = identity("light", light.id, subject, about, month)
            current = replace(_of_event(light, one), cause=cause, key=about)
        found += [current] if current else []
    return found


def windowed(
    light: WindowLight, lits: Iterable[Lit], lights: Iterable[Light], settled: Settled | None = None
) -> list[Lit]:
    """Return the causes that several lights within a window are.

    Lights on one indicator whose months meet speak of one matter and count once. Windows count no windows.
    """
    indicator = {one.id: one.indicator for one in lights if isinstance(one, Judged)}
    by_subject: dict[str, list[Lit]] = defaultdict(list)
    for one in lits:
        if one.colour == light.of and one.since in light.period:
            by_subject[one.subject_id].append(one)
    found = []
    for subject, group in sorted(by_subject.items()):
        since = _after(settled or {}, light.id, subject)
        matters = _matters([one for one in group if since is None or one.since >= since], indicator)
        if lit := _counted(light, subject, matters):
            found.append(lit)
    return found


def _matters(lits: list[Lit], indicator: Mapping[str, str]) -> list[Lit]:
    """Return one light for each matter: the earliest of those on one indicator that meet."""
    found: list[Lit] = []
    until: dict[str, date] = {}
    for one in sorted(lits, key=lambda lit: (lit.came_on, lit.cause)):
        key = indicator.get(one.light_id, one.cause)
        if key not in until or one.since > until[key]:
            found.append(one)
        until[key] = max(until.get(key, one.through), one.through)
    return found


def _counted(light: WindowLight, subject: str, matters: list[Lit]) -> Lit | None:
    """Return the light of the first window that holds enough; what comes on later within the window joins it."""
    for at, one in enumerate(matters):
        opens = month_start(one.since, 1 - light.months)
        within = [other for other in matters[: at + 1] if other.since >= opens]
        if len(within) >= light.count:
            later = [other for other in matters[at + 1 :] if month_start(other.since, 1 - light.months) <= one.since]
            causes = tuple(other.cause for other in within)
            months = tuple(sorted({other.since for other in (*within, *later)}))
            return Lit(
                identity("light", light.id, subject, *causes), light.id, subject, light.light, within[0].since,
                months[-1], one.came_on, one.came_on, months, None,
                grounds=(*causes, *(other.cause for other in later)),
            )  # fmt: skip
    return None


def worst_first(lits: Iterable[Lit]) -> list[Lit]:
    """Return lights, the gravest in front, of one colour the latest."""
    return sorted(lits, key=lambda one: (-COLOURS.index(one.colour), -one.came_on.toordinal(), one.cause))
