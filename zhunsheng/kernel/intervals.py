"""Intervals of counted shares, in one place, so that every page shows the same one."""

from __future__ import annotations

from math import sqrt

#: Standard normal quantile of a two-sided interval of 95 %.
Z95 = 1.959963984540054


def wilson(hits: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """Return the score interval of a share (E. B. Wilson, JASA 22, 1927). Raises ValueError for impossible counts.

    Holds for small numbers and for shares of 0 and 1, where the plain normal interval has no width.
    """
    if not 0 <= hits <= trials or trials == 0:
        raise ValueError(f"{hits} of {trials}")
    share, square = hits / trials, z * z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials)) / (1 + square / trials)
    return max(0.0, centre - half), min(1.0, centre + half)
