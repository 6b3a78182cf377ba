"""What one month says: a colour, nothing wrong, or that nothing can be said. Exact integers, nothing is rounded.

A month without a value, with too few cases or too many unknown ones is ``unknown``; one that is worse than the target
by no more than chance explains is ``unsure``. Neither is good, and neither turns a light on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from zhunsheng.book.bands import band_of
from zhunsheng.book.lights import SCALE, Band, BandLight, DriftLight, Judged, StreakLight
from zhunsheng.kernel.time import month_start
from zhunsheng.lights.values import Value, knowable, months_until, total

State = Literal["none", "blue", "yellow", "red", "unsure", "unknown"]
LIT = frozenset({"blue", "yellow", "red"})


@dataclass(frozen=True, slots=True)
class Mark:
    """What a light says of one month: its state, whether the month was good, the counts behind it, how many months.

    ``row`` counts the months in a row of a streak, ``skipped`` the unknown ones between; ``edge`` and ``until`` are
    the ends of the band, ``cite`` on what it stands; ``past`` are the counts of the months before of a drift.
    """

    month: date
    state: State
    good: bool
    value: Value | None = None
    target_e4: int | None = None
    edge: int | None = None
    until: int | None = None
    cite: str = ""
    row: int = 0
    skipped: int = 0
    past: Value | None = None

    @property
    def known_on(self) -> date:
        """The first day on which it could be known."""
        return knowable(self.month)


Others = Mapping[date, Sequence[Value]]


def marks(
    light: Judged, by_month: Mapping[date, Value], as_of: date, since: date | None = None, others: Others | None = None
) -> list[Mark]:
    """Return what a light says of each closed month from the first value on, or from a later day; oldest first.

    ``others`` are the values of other subjects by month, for lights that hold a month against peers.
    """
    if not by_month:
        return []
    first = min(by_month)
    start = max(first, month_start(since)) if since else first
    if isinstance(light, DriftLight) and light.peers:
        told = (month for month in months_until(start, as_of) if month in light.period)
        return [_among(light, by_month.get(month), month, others or {}) for month in told]
    if isinstance(light, DriftLight):
        return _drifting(
            light, by_month, start, [month for month in months_until(first, as_of) if month in light.period]
        )
    months = [month for month in months_until(start, as_of) if month in light.period]
    if isinstance(light, StreakLight):
        return _row(light, by_month, months)
    if isinstance(light, BandLight):
        return [_single(light, by_month, month, start) for month in months]
    raise TypeError(f"no light on values: {light.id}")


def enough(light: Judged, value: Value | None) -> bool:
    """Whether counts say anything: enough cases, and not too many unknown ones."""
    if value is None or value.denominator < max(1, light.noise.least):
        return False
    return value.unknown * SCALE <= light.noise.most_unknown_e4 * (value.denominator + value.unknown)


def worse(light: Judged, value: Value, edge: int) -> bool:
    """Whether a value is worse than an edge; one that meets it is not."""
    gap = value.numerator * SCALE - edge * value.denominator
    return gap > 0 if light.worse == "up" else gap < 0


def surely(light: Judged, value: Value, edge: int) -> bool:
    """Whether a share is worse than an edge by more than chance explains: the score test, in whole numbers.

    (p - p0)^2 >= z^2 p0 (1 - p0) / n, with p0 in 1/10000 and z in 1/100, multiplied out.
    """
    if not light.noise.z_e2:
        return True
    gap = value.numerator * SCALE - edge * value.denominator
    spread = edge * (SCALE - edge) * value.denominator
    return worse(light, value, edge) and gap * gap * 10_000 >= light.noise.z_e2**2 * spread


def _drifting(light: DriftLight, by_month: Mapping[date, Value], start: date, months: list[date]) -> list[Mark]:
    """Hold each month against the subject's own months before it; months that lit are no past of those after them.

    What people have settled is past as well: what was agreed to is the new usual.
    """
    found: list[Mark] = []
    past: list[Value] = []
    for month in months:
        value = by_month.get(month)
        known = value if value is not None and _told(light, value) else None
        if month >= start:
            found.append(
                _beside(light, month, value if known is None else known, past[-light.before :], known is not None)
            )
        if known and not (month >= start and found[-1].state in LIT):
            past.append(known)
    return found


def _among(light: DriftLight, value: Value | None, month: date, others: Others) -> Mark:
    """Hold a month against the others of the same month, those that say enough."""
    peers = [one for one in others.get(month, ()) if enough(light, one)]
    return _beside(light, month, value, peers, value is not None and enough(light, value))


def _told(light: DriftLight, value: Value) -> bool:
    """Whether a month can be told: a share of enough cases, a number of which not too much is unknown."""
    if light.by == "share":
        return enough(light, value)
    return value.unknown * SCALE <= light.noise.most_unknown_e4 * (value.numerator + value.unknown)


def _beside(light: DriftLight, month: date, value: Value | None, past: list[Value], told: bool) -> Mark:
    before = total(past)
    few = before is None or len(past) < (light.peers or light.least_before)
    few = few or (light.by == "count" and before is not None and before.numerator < light.noise.least * len(past))
    if value is None or before is None or not told or few:
        return Mark(month, "unknown", good=False, value=value, cite=light.cite)
    state: State = "none"
    if light.apart((value.numerator, value.denominator), (before.numerator, before.denominator), len(past)):
        state = light.light if _by_more_than_chance(light, value, before, len(past)) else "unsure"
    return Mark(month, state, state == "none", value, cite=light.cite, row=len(past), past=before)


def _by_more_than_chance(light: DriftLight, now: Value, before: Value, months: int) -> bool:
    """Two shares by the score test of their difference, two numbers by their split over the months; whole numbers."""
    z = light.noise.z_e2
    if light.by == "count":
        gap, spread = now.numerator * months - before.numerator, months * (now.numerator + before.numerator)
        return gap * gap * 10_000 >= z * z * spread
    return differ(now, before, z)


def differ(now: Value, before: Value, z_e2: int) -> bool:
    """Whether two shares differ by more than chance: the score test of their difference, in whole numbers."""
    cases, hits = now.denominator + before.denominator, now.numerator + before.numerator
    gap = now.numerator * before.denominator - before.numerator * now.denominator
    spread = hits * (cases - hits) * now.denominator * before.denominator
    return gap != 0 and gap * gap * cases * 10_000 >= z_e2 * z_e2 * spread


def _single(light: BandLight, by_month: Mapping[date, Value], month: date, start: date) -> Mark:
    pooled = [month_start(month, -back) for back in reversed(range(light.noise.over_months))]
    own = by_month.get(month)
    value = total(by_month.get(one) for one in pooled if one >= start) if own else None
    table, target = light.table(month), light.target(month)
    if table is None or target is None or value is None or not enough(light, value):
        return Mark(month, "unknown", good=False, value=value, target_e4=target.value_e4 if target else None)
    found = band_of(table.bands, value.numerator, value.denominator, SCALE)
    told = _lit(light, table.bands, found, value, target.value_e4)
    shown = told or found
    state: State = "none" if found.light == "none" else told.light if told else "unsure"
    return Mark(month, state, state == "none", value, target.value_e4, shown.low, shown.high, shown.cite)


def _lit(light: BandLight, bands: tuple[Band, ...], found: Band, value: Value, target_e4: int) -> Band | None:
    """Return the gravest band, no graver than the one found, that chance does not explain; None where it all may."""
    at = bands.index(found)
    milder = bands[at::-1] if light.worse == "up" else bands[at:]
    lit = [band for band in milder if band.light != "none"]
    return next((band for band in lit if surely(light, value, band.sure_over or target_e4)), None)


def _row(light: StreakLight, by_month: Mapping[date, Value], months: list[date]) -> list[Mark]:
    """Count months worse than the target in a row.

    An unknown month neither counts nor ends the row; more of them than ``bridge`` do end it, and from then on it is
    unsure instead of none until a month is good.
    """
    found: list[Mark] = []
    row: list[Value] = []
    gap, skipped, lost = 0, 0, False
    for month in months:
        value, target = by_month.get(month), light.target(month)
        if value is None or target is None or not enough(light, value):
            gap += 1
            if gap > light.bridge and row:
                row, skipped, lost = [], 0, True
            found.append(Mark(month, "unknown", good=False, value=value, row=len(row), skipped=skipped))
            continue
        skipped, gap = (skipped + gap if row else 0), 0
        is_worse = worse(light, value, target.value_e4)
        row, lost = ([*row, value], lost) if is_worse else ([], False)
        state = _counted(light, row, target.value_e4, lost=lost)
        together = total(row) or value
        counted = (len(row), skipped if row else 0)
        found.append(Mark(month, state, not is_worse, together, target.value_e4, None, None, light.cite, *counted))
    return found


def _counted(light: StreakLight, row: list[Value], target_e4: int, *, lost: bool) -> State:
    together = total(row)
    if together is None or (len(row) < light.months and not lost):
        return "none"
    if len(row) < light.months or not surely(light, together, target_e4):
        return "unsure"
    return light.light
