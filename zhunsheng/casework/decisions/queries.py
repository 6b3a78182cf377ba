"""Reads of decisions within a scope, and how precise they prove each rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from zhunsheng.book.handling import Threshold
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.decisions.states import Outcome
from zhunsheng.kernel.intervals import wilson

#: Decisions below which a share says little, and the share under which people keep overturning a rule.
ENOUGH, DOUBTFUL = 10, 0.5


@dataclass(frozen=True, slots=True)
class Precision:
    """Decisions of one rule: how many were confirmed and overturned, within one month of deciding or in all."""

    confirmed: int
    overturned: int
    month: datetime | None = None

    @property
    def decided(self) -> int:
        """How many were decided."""
        return self.confirmed + self.overturned

    @property
    def share(self) -> float | None:
        """Share of confirmed ones; None while nothing is decided."""
        return self.confirmed / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the share by Wilson's score; None while nothing is decided."""
        return wilson(self.confirmed, self.decided) if self.decided else None

    @property
    def doubtful(self) -> bool:
        """Whether people keep overturning: even the upper end of the interval lies below one half."""
        return self.decided >= ENOUGH and wilson(self.confirmed, self.decided)[1] < DOUBTFUL


def standing(scope: Scope) -> QuerySet[Decision]:
    """Return the decisions in view that stand."""
    return scope.rows(Decision.objects.filter(withdrawn_at=None))


def of_finding(scope: Scope, finding_id: str) -> list[Decision]:
    """Return every decision on a finding, withdrawn ones too, newest first."""
    found = scope.rows(Decision.objects.filter(finding_id=finding_id))
    return list(found.select_related("decided_by", "withdrawn_by", "body"))


def one(scope: Scope, pk: int) -> Decision | None:
    """Return a decision in view, or None."""
    return scope.rows(Decision.objects.filter(pk=pk)).first()


def outcomes(scope: Scope, finding_ids: Iterable[str] | None = None) -> dict[str, str]:
    """Return what was decided by finding, of some findings or of all."""
    found = standing(scope)
    if finding_ids is not None:
        found = found.filter(finding_id__in=list(finding_ids))
    return dict(found.values_list("finding_id", "outcome"))


def every_outcome() -> dict[str, str]:
    """Return what was decided by finding, for the command line, which sees the whole site."""
    return dict(Decision.objects.filter(withdrawn_at=None).values_list("finding_id", "outcome"))


def decided_ids(scope: Scope, outcome: str) -> tuple[str, ...]:
    """Return the findings that were decided so, or in any way where ``outcome`` is ``none``."""
    found = standing(scope)
    if outcome != "none":
        found = found.filter(outcome=outcome)
    return tuple(found.order_by("finding_id").values_list("finding_id", flat=True))


def overturned(scope: Scope, rule_id: str = "", show: str = "open") -> QuerySet[Decision]:
    """Return the overturned findings in view, newest first: those without an answer, the answered, or all."""
    found = standing(scope).filter(outcome=Outcome.OVERTURNED).select_related("decided_by", "body", "case")
    found = found.filter(rule_id=rule_id) if rule_id else found
    wanted = {"open": Q(answers=None), "answered": Q(answers__isnull=False)}
    return found.filter(wanted[show]).distinct() if show in wanted else found


def marked(found: Precision, threshold: Threshold | None) -> bool:
    """Whether a rule is to say that people keep overturning it: by the share that the rule book sets for the day."""
    if threshold is None or found.decided < threshold.least:
        return False
    return found.overturned * 10_000 >= threshold.share_e4 * found.decided


_COUNTS = {
    "confirmed": Count("pk", filter=Q(outcome=Outcome.CONFIRMED)),
    "overturned": Count("pk", filter=Q(outcome=Outcome.OVERTURNED)),
}


def precision(scope: Scope) -> dict[str, Precision]:
    """Return the precision of every rule with decisions in view."""
    found = standing(scope).order_by().values("rule_id").annotate(**_COUNTS)
    return {row["rule_id"]: Precision(row["confirmed"], row["overturned"]) for row in found}


def precision_by_month(scope: Scope, rule_id: str) -> list[Precision]:
    """Return the precision of a rule by the month in which people decided, oldest first."""
    found = standing(scope).filter(rule_id=rule_id).order_by()
    rows = found.annotate(month_=TruncMonth("decided_at")).values("month_").annotate(**_COUNTS).order_by("month_")
    return [Precision(row["confirmed"], row["overturned"], row["month_"]) for row in rows]


def sums(institutions: Iterable[str]) -> list[dict[str, Any]]:
    """Return what stands decided, counted and summed in fen by institution, month and outcome.

    For who has shown otherwise that these sums may be told: it asks no scope and shows no decision.
    """
    found = Decision.objects.filter(withdrawn_at=None, institution_id__in=list(institutions)).order_by()
    rows = found.values("institution_id", "month", "outcome").annotate(n=Count("pk"), fen=Sum("amount_fen"))
    return list(rows.order_by("-month", "institution_id", "outcome"))
