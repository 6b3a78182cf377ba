"""What the worker does each day: open the reports whose period is over, once each."""

from __future__ import annotations

from datetime import date, timedelta

from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.periodic import actions, library, policies
from zhunsheng.casework.periodic.models import PeriodReport
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine

#: Days for which a period that is over still opens its report: a worker that stood still makes up for it.
LATE_DAYS = 120


def each_day(day: date) -> int:
    """Open what is due on a day; on the same day again nothing is left to do. Returns how many were opened."""
    lines = vendors.lines_entered()
    return _supervision(lines, day) + _white_papers(lines, day)


def _supervision(lines: list[ServiceLine], day: date) -> int:
    """One report of each consortium that vendors served before the period was over."""
    first, after = library.report(policies.SUPERVISION).period(day)
    opened = 0
    for body in {line.body for line in lines if line.entered_on < after and line.body.kind == BodyKind.CONSORTIUM}:
        receiver = policies.regulator_of(body)
        if receiver is not None:
            opened += _open(policies.SUPERVISION, body, receiver, (first, after), day)
    return opened


def _white_papers(lines: list[ServiceLine], day: date) -> int:
    """One paper of each vendor for each consortium that it served in the period, where the vendor has a body."""
    first, after = library.report(policies.WHITE_PAPER).period(day)
    opened = 0
    bodies = {
        one.institution_code: one for one in Body.objects.filter(kind=BodyKind.VENDOR).exclude(institution_code="")
    }
    for code, receiver in {(line.institution_id, line.body) for line in lines if line.entered_on < after}:
        if code in bodies and receiver.kind == BodyKind.CONSORTIUM:
            opened += _open(policies.WHITE_PAPER, bodies[code], receiver, (first, after), day, code)
    return opened


def _open(cycle: str, body: Body, receiver: Body, period: tuple[date, date], day: date, vendor: str = "") -> int:
    known = PeriodReport.objects.filter(kind=cycle, body=body, receiver=receiver, from_on=period[0]).exists()
    if known or day - period[1] > timedelta(days=LATE_DAYS):
        return 0
    actions.open_report(cases.CLOCK, cycle, body, receiver, period, vendor)
    return 1
