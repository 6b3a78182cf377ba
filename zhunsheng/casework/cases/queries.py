"""Reads of cases within a scope: lists, one case, what its reader may do now, its clocks, its timeline, its files.

A reader of the handling body sees all of a case. Whom it is about sees the case once its life-cycle opens it, and of
its events and files those that are not internal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db.models import F, Prefetch, Q, QuerySet

from zhunsheng.book.cycles import Cycle, Input, Move
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.bodies.sights import Sight
from zhunsheng.casework.cases import clocks, computing, files, library, money, policies
from zhunsheng.casework.cases.models import Attachment, Case, CaseEvent, CaseFinding, Proposal
from zhunsheng.casework.cases.permissions import acts, check_confirms, hats, opens
from zhunsheng.casework.cases.states import AT_TABLE
from zhunsheng.casework.cases.turns import turns
from zhunsheng.casework.cases.words import about, named, said
from zhunsheng.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Allowed:
    """A step that a user may take now: its name, where it leads, whether a second person confirms, and its fields."""

    move: str
    name: str
    to: str
    two_person: bool
    fields: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock of a case on a day. ``days_left`` is negative once it is late and None while it stands still.

    ``working`` says that the days are working days; ``extension_days`` is what this user may grant now, else 0.
    """

    clock: str
    name: str
    working: bool
    days: int
    spent: int
    stands_still: bool
    due_on: date | None
    provisional: bool
    days_left: int | None
    late: bool
    extended: int
    extension_days: int
    cite: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An event with its step in words; ``fields`` are those that the reader may see, by their names."""

    event: CaseEvent
    name: str
    fields: dict[str, object]


def cases(
    scope: Scope, *, cycle: str = "", state: str = "", institution_id: str = "", late_on: date | None = None
) -> QuerySet[Case]:
    """Return the cases in view, newest first; ``late_on`` keeps the open ones whose due day has passed on that day."""
    found = scope.rows(Case.objects.select_related("body"))
    wanted = {"cycle": cycle, "state": state, "institution_id": institution_id}
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    return found.filter(closed_at=None, due_on__lt=late_on) if late_on else found


def part(found: QuerySet[Case], first: int, last: int) -> list[Case]:
    """Return the cases from a place of a list to another, counted from 1; only these few are read whole."""
    keys = list(found.values_list("pk", flat=True)[max(0, first - 1) : last])
    rows = Case.objects.filter(pk__in=keys).select_related("body", "subject_body")
    return sorted(rows, key=lambda one: keys.index(one.pk))


def one(scope: Scope, pk: int) -> Case | None:
    """Return a case in view, or None."""
    return cases(scope).filter(pk=pk).first()


def every_case() -> Iterator[Case]:
    """Yield the cases of the whole site in their order, for checks on the command line."""
    yield from Case.objects.select_related("bound").order_by("pk").iterator()


def numbered(body_id: int, number: str) -> Case | None:
    """Return the case of a number that a body gave, or None. For who acts in the name of that body."""
    return Case.objects.filter(body=body_id, number=number).first()


def waiting(scope: Scope, user: User) -> QuerySet[Case]:
    """Return the open cases in view in which it is the user's turn, the one that ends first in front.

    A case whose proposal waits is the turn of those who may confirm it, and of its party.
    """
    found = turns(scope, user).select_related("body", "bound")
    return found.order_by(F("due_on").asc(nulls_last=True), "pk")


def by_finding(scope: Scope, wanted: Iterable[str]) -> dict[str, list[Case]]:
    """Return the cases in view that were opened on findings, by finding."""
    found = defaultdict(list)
    held = CaseFinding.objects.filter(finding_id__in=set(wanted), case__in=cases(scope).order_by())
    for one in held.select_related("case").order_by("case"):
        found[one.finding_id].append(one.case)
    return dict(found)


def sees_all(scope: Scope, case: Case) -> bool:
    """Whether a reader sees the internal part of a case: of the handling body, the whole site, or by such a grant."""
    return _is_own(scope, case) or any(one.internal for one in sights(scope, case))


def _is_own(scope: Scope, case: Case) -> bool:
    """Whether a case is whole in view without a grant. A meeting is so to its handling body, whoever sees the site."""
    if case.cycle in AT_TABLE:
        return scope.home in (None, case.body_id)
    return scope.bodies is None or case.body_id in scope.bodies


def sights(scope: Scope, case: Case) -> list[Sight]:
    """Return the grants by which a reader sees more of a case than without them: all of it, or its internal part."""
    given = scope.granted.of_case(case.pk, case.body_id, case.institution_id, case.cycle)
    if not given or _is_own(scope, case):
        return []
    is_party = scope.own.rows(Case.objects.filter(pk=case.pk)).exists()
    return [one for one in given if one.internal] if is_party else given


def openings(user: User) -> list[Cycle]:
    """Return the life-cycles under which a user may open a case in the user's own body."""
    body = user.body
    if body is None:
        return []
    worn = hats(user)
    known = library.cycles().values()
    return [one for one in known if opens(user, body, one.named(one.opening.who), one.name, worn)]


def allowed(case: Case, user: User) -> list[Allowed]:
    """Return the steps that a user may take now, in the order of the life-cycle; none while a proposal waits.

    The party's steps stay open meanwhile: taking one makes the proposal lapse.
    """
    cycle = case.life
    inside = user.body_id == case.body_id
    if inside and policies.pending(case):
        return []
    worn = hats(user)
    steps = [move for move in cycle.moves_from(case.state) if acts(user, case, cycle.named(move.who), worn)]
    return [_allowed(cycle, case, move) for move in steps]


def _allowed(cycle: Cycle, case: Case, move: Move) -> Allowed:
    to = cycle.state(cycle.target(move, case.state))
    return Allowed(move.id, named(move), named(to), move.two_person, move.needs)


def may_attach(case: Case, user: User) -> bool:
    """Whether a user may add files: anyone of either side, while the case has not ended."""
    sides = [one for one in case.life.people.values() if one.side in ("handling", "party")]
    return case.closed_at is None and acts(user, case, sides)


def event_of_evidence(scope: Scope, sequence: int) -> CaseEvent | None:
    """Return the step of a case that left a row of evidence, where the reader may see that step; else None."""
    event = CaseEvent.objects.filter(evidence=sequence, case__in=cases(scope).order_by()).select_related("case").first()
    return event if event is not None and (event.shown or sees_all(scope, event.case)) else None


def pending(scope: Scope, case: Case) -> Proposal | None:
    """Return the proposal that waits for a second person, to those who see all of the case."""
    return policies.pending(case) if sees_all(scope, case) else None


def may_confirm(proposal: Proposal, user: User) -> bool:
    """Whether a user may confirm a proposal: one of its people, and neither who made it nor for whom it was made."""
    cycle = proposal.case.life
    move = cycle.move(proposal.move)
    try:
        check_confirms(user, proposal, cycle, move.who, named(move))
    except Problem:
        return False
    return True


def clock_views(case: Case, user: User, day: date) -> list[ClockView]:
    """Return the clocks of a case on a day, the one that ends first in front."""
    cycle = case.life
    found = [_clock_view(cycle, case, user, running, day) for running in case.standing.clocks]
    return sorted(found, key=lambda one: (one.stands_still, str(one.due_on), one.clock))


def _clock_view(cycle: Cycle, case: Case, user: User, running: clocks.Running, day: date) -> ClockView:
    clock = cycle.clock(running.clock)
    rest = clock.extensions[running.extended :][:1] if running.since else ()
    cite = cycle.cites[clock.cite]
    left = None
    if running.due_on is not None:
        late = running.due_on < day
        left = -clocks.passed(clock, running.due_on, day) if late else clocks.passed(clock, day, running.due_on)
    return ClockView(
        clock=clock.id,
        name=named(clock),
        working=clock.kind == "working",
        days=running.days,
        spent=running.spent + (clocks.passed(clock, running.since, day) if running.since else 0),
        stands_still=running.since is None,
        due_on=running.due_on,
        provisional=running.provisional,
        days_left=left,
        late=running.due_on is not None and running.due_on < day,
        extended=running.extended,
        extension_days=next((one.days for one in rest if acts(user, case, cycle.named(one.who))), 0),
        cite=said(cite.zh, cite.en),
        certainty=cite.certainty,
    )


def timeline(scope: Scope, case: Case) -> list[Shown]:
    """Return the events of a case that a reader may see, oldest first."""
    whole, cycle = sees_all(scope, case), case.life
    found = case.events.select_related("actor", "on_behalf_of", "body", "proposal")
    inputs = {move.id: move.needs for move in cycle.moves} | {cycle.name: cycle.opening.needs}
    hidden = {key: {need.id for need in needs if need.internal} for key, needs in inputs.items()}
    return [
        Shown(
            event,
            about(cycle, event.about),
            {name: value for name, value in event.fields.items() if whole or name not in hidden.get(event.about, ())},
        )
        for event in (found if whole else found.filter(shown=True))
    ]


def attachments(scope: Scope, case: Case) -> QuerySet[Attachment]:
    """Return the files of a case that a reader may see."""
    held = case.attachments.select_related("added_by")
    if sees_all(scope, case):
        return held
    told = list(case.events.filter(shown=True, kind="attached").values_list("body", "attachments"))
    theirs = [key for body, keys in told for key in keys if body == case.body_id]
    return held.filter(Q(of_party=True) | Q(internal=False, digest__in=theirs))


def file_of(scope: Scope, case: Case, pk: int) -> tuple[Attachment, Path] | None:
    """Return a file that a reader may see with where it lies, or None."""
    found = attachments(scope, case).filter(pk=pk).first()
    return (found, files.path_of(found.digest)) if found else None


def book(case: Case, until: int | None = None) -> money.Book | None:
    """Return the money of a case, ``until`` one of its events; None for a life-cycle without money."""
    return money.read(case.life, _done(case, until)) if case.life.recovery else None


def owed(case: Case, until: int | None = None) -> int | None:
    """Return what is still to be paid in fen by the last decision; None while nothing is decided."""
    found = book(case, until)
    if found is None:
        return policies.owed(tuple(one.fields for one in _done(case, until)))
    return found.balance() if found.decided else None


def _done(case: Case, until: int | None) -> tuple[money.Done, ...]:
    return tuple(one for one in computing.done_of(case) if until is None or one.sequence <= until)


def every_about(*institutions: str) -> QuerySet[Case]:
    """Return all cases about institutions, whoever handles them: for what other apps judge by, no row is shown."""
    return Case.objects.filter(institution_id__in=institutions)


def held(pk: int) -> Case:
    """Return a case under a lock that lasts until the transaction ends, for what other apps write of it."""
    return Case.objects.select_for_update().get(pk=pk)


def attachment_digests() -> list[str]:
    """Return the digest of every file that a case names. For the examination of a site: it shows nobody a row."""
    return sorted(set(Attachment.objects.values_list("digest", flat=True)))


def open_and_late(day: date) -> tuple[int, int]:
    """Return how many cases are open, and how many of them have a clock that has run out. For the site's figures."""
    found = Case.objects.filter(closed_at=None)
    return found.count(), found.filter(due_on__lte=day).count()


def in_hand(body: int, cycle: str, institution_id: str) -> QuerySet[Case]:
    """Return the open cases of a life-cycle that a body handles about an institution."""
    return Case.objects.filter(body=body, cycle=cycle, institution_id=institution_id, closed_at=None).order_by("pk")


def standing(body: int, cycle: str, institution_id: str, move: str) -> list[Case]:
    """Return the open cases of a life-cycle that a body handles about an institution where a move begins."""
    return [one for one in in_hand(body, cycle, institution_id) if one.state in one.life.move(move).source]


def open_as(body: int, cycle: str, institution_id: str, said_: dict[str, str]) -> Case | None:
    """Return the open case of a life-cycle that a body opened about an institution with such fields, or None."""
    wanted = {f"events__fields__{name}": value for name, value in said_.items()}
    return in_hand(body, cycle, institution_id).filter(events__kind="opened", **wanted).first()


def institutions_of_step(body: int, cycle: str, move: str, since: date, until: date) -> list[str]:
    """Return the institutions in whose cases a step was taken from a day on and before another, once for each time."""
    taken = CaseEvent.objects.filter(case__body=body, case__cycle=cycle, kind="moved", about=move)
    return list(taken.filter(day__gte=since, day__lt=until).values_list("case__institution_id", flat=True))


def ended_by(body: int, cycle: str, move: str, since: date, until: date) -> list[Case]:
    """Return the cases of a body that have ended and took a step from a day on and before another, each once."""
    taken = {"events__kind": "moved", "events__about": move, "events__day__gte": since, "events__day__lt": until}
    held = Case.objects.filter(body=body, cycle=cycle, **taken).exclude(closed_at=None)
    return list(held.distinct().order_by("pk"))


def followers(origin: int, cycle: str) -> QuerySet[Case]:
    """Return the cases of a life-cycle that follow a case, by its key; a guard asks for what is, not what is seen."""
    return Case.objects.filter(cycle=cycle, origin=origin)


def origins(scope: Scope, cycle: str) -> set[int]:
    """Return the keys of the cases that those of a life-cycle in view follow."""
    found = scope.rows(Case.objects.filter(cycle=cycle).exclude(origin=None))
    return set(found.order_by().values_list("origin", flat=True))


def with_followers(cycle: str, keys: Iterable[int], following: Iterable[str]) -> list[Case]:
    """Return cases of a life-cycle by their keys, newest first, with what follows them of some life-cycles; all with
    their events. For readers who were found to sit at them; the caller holds the wall that this takes.
    """
    beside = Case.objects.filter(cycle__in=tuple(following)).select_related("subject_body").order_by("pk")
    held = Case.objects.filter(cycle=cycle, pk__in=set(keys)).select_related("body")
    return list(held.prefetch_related("events", Prefetch("followed_by", beside.prefetch_related("events"))))


def open_about(scope: Scope, cycles: Iterable[str], institutions: Iterable[str]) -> list[Case]:
    """Return the open cases of some life-cycles about institutions in view, by institution."""
    wanted = {"cycle__in": tuple(cycles), "institution_id__in": list(institutions), "closed_at": None}
    found = scope.rows(Case.objects.filter(**wanted).select_related("body"))
    return list(found.order_by("institution_id", "cycle", "pk"))


def by_number(numbers: Iterable[str]) -> list[Case]:
    """Return the cases of numbers, of any body; the caller answers for what is told of them."""
    return list(Case.objects.filter(number__in=set(numbers)).select_related("body"))


def of_cycle(scope: Scope, cycle: str) -> QuerySet[Case]:
    """Return the cases of one life-cycle in view with their events, newest first."""
    return scope.rows(Case.objects.filter(cycle=cycle).select_related("bound", "body")).prefetch_related("events")


def opened_under(cycle: str, key: str) -> bool:
    """Whether a case of a life-cycle was opened by a submission of a key."""
    return Case.objects.filter(cycle=cycle, events__key=key).exists()


def fresh(pk: int) -> Case:
    """Return a case as it stands now, by its key: what a program that moves several cases in one deed asks."""
    return Case.objects.get(pk=pk)


def who_took(case: Case, move: str) -> set[int]:
    """Return the accounts that took or proposed a step of a case, and for whom they did."""
    events = case.events.filter(kind="moved", about=move).select_related("proposal")
    found = {pk for one in events for pk in (one.actor_id, one.on_behalf_of_id)}
    found |= {one.proposal.proposed_by_id for one in events if one.proposal}
    return {pk for pk in found if pk}


def steps_about(scope: Scope, institution_id: str, most: int | None = None) -> Iterator[tuple[Case, CaseEvent, bool]]:
    """Yield the steps in view of all cases about an institution: case, step, and whether its internal part is seen.

    ``most``: no more than the latest so many, and all of the day of the last of them.
    """
    held = {one.pk: one for one in cases(scope, institution_id=institution_id).select_related("bound")}
    whole = {pk for pk, one in held.items() if sees_all(scope, one)}
    steps = CaseEvent.objects.filter(case__in=held).select_related("body")
    told, last = 0, date.max
    for event in steps.order_by("case", "sequence") if most is None else steps.order_by("-day", "-pk").iterator(50):
        if most is not None and told >= most and event.day < last:
            return
        if event.shown or event.case_id in whole:
            told, last = told + 1, event.day
            yield held[event.case_id], event, event.case_id in whole


def steps_between(body: int, cycle: str, codes: Iterable[str], first: date, after: date) -> QuerySet[CaseEvent]:
    """Return the steps of cases that a body handles about institutions, taken in a period; for the site's figures."""
    found = CaseEvent.objects.filter(case__body=body, case__cycle=cycle, case__institution_id__in=list(codes))
    return found.filter(day__gte=first, day__lt=after).select_related("case").order_by("day", "pk")


def last_step(case: int, move: str) -> CaseEvent | None:
    """Return the last time that a step of a case was taken, by the key of the case."""
    found = CaseEvent.objects.filter(case=case, kind="moved", about=move)
    return found.order_by("-sequence").first()
