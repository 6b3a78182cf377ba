"""What the worker does each day: open the checks that come due, surveys below a threshold, and duties left undone."""

from __future__ import annotations

from datetime import date, timedelta

from zhunsheng.casework.alerts.actions import RUN
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import actions, breaches, calendar, library, survey
from zhunsheng.casework.oversight.models import SurveyAnswer, VendorCheck
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.states import SERVING


def each_day(day: date) -> int:
    """Open what a day asks for; on the same day again nothing is left to do. Returns how many cases were opened."""
    lines = vendors.lines_in(SERVING)
    return _checks(lines, day) + _surveys(lines, day) + breaches.each_day(lines, day)


def _checks(lines: list[ServiceLine], day: date) -> int:
    known = set(VendorCheck.objects.filter(line__in=lines).values_list("line", "check_kind", "due_on"))
    due = list(calendar.to_open(library.checks(), lines, day))
    fresh = [one for one in due if (one.line.pk, one.check.id, one.due_on) not in known]
    for one in fresh:
        actions.open_check(cases.CLOCK, one.line, one.check.id, one.due_on)
    return len(fresh)


def _surveys(lines: list[ServiceLine], day: date) -> int:
    """The month before this one is whole: register each line whose satisfaction was known and too low."""
    book, month = library.checks().survey, f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"
    answered = set(SurveyAnswer.objects.filter(month=month).values_list("line", flat=True).distinct())
    opened = 0
    for line in lines:
        figure = survey.figure(line, month, book) if line.pk in answered else None
        if figure is None or not figure.known or figure.share >= book.report_below:
            continue
        key = f"survey-{line.pk}-{month}"
        if case_queries.opened_under("vendor_survey", key):
            continue
        given = {"month": month, "answers": str(figure.answers), "share": str(figure.share)}
        held = case_queries.open_as(line.body_id, "vendor_survey", line.institution_id, {"kind": line.kind})
        if held is not None:  # one matter: another month of the one in hand, whether a light or a survey opened it
            opened += _again(held, given)
            continue
        given["kind"] = line.kind
        about = Body.objects.filter(kind="vendor", institution_code=line.institution_id).first()
        cases.open_case(
            cases.CLOCK, "vendor_survey", given, body=line.body, institution_id=line.institution_id,
            subject_body=about, key=key,
        )  # fmt: skip
        opened += 1
    return opened


def _again(held: Case, given: dict[str, str]) -> int:
    """Record another month on a case in hand, once; a case opened by that month holds it already."""
    told = held.events.filter(fields__month=given["month"], fields__share=int(given["share"]))
    if told.exists():
        return 0
    cases.move(RUN, held, "measure_again", given, version=held.version)
    return 1
