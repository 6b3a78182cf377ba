"""The breach that a judgement finds: what of it began after people looked, and the alarm that opens its case."""

from __future__ import annotations

from datetime import datetime

from zhunsheng.casework.trips import judging, words
from zhunsheng.casework.trips.actions import Raised
from zhunsheng.casework.trips.judging import Judged
from zhunsheng.casework.trips.models import Trip
from zhunsheng.casework.trips.states import AlarmKind
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry.temperature import Excursion

#: Checks that a breach fails, by the kind of their alarm: the gravest first.
KINDS = (
    ("beyond", AlarmKind.BEYOND), ("single", AlarmKind.SINGLE), ("total", AlarmKind.TOTAL),
    ("kinetic", AlarmKind.TOTAL),
)  # fmt: skip


def since(trip: Trip, found: Judged, until: datetime) -> bool:
    """Whether a breach stands without what began by a moment: what people excused is what they had before them."""
    later = [one for one in found.judgement.excursions if one.since > until.timestamp()]
    if any(_beyond(trip, one) or _single(trip, one) for one in later):
        return True
    if sum(one.sure_minutes for one in later) > judging.limits_of(trip).total_minutes:
        return True
    return bool(later) and "kinetic" in found.judgement.failed


def raised(trip: Trip, found: Judged, moment: datetime, until: datetime | None) -> Raised:
    """Return the alarm of a breach that no live watch told, of what began after ``until`` where that is given."""
    after = until.timestamp() if until else 0.0
    held = [one for one in found.judgement.excursions if one.since > after]
    worst = {
        "beyond": next((one for one in held if _beyond(trip, one)), None),
        "single": next((one for one in held if _single(trip, one)), None),
    }
    failed = [pair for pair in KINDS if pair[0] in found.judgement.failed]
    check, kind = next((pair for pair in failed if worst.get(pair[0]) or pair[0] not in worst), failed[0])
    cause = worst.get(check)
    began = datetime.fromtimestamp(cause.since, SHANGHAI) if cause else trip.starts_at
    if cause is None and until is not None and held:
        began = datetime.fromtimestamp(held[0].since, SHANGHAI)
    told = found.judgement.check(check)
    reason = words.reason(told.answer.reason if told else check)
    return Raised(kind, began, moment, reason, cause.extreme if cause and check == "beyond" else None)


def _beyond(trip: Trip, one: Excursion) -> bool:
    limits = judging.limits_of(trip)
    return not limits.never_below_c <= one.extreme <= limits.never_above_c


def _single(trip: Trip, one: Excursion) -> bool:
    return one.sure_minutes > judging.limits_of(trip).single_minutes
