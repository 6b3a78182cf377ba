"""Reads of periodic reports within a scope, and those that are published."""

from __future__ import annotations

from django.db.models import QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.periodic.models import PeriodReport


def reports(scope: Scope) -> QuerySet[PeriodReport]:
    """Return the reports in view, the latest period first."""
    return scope.rows(PeriodReport.objects.select_related("case__bound", "body", "receiver"))


def one(scope: Scope, pk: int) -> PeriodReport | None:
    """Return a report in view, or None."""
    return reports(scope).filter(pk=pk).first()


def words(report: PeriodReport) -> dict[str, str]:
    """Return what people wrote last of a report that was shown; nothing where nobody has."""
    with walls.within(walls.SITE):
        told = cases.last_step(report.case_id, "write")
    return {name: str(told.fields[name]) for name in ("summary", "measures", "plan")} if told else {}


def published() -> list[PeriodReport]:
    """Return the published reports, the latest first: public, whoever asks."""
    with walls.within(walls.SITE):
        found = PeriodReport.objects.exclude(published_on=None).select_related("body", "receiver", "case")
        return list(found.order_by("-published_on", "-pk")[:200])
