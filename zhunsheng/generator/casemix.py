"""What people come with: a condition by setting, age, sex and season."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from zhunsheng.generator.frames import Ints
from zhunsheng.generator.knowledge import Index, Need, NeedPoint
from zhunsheng.generator.months import SETTINGS, Month, winter
from zhunsheng.generator.people import BAND_LOW, FEMALE, MALE, People
from zhunsheng.generator.pools import group_numbers
from zhunsheng.generator.tables import rows

CONDITIONS = rows("conditions")
GROUP_OF = np.array([group_numbers()[row["group"]] for row in CONDITIONS], dtype=np.int64)
MEAN_DAYS = np.array([float(row["los"]) for row in CONDITIONS])
OPERATION_SHARE = np.array([float(row["operation_share"]) for row in CONDITIONS])


@dataclass(frozen=True)
class CaseMix:
    """Cumulative shares of the conditions in one month: setting x age band x sex x condition."""

    cumulative: NDArray[np.float64]

    def draw(self, rng: Generator, people: People, person: Ints, setting: Ints, day: int) -> Ints:
        """Draw a condition for each person in each setting."""
        cells = self.cumulative[setting, people.bands(person, day), people.sex[person] - 1]
        return np.minimum((rng.random(len(person))[:, None] >= cells).sum(axis=1), len(CONDITIONS) - 1)


def of(month: Month, index: Index) -> CaseMix:
    """Return the case mix of a month, clear of what rules ask of the codes of conditions and of their operations."""
    season = np.array([_season(row["season"], month.start.month) for row in CONDITIONS])
    base = np.array([[float(row.get(setting) or 0) for row in CONDITIONS] for setting in SETTINGS[:6]])
    share = base[:, None, None, :] * season * (_eligible() * _unobjectionable(index))[None]
    total = share.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        raise ValueError("conditions.csv leaves a setting, age band and sex without a condition")
    return CaseMix(np.cumsum(share / total, axis=-1))


def _season(kind: str, month: int) -> float:
    return {"winter": 1 + 0.6 * winter(month), "summer": 1 - 0.5 * winter(month)}.get(kind, 1.0)


def _eligible() -> NDArray[np.float64]:
    """Return, by age band, sex and condition, the share of the band's years in which the condition is met."""
    highs = np.append(BAND_LOW[1:] - 1, 95)
    table = np.zeros((len(BAND_LOW), 2, len(CONDITIONS)))
    for c, row in enumerate(CONDITIONS):
        for b, (low, high) in enumerate(zip(BAND_LOW, highs, strict=True)):
            shared = min(high, int(row["age_high"])) - max(low, int(row["age_low"])) + 1
            for sex in (MALE, FEMALE):
                if row["sex"] in ("", "MF"[sex - 1]):
                    table[b, sex - 1, c] = max(shared, 0) / (high - low + 1)
    return table


def _unobjectionable(index: Index) -> NDArray[np.float64]:
    """Return, by age band, sex and condition, 1 where no rule has a say in its codes, else 0."""
    highs = np.append(BAND_LOW[1:], 120)
    table = np.ones((len(BAND_LOW), 2, len(CONDITIONS)))
    for c, row in enumerate(CONDITIONS):
        for need in index.of_code(row["code"]) + (
            index.of_code(row["operation_code"]) if row["operation_code"] else []
        ):
            for b, (low, high) in enumerate(zip(BAND_LOW, highs, strict=True)):
                for sex in (MALE, FEMALE):
                    table[b, sex - 1, c] *= _meets(need, row, "MF"[sex - 1], int(low), int(high))
    return table


def _meets(need: NeedPoint, row: dict[str, str], sex: str, low: int, high: int) -> bool:
    """Whether people of a sex from one completed age up to another (not held) may have the codes of a condition."""
    if need.kind == Need.CODE_SEX:
        return sex in need.any_of
    if need.kind == Need.CODE_AGE:
        first, last, unit = need.any_of
        per_year = {"year": 1, "month": 12, "day": 365}[unit]
        # who is born within the month, or whose birthday lies in it, counts for the band of its first day
        return int(first) <= low * per_year and (high + 1) * per_year <= int(last)
    if need.kind == Need.CODE_ITEM:
        return any(item["name"] == row["operation_item"] and item["code"] in need.any_of for item in rows("items"))
    return row["code"].startswith(need.any_of)
