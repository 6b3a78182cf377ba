"""Reads of the oversight of vendors within a scope: the calendar, the pool, rounds, complaints, sanctions, exits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from zhunsheng.book.oversight import Check
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
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
from zhunsheng.casework.oversight.states import MEETING, OPINION, RESOLUTION, SPOKEN_OF, Standing, StepState
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


@dataclass(frozen=True, slots=True)
class Seat:
    """An invited body: its case, what it last said (``comes`` empty while it said nothing), and when."""

    case: Case
    comes: str = ""
    opinion: str = ""
    said_on: date | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a meeting handed to a body: the deed, its day, and what the body last reported of it."""

    case: Case
    deed: str
    due_on: date
    account: str = ""
    done_on: date | None = None

    def is_late(self, day: date) -> bool:
        """Whether it is still to be done after its day."""
        return self.case.state == "agreed" and self.due_on < day


@dataclass(frozen=True, slots=True)
class Meeting:
    """A joint meeting as those see it who sit at it. ``held`` and ``minutes`` are empty until then."""

    case: Case
    opening: dict[str, Any]
    planned_on: date
    place: str
    held: dict[str, Any]
    minutes: str
    ending: str
    seats: tuple[Seat, ...]
    resolutions: tuple[Resolution, ...]

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.opening["subject"])

    @property
    def open(self) -> int:
        """How many of its resolutions are not closed."""
        return sum(one.case.closed_at is None for one in self.resolutions)

    def late(self, day: date) -> int:
        """How many of its resolutions are late."""
        return sum(one.is_late(day) for one in self.resolutions)


def meetings(scope: Scope) -> list[Meeting]:
    """Return the joint meetings that a reader's body calls or is invited to, newest first.

    The case of its own seat is what brings a body to the table, no grant of one; the table is then read whole, whoever
    handles it.
    """
    return _at(cases.origins(scope.own, OPINION))


def _at(keys: Iterable[int]) -> list[Meeting]:
    with walls.within(walls.SITE):
        return [_meeting(one) for one in cases.with_followers(MEETING, keys, (OPINION, RESOLUTION))]


def meetings_about(scope: Scope, code: str) -> list[Meeting]:
    """Return the joint meetings in view that spoke of a vendor, by name or by a case about it."""
    found = meetings(scope)
    keys = {key for one in found for key in one.opening.get("matters", ())}
    about = {matter_key(one) for one in matters_of(sorted(keys)) if one.institution_id == code}
    return [
        one
        for one in found
        if code in one.opening.get("vendors", ()) or not about.isdisjoint(one.opening.get("matters", ()))
    ]


def meeting_of(scope: Scope, pk: int) -> Meeting | None:
    """Return a joint meeting in view, or None."""
    return next(iter(_at(cases.origins(scope.own, OPINION) & {pk})), None)


def vendors_told(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of vendors by code, for those at a table at which they are spoken of."""
    with walls.within(walls.SITE):
        return vendors.names_of(codes)


def _meeting(case: Case) -> Meeting:
    events = list(case.events.all())
    day = _last_of(events, "planned_on")
    beside = list(case.followed_by.all())
    return Meeting(
        case=case,
        opening=events[0].fields,
        planned_on=date.fromisoformat(day["planned_on"]),
        place=day["place"],
        held=_last_of(events, "held_on"),
        minutes=_last_of(events, "minutes").get("minutes", ""),
        ending=_last_of(events, "result").get("result", ""),
        seats=tuple(_seat(one) for one in beside if one.cycle == OPINION),
        resolutions=tuple(_resolution(one) for one in beside if one.cycle == RESOLUTION),
    )


def _last_of(events: Iterable[CaseEvent], name: str) -> dict[str, Any]:
    """Return the fields of the last step that was taken with a field; empty where none was."""
    taken = [one.fields for one in events if one.kind in ("opened", "moved") and name in one.fields]
    return taken[-1] if taken else {}


def _seat(case: Case) -> Seat:
    said = [one for one in case.events.all() if one.about == "state_opinion"]
    return Seat(case, said[-1].fields["comes"], said[-1].fields["opinion"], said[-1].day) if said else Seat(case)


def _resolution(case: Case) -> Resolution:
    events = list(case.events.all())
    day, told = _last_of(events, "due_on")["due_on"], _last_of(events, "done_on")
    done = date.fromisoformat(told["done_on"]) if told else None
    return Resolution(case, events[0].fields["deed"], date.fromisoformat(day), told.get("account", ""), done)


def matters_offered(scope: Scope) -> list[Case]:
    """Return the open cases in view about vendors in view that a meeting can speak of, by vendor."""
    known = list(vendors.vendors(scope).values_list("institution_id", flat=True))
    return cases.open_about(scope, SPOKEN_OF, known)


def matter_key(case: Case) -> str:
    """Return how an agenda names a case: a number alone is its body's."""
    return f"{case.body_id}/{case.number}"


def matters_of(keys: Iterable[str]) -> list[Case]:
    """Return the cases that an agenda names, for those who sit at it: their number, kind and vendor are told."""
    pairs = [key.split("/", 1) for key in keys]
    with walls.within(walls.SITE):
        by_key = {matter_key(one): one for one in cases.by_number(number for _body, number in pairs)}
    return [by_key["/".join(pair)] for pair in pairs if "/".join(pair) in by_key]
