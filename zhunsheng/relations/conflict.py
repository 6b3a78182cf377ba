"""Conflicts of interest: people with a post in an institution, and their relatives, behind a vendor on a day.

Pure: facts of a day go in, conflicts come out, in one order. What was declared and recused is harmless and is told as
such; a share that is not known is unknown and never nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from zhunsheng.relations.graph import PPM, Chain, Edge, Graph, Held


class Tie(NamedTuple):
    """Two people are related: ``person_b`` is the relative. Days are empty where nothing is recorded."""

    person_a: str
    person_b: str
    relation: str | None
    declared_on: date | None
    recused_on: date | None


class Declared(NamedTuple):
    """What a person declared at this site of a vendor, and from which day the person takes no part in it."""

    person_id: str
    vendor_id: str
    declared_on: date
    recused_on: date | None


@dataclass(frozen=True, slots=True)
class Limits:
    """From which share on there is a conflict (parts per million), which share in a company makes its posts count,
    which posts bind an institution and which a vendor, and how many steps a chain may have.
    """

    share_ppm: int
    control_ppm: int
    depth: int
    own_posts: frozenset[str]
    vendor_posts: frozenset[str]


class Standing(StrEnum):
    """How a conflict stands. Unknown is no pass."""

    UNDECLARED = "undeclared"
    DECLARED = "declared"
    UNKNOWN = "unknown"
    RECUSED = "recused"


#: Worst first.
ORDER = tuple(Standing)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One person of an institution, the one who holds (the person or a relative), and the vendor.

    ``least`` is the share over all chains, of ``whole`` parts; ``unknown``: a chain has a step without a share.
    ``posts`` are the posts that count, each with the chain from its company down to the vendor, empty for the vendor.
    """

    vendor_id: str
    post: Edge
    tie: Tie | None
    holder_id: str
    held: Held
    posts: tuple[tuple[Edge, Chain | None], ...]
    whole: int
    standing: Standing
    declared_on: date | None
    recused_on: date | None

    @property
    def person_id(self) -> str:
        """Who has the post in the institution."""
        return self.post.holder_id

    @property
    def share_ppm(self) -> int:
        """The least share in whole parts per million, rounded down, for sorting."""
        return self.held.least * PPM // self.whole


NOBODY = Held((), 0, unknown=False)


def find(
    edges: Iterable[Edge], ties: Iterable[Tie], declared: Iterable[Declared], vendors: Iterable[str],
    institutions: Iterable[str], day: date, limits: Limits,
) -> list[Conflict]:  # fmt: skip
    """Return the conflicts of some vendors with some institutions on a day, worst first."""
    graph = Graph(edges, day, limits.depth)
    concerned = _concerned(graph, ties, institutions, limits)
    told = {(one.person_id, one.vendor_id): one for one in sorted(declared)}
    found = []
    for vendor in dict.fromkeys(vendors):
        held = graph.behind(vendor)
        posts = _posts(graph, vendor, held, limits)
        for holder in dict.fromkeys((*held, *posts)):
            for post, tie in concerned.get(holder, ()):
                what = held.get(holder, NOBODY), tuple(posts.get(holder, ()))
                kept = told.get((post.holder_id, vendor))
                one = _conflict(vendor, post, (holder, tie), what, kept, (day, graph.whole, limits))
                found += [one] if one else []
    return sorted(found, key=lambda c: (ORDER.index(c.standing), -c.share_ppm, c.vendor_id, c.person_id, c.holder_id,
                                        c.post[:3]))  # fmt: skip


def _concerned(
    graph: Graph, ties: Iterable[Tie], institutions: Iterable[str], limits: Limits
) -> dict[str, list[tuple[Edge, Tie | None]]]:
    """Return by person whose post a share of that person would touch: the own one, or that of a relative."""
    found: dict[str, list[tuple[Edge, Tie | None]]] = defaultdict(list)
    for place in dict.fromkeys(institutions):
        for post in graph.posts.get(place, ()):
            if post.role in limits.own_posts:
                found[post.holder_id].append((post, None))
    own = dict(found)
    related = [(tie, post) for tie in ties for post, via in own.get(tie.person_a, ()) if via is None]
    for tie, post in related:
        found[tie.person_b].append((post, tie))
    return found


def _posts(
    graph: Graph, vendor: str, behind: dict[str, Held], limits: Limits
) -> dict[str, list[tuple[Edge, Chain | None]]]:
    """Return the posts that count: in the vendor, and in companies that hold enough of it to steer it."""
    found: dict[str, list[tuple[Edge, Chain | None]]] = defaultdict(list)
    places: list[tuple[str, Chain | None]] = [(vendor, None)]
    for company, held in behind.items():
        if company in graph.posts and held.least * PPM >= limits.control_ppm * graph.whole:
            places.append((company, held.chains[0]))
    for company, chain in places:
        for post in graph.posts.get(company, ()):
            if post.role in limits.vendor_posts:
                found[post.holder_id].append((post, chain))
    return found


def _conflict(
    vendor: str, post: Edge, who: tuple[str, Tie | None],
    what: tuple[Held, tuple[tuple[Edge, Chain | None], ...]], kept: Declared | None, by: tuple[date, int, Limits],
) -> Conflict | None:  # fmt: skip
    (holder, tie), (held, posts), (day, whole, limits) = who, what, by
    reaches = bool(posts) or held.least * PPM >= limits.share_ppm * whole
    if held.chains == () and not posts:
        return None
    if not reaches and not held.unknown:
        return None
    declared_on, recused_on = _told(tie, kept, day)
    if recused_on is not None:
        standing = Standing.RECUSED
    elif not reaches:
        standing = Standing.UNKNOWN
    else:
        standing = Standing.UNDECLARED if declared_on is None else Standing.DECLARED
    return Conflict(vendor, post, tie, holder, held, posts, whole, standing, declared_on, recused_on)


def _told(tie: Tie | None, kept: Declared | None, day: date) -> tuple[date | None, date | None]:
    """Return since when it is declared and recused, as of a day: by the register of relatives or at this site."""
    given = [(tie.declared_on, tie.recused_on)] if tie else []
    given += [(kept.declared_on, kept.recused_on)] if kept else []
    # whoever is recused without having declared has not said why: that is not taken for a declaration
    past = [(d, r if r is not None and r <= day else None) for d, r in given if d is not None and d <= day]
    return (min((d for d, _ in past), default=None), min((r for _, r in past if r is not None), default=None))
