"""What is said and measured beside the orders: controls, surveys, complaints, incidents, exit."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.random import Generator

from zhunsheng.generator.months import Month
from zhunsheng.generator.vendors.course import KINDS, NO, YES
from zhunsheng.generator.vendors.profiles import Control, Vendor, Warm, day_of, in_month

Rows = list[list[str]]
#: Most results in a row on one side of the mean, and how far ordinary ones go, in standard deviations.
STREAK, FARTHEST, NEAR = 4, 1.7, 0.8
#: How far beside the mean a shift lies on its first days, on the two days that tell it, and from then on.
CREEPING, BEYOND, SHIFTED, WOBBLE = 0.9, 2.3, 1.5, 0.3
GOOD, BAD = ((5, 5, 4), (2, 1))
COMPLAINTS = ("质量", "态度", "延误", "收费", "其他")


def controls(rng: Generator, vendor: Vendor, months: list[Month]) -> Rows:
    """Return one run a day of every control. Ordinary runs break no control rule by accident."""
    rows: Rows = []
    for one in vendor.controls:
        days = _days(one, months)
        for day, far in zip(days, _calm(rng, len(days)), strict=True):
            value = one.mean + one.sd * _shifted(rng, vendor, one, months, day, far)
            run = f"{one.device}-{day:%Y%m%d}"
            told = [f"{day} 07:30:00", f"{value:.4f}", f"{one.mean:g}", f"{one.sd:g}", one.lot, YES]
            rows.append([vendor.id, one.device, one.analyte, one.level, run, *told])
    return rows


def _days(one: Control, months: list[Month]) -> list[date]:
    first = day_of(months, one.since) if one.since else months[0].start
    last = day_of(months, one.until) if one.until else months[-1].last_date + timedelta(days=1)
    return [first + timedelta(days=n) for n in range((last - first).days)]


def _calm(rng: Generator, count: int) -> list[float]:
    """Return distances from the mean: never far, never long on one side, never two in a row beyond one SD."""
    far = np.clip(rng.standard_normal(count), -FARTHEST, FARTHEST).tolist()
    side = 0
    for n in range(count):
        if n and abs(far[n - 1]) > 1 and abs(far[n]) > 1:
            far[n] = NEAR if far[n] > 0 else -NEAR
        side = side + 1 if n and far[n] * far[n - 1] > 0 else 1
        if side > STREAK:
            far[n], side = -far[n], 1
    return far


def _shifted(rng: Generator, vendor: Vendor, one: Control, months: list[Month], day: date, far: float) -> float:
    shift = vendor.shift
    if shift is None or (one.device, one.analyte) != (shift.device, shift.analyte):
        return far
    since, until = day_of(months, shift.since), day_of(months, shift.until)
    if not since <= day < until:
        return far
    number = (day - since).days + 1
    if number <= shift.beyond:
        return CREEPING if number < shift.beyond - 1 else BEYOND
    return SHIFTED + WOBBLE * float(np.clip(rng.standard_normal(), -1, 1))


def surveys(rng: Generator, vendor: Vendor, month: Month, places: list[str]) -> Rows:
    """Return the answers of a month; so many percent of them, rounded down, are bad throughout."""
    count = in_month(vendor.answers, month.number) if in_month(vendor.volume, month.number) else 0
    bad = count * in_month(vendor.unhappy, month.number) // 100
    rows: Rows = []
    for n in range(count):
        scores = [str(rng.choice(BAD if n < bad else GOOD)) for _ in range(4)]
        day = month.start + timedelta(days=int(rng.integers(0, month.days)))
        who = "患者" if rng.random() < 0.8 else "医务人员"
        key = f"DJ{month.label.replace('-', '')}{n + 1:04d}"
        place = places[int(rng.integers(0, len(places)))]
        rows.append([vendor.id, key, place, KINDS[vendor.service_kind], str(day), who, *scores])
    return rows


def complaints(rng: Generator, vendor: Vendor, month: Month, places: list[str]) -> Rows:
    """Return the complaints of a month, each closed within a week to the satisfaction of who complained."""
    count = in_month(vendor.complaints, month.number) if in_month(vendor.volume, month.number) else 0
    rows: Rows = []
    for n in range(count):
        day = month.start + timedelta(days=int(rng.integers(0, month.days)))
        closed = day + timedelta(days=int(rng.integers(1, 7)))
        key = f"TS{month.label.replace('-', '')}{n + 1:03d}"
        kind = "延误" if vendor.service_kind == "logistics" else str(rng.choice(COMPLAINTS))
        told = [kind, YES if rng.random() < 0.5 else NO, YES]
        place = places[int(rng.integers(0, len(places)))]
        rows.append([vendor.id, key, place, KINDS[vendor.service_kind], str(day), str(closed), *told])
    return rows


def incidents(vendor: Vendor, months: list[Month]) -> Rows:
    """Return the incidents that are told."""
    return [
        [vendor.id, one.id, "", str(day_of(months, one.day)), str(day_of(months, one.told)), one.kind, one.weight]
        for one in vendor.incidents
    ]


def trips(vendor: Vendor, months: list[Month], places: list[str]) -> Rows:
    """Return the trips that a vendor states itself, one a day; as many of a month are late as of its orders."""
    warm, rows = {day_of(months, one.day): one for one in vendor.warm}, []
    for month in months if vendor.trips else ():
        late = month.days * in_month(vendor.late, month.number) // 100
        for n in range(month.days):
            day, on_time = month.start + timedelta(days=n), NO if n >= month.days - late else YES
            judged = f"{day + timedelta(days=1)} 09:00:00"
            place = places[0 if day in warm else day.toordinal() * 7 % len(places)]
            told = [KINDS[vendor.service_kind], "cold_2_8", str(day), judged]
            rows.append([vendor.id, f"YC{day:%Y%m%d}", place, *told, *_warmth(warm.get(day), day, on_time)])
    return rows


def _warmth(one: Warm | None, day: date, on_time: str) -> list[str]:
    """Return whether a trip got warm, for how long, and when its emergency plan was started."""
    if one is None:
        return [NO, NO, on_time, "0", "", "", ""]
    plan = "" if one.plan is None else f"{day} 10:{one.plan:02d}:00"
    return [YES, NO, on_time, str(one.minutes), f"{day} 10:00:00", YES if plan else NO, plan]


def leaving(vendor: Vendor, months: list[Month]) -> Rows:
    """Return the node at which a vendor that leaves handed over the data; none says that they were destroyed."""
    if vendor.exit is None:
        return []
    day = day_of(months, vendor.exit.handed_over)
    kind = KINDS[vendor.service_kind]
    return [[vendor.id, "EXIT-1", "", kind, "data_handed_over", f"{day} 16:00:00", "", "", "", "", ""]]
