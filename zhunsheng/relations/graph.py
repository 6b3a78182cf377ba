"""The graph of holdings and posts as it stood on a day, and the chains that lead up from a company.

A share is whole parts per million; along a chain shares multiply, over chains they add, exactly: a share through
chains of at most ``depth`` steps is a whole number of 10**(6 * depth) parts. A chain may pass a company again: a ring
of companies adds a term for every time round, the geometric series of the ring, cut at ``depth`` steps. What the cut
leaves away can only add, so the sum is a least share and never too high. An edge without a share makes every chain
through it unknown, never nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

#: Parts of a whole along one step.
PPM = 1_000_000
SHAREHOLDER = "shareholder"


class Edge(NamedTuple):
    """A holder of a share of a company, or of a post in it, from a day (held) to a day (not held; None: open)."""

    holder_id: str
    company_id: str
    role: str
    share_ppm: int | None
    valid_from: date
    valid_to: date | None = None
    holder_name: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Chain(NamedTuple):
    """Steps from a holder down to a company. ``share`` is of 10**(6 * depth) parts, None where a step has none."""

    steps: tuple[Edge, ...]
    share: int | None

    @property
    def holder(self) -> str:
        """Who stands at its upper end."""
        return self.steps[0].holder_id


@dataclass(frozen=True, slots=True)
class Held:
    """What one holder has of one company: the least share over all chains, and whether some chain is unknown."""

    chains: tuple[Chain, ...]
    least: int
    unknown: bool


class Graph:
    """Holdings and posts of one day, by company. ``depth`` is the most steps that a chain may have."""

    def __init__(self, edges: Iterable[Edge], day: date, depth: int) -> None:
        """Take what holds on the day; the order of rows does not matter."""
        self.depth, self.whole = depth, PPM**depth
        self.shares: dict[str, list[Edge]] = defaultdict(list)
        self.posts: dict[str, list[Edge]] = defaultdict(list)
        for one in edges:
            if one.holds_on(day):
                (self.shares if one.role == SHAREHOLDER else self.posts)[one.company_id].append(one)

    def chains(self, company: str) -> Iterator[Chain]:
        """Yield every chain of shares that ends at a company, the shortest first."""
        fresh: list[tuple[tuple[Edge, ...], int | None]] = [((), self.whole)]
        for _ in range(self.depth):
            longer = []
            for steps, share in fresh:
                for edge in self.shares.get(steps[0].holder_id if steps else company, ()):
                    part = None if share is None or edge.share_ppm is None else share * edge.share_ppm // PPM
                    longer.append(((edge, *steps), part))
            for steps, share in longer:
                yield Chain(steps, share)
            fresh = longer

    def behind(self, company: str) -> dict[str, Held]:
        """Return what each holder has of a company, through chains of at most ``depth`` steps."""
        found: dict[str, list[Chain]] = defaultdict(list)
        for chain in self.chains(company):
            found[chain.holder].append(chain)
        return {holder: _held(chains) for holder, chains in found.items()}


def _held(chains: list[Chain]) -> Held:
    ordered = tuple(sorted(chains, key=lambda one: (len(one.steps), [step[:3] for step in one.steps])))
    known = [one.share for one in ordered if one.share is not None]
    return Held(ordered, sum(known), len(known) < len(ordered))
