"""Counts judged when they are read: with the target in force for that month and level, by whole numbers alone.

A ratio is compared by cross-multiplying; it is divided only to be shown. What is not known makes a share a range: the
unknown rows may all belong, or none. A target that both ends meet is met, one that both miss is missed, anything
between is unknown. Small numbers are not judged, and are hidden from whoever may not see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import inf
from statistics import NormalDist
from typing import Literal

from zhunsheng.book.indicators import FACTORS, Indicator, Target
from zhunsheng.indicators.plain import Counted
from zhunsheng.kernel.intervals import wilson

#: What can be said of a value: judged or to be shown, not tellable, too small, or counted by another definition.
Known = Literal["known", "unknown", "small", "none", "stale"]
Verdict = Literal["met", "missed", "unknown", "untargeted"]
#: From whom counts below this are hidden, and shares that would tell them.
HIDDEN_BELOW = 5
#: A total over several is shown where at least so many of them stay unseen: one that is left is told by subtraction,
#: and two that are left tell each other.
UNSEEN_LEAST = 3
#: Numerator and denominator.
Pair = tuple[int, int]
_DECIMALS = {
    "percent": 1,
    "per_mille": 2,
    "days": 1,
    "hours": 1,
    "minutes": 0,
    "yuan": 2,
    "count": 0,
    "score": 2,
    "class_hours": 1,
}


@dataclass(frozen=True, slots=True)
class Value:
    """One indicator of one subject over one period, with what can be said of it.

    ``low`` and ``high`` bound the ratio while rows are unknown (equal when none is); both None where nothing is known.
    ``target`` is the one in force, ``verdict`` what the value is to it.
    """

    indicator: Indicator
    subject_id: str
    month: str
    numerator: int
    denominator: int
    excluded: int
    unknown: int
    rows: int
    known: Known
    low: Fraction | None
    high: Fraction | None
    target: Target | None
    verdict: Verdict

    @property
    def ratio(self) -> Fraction | None:
        """The ratio in the unit of the indicator, None where nothing is known."""
        return shown_ratio(self.indicator, self.numerator, self.denominator)

    @property
    def torn(self) -> bool:
        """Whether so many rows are unknown that the range alone may be shown."""
        return 100 * self.unknown > self.indicator.unknown_most * (self.rows + self.unknown)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of 95 % in the unit: Wilson for a share, Byar for a rate; None for means (no spread is kept)."""
        factor = float(FACTORS[self.indicator.unit])
        if not self.denominator or self.torn or self.known in ("none", "stale"):
            return None
        if self.indicator.is_share:
            low, high = wilson(self.numerator, self.denominator)
        elif self.indicator.is_rate:
            low, high = (end / self.denominator for end in byar(self.numerator))
        else:
            return None
        return low * factor, high * factor


def judge(one: Indicator, counted: Counted | None, *, subject_id: str = "", month: str = "", kind: str | None = None,
          level: str | None = None, stale: bool = False) -> Value:  # fmt: skip
    """Return the value of counts, judged by the target that holds in their month for a kind and level.

    None for ``counted`` says that no row was met: that is no zero. ``stale``: counted by another definition.
    """
    if counted is None:
        return Value(
            one, subject_id, month, 0, 0, 0, 0, 0, "none", None, None, one.target(month, kind, level), "unknown"
        )
    target = one.target(counted.month, kind, level)
    known = _known(one, counted, stale=stale)
    low, high = bounds(one, counted) if known != "stale" else (None, None)
    verdict = _verdict(one, target, low, high, known)
    figures = (counted.numerator, counted.denominator, counted.excluded, counted.unknown, counted.rows)
    return Value(one, counted.subject_id, counted.month, *figures, known, low, high, target, verdict)


def bounds(one: Indicator, counted: Counted) -> tuple[Fraction | None, Fraction | None]:
    """Return between what the ratio lies in the unit, the unknown rows counted against and for it."""
    upper, lower, unknown = counted.numerator, counted.denominator, counted.unknown
    ratio = shown_ratio(one, upper, lower)
    if not one.is_share or not unknown:
        return ratio, ratio
    factor = FACTORS[one.unit]
    return factor * Fraction(upper, lower + unknown), factor * Fraction(upper + unknown, lower + unknown)


def shown_ratio(one: Indicator, numerator: int, denominator: int) -> Fraction | None:
    """Return a ratio in the unit of an indicator; None for a denominator of zero."""
    if one.denominator is None:
        return FACTORS[one.unit] * numerator
    return FACTORS[one.unit] * Fraction(numerator, denominator) if denominator else None


def _known(one: Indicator, counted: Counted, *, stale: bool) -> Known:
    if stale:
        return "stale"
    if one.denominator is not None and counted.denominator == 0:
        return "unknown" if counted.unknown else "none"
    if one.denominator is not None and counted.denominator < one.minimum:
        return "small"
    # of a share the unknown rows give a range; of a sum nobody knows what they would have added
    return "known" if one.is_share or clear(one, counted) else "unknown"


def clear(one: Indicator, counted: Counted) -> bool:
    """Whether so few rows are unknown that the ratio of the known ones speaks for all.

    What becomes known first is seldom like the rest: of the newest discharges only those who came back are known.
    """
    return 100 * counted.unknown <= one.unknown_most * (counted.rows + counted.unknown)


def _verdict(
    one: Indicator, target: Target | None, low: Fraction | None, high: Fraction | None, known: Known
) -> Verdict:
    if target is None:
        return "untargeted"
    if known != "known" or low is None or high is None:
        return "unknown"
    ends = {meets(one, target, end) for end in (low, high)}
    if one.direction == "range" and len(ends) == 1 and False in ends and low < _number(target.low) <= high:
        return "unknown"  # the range may lie between the ends
    return "unknown" if len(ends) > 1 else "met" if True in ends else "missed"


def meets(one: Indicator, target: Target, ratio: Fraction) -> bool:
    """Whether a ratio in the unit reaches a target; the limit itself is reached."""
    if one.direction == "range":
        return _number(target.low) <= ratio <= _number(target.high)
    wanted = _number(target.value)
    return ratio <= wanted if one.direction == "lower" else ratio >= wanted


def _number(text: str) -> Fraction:
    return Fraction(text)


def worse(one: Indicator, new: Fraction, old: Fraction) -> bool:
    """Whether one ratio is worse than another; without a direction nothing is worse."""
    return new > old if one.direction == "lower" else new < old if one.direction == "higher" else False


def together(one: Indicator, counts: Iterable[Counted], subject_id: str = "") -> Counted | None:
    """Return the counts of several subjects or months as one, named by the last month; None where there is none.

    Distinct things that several of them hold are counted in each.
    """
    found = list(counts)
    if not found:
        return None
    sums = (
        sum(getattr(c, name) for c in found) for name in ("numerator", "denominator", "excluded", "unknown", "rows")
    )
    return Counted(one.id, one.subject, subject_id, "", max(c.month for c in found), *sums)


def byar(events: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Byar's approximation of the exact interval of a Poisson count (Breslow and Day 1987, p. 69)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)

    def end(n: int, sign: int) -> float:
        return float(n * (1 - 1 / (9 * n) + sign * z / (3 * n**0.5)) ** 3)

    return (end(events, -1) if events else 0.0), end(events + 1, 1)


def printed(one: Indicator, ratio: Fraction | float | None) -> str:
    """Return a ratio in the unit with the decimals of the unit, empty for None or no end."""
    if ratio is None or ratio == inf:
        return ""
    exact = Fraction(ratio)
    places = Decimal(1).scaleb(-_DECIMALS[one.unit])
    return str((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(places, ROUND_HALF_UP))


def hidden(value: Value, *, open_to_reader: bool) -> bool:
    """Whether counts are kept back: with ``told_by_rest`` the only place that decides on small numbers.

    Whoever sees the rows sees their counts. To others a share over few things, or of which few belong or few do not,
    would tell of single people.
    """
    if open_to_reader or value.indicator.denominator is None:
        return False
    rest = value.denominator - value.numerator if value.indicator.is_share else HIDDEN_BELOW
    return any(0 < count < HIDDEN_BELOW for count in (value.numerator, value.denominator, rest))


def told_by_rest(parts: Mapping[str, Pair], seen: Mapping[str, Pair]) -> bool:
    """Whether a total over parts would tell of some that a reader may not see, the seen ones taken away from it.

    ``seen`` holds what the reader sees of a part, be it a share of its rows alone. Nothing is kept back from whoever
    sees all. Of what is left neither fewer than three parts nor fewer than five things may be told.
    """
    left = [key for key, whole in parts.items() if seen.get(key) != whole]
    if not left:
        return False
    things = sum(lower for _upper, lower in parts.values()) - sum(seen[key][1] for key in seen if key in parts)
    return len(left) < UNSEEN_LEAST or things < HIDDEN_BELOW
