"""Is a month out of the ordinary? Trend with control limits, funnel limits over peers, alerts only on worsening.

Shares and rates are held against the exact binomial or Poisson tail, turned into a normal score; the months before give
the centre and how much more a subject varies than chance (moving ranges, after Laney 2002). Means and counts are held
against their own moving ranges (XmR). The limits allow for a centre and a spread that were themselves estimated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from zhunsheng.book.indicators import FACTORS, Indicator
from zhunsheng.indicators.plain import Counted
from zhunsheng.indicators.values import clear

#: Months of history without which nothing is said.
BASELINE = 8
#: Months that the centre looks back at most: what was two years ago is no measure of today.
MOST_MONTHS = 24
#: Units whose figures lean to the right: costs and durations.
LEANING = frozenset({"yuan", "days", "hours", "minutes", "class_hours"})
#: Chance of an alert in a month in which nothing has changed: one side beyond three sigma.
NOMINAL = 1 - NormalDist().cdf(3)
#: Median moving range over sigma of a normal series: one jump in the history does not hide the next.
_D4 = 0.9538725524


@dataclass(frozen=True, slots=True)
class Point:
    """A month of a series against the months before it, in the unit of the indicator.

    ``score`` is how many sigmas it lies above (below: negative) the centre; None while the history is short.
    """

    month: str
    value: float | None
    centre: float | None
    lower: float | None
    upper: float | None
    score: float | None
    limit: float | None

    def worse(self, direction: str) -> bool:
        """Whether it lies beyond the limit on the worse side; without a direction no side is worse."""
        if self.score is None or self.limit is None or direction not in ("higher", "lower"):
            return False
        return self.score > self.limit if direction == "lower" else self.score < -self.limit


def trend(one: Indicator, months: Sequence[Counted]) -> list[Point]:
    """Return a point per month, oldest first, each against those before it alone.

    Months without data are left out, and those of which too much is unknown.
    """
    kept = [c for c in months if (one.denominator is None or c.denominator) and clear(one, c)]
    return [_point(one, kept[max(0, place - MOST_MONTHS) : place], now) for place, now in enumerate(kept)]


def _point(one: Indicator, before: Sequence[Counted], now: Counted) -> Point:
    factor = float(FACTORS[one.unit])
    upper, lower = (
        np.array([getattr(c, name) for c in (*before, now)], dtype=float) for name in ("numerator", "denominator")
    )
    if one.denominator is None:
        lower = np.ones_like(upper)
    value = float(upper[-1] / lower[-1])
    small = one.denominator is not None and lower[-1] < one.minimum
    if len(before) < BASELINE or small:
        return Point(now.month, value * factor, None, None, None, None, None)
    if one.is_share or one.is_rate:
        centre, sigma, score, limit = counted(upper, lower, share=one.is_share)
        ends = [max(centre - limit * sigma, 0.0), centre + limit * sigma]
        ends[1] = min(ends[1], 1.0) if one.is_share else ends[1]
    else:
        centre, ends, score, limit = scaled(upper / lower, by_ratio=one.unit in LEANING)
        ends = [min(max(end, 0.0), 1.0) for end in ends] if one.unit in ("percent", "per_mille") else ends
    return Point(now.month, value * factor, centre * factor, ends[0] * factor, ends[1] * factor, score, limit)


def scaled(values: np.ndarray, *, by_ratio: bool) -> tuple[float, list[float], float, float]:
    """Return centre, lower and upper limit, score and quantile of the last measure against those before.

    ``by_ratio``: what leans to the right is held against each other by ratio, as long as all of it is above zero.
    """
    positive = by_ratio and bool((values > 0).all())
    centre, sigma, score, limit = measured(np.log(values) if positive else values)
    ends = [centre - limit * sigma, centre + limit * sigma]
    if positive:
        return float(np.exp(centre)), [float(np.exp(end)) for end in ends], score, limit
    return centre, ends, score, limit


def counted(upper: np.ndarray, lower: np.ndarray, *, share: bool) -> tuple[float, float, float, float]:
    """Return centre, sigma, score and limit of the last of a series of shares or rates against those before."""
    history, weight = upper[:-1].sum(), lower[:-1].sum()
    # half an event keeps a history without any from saying that the first one is impossible
    centre = (history + 0.5) / (weight + 1)
    centre = min(centre, 1 - 0.5 / (weight + 1)) if share else centre
    varies = centre * (1 - centre) if share else centre
    scores = (upper[:-1] / lower[:-1] - centre) / np.sqrt(varies / lower[:-1])
    spread = max(1.0, float(np.median(np.abs(np.diff(scores))) / _D4))
    estimated = np.sqrt(1 + lower[-1] / weight)
    score = _tail_score(upper[-1], lower[-1], centre, share=share) / (spread * estimated)
    sigma = spread * estimated * float(np.sqrt(varies / lower[-1]))
    return float(centre), sigma, float(score), _limit(len(upper) - 1) if spread > 1 else 3.0


def measured(values: np.ndarray) -> tuple[float, float, float, float]:
    """Return centre, sigma, score and limit of the last of a series of measures against those before (XmR)."""
    before = values[:-1]
    centre = float(before.mean())
    sigma = float(np.median(np.abs(np.diff(before))) / _D4 * np.sqrt(1 + 1 / len(before)))
    score = (
        0.0
        if values[-1] == centre
        else float((values[-1] - centre) / sigma)
        if sigma
        else np.inf * np.sign(values[-1] - centre)
    )
    return centre, sigma, float(score), _limit(len(before))


def _limit(months: int) -> float:
    """Return the quantile of t with the nominal tail: a median of moving ranges is worth 0.45 (n - 1) degrees."""
    from scipy import special  # takes a fifth of the time in which a process starts; few of them ask for it

    return float(special.stdtrit(max(2.0, 0.45 * (months - 1)), 1 - NOMINAL))


def _tail_score(events: float, trials: float, centre: float, *, share: bool) -> float:
    """Return the normal score of the exact tail that an event count lies in, half of its own chance counted (mid-p)."""
    from scipy import special

    events, trials = float(round(events)), int(trials) if share else trials
    if share:
        above = special.bdtrc(events, trials, centre)
        here = special.bdtr(events, trials, centre) - (special.bdtr(events - 1, trials, centre) if events else 0)
    else:
        above = special.pdtrc(events, trials * centre)
        here = special.pdtr(events, trials * centre) - (special.pdtr(events - 1, trials * centre) if events else 0)
    return float(-special.ndtri(np.clip(above + here / 2, 1e-15, 1 - 1e-15)))


def funnel(
    one: Indicator, centre: float, denominators: Iterable[int], spread: float | None = None
) -> list[dict[str, float]]:
    """Return limits of two and three sigma around a centre (a ratio, not in the unit) for denominators, in the unit.

    ``spread`` is the mean square score of the peers: above 1 they differ by more than chance and the limits widen by
    its root (Spiegelhalter 2005). Only for shares and rates.
    """
    factor, wide = float(FACTORS[one.unit]), max(1.0, spread or 1.0) ** 0.5
    varies = centre * (1 - centre) if one.is_share else centre
    top = 1.0 if one.is_share else np.inf
    return [
        {"denominator": n, **{f"{name}{z}": min(max(centre + sign * z * wide * (varies / n) ** 0.5, 0.0), top) * factor
                              for name, sign in (("low", -1), ("high", 1)) for z in (2, 3)}}
        for n in denominators
    ]  # fmt: skip


def spread(one: Indicator, counts: Sequence[Counted]) -> float | None:
    """Return the mean square score of peers, the outer tenth drawn in; None for fewer than five or for means."""
    kept = [c for c in counts if c.denominator]
    if len(kept) < 5 or not (one.is_share or one.is_rate):
        return None
    upper, lower = (np.array([getattr(c, name) for c in kept], dtype=float) for name in ("numerator", "denominator"))
    centre = upper.sum() / lower.sum()
    varies = centre * (1 - centre) if one.is_share else centre
    if not varies:
        return None
    scores = (upper / lower - centre) / np.sqrt(varies / lower)
    return float((np.clip(scores, *np.quantile(scores, [0.1, 0.9])) ** 2).mean())
