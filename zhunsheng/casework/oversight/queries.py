"""Reads of the oversight of vendors within a scope: the calendar, the pool, rounds, complaints, sanctions, exits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from zhunsheng.book.oversight import Check
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import calendar, library
from zhunsheng.casework.oversight.models import (
    ExitStep,
    PoolMember,
    Round,
    Sanction,
    SurveyAnswer,
    VendorCheck,
    VendorComplaint,
)
from zhunsheng.casework.oversight.states import Standing, StepState
from zhunsheng.casework.tips import receipts
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.states import SERVING
from zhunsheng.kernel.money import part

#: Lights of the standings of a check.
COLOURS = {
    Standing.OVERDUE: "red", Standing.FAILED: "red", Standing.OPEN: "yellow", Standing.PASSED: "accent",
    Standing.PLANNED: "blue", Standing.CANCELLED: "unknown",
}  # fmt: skip


#: Final states of a check that say something.
ENDED = (Standing.PASSED, Standing.FAILED)
#: Steps of an exit that are nodes of the service too.
DATA_NODES = {"hand_over_data": "data_handed_over", "destroy_data": "data_destroyed"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One check of the calendar: of a line, due on a day, with its row once it was opened."""

    line: ServiceLine
    check: Check
    due_on: date
    held: VendorCheck | None
    standing: str

    @property
    def label(self) -> str:
        """How it stands, in words."""
        return str(Standing(self.standing).label)

    @property
    def colour(self) -> str:
        """By which light that is shown."""
        return COLOURS[Standing(self.standing)]


def checks(scope: Scope) -> QuerySet[VendorCheck]:
    """Return the checks in view with line, vendor and case."""
    return scope.rows(VendorCheck.objects.select_related("line__vendor", "line__body", "case__bound", "round"))


def check_of(scope: Scope, pk: int) -> VendorCheck | None:
    """Return a check in view, or None."""
    return checks(scope).filter(pk=pk).first()


def calendar_of(scope: Scope, year: int, day: date, *, planned: bool = True, vendor: str = "") -> list[Entry]:
    """Return the checks of a year in view by day: those that were opened, and those to come of lines that serve.

    ``planned``: what is to come is for those who check; a vendor sees what it has been told. ``vendor`` asks for one.
    """
    book, mine = library.checks(), {"institution_id": vendor} if vendor else {}
    held = list(checks(scope).filter(due_on__year=year, **mine))
    known = {(one.line_id, one.check_kind, one.due_on) for one in held}
    found = [Entry(one.line, book.check(one.check_kind), one.due_on, one, standing(one, day)) for one in held]
    lines = vendors.lines(scope).filter(state__in=SERVING, **mine) if planned else []
    coming = (one for one in calendar.due_in(book, lines, year) if one.due_on >= day)
    found += [
        Entry(one.line, one.check, one.due_on, None, Standing.PLANNED)
        for one in coming
        if (one.line.pk, one.check.id, one.due_on) not in known
    ]
    return sorted(found, key=lambda one: (one.due_on, one.line.vendor.name, one.check.id))


def standing(held: VendorCheck, day: date) -> str:
    """Return how a check stands on a day."""
    state = held.case.state
    if state in (Standing.PASSED, Standing.FAILED, Standing.CANCELLED):
        return str(state)
    return Standing.OVERDUE if held.due_on < day else Standing.OPEN


def members(scope: Scope) -> QuerySet[PoolMember]:
    """Return the pool in view, those who stand in it now first."""
    return scope.rows(PoolMember.objects.select_related("user", "body")).order_by("until", "role", "field", "name")


def named(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of people of the pool by their codes."""
    numbers = [int(code[1:]) for code in codes if code[1:].isdecimal()]
    return {one.code: one.name for one in PoolMember.objects.filter(pk__in=numbers)}


def rounds(scope: Scope) -> QuerySet[Round]:
    """Return the rounds of draws in view, newest first."""
    return scope.rows(Round.objects.select_related("body", "committed_by", "drawn_by"))


def round_of(scope: Scope, pk: int) -> Round | None:
    """Return a round in view, or None."""
    return rounds(scope).filter(pk=pk).first()


def complaints(scope: Scope) -> QuerySet[VendorComplaint]:
    """Return the complaints in view, newest first."""
    return scope.rows(VendorComplaint.objects.select_related("case__bound", "body"))


def sanctions(scope: Scope) -> QuerySet[Sanction]:
    """Return the sanctions in view, newest first."""
    return scope.rows(Sanction.objects.select_related("case__bound", "body"))


def share_of(held: Sanction) -> str:
    """Return a fine as share of the yearly revenue in percent with two decimals; empty where either is unknown."""
    if held.fine_fen is None or not held.revenue_fen:
        return ""
    hundredths = part(held.fine_fen, 10_000, held.revenue_fen)
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def last_results(lines: Iterable[ServiceLine], check: str, day: date, years: int) -> dict[int, str]:
    """Return how the last check of a kind ended for lines within so many years, passed or failed, by line."""
    since = date(day.year - years, day.month, min(day.day, 28))
    held = VendorCheck.objects.filter(line__in=list(lines), check_kind=check, due_on__gte=since, case__state__in=ENDED)
    return dict(held.order_by("case__closed_at", "pk").values_list("line", "case__state"))


def data_steps(body: Body) -> list[tuple[str, str, date]]:
    """Return hand-over and destruction of data in a body's exit plans, as nodes of the service: vendor, node, day."""
    done = ExitStep.objects.filter(body=body, key__in=DATA_NODES, state=StepState.DONE, done_on__isnull=False)
    told = done.values_list("institution_id", "key", "done_on").order_by("pk")
    return [(vendor, DATA_NODES[key], day) for vendor, key, day in told]


def published() -> list[Sanction]:
    """Return what is published of sanctions, newest first: public, whoever asks, corrections in their place."""
    with walls.within(walls.SITE):
        found = Sanction.objects.exclude(published_on=None).select_related("body", "case")
        return list(found.order_by("-published_on", "-pk")[:500])


def exit_of(scope: Scope, pk: int) -> Case | None:
    """Return an exit plan in view, or None."""
    return cases.of_cycle(scope, "vendor_exit").filter(pk=pk).first()


def steps(scope: Scope, case: Case) -> list[ExitStep]:
    """Return the steps of a plan in view."""
    return list(scope.rows(ExitStep.objects.filter(case=case).select_related("event__actor")))


def behind(held: ServiceLine | VendorComplaint) -> walls.Wall:
    """Return the wall for a page without a login: the rows of one consortium, and no institution's."""
    return walls.Wall("", str(held.body_id))


def by_receipt(code: str) -> VendorComplaint | None:
    """Return the complaint of a receipt code, or None. The one look of a page without a login over all bodies."""
    if receipts.typed(code) is None:
        return None
    with walls.within(walls.SITE):
        found = VendorComplaint.objects.filter(receipt=receipts.receipt_digest(code))
        return found.select_related("case", "body").first()


def followed(pk: int) -> VendorComplaint | None:
    """Return a complaint that a receipt has opened in this browser."""
    with walls.within(walls.SITE):
        return VendorComplaint.objects.filter(pk=pk).select_related("case", "body").first()


def due_between(body: Body, codes: Iterable[str], first: date, after: date) -> QuerySet[VendorCheck]:
    """Return the checks of vendors whose last day lies in a period; asked within the wall of the site."""
    return VendorCheck.objects.filter(body=body, institution_id__in=list(codes), due_on__gte=first, due_on__lt=after)


def complained_between(body: Body, codes: Iterable[str], first: date, after: date) -> QuerySet[VendorComplaint]:
    """Return the complaints about vendors that were made in a period; asked within the wall of the site."""
    found = VendorComplaint.objects.filter(body=body, institution_id__in=list(codes))
    return found.filter(case__opened_at__date__gte=first, case__opened_at__date__lt=after)


def sanctioned_between(body: Body, codes: Iterable[str], first: date, after: date) -> QuerySet[Sanction]:
    """Return the sanctions on vendors that were decided in a period, oldest first; within the wall of the site."""
    found = Sanction.objects.filter(body=body, institution_id__in=list(codes))
    return found.filter(decided_on__gte=first, decided_on__lt=after).order_by("decided_on", "pk")


def answered_months(scope: Scope, code: str) -> list[str]:
    """Return the month of each answer to the survey of this site about a vendor, in view."""
    return list(scope.rows(SurveyAnswer.objects.filter(line__institution_id=code)).values_list("month", flat=True))
