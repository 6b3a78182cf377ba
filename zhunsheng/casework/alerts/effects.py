"""The effect of rectifications that a light led to, measured on the indicator of that light."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from zhunsheng.book.lights import Judged
from zhunsheng.casework.alerts import library
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.queries import ended_by
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.lights.effect import Effect, effect
from zhunsheng.lights.values import Value

CYCLE, VERIFIED = "rectification", "verify"


def light_of(case: Case) -> Judged | None:
    """Return the light on an indicator that led to a rectification, or None where none did."""
    alert = Alert.objects.filter(case=case.origin_id).first() if case.cycle == CYCLE and case.origin_id else None
    light = library.lights().get(alert.light) if alert else None
    return (
        light if isinstance(light, Judged) and light.has_chance and getattr(light, "by", "share") == "share" else None
    )


def effect_of(case: Case, values: Iterable[Value], as_of: date) -> Effect | None:
    """Return the effect of a rectification on the counts of a run; None where no indicator led to it."""
    light = light_of(case)
    if light is None:
        return None
    mine = (light.indicator, case.institution_id)
    by_month = {one.month: one for one in values if (one.indicator_id, one.subject_id) == mine}
    verified = case.events.filter(kind="moved", about=VERIFIED).order_by("sequence").last()
    ordered_on = case.opened_at.astimezone(SHANGHAI).date()
    return effect(light, library.actions().effect, by_month, ordered_on, verified.day if verified else None, as_of)


def without_effect(body: int, values: Iterable[Value], since: date, until: date, as_of: date) -> Counter[str]:
    """Return how many rectifications verified from a day on and before another are known to have changed nothing."""
    found: Counter[str] = Counter()
    known = list(values)
    for case in ended_by(body, CYCLE, VERIFIED, since, until):
        told = effect_of(case, known, as_of)
        if told is not None and told.outcome in ("same", "worse"):
            found[case.institution_id] += 1
    return found
