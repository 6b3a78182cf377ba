"""What a judged sample says about its population: an amount with an interval, never more than an estimate.

A unit that could not be judged is no pass: the lower figure takes it for nothing, the upper one for its whole amount,
and the interval reaches from the lower end of the one to the upper end of the other. Simple and stratified: Cochran
1977, 2.13 and 5.10 with finite population correction; by amount: Hansen-Hurwitz (the same, 9A.2). Where all drawn units
are alike there is no spread to go by, and no certainty either: the interval is that of ``_reach``. Amounts in fen.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist, mean, variance

from zhunsheng.sampling.plans import Unit

#: Below this number of units the normal interval is too narrow and is said to be so.
FEW = 30
Judged = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Counts of a sample and, once every unit was told, point and interval in fen; ``few``: hardly to be relied on.

    ``point_low`` takes what is unknown for nothing, ``point_high`` for its whole amount.
    """

    drawn: int
    told: int
    established: int
    unknown: int
    found_fen: int
    point_low_fen: int | None = None
    point_high_fen: int | None = None
    low_fen: int | None = None
    high_fen: int | None = None
    few: bool = False


def estimate(
    units: list[Unit], hits: Mapping[str, int], judged: Judged, method: str, confidence_percent: int
) -> Estimate:
    """Return what a sample says. ``judged``: id -> fen established (0: nothing), None for unknown; untold are absent.

    Without every drawn unit told there is no estimate: counts alone.
    """
    told = {key: judged[key] for key in hits if key in judged}
    established = {key: fen for key, fen in told.items() if fen}
    unknown = sum(fen is None for fen in told.values())
    counts = Estimate(len(hits), len(told), len(established), unknown, sum(established.values()))
    if len(told) < len(hits) or not hits:
        return counts
    amounts = {one.id: one.fen for one in units}
    z = NormalDist().inv_cdf(0.5 + confidence_percent / 200)
    low = _total(units, hits, {key: fen or 0 for key, fen in told.items()}, method)
    high = _total(units, hits, {key: amounts[key] if fen is None else fen for key, fen in told.items()}, method)
    reach = _reach(units, hits, method, confidence_percent) if len(hits) < len(units) else 0.0
    return Estimate(
        counts.drawn,
        counts.told,
        counts.established,
        counts.unknown,
        counts.found_fen,
        point_low_fen=round(low[0]),
        point_high_fen=round(high[0]),
        low_fen=max(counts.found_fen, math.floor(low[0] - (z * low[1] or reach))),
        high_fen=max(counts.found_fen, min(sum(amounts.values()), math.ceil(high[0] + (z * high[1] or reach)))),
        few=sum(hits.values()) < FEW and len(hits) < len(units),
    )


def _reach(units: list[Unit], hits: Mapping[str, int], method: str, confidence_percent: int) -> float:
    """Return how far a total can lie from that of a sample whose units are all alike.

    At most -ln(1 - c) / n of the population differs (Poisson, as ``plans.size_of_amount``): of its money where it was
    drawn by amount, else of its units, which may be the largest.
    """
    share = -math.log(1 - confidence_percent / 100) / sum(hits.values())
    amounts = sorted((one.fen for one in units), reverse=True)
    return share * sum(amounts) if method == "amount" else sum(amounts[: math.ceil(share * len(units))])


def _total(units: list[Unit], hits: Mapping[str, int], fen: Mapping[str, int], method: str) -> tuple[float, float]:
    """Return the estimated total and its standard error."""
    if method == "amount":
        return _by_amount(units, hits, fen)
    strata: dict[str, list[Unit]] = defaultdict(list)
    for one in units:
        strata[one.stratum if method == "stratified" else ""].append(one)
    parts = [_of_stratum(len(held), [fen[one.id] for one in held if one.id in fen]) for held in strata.values()]
    return sum(total for total, _ in parts), math.sqrt(sum(spread for _, spread in parts))


def _of_stratum(size: int, values: list[int]) -> tuple[float, float]:
    """Return total and variance of a stratum of a size by the values drawn from it."""
    if len(values) < 2:
        return size * sum(values) / max(1, len(values)), 0.0
    return size * mean(values), size * (size - len(values)) * variance(values) / len(values)


def _by_amount(units: list[Unit], hits: Mapping[str, int], fen: Mapping[str, int]) -> tuple[float, float]:
    amounts = {one.id: one.fen for one in units}
    total = sum(amounts.values())
    shares = [fen[key] / amounts[key] for key, times in hits.items() for _ in range(times)]
    spread = math.sqrt(variance(shares) / len(shares)) if len(shares) > 1 else 0.0
    return total * mean(shares), total * spread
