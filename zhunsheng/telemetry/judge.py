"""The judgement of one trip: everything its readings tell, and one verdict of three values.

Pure: the same plan, readings, regime and moment give the same judgement. What arrives late gives another judgement of
the same trip, which is kept beside the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhunsheng.book.telemetry import Detectors, Limits, Regime
from zhunsheng.kernel.outcome import Answer, every
from zhunsheng.telemetry.checks import (
    Check,
    calibration_check,
    clock_check,
    interval_check,
    missing_check,
    spell_check,
    temperature_checks,
)
from zhunsheng.telemetry.clocks import Clock, clocks, corrected
from zhunsheng.telemetry.doubts import Doubt, doubts
from zhunsheng.telemetry.gaps import Gap, gaps
from zhunsheng.telemetry.plans import TripPlan
from zhunsheng.telemetry.routes import Arrived, Route, route
from zhunsheng.telemetry.series import Series, Spell, series
from zhunsheng.telemetry.spells import longest, spells
from zhunsheng.telemetry.temperature import Excursion, Exposure, expose, is_out


@dataclass(frozen=True, slots=True)
class TripJudgement:
    """What is said of a trip from ``since`` to ``until`` (seconds since 1970): each check, and what it rests on.

    ``verdict``: False, None or True, with the reason of the check that decided. ``readings`` counts those judged;
    ``late``, ``future`` and ``doubled`` those that came late, from the future, or more than once.
    """

    verdict: Answer
    checks: tuple[Check, ...]
    since: float
    until: float
    readings: int
    late: int
    future: int
    doubled: int
    exposure: Exposure
    unknown_minutes: float
    excursions: tuple[Excursion, ...]
    doors: tuple[Spell, ...]
    outages: tuple[Spell, ...]
    gaps: tuple[Gap, ...]
    clocks: tuple[Clock, ...]
    doubts: tuple[Doubt, ...]
    faults: tuple[tuple[float, str], ...]
    route: Route | None

    def check(self, kind: str) -> Check | None:
        """Return a check by its kind, None where it was not asked."""
        return next((one for one in self.checks if one.kind == kind), None)

    @property
    def failed(self) -> frozenset[str]:
        """The kinds of checks answered false."""
        return frozenset(one.kind for one in self.checks if one.answer.value is False)

    @property
    def unknowns(self) -> frozenset[str]:
        """The kinds of checks that nobody can answer."""
        return frozenset(one.kind for one in self.checks if one.answer.value is None)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for a stored version, floats to six digits: equal judgements give equal data."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def judge_trip(
    plan: TripPlan, readings: pa.Table, regime: Regime, as_of: datetime, detectors: Detectors
) -> TripJudgement:
    """Return what the readings of a trip's device tell of it, as of a moment. Shape: ``sets.READINGS``.

    Readings of other times may be among them and are left out by their corrected time; give a day more on both sides,
    since the device's own time may be off. Raises Problem ZS871 (no limits on that day), ZS873 (another regime).
    """
    limits = plan.limits(regime)
    since, until = plan.starts.timestamp(), plan.until(as_of).timestamp()
    told, boots = _told(plan, readings, as_of, limits)
    hold = float(limits.hold_seconds(plan.setting))
    holes = gaps(told, since, until, hold)
    told = told.take((told.at >= since) & (told.at <= until))
    kept = [one for number, one in enumerate(boots) if (told.boot == number).any()]
    at, celsius = told.of("temperature")
    exposure, excursions = expose(at, celsius, limits, hold)
    unknown = unknown_minutes(at, since, until, hold)
    doors, outages = _spells(told, "door", on=True, hold=hold), _spells(told, "power", on=False, hold=hold)
    way = route(told, plan.way, detectors.driving, since, until) if plan.way else None
    doubted = _doubted(told, detectors, hold, way)
    checks = (
        *temperature_checks(exposure, limits),
        *_spell_checks(told, plan, limits, {"door": doors, "power": outages}, (since, until, hold)),
        clock_check([one.offset_s for one in kept], limits),
        calibration_check(plan, limits),
        *_route_checks(plan, way),
        *_recorded(told, limits, unknown, holes, until),
        _doubt_check(doubted),
    )
    return TripJudgement(
        verdict=every([one.answer for one in checks]),
        checks=checks,
        since=since,
        until=until,
        readings=len(told),
        late=_late(told, limits),
        future=sum(one.future for one in kept),
        doubled=told.doubled,
        exposure=exposure,
        unknown_minutes=unknown,
        excursions=tuple(excursions),
        doors=tuple(doors),
        outages=tuple(outages),
        gaps=tuple(holes),
        clocks=tuple(kept),
        doubts=tuple(doubted),
        faults=tuple(one for one in told.faults if since <= one[0] <= until),
        route=way,
    )


def _told(plan: TripPlan, readings: pa.Table, as_of: datetime, limits: Limits) -> tuple[Series, list[Clock]]:
    """Return all readings at hand on the time of the receiver, and the clock of each boot."""
    told = series(_of(plan, readings, as_of))
    found = clocks(told, limits.late_minutes * 60)
    return corrected(told, found), found


def unknown_minutes(at: np.ndarray[Any, np.dtype[np.float64]], since: float, until: float, hold_s: float) -> float:
    """Return the minutes between two moments of which no reading tells: stretches longer than ``hold_s`` seconds."""
    steps = np.diff(np.concatenate(([since], at, [until])))
    return float(steps[steps > hold_s].sum()) / 60


def _recorded(told: Series, limits: Limits, unknown: float, holes: Sequence[Gap], until: float) -> tuple[Check, Check]:
    """Return whether enough came, and whether enough was recorded while the load was out of range."""
    lost = any(gap.kind == "missing" for gap in holes)
    heard = len(told.of("temperature")[0]) > 0
    return missing_check(unknown, limits, lost=lost), interval_check(_seldom(told, limits, until), limits, told=heard)


def _seldom(told: Series, limits: Limits, until: float) -> float | None:
    """Return the longest minutes from a temperature out of range to the next one, or to the end; None without one.

    Where numbers are missing between the two nobody knows how often it recorded: that is lost data. Readings between
    them that tell no temperature, a restart, and silence to the end are none of that.
    """
    kept = np.flatnonzero(~np.isnan(told.values.get("temperature", np.empty(0))))
    if not len(kept):
        return None
    one = told.take(kept)
    place = np.argsort(np.lexsort((told.seq, told.boot)))[kept]
    lost = (np.diff(one.boot) == 0) & (np.diff(one.seq) != np.diff(place))
    out = is_out(one.values["temperature"], limits) & np.append(~lost, [True])
    steps = np.diff(np.append(one.at, until))[out]
    return float(steps.max()) / 60 if len(steps) else None


def _of(plan: TripPlan, readings: pa.Table, as_of: datetime) -> pa.Table:
    """Return what its device said, as far as it had been received at the moment of the judgement."""
    mine = pc.and_(pc.equal(readings["org"], plan.org), pc.equal(readings["device"], plan.device))
    known = pc.less_equal(readings["received_at"], pa.scalar(as_of, readings["received_at"].type))
    return readings.filter(pc.and_(mine, known))


def _spell_checks(
    told: Series, plan: TripPlan, limits: Limits, found: Mapping[str, list[Spell]], span: tuple[float, float, float]
) -> list[Check]:
    """Return what is said of door and power, where the device has them; unknown where it said too little.

    ``span``: from when until when, and for how many seconds a reading holds.
    """
    checks = []
    for kind, stretches in found.items():
        if kind in plan.expects:
            at = told.of(kind)[0]
            worst = longest(stretches) if len(at) else None
            checks.append(spell_check(kind, worst, limits, unknown_minutes(at, *span)))
    return checks


def _doubted(told: Series, detectors: Detectors, hold: float, way: Route | None) -> list[Doubt]:
    found = doubts(told, detectors.doubtful, hold)
    if way and way.impossible:
        found.append(Doubt("impossible", float(told.at[0]), float(told.at[-1]), float(way.impossible)))
    return found


def _spells(told: Series, channel: str, *, on: bool, hold: float) -> list[Spell]:
    at, values = told.of(channel)
    return spells(at, (values > 0) == on, hold)


def _late(told: Series, limits: Limits) -> int:
    return int((told.received - told.at > limits.late_minutes * 60).sum())


def _doubt_check(found: Sequence[Doubt]) -> Check:
    """A doubt never convicts: it leaves open what would have been a pass."""
    if not found:
        return Check("doubts", Answer(value=True, reason="within"))
    return Check("doubts", Answer(value=None, reason=f"doubt_{found[0].kind}"), float(len(found)))


def _route_checks(plan: TripPlan, way: Route | None) -> list[Check]:
    """Return what is said of the way. Without positions, and where a stretch is out of sight, it is unknown."""
    if plan.way is None or way is None:
        return []
    seen = not way.unseen
    checks = [_arrivals([one.what for one in way.arrivals])] if way.arrivals else []
    checks.append(_stretches("stood", way.stood, "stood_elsewhere", None, seen=seen))
    if plan.way.corridor:
        checks.append(_stretches("off_route", way.off, "off_route", None, seen=seen))
    if plan.way.speed_kmh is not None:
        checks.append(_stretches("speed", way.fast, "too_fast", plan.way.speed_kmh, seen=seen))
    return checks


def _arrivals(whats: list[Arrived]) -> Check:
    for value, kinds in ((False, ("late", "missed", "early")), (None, ("unknown", "open"))):
        for what in whats:
            if what in kinds:
                return Check("arrival", Answer(value=value, reason=what))
    return Check("arrival", Answer(value=True, reason="within"))


def _stretches(kind: str, found: Sequence[Spell], wrong: str, limit: float | None, *, seen: bool) -> Check:
    if found:
        worst = max((one.extreme for one in found if one.extreme is not None), default=None)
        return Check(kind, Answer(value=False, reason=wrong), worst if limit else sum(x.minutes for x in found), limit)
    return Check(kind, Answer(value=True, reason="within") if seen else Answer(value=None, reason="no_position"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value
