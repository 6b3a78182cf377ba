"""How far those who judged the same sample agree: share of equal answers, Cohen's kappa for two, Fleiss' for more.

J. Cohen (1960), Educational and Psychological Measurement 20(1); J. L. Fleiss (1971), Psychological Bulletin 76(5).
A unit of which anybody says that it is unknown is left out of the figures and counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts and figures; ``kappa`` is None where all answers are the same, as chance then explains everything."""

    units: int
    equal: int
    unknown: int
    untold: int
    kappa: Fraction | None

    @property
    def share(self) -> Fraction | None:
        """The share of units on which all agree, or None without a unit."""
        return Fraction(self.equal, self.units) if self.units else None

    @property
    def kappa_text(self) -> str:
        """Kappa with three decimals, rounded half away from zero; empty where it says nothing."""
        if self.kappa is None:
            return ""
        thousandths = int(abs(self.kappa) * 1000 + Fraction(1, 2))
        return f"{'-' if self.kappa < 0 and thousandths else ''}{thousandths // 1000}.{thousandths % 1000:03d}"


def agreement(views: Sequence[Mapping[str, bool | None]], ids: Sequence[str]) -> Agreement:
    """Compare two or more views of the same units: established, not, or None for unknown; untold ones are absent."""
    told = [key for key in ids if all(key in view for view in views)]
    known = [key for key in told if all(view[key] is not None for view in views)]
    rows = [[bool(view[key]) for view in views] for key in known]
    equal = sum(len(set(row)) == 1 for row in rows)
    kappa = (_cohen if len(views) == 2 else _fleiss)(rows) if rows else None
    return Agreement(len(rows), equal, len(told) - len(known), len(ids) - len(told), kappa)


def _beyond_chance(seen: Fraction, chance: Fraction) -> Fraction | None:
    return None if chance == 1 else (seen - chance) / (1 - chance)


def _cohen(rows: list[list[bool]]) -> Fraction | None:
    """Each of the two has shares of answers of its own."""
    count = len(rows)
    seen = Fraction(sum(one == other for one, other in rows), count)
    first, second = Counter(row[0] for row in rows), Counter(row[1] for row in rows)
    chance = sum((Fraction(first[said] * second[said], count**2) for said in (True, False)), Fraction(0))
    return _beyond_chance(seen, chance)


def _fleiss(rows: list[list[bool]]) -> Fraction | None:
    """All are taken to have the same shares of answers."""
    count, raters = len(rows), len(rows[0])
    pairs = raters * (raters - 1)
    seen = Fraction(sum(n * (n - 1) for row in rows for n in Counter(row).values()), count * pairs)
    yes = Fraction(sum(map(sum, rows)), count * raters)
    return _beyond_chance(seen, yes**2 + (1 - yes) ** 2)
