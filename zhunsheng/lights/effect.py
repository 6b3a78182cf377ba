"""What a rectification changed: the indicator of its light before the order and after its verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from zhunsheng.book.light_actions import EffectRule
from zhunsheng.book.lights import Judged
from zhunsheng.kernel.intervals import wilson
from zhunsheng.kernel.time import month_start
from zhunsheng.lights.marks import differ, enough
from zhunsheng.lights.values import Value, knowable, total

Outcome = Literal["better", "same", "worse", "unknown"]


@dataclass(frozen=True, slots=True)
class Effect:
    """Counts of the months before and after, and what they say; ``same``: chance may explain the difference.

    ``months`` are the closed months after the verification that were taken; an end without enough cases is unknown.
    """

    before: Value | None
    after: Value | None
    months: int
    outcome: Outcome

    @property
    def intervals(self) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
        """The Wilson intervals of 95 % of both shares, None where nothing is counted."""
        return _interval(self.before), _interval(self.after)


def _interval(value: Value | None) -> tuple[float, float] | None:
    return wilson(value.numerator, value.denominator) if value and value.denominator else None


def effect(
    light: Judged, rule: EffectRule, by_month: Mapping[date, Value], ordered_on: date, verified_on: date | None,
    as_of: date,
) -> Effect:  # fmt: skip
    """Return what changed between the months before an order and those after its verification, as known on a day."""
    before = total(by_month.get(month_start(ordered_on, -back)) for back in range(rule.months, 0, -1))
    later = [month_start(verified_on, n) for n in range(1, rule.months + 1)] if verified_on else []
    closed = [month for month in later if knowable(month) <= as_of]
    after = total(by_month.get(month) for month in closed)
    return Effect(before, after, len(closed), _outcome(light, rule, before, after))


def _outcome(light: Judged, rule: EffectRule, before: Value | None, after: Value | None) -> Outcome:
    if before is None or after is None or not (enough(light, before) and enough(light, after)):
        return "unknown"
    if not differ(after, before, rule.z_e2):
        return "same"
    rose = after.numerator * before.denominator > before.numerator * after.denominator
    return "worse" if rose == (light.worse == "up") else "better"
