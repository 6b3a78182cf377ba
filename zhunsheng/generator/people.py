"""The insured people of the county: age pyramid, home, insurance, chronic conditions, need for care."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from zhunsheng.generator.county import REGION, TOWNSHIP, VILLAGE, County
from zhunsheng.generator.frames import NONE, Flags, Ints
from zhunsheng.generator.tables import rows

MALE, FEMALE = 1, 2
EMPLOYEE, RESIDENT = 310, 390
BAND_LOW = np.array([int(row["low"]) for row in rows("ages")], dtype=np.int64)
YEAR = 365.2425


@dataclass
class People:
    """One element per person. ``birth`` in days since 1970-01-01; the unknown flags hide what a file may not say.

    Who carries a planted case is seen for nothing else from ``aside_from`` to ``aside_to`` (days, both held).
    """

    number: Ints
    sex: Ints
    birth: Ints
    insurance: Ints
    township: Ints
    clinic: Ints
    chronic: Ints
    visit_weight: NDArray[np.float64]
    stay_weight: NDArray[np.float64]
    sex_unknown: Flags
    birth_unknown: Flags
    aside_from: Ints
    aside_to: Ints
    last_day: Ints
    last_stay: Ints

    def __len__(self) -> int:
        return len(self.number)

    def bands(self, person: Ints, day: Ints | int) -> Ints:
        """Return the age band of each person on a day."""
        years = ((day - self.birth[person]) / YEAR).astype(np.int64)
        return np.maximum(np.searchsorted(BAND_LOW, years, side="right") - 1, 0)

    @property
    def planted(self) -> Flags:
        """Who was set aside for a planted case."""
        return self.aside_from != NONE

    def part(self, first: int, last: int) -> People:
        """Return the people from one position to another (not held); the columns are views of these."""
        return People(*(getattr(self, f.name)[first:last] for f in fields(self)))


def build(rng: Generator, count: int, county: County, first_day: int, days: int) -> People:
    """Populate the county with ``count`` people; some of the youngest are born during the period."""
    bands = rows("ages")
    share = np.array([float(row["people"]) for row in bands])
    band = rng.choice(len(bands), size=count, p=share / share.sum())
    birth = _births(rng, band, first_day, days)
    townships, clinics = county.of_kind(TOWNSHIP), county.of_kind(VILLAGE)
    clinic = rng.integers(0, len(clinics), size=count)
    sex = np.where(rng.random(count) < np.where(band >= 7, 0.47, 0.51), MALE, FEMALE)
    employed = (band >= 2) & (rng.random(count) < 0.28)
    need = rng.gamma(1.6, 1 / 1.6, size=count)
    return People(
        number=_numbers(rng, count),
        sex=sex.astype(np.int64),
        birth=birth,
        insurance=np.where(employed, EMPLOYEE, RESIDENT).astype(np.int64),
        township=townships[clinic % len(townships)],
        clinic=clinics[clinic],
        chronic=_chronic(rng, band),
        visit_weight=_column("visit_weight")[band] * need,
        stay_weight=_column("stay_weight")[band] * need,
        sex_unknown=np.zeros(count, dtype=np.bool_),
        birth_unknown=np.zeros(count, dtype=np.bool_),
        aside_from=np.full(count, NONE, dtype=np.int64),
        aside_to=np.full(count, NONE, dtype=np.int64),
        last_day=np.full(count, first_day - 1, dtype=np.int64),
        last_stay=np.full(count, first_day - 400, dtype=np.int64),
    )


def _column(name: str) -> NDArray[np.float64]:
    return np.array([float(row[name]) for row in rows("ages")])


def _births(rng: Generator, band: Ints, first_day: int, days: int) -> Ints:
    low, high = _column("low")[band], _column("high")[band] + 1
    born_late = (band == 0) & (rng.random(len(band)) < 0.15)
    years = low + rng.random(len(band)) * (high - low)
    birth = first_day - 1 - (years * YEAR).astype(np.int64)
    return np.where(born_late, first_day + rng.integers(0, max(days, 1), size=len(band)), birth).astype(np.int64)


def _numbers(rng: Generator, count: int) -> Ints:
    """Return person numbers of 18 digits, spread so that they tell nothing by their order."""
    return REGION * 10**12 + 10**10 + rng.permutation(count).astype(np.int64) * 9_973 + 17


def _chronic(rng: Generator, band: Ints) -> Ints:
    """Return the condition for which a person is enrolled in regular care, NONE for most."""
    codes = [row["code"] for row in rows("conditions") if row["chronic"] == "1"]
    numbers = {row["code"]: i for i, row in enumerate(rows("conditions"))}
    first, others = numbers[codes[0]], np.array([numbers[code] for code in codes[1:]], dtype=np.int64)
    draw = rng.random(len(band))
    hypertension, other = _column("hypertension")[band] * 0.55, _column("chronic_other")[band] * 0.55
    second = others[rng.integers(0, len(others), size=len(band))]
    return np.where(draw < hypertension, first, np.where(draw < hypertension + other, second, NONE)).astype(np.int64)
