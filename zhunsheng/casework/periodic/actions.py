"""Writers of periodic reports: one opens when its period is over, its figures are frozen, its row follows its case."""

from __future__ import annotations

from datetime import date

from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.outbox.actions import Actor, deed
from zhunsheng.casework.periodic import policies
from zhunsheng.casework.periodic.models import PeriodReport
from zhunsheng.kernel.time import now, parse_date


def open_report(
    actor: Actor, cycle: str, body: Body, receiver: Body, period: tuple[date, date], vendor: str = ""
) -> Case:
    """Open a report of a body to its receiver; the same period again gives the same case. Raises as ``open_case``."""
    given = {"from_on": period[0].isoformat(), "until_on": period[1].isoformat()}
    key = f"{cycle}-{body.pk}-{receiver.pk}-{period[0]}"
    return cases.open_case(
        actor, cycle, given, body=body, institution_id=vendor, subject_body=receiver, key=key
    )  # fmt: skip


@deed
def freeze(actor: User, report: PeriodReport, version: int) -> Case:
    """Freeze the figures of a report on the current run. Raises as ``move``, and Problem ZS707, ZS865."""
    given, _content = policies.expected(report)
    case = case_queries.fresh(report.case_id)
    return cases.move(actor, case, "freeze", given, version=version)


def report_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the row of a report in step with its case; its receiver sees it as it sees the case."""
    if event.kind == EventKind.OPENED:
        PeriodReport.objects.create(
            case=case, body=case.body, receiver=case.subject_body, institution_id=case.institution_id, kind=case.cycle,
            from_on=parse_date(event.fields["from_on"]), until_on=parse_date(event.fields["until_on"]),
        )  # fmt: skip
        return
    held = PeriodReport.objects.select_related("body", "receiver").get(case=case)
    held.shown = case.party_sees
    if event.kind == EventKind.MOVED and event.about == "freeze":
        _told, held.content = policies.expected(held)
        held.digest, held.run, held.frozen_at = event.fields["digest"], event.fields["run"], now()
    if event.kind == EventKind.MOVED and event.about == "publish":
        held.published_on = event.day
    held.save()
