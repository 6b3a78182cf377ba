"""How large a sample is, and which units it holds: simple, stratified, or with probability proportional to amount.

Sizes: W. G. Cochran, Sampling Techniques, 3rd ed. (1977), section 4.4 (proportion, finite population); AICPA Audit
Guide, Audit Sampling (monetary unit sampling, no misstatement expected, Poisson).
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

from zhunsheng.kernel.files import canonical, digest
from zhunsheng.sampling.draws import SEPARATOR, draw, mark

METHODS = ("simple", "stratified", "amount")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a population: its id, its amount in fen, its stratum (a rule, a band of amounts; empty: none)."""

    id: str
    fen: int
    stratum: str = ""


def population_digest(units: Iterable[Unit]) -> str:
    """Return the SHA-256 over the units of a population in the order of their ids: what was drawn from."""
    return digest(canonical(sorted([one.id, one.fen, one.stratum] for one in units)))


def size_of_proportion(population: int, confidence_percent: int, tolerable_permille: int) -> int:
    """Return how many units tell a share within a tolerable error at a confidence, at worst (p = 1/2).

    n0 = z^2 / 4 e^2 and n = n0 / (1 + (n0 - 1) / N), rounded up (Cochran 1977, 4.4).
    """
    z = NormalDist().inv_cdf(0.5 + confidence_percent / 200)
    first = (z / (2 * tolerable_permille / 1000)) ** 2
    return min(population, math.ceil(first / (1 + (first - 1) / population))) if population else 0


def size_of_amount(confidence_percent: int, tolerable_permille: int) -> int:
    """Return how many monetary units show a wrong share above the tolerable one at a confidence: -ln(1 - c) / t."""
    return math.ceil(-math.log(1 - confidence_percent / 100) / (tolerable_permille / 1000))


def bands(units: Iterable[Unit], edges_fen: tuple[int, ...] = (10_000, 100_000, 1_000_000)) -> list[Unit]:
    """Return the units with the band of their amount as stratum, numbered from 0 below the first edge."""
    return [Unit(one.id, one.fen, str(sum(one.fen >= edge for edge in edges_fen))) for one in units]


def allocate(sizes: dict[str, int], count: int) -> dict[str, int]:
    """Share a sample among strata by their size, at least two units of each where it has them, none above its size.

    The rest goes by largest remainder; equal ones in the order of their names.
    """
    least = {name: min(2, size) for name, size in sizes.items()}
    total = sum(sizes.values())
    count = min(total, max(count, sum(least.values())))
    given = {name: max(least[name], count * size // total) for name, size in sizes.items()}
    while sum(given.values()) > count:  # the least of small strata is taken from the largest
        given[max((name for name in given if given[name] > least[name]), key=lambda name: (given[name], name))] -= 1
    by_remainder = sorted(sizes, key=lambda name: (-(count * sizes[name] % total), name))
    while sum(given.values()) < count:
        for name in by_remainder:
            if sum(given.values()) < count and given[name] < sizes[name]:
                given[name] += 1
    return given


def sample(units: list[Unit], method: str, seed: str, count: int) -> dict[str, int]:
    """Return the ids drawn, each with how often it was hit (more than once by amount alone), in the order of the draw.

    Raises ValueError for a method that is none.
    """
    if method == "simple":
        return dict.fromkeys(draw([one.id for one in units], seed, count), 1)
    if method == "stratified":
        return _stratified(units, seed, count)
    if method == "amount":
        return _by_amount(units, seed, count)
    raise ValueError(method)


def _stratified(units: list[Unit], seed: str, count: int) -> dict[str, int]:
    strata: dict[str, list[str]] = defaultdict(list)
    for one in units:
        strata[one.stratum].append(one.id)
    if not strata:
        return {}
    given = allocate({name: len(ids) for name, ids in strata.items()}, count)
    return {key: 1 for name in sorted(strata) for key in draw(strata[name], f"{seed}{SEPARATOR}{name}", given[name])}


def _by_amount(units: list[Unit], seed: str, count: int) -> dict[str, int]:
    """Every unit lies on a line as long as its amount, in the order of the seed; points on it lie equally far apart.

    The first point is SHA-256(seed || 0x1F || "start") modulo the interval. A unit without an amount cannot be hit.
    """
    line = sorted((one for one in units if one.fen > 0), key=lambda one: mark(seed, one.id))
    total = sum(one.fen for one in line)
    count = min(count, total)
    if not count:
        return {}
    start = int(hashlib.sha256(f"{seed}{SEPARATOR}start".encode()).hexdigest(), 16) % max(1, total // count)
    hits: dict[str, int] = {}
    end, number = 0, 0
    for one in line:
        end += one.fen
        while number < count and start + number * total // count < end:
            hits[one.id] = hits.get(one.id, 0) + 1
            number += 1
    return hits
