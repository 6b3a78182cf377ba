"""Sights: what the grants that hold today open to one reader, in the form in which scope and walls ask for it.

A grant opens no more than its owner sees by itself, so that nothing is granted on; what an owner no longer sees, its
grants no longer show.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.kernel.time import now

if TYPE_CHECKING:
    from zhunsheng.casework.bodies.models import Body, User

#: What of an owner's rows a reader's grants may show: None for everything.
Reach = Callable[["Body"], "frozenset[str] | None"]


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that one grant opens: a case, or of a body and an institution cases, findings or sums."""

    grant: int
    opens: str
    owner: int
    case: int | None = None
    place: str = ""
    cycle: str = ""
    internal: bool = False

    @property
    def rows(self) -> Q:
        """The rows of a model that it opens, as a filter."""
        if self.case is not None:
            return Q(pk=self.case, body=self.owner)
        if self.opens == "cases":
            of_kind = Q(cycle=self.cycle) if self.cycle else ~Q(cycle=walls.APART)
            return Q(body=self.owner, institution_id=self.place) & of_kind
        return Q(institution_id=self.place)

    def opens_case(self, pk: int, owner: int, institution_id: str, cycle: str) -> bool:
        """Whether it opens a case."""
        if self.owner != owner or self.case is not None:
            return (self.owner, self.case) == (owner, pk)
        return self.place == institution_id and (self.cycle == cycle or (not self.cycle and cycle != walls.APART))

    @property
    def key(self) -> str:
        """The same as one word, as the wall of the database compares it."""
        if self.case is not None:
            return f"case:{self.owner}:{self.case}"
        return f"{self.opens}:{self.owner}:{self.place}:{self.cycle}" if self.opens == "cases" else self.place


@dataclass(frozen=True, slots=True)
class Sights:
    """All that grants open to a reader."""

    each: tuple[Sight, ...] = ()

    def of(self, opens: str) -> list[Sight]:
        """Return those that open cases (one, or those about institutions), findings or sums."""
        kinds = ("case", "cases") if opens == "cases" else (opens,)
        return [one for one in self.each if one.opens in kinds]

    @property
    def institutions(self) -> frozenset[str]:
        """Institutions whose findings and records are opened."""
        return frozenset(one.place for one in self.of("findings"))

    def of_case(self, pk: int, owner: int, institution_id: str, cycle: str) -> list[Sight]:
        """Return those that open a case."""
        return [one for one in self.of("cases") if one.opens_case(pk, owner, institution_id, cycle)]


NONE = Sights()


def sights_of(user: User, reach: Reach) -> Sights:
    """Return what the grants that hold today open to a user."""
    held = [one for one in _holding(user) if not one.duty or one.duty in duties_held(user)]
    return Sights(tuple(sight for one in held for sight in _of(one, reach(one.body))))


def _holding(user: User) -> list[Any]:
    """The grants that hold for a user's body; a reader's scope is not known yet, so the site asks for it."""
    from zhunsheng.casework.grants.queries import holding

    with walls.within(walls.SITE):
        return [one for one in holding(user.body_id, now().date()) if one.person_id in (None, user.pk)]


def _of(grant: Any, seen: Collection[str] | None) -> Iterator[Sight]:
    if grant.case_id is not None:
        yield Sight(grant.pk, "case", grant.body_id, case=grant.case_id, internal=grant.internal)
        return
    for place in grant.institutions:
        if grant.opens == "cases" or seen is None or place in seen:
            yield Sight(grant.pk, grant.opens, grant.body_id, None, place, grant.cycle, grant.internal)
