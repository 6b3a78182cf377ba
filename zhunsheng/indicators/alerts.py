"""Alerts on worsening: one per cause, rolled up to the parent where most of its children worsen in the same month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhunsheng.book.indicators import Indicator
from zhunsheng.indicators.control import Point, trend
from zhunsheng.indicators.plain import Counted

#: A parent speaks for its children when more than half of those that can be judged worsen, and at least so many.
LEAST_CHILDREN = 3


@dataclass(frozen=True, slots=True)
class Alert:
    """A worsening of one indicator: of a subject, or of most subjects of a parent (``children`` then names them).

    ``since`` is the first month of the unbroken worsening: later months are the same cause and no new alert.
    """

    indicator_id: str
    subject_id: str
    month: str
    since: str
    point: Point | None
    children: tuple[str, ...] = ()


def alerts(
    one: Indicator, series: Mapping[str, Sequence[Counted]], month: str, parents: Mapping[str, str] | None = None
) -> list[Alert]:
    """Return the alerts of an indicator in a month. ``series`` holds the months of each subject, oldest first.

    ``parents`` names the parent of a subject, where it has one.
    """
    if one.direction not in ("higher", "lower"):
        return []
    single, judged = {}, set()
    for subject, months in series.items():
        points = [p for p in trend(one, months) if p.month <= month]
        if not points or points[-1].month != month or points[-1].score is None:
            continue
        judged.add(subject)
        if points[-1].worse(one.direction):
            single[subject] = Alert(one.id, subject, month, _since(one, points), points[-1])
    return rolled_up(one, single, judged, month, parents or {})


def rolled_up(
    one: Indicator, single: Mapping[str, Alert], judged: set[str], month: str, parents: Mapping[str, str]
) -> list[Alert]:
    """Put one alert of the parent in the place of those of its children, where most of them worsen together."""
    children: dict[str, set[str]] = defaultdict(set)
    for subject in judged:
        if parent := parents.get(subject):
            children[parent].add(subject)
    left, found = dict(single), []
    for parent, those in sorted(children.items()):
        worse = sorted(those & left.keys())
        if len(worse) >= LEAST_CHILDREN and 2 * len(worse) > len(those):
            since = min(left[subject].since for subject in worse)
            found.append(Alert(one.id, parent, month, since, None, tuple(worse)))
            left = {subject: alert for subject, alert in left.items() if subject not in worse}
    return found + [left[subject] for subject in sorted(left)]


def _since(one: Indicator, points: Sequence[Point]) -> str:
    """Return the first month of the run of months beyond the limit that ends with the last."""
    since = points[-1].month
    for point in reversed(points):
        if not point.worse(one.direction):
            break
        since = point.month
    return since
