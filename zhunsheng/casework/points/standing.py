"""Where a practitioner stands on a day: a pure function of decisions, rulings and the scheme.

Points count from the day they enter into force to the end of that calendar year, wherever in the country they were
given: one file per person. A decision is known by its reference; told twice, it counts once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from zhunsheng.book.points import Scheme, Threshold
from zhunsheng.facts.rulings import Ruling

State = Literal["free", "watched", "suspended", "terminated"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Points given by a decision. ``ended_on`` is the day from which it no longer holds; credits are dated."""

    ref: str
    institution_id: str
    from_on: date
    points: int
    ended_on: date | None = None
    credits: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """Days without full payment qualification: the first, and the first again with it (None: without end)."""

    status: str
    valid_from: date
    valid_to: date | None

    def __contains__(self, day: date) -> bool:
        """Whether a day lies within."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Standing:
    """Points of the year of a day, what is due by them, and how many are missing to what comes next."""

    year: int
    given: int
    repaired: int
    in_force: tuple[str, ...]
    due: tuple[Threshold, ...]
    next: Threshold | None
    missing: int
    intervals: tuple[Interval, ...]
    state: State

    @property
    def points(self) -> int:
        """Points that count now; never below 0."""
        return self.given - self.repaired

    @property
    def gravest(self) -> Threshold | None:
        """The gravest consequence that is due."""
        return self.due[-1] if self.due else None


def standing(decisions: Iterable[Decision], rulings: Iterable[Ruling], day: date, scheme: Scheme) -> Standing:
    """Return where a person stands on a day. The order of decisions and rulings does not matter."""
    known = {one.ref: one for one in sorted(decisions, key=_firmness, reverse=True)}
    held = sorted((one for one in known.values() if _holds(one, day)), key=lambda one: (one.from_on, one.ref))
    given = sum(one.points for one in held)
    repaired = min(given, scheme.repair.most, sum(_repaired(one, day) for one in held))
    due = tuple(one for one in scheme.thresholds if _reached(one, held, given - repaired))
    ahead = [one for one in scheme.thresholds if not one.in_one and one.points > given - repaired]
    following = min(ahead, key=lambda one: one.points, default=None)
    spans = intervals(rulings)
    return Standing(
        year=day.year,
        given=given,
        repaired=repaired,
        in_force=tuple(one.ref for one in held),
        due=due,
        next=following,
        missing=following.points - (given - repaired) if following else 0,
        intervals=spans,
        state=_state(spans, day, due),
    )


def _firmness(one: Decision) -> tuple[date, int, str]:
    """Of two tellings of one decision the later one in the order of this key is passed over, whoever told it first."""
    return one.from_on, one.points, str(one)


def _holds(one: Decision, day: date) -> bool:
    return one.from_on.year == day.year and one.from_on <= day and (one.ended_on is None or day < one.ended_on)


def _repaired(one: Decision, day: date) -> int:
    return min(one.points, sum(points for on, points in one.credits if one.from_on <= on <= day))


def _reached(one: Threshold, held: list[Decision], points: int) -> bool:
    return any(each.points >= one.points for each in held) if one.in_one else points >= one.points


def intervals(rulings: Iterable[Ruling]) -> tuple[Interval, ...]:
    """Return the days without full qualification, rulings of one kind that meet joined into one interval."""
    found: list[Interval] = []
    for one in sorted(rulings, key=lambda one: (one.status, one.valid_from, str(one.valid_to or "9999"))):
        if one.valid_to is not None and one.valid_to <= one.valid_from:
            continue
        last = found[-1] if found and found[-1].status == one.status else None
        if last and (last.valid_to is None or one.valid_from <= last.valid_to):
            ends = None if None in (last.valid_to, one.valid_to) else max(last.valid_to, one.valid_to)  # type: ignore[type-var]
            found[-1] = Interval(one.status, last.valid_from, ends)
        else:
            found.append(Interval(one.status, one.valid_from, one.valid_to))
    return tuple(sorted(found, key=lambda one: (one.valid_from, one.status)))


def _state(spans: tuple[Interval, ...], day: date, due: tuple[Threshold, ...]) -> State:
    held = {one.status for one in spans if day in one}
    if "terminated" in held:
        return "terminated"
    if "suspended" in held:
        return "suspended"
    return "watched" if due else "free"


def add_months(day: date, months: int) -> date:
    """Return the day so many months later; the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - date(year, month + 1, 1)).days))
