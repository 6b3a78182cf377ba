"""What is asked of a trip, one answer each: true, false, or unknown and why. Batch and watch share this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from zhunsheng.book.telemetry import Limits
from zhunsheng.kernel.outcome import Answer
from zhunsheng.telemetry.plans import TripPlan
from zhunsheng.telemetry.temperature import Exposure

#: The kinds of checks, in the order in which they decide.
CHECKS = (
    "beyond", "single", "total", "kinetic", "door", "power", "clock", "calibration",
    "arrival", "off_route", "stood", "speed", "missing", "interval", "doubts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One question, its answer, the figure found and the limit it was held against; minutes unless the kind says °C.

    ``field`` is the figure of the regime it stands on; empty for what other data say.
    """

    kind: str
    answer: Answer
    found: float | None = None
    limit: float | None = None
    field: str = ""


def temperature_checks(exposure: Exposure, limits: Limits) -> list[Check]:
    """Return what is said of a load by its exposure. One reading can convict; without known time none acquits."""
    checks = [_beyond(exposure, limits)]
    if exposure.known_minutes <= 0:
        nothing = Answer(value=None, reason="no_temperature")
        return checks + [Check(kind, nothing) for kind in ("single", "total", "kinetic")]
    return [
        *checks,
        _lasting("single", exposure.longest_minutes, exposure.longest_sure_minutes, limits.single_minutes),
        _lasting("total", exposure.out_minutes, exposure.sure_minutes, limits.total_minutes),
        _kinetic(exposure, limits),
    ]


def _beyond(exposure: Exposure, limits: Limits) -> Check:
    low, high = exposure.lowest, exposure.highest
    if low is not None and low < limits.never_below_c:
        return Check("beyond", Answer(value=False, reason="never_below"), low, limits.never_below_c, "never_below_c")
    answer = Answer(value=True, reason="within")
    if high is not None and high > limits.never_above_c:
        answer = Answer(value=False, reason="never_above")
    elif exposure.known_minutes <= 0:
        answer = Answer(value=None, reason="no_temperature")
    return Check("beyond", answer, high, limits.never_above_c, "never_above_c")


def _lasting(kind: str, minutes: float, surely: float, most: int) -> Check:
    """Out for too long by more than the sensor's accuracy is a breach; by less, nobody knows."""
    if surely > most:
        answer = Answer(value=False, reason=f"{kind}_too_long")
    elif minutes > most:
        answer = Answer(value=None, reason="within_accuracy")
    else:
        answer = Answer(value=True, reason="within")
    return Check(kind, answer, minutes, float(most), f"{kind}_minutes")


def _kinetic(exposure: Exposure, limits: Limits) -> Check:
    """A mean over the limit by less than the accuracy of the sensor is not known to be over it."""
    mean = exposure.kinetic_c
    answer = Answer(value=True, reason="within")
    if mean is None:
        answer = Answer(value=None, reason="no_temperature")
    elif mean > limits.kinetic_high_c + limits.accuracy_c:
        answer = Answer(value=False, reason="too_warm")
    elif mean > limits.kinetic_high_c:
        answer = Answer(value=None, reason="within_accuracy")
    return Check("kinetic", answer, mean, limits.kinetic_high_c, "kinetic_high_c")


def spell_check(kind: str, minutes: float | None, limits: Limits, unknown_minutes: float = 0.0) -> Check:
    """Return whether a door stood open, or power was off, for too long; None: the device never said.

    ``unknown_minutes``: of how much of the time it did not say. What was seen can convict; what was not acquits nobody.
    """
    most = limits.door_minutes if kind == "door" else limits.power_minutes
    if minutes is None:
        return Check(kind, Answer(value=None, reason=f"no_{kind}"), None, float(most), f"{kind}_minutes")
    if minutes <= most and unknown_minutes > limits.missing_minutes:
        return Check(kind, Answer(value=None, reason=f"{kind}_unseen"), minutes, float(most), f"{kind}_minutes")
    value = minutes <= most
    reason = "within" if value else "open_too_long" if kind == "door" else "off_too_long"
    return Check(kind, Answer(value=value, reason=reason), minutes, float(most), f"{kind}_minutes")


def calibration_check(plan: TripPlan, limits: Limits) -> Check:
    """Return whether the device's calibration held on the day of the trip: by its certificate, and by its age."""
    if plan.calibrated_on is None:
        answer = Answer(value=None, reason="no_certificate")
        return Check("calibration", answer, None, float(limits.calibration_days), "calibration_days")
    days, until = (plan.day - plan.calibrated_on).days, plan.calibrated_until
    ends = plan.calibrated_on + timedelta(days=limits.calibration_days + 1)  # its last day is held
    if days < 0:
        answer = Answer(value=None, reason="calibrated_later")
    elif until is not None and until <= plan.calibrated_on:
        answer = Answer(value=False, reason="calibration_failed")
    elif plan.day >= min(ends, until or ends):
        answer = Answer(value=False, reason="expired")
    else:
        answer = Answer(value=True, reason="within")
    return Check("calibration", answer, float(days), float(limits.calibration_days), "calibration_days")


def missing_check(unknown_minutes: float, limits: Limits, *, lost: bool) -> Check:
    """Return whether enough of the time is known; ``lost``: numbers are missing, not only silent."""
    value = None if unknown_minutes > limits.missing_minutes else True
    reason = "within" if value else "data_missing" if lost else "silent"
    answer = Answer(value=value, reason=reason)
    return Check("missing", answer, unknown_minutes, float(limits.missing_minutes), "missing_minutes")


def interval_check(minutes: float | None, limits: Limits, *, told: bool) -> Check:
    """Return whether enough was recorded while the load was out of range; ``told``: whether any temperature was heard.

    ``minutes``: the longest step from a reading out of range to the next, None without such a step. What was recorded
    too seldom acquits nobody, and convicts nobody either.
    """
    answer = Answer(value=True, reason="within")
    if not told:
        answer = Answer(value=None, reason="no_temperature")
    elif minutes is not None and minutes > limits.outside_minutes:
        answer = Answer(value=None, reason="recorded_too_seldom")
    return Check("interval", answer, minutes, limits.outside_minutes, "every_minutes")


def clock_check(offsets: list[float | None], limits: Limits) -> Check:
    """Return whether the clock is right. What is known to be off is put right, and still said."""
    most = float(limits.clock_minutes)
    known = [abs(one) / 60 for one in offsets if one is not None]
    worst = max(known, default=None)
    if worst is not None and worst > most:
        answer = Answer(value=False, reason="clock_off")
    elif not offsets or len(known) < len(offsets):
        answer = Answer(value=None, reason="clock_not_told")
    else:
        answer = Answer(value=True, reason="within")
    return Check("clock", answer, worst, most, "clock_minutes")
