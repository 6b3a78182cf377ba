"""Reads of self-checks: what was marked, and whether a finding was reported before others asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.selfchecks.actions import latest
from zhunsheng.casework.selfchecks.models import SelfMark, SelfReport
from zhunsheng.casework.selfchecks.states import Answer

#: A self-check that was cancelled, or grew into a clue because it differed gravely, leaves nothing to be light about.
SPOILT = ("cancelled", "clue")


def one(scope: Scope, pk: int) -> Case | None:
    """Return a self-check in view, or None."""
    return cases.cases(scope, cycle="self_check").filter(pk=pk).first()


def seen(scope: Scope, case: Case, *, party: bool) -> dict[str, SelfMark]:
    """Return what a reader sees of a self-check in view, by finding: its institution all, others what was reported.

    A mark that was changed since the report is the institution's own until it reports again.
    """
    marks = latest(case)
    return marks if party else {one.finding_id: _reported(one, marks[one.finding_id]) for one in reports(scope, case)}


def _reported(one: SelfReport, mark: SelfMark) -> SelfMark:
    if (mark.answer, mark.amount_fen) == (Answer.REPORTED, one.amount_fen):
        return mark
    return SelfMark(finding_id=one.finding_id, answer=Answer.REPORTED, amount_fen=one.amount_fen)


def reports(scope: Scope, case: Case) -> QuerySet[SelfReport]:
    """Return the findings that a self-check reported, within a scope."""
    return scope.rows(SelfReport.objects.filter(case=case, withdrawn_on=None))


def self_reported(finding_ids: Iterable[str], before: date) -> dict[str, SelfReport]:
    """Return which findings their institution had reported on itself before a day, by finding; the first report counts.

    The day itself does not count: whoever reports on the day on which a case is opened was not first. Ask with
    findings that the reader sees.
    """
    wanted = SelfReport.objects.filter(
        finding_id__in=list(finding_ids), reported_on__lt=before, withdrawn_on=None
    ).exclude(case__state__in=SPOILT)
    found: dict[str, SelfReport] = {}
    for one in wanted.select_related("case").order_by("reported_on", "pk"):
        found.setdefault(one.finding_id, one)
    return found
