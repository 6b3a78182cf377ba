"""Whether supervisors are what policies ask: backgrounds, training of the year, seats of the committee taken.

Those of a consortium are its service-management office, those of a health authority its supervision centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.oversight import library
from zhunsheng.casework.oversight.models import PoolMember
from zhunsheng.casework.oversight.states import OFFICE, Background, Role, Seat


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of training in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A supervisor whose training of the year is not complete, and the topics that are missing."""

    member: PoolMember
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How many supervisors and full-time ones, which backgrounds none of them has, who lacks training, free seats.

    ``is_centre``: they are a supervision centre, which has no committee.
    """

    supervisors: int
    full_time: int
    missing: tuple[str, ...]
    gaps: tuple[Gap, ...]
    empty_seats: tuple[str, ...]
    year: int
    is_centre: bool

    @property
    def complete(self) -> bool:
        """Whether nothing is missing; an office without supervisors, or without full-time ones, is never complete."""
        return 0 < self.supervisors == self.full_time and not (self.missing or self.gaps or self.empty_seats)


def standing(scope: Scope, body: Body, day: date) -> Standing:
    """Return how the people of a body in view stand on a day."""
    held = [
        one
        for one in scope.rows(PoolMember.objects.filter(body=body))
        if one.since <= day and (one.until is None or one.until > day)
    ]
    is_centre = body.kind == BodyKind.HEALTH_AUTHORITY
    office = [one for one in held if one.role == (Role.CENTRE if is_centre else Role.SUPERVISOR)]
    known = {word for one in office for word in one.background}
    taken = {one.seat for one in held if one.role == Role.COMMITTEE}
    return Standing(
        len(office),
        sum(one.full_time is True for one in office),
        tuple(str(one.label) for one in Background if one not in known),
        tuple(gap for gap in (gap_of(one, day.year) for one in office) if gap is not None),
        () if is_centre else tuple(str(one.label) for one in Seat if one not in taken),
        day.year,
        is_centre,
    )


def gap_of(member: PoolMember, year: int) -> Gap | None:
    """Return what a supervisor's training of a year lacks; None for one that is complete, and for others."""
    if member.role not in OFFICE or member.until is not None:
        return None
    done = set(member.trained.get(str(year), ()))
    topics = library.checks().training.topics
    missing = tuple(Topic(*words) for key, words in topics.items() if key not in done)
    return Gap(member, missing) if missing else None
