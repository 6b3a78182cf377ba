"""Vendor-years in which nothing is wrong: what a finder says of them is a false alarm.

Rows in the shape of the facts, drawn with plain chance (no share is met exactly, controls are normal), because
chance is what false alarms come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator

from zhunsheng.generator.frames import DAY, HOUR, Flags, Ints
from zhunsheng.generator.months import Month, calendar
from zhunsheng.generator.world import random_numbers

#: Seconds by which Asia/Shanghai is ahead of UTC.
SHANGHAI = 8 * HOUR
INSTITUTIONS = tuple(f"H990124{n:05d}" for n in range(1, 15))


@dataclass(frozen=True)
class Healthy:
    """How a vendor without a story serves: a month's orders and answers, and the shares that fail by chance."""

    orders: int = 150
    late: float = 0.03
    rejected: float = 0.005
    untold: float = 0.02
    read_again: float = 0.5
    discordant: float = 0.005
    answers: int = 50
    unhappy: float = 0.06
    complaints: float = 1.0
    unsatisfied: float = 0.05


def null_years(
    count: int, *, seed: int = 1, start: date = date(2025, 11, 1), months: int = 12, healthy: Healthy | None = None
) -> dict[str, pa.Table]:
    """Return ``count`` vendor-years as fact tables by name: orders, second readings, surveys, complaints, QC runs.

    Vendors are named N000001 and so on. The columns are those of the facts that hold something, origin columns aside.
    The same arguments give the same rows.
    """
    how, period = healthy or Healthy(), calendar(start, months)
    names = pa.array([f"N{n:06d}" for n in range(1, count + 1)])
    orders, done = _orders(random_numbers(seed, 50, 0), names, period, how)
    return {
        "service_order": orders,
        "second_reading": _readings(random_numbers(seed, 50, 1), orders, done, how),
        "survey_answer": _answers(random_numbers(seed, 50, 2), names, period, how),
        "complaint": _complaints(random_numbers(seed, 50, 3), names, period, how),
        "qc_run": _controls(random_numbers(seed, 50, 4), names, period),
    }


def _spread(rng: Generator, vendors: int, period: list[Month], mean: float) -> tuple[Ints, Ints]:
    """Return vendor and day of events that come by chance, so many a month on average, in order of both."""
    counts = rng.poisson(mean, (vendors, len(period)))
    vendor = np.repeat(np.arange(vendors, dtype=np.int64), counts.sum(axis=1))
    month = np.concatenate([np.repeat(np.arange(len(period), dtype=np.int64), row) for row in counts])
    first, days = (np.array([getattr(one, name) for one in period]) for name in ("first", "days"))
    return vendor, first[month] + (rng.random(len(month)) * days[month]).astype(np.int64)


def _ids(prefix: str, count: int) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(np.arange(1, count + 1)).cast(pa.string()), "")


def _days(days: Ints) -> pa.Array:
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def _flags(flags: Flags) -> pa.Array:
    return pa.array(flags)


def _places(rng: Generator, count: int) -> pa.Array:
    return pa.array(INSTITUTIONS).take(pa.array(rng.integers(0, len(INSTITUTIONS), count)))


def _same(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text), count)


def _orders(rng: Generator, names: pa.Array, period: list[Month], how: Healthy) -> tuple[pa.Table, Ints]:
    vendor, day = _spread(rng, len(names), period, how.orders)
    count = len(day)
    at = day * DAY + rng.integers(8 * HOUR, 18 * HOUR, count) - SHANGHAI
    rejected, late = rng.random(count) < how.rejected, rng.random(count) < how.late
    due = at + DAY
    taken = np.where(late, 1.05 + rng.random(count), 0.3 + 0.65 * rng.random(count))
    done = at + (DAY * taken).astype(np.int64)
    columns = {
        "vendor_id": names.take(pa.array(vendor)),
        "order_id": _ids("N", count),
        "service_kind": _same("laboratory", count),
        "institution_id": _places(rng, count),
        "ordered_on": _days(day),
        "ordered_at": pa.array(at),
        "due_at": pa.array(due),
        "done_at": pa.array(done, mask=rejected),
        "told": _flags(rng.random(count) >= how.untold),
        "declined": _flags(np.zeros(count, dtype=np.bool_)),
        "state": pa.array(["done", "rejected"]).take(pa.array(rejected.astype(np.int64))),
    }
    return pa.table(columns), np.where(rejected, -1, done)


def _readings(rng: Generator, orders: pa.Table, done: Ints, how: Healthy) -> pa.Table:
    again = np.flatnonzero((done >= 0) & (rng.random(len(done)) < how.read_again))
    differs = rng.random(len(again)) < how.discordant
    taken = pa.array(again)
    columns = {
        "vendor_id": orders["vendor_id"].take(taken),
        "order_id": orders["order_id"].take(taken),
        "reviewed_on": _days((done[again] + SHANGHAI) // DAY + 1),
        "concordant": _flags(~differs),
        "weight": pa.array(["none", "minor"]).take(pa.array(differs.astype(np.int64))),
    }
    return pa.table(columns)


def _answers(rng: Generator, names: pa.Array, period: list[Month], how: Healthy) -> pa.Table:
    vendor, day = _spread(rng, len(names), period, how.answers)
    count = len(day)
    bad = rng.random(count) < how.unhappy
    scores = {
        name: pa.array(np.where(bad, rng.integers(1, 3, count), rng.integers(4, 6, count)))
        for name in ("attitude", "professional", "waiting", "cost")
    }
    columns = {
        "vendor_id": names.take(pa.array(vendor)),
        "answer_id": _ids("A", count),
        "institution_id": _places(rng, count),
        "service_kind": _same("laboratory", count),
        "answered_on": _days(day),
        "respondent": _same("patient", count),
    }
    return pa.table(columns | scores)


def _complaints(rng: Generator, names: pa.Array, period: list[Month], how: Healthy) -> pa.Table:
    vendor, day = _spread(rng, len(names), period, how.complaints)
    count = len(day)
    columns = {
        "vendor_id": names.take(pa.array(vendor)),
        "complaint_id": _ids("C", count),
        "institution_id": _places(rng, count),
        "service_kind": _same("laboratory", count),
        "received_on": _days(day),
        "closed_on": _days(day + rng.integers(1, 7, count)),
        "kind": _same("other", count),
        "upheld": _flags(rng.random(count) < 0.5),
        "satisfied": _flags(rng.random(count) >= how.unsatisfied),
    }
    return pa.table(columns)


def _controls(rng: Generator, names: pa.Array, period: list[Month]) -> pa.Table:
    """One run of two levels a day, normal about the mean; a run beyond 3 SD is taken as out of control."""
    days = np.arange(period[0].first, period[-1].first + period[-1].days, dtype=np.int64)
    count = len(names) * len(days) * 2
    vendor = np.repeat(np.arange(len(names), dtype=np.int64), len(days) * 2)
    day, level = np.tile(np.repeat(days, 2), len(names)), np.tile([0, 1], count // 2)
    far = rng.standard_normal(count)
    columns = {
        "vendor_id": names.take(pa.array(vendor)),
        "device_id": _same("N-A1", count),
        "analyte": _same("GLU", count),
        "level": pa.array(["1", "2"]).take(pa.array(level)),
        "run_id": pc.binary_join_element_wise("R", pa.array(day).cast(pa.string()), ""),
        "run_at": pa.array(day * DAY + 7 * HOUR - SHANGHAI),
        "run_on": _days(day),
        "value_e4": pa.array((50_000 + 1_500 * far).astype(np.int64)),
        "mean_e4": pa.array(np.full(count, 50_000, dtype=np.int64)),
        "sd_e4": pa.array(np.full(count, 1_500, dtype=np.int64)),
        "lot": _same("N1", count),
        "accepted": _flags(np.abs(far) <= 3),
    }
    return pa.table(columns)
