"""Whose turn a case is: as a condition of the database, as tasks of the inbox, and where it is nobody's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Case as Choose
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value, When

from zhunsheng.book.cycles import Cycle, Move
from zhunsheng.casework.bodies.models import Body, Duty, DutyName, User
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases.models import Case, CaseEvent, CycleVersion, Proposal, life_of
from zhunsheng.casework.cases.permissions import Hat, about_own, hats
from zhunsheng.casework.cases.states import CHANGING, EventKind, ProposalState
from zhunsheng.casework.cases.words import named, said
from zhunsheng.casework.inbox.offers import Asker, Source, Task, Unowned, shown_as
from zhunsheng.kernel.time import now


def turns(scope: Scope, user: User, wearing: list[Hat] | None = None) -> QuerySet[Case]:
    """Return the open cases in view in which it is the user's turn, in the own duties or in delegated ones."""
    found, wearing = scope.rows(Case.objects.filter(closed_at=None)), wearing or hats(user)
    wanted = Q(pk__in=())
    for version in CycleVersion.objects.only("pk"):
        cycle = life_of(version.pk)
        for hat in wearing:
            if hat.duties and hat.fits(cycle.name):
                wanted |= _turns(cycle, version, hat)
    # asked of each open case: as a condition of its own it would have the database gather rows for every life-cycle
    return found.alias(turn=Choose(When(wanted, then=Value(1)), default=Value(0))).filter(turn=1)


def _turns(cycle: Cycle, version: CycleVersion, hat: Hat) -> Q:
    """The condition under which a case of a life-cycle is a user's turn in one hat."""
    sides: dict[str, set[str]] = {"handling": set(), "party": set()}
    confirms: set[str] = set()
    for move in cycle.moves:
        for who in cycle.named(move.who):
            if who.side in sides and hat.holds(who):
                sides[who.side].update(move.source)
                if move.two_person and who.side == "handling":
                    confirms.add(move.id)
    user, wanted = hat.user, Q(pk__in=())
    if sides["handling"]:
        voices = (user.pk, hat.holder.pk)
        own = Q(proposed_by__in=voices) | Q(proposed_for__in=voices, proposed_for__isnull=False)
        others = Q(proposed_move__in=confirms, proposed_by__isnull=False) & ~own
        wanted |= Q(body=user.body_id) & (Q(state__in=sides["handling"], proposed_by=None) | others)
    if sides["party"]:
        wanted |= Q(state__in=sides["party"]) & about_own(user)
    return Q(bound=version) & wanted


def asked(asker: Asker) -> QuerySet[Any]:
    """Return the cases that ask something of a reader, as rows of the inbox."""
    found = turns(asker.scope, asker.user) if Verb.READ_CASES in asker.verbs else Case.objects.none()
    return shown_as(found, "cases", kind="cycle", number="number", place="institution_id", due="due_on")


def tasks(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell cases as tasks: what is to be done, about whom, why by this reader, since when and from whom."""
    found = Case.objects.filter(pk__in=keys).select_related("body", "subject_body")
    events: dict[int, CaseEvent] = {}
    for event in _latest(keys):
        events[event.case_id] = event
    waits = {one.case_id: one for one in Proposal.objects.filter(case__in=keys, state=ProposalState.OPEN)}
    names = {one.institution_id: one.name for one in asker.scope.places()}
    worn = hats(asker.user)
    return [_task(case, events.get(case.pk), waits.get(case.pk), names, worn) for case in found]


def _latest(keys: Sequence[int]) -> QuerySet[CaseEvent]:
    """The steps and proposals of cases, oldest first; the last one of each is from whom the case came."""
    kinds = (*CHANGING, EventKind.PROPOSED, EventKind.REFUSED)
    newest = CaseEvent.objects.filter(case=OuterRef("case"), kind__in=kinds, sequence__gt=OuterRef("sequence"))
    return CaseEvent.objects.filter(~Exists(newest), case__in=keys, kind__in=kinds).select_related("actor", "body")


def _task(case: Case, event: CaseEvent | None, waits: Proposal | None, names: dict[str, str], worn: list[Hat]) -> Task:
    life = case.life
    state = life.state(case.state)
    inside = any(hat.user.body_id == case.body_id for hat in worn[:1])
    confirming = waits is not None and inside
    title = (
        said(f"确认：{life.move(waits.move).zh}", f"Confirm: {life.move(waits.move).en}")
        if confirming
        else named(state)
    )
    hidden = event is None or not (inside or event.shown)
    actor = None if hidden else event.actor
    return Task(
        source="cases",
        key=case.pk,
        kind=named(life),
        number=case.number,
        title=title,
        about=names.get(case.institution_id) or str(case.subject_body or case.institution_id),
        why=_why(case, life, [life.move(waits.move)] if confirming else life.moves_from(case.state), worn),
        due_on=case.due_on,
        since=event.at if event else case.opened_at,
        sender=actor.display_name if actor else "",
        address=f"/cases/{case.pk}",
        provisional=case.provisional,
    )


def _why(case: Case, life: Cycle, moves: Sequence[Move], worn: list[Hat]) -> Any:
    """Why a case asks this reader: by which duty, of the own body or as its party, or for whom."""
    for hat in worn:
        for who in (who for move in moves for who in life.named(move.who)) if hat.fits(life.name) else ():
            if who.side in ("handling", "party") and hat.holds(who):
                party = who.side == "party"
                if party == (hat.user.body_id != case.body_id):
                    return _reason(hat, party=party)
    return ""


def _reason(hat: Hat, *, party: bool) -> Any:
    if hat.behalf:
        return said(f"代{hat.holder.display_name}", f"for {hat.holder.display_name}")
    return said("当事人", "party") if party else said("承办", "in hand")


def kinds() -> dict[str, Any]:
    """Return the kinds of cases with their names."""
    return {name: named(one) for name, one in library.cycles().items()}


def unowned(scope: Scope) -> list[Unowned]:
    """Return the cases in hand that nobody of the handling body can take a step in now, by body and state.

    A state is nobody's when the people of its handling moves hold no duty; a step of two needs two of them.
    """
    grouped = scope.rows(Case.objects.filter(closed_at=None)).order_by("body", "bound", "state")
    counted = list(grouped.values("body", "bound", "state").annotate(n=Count("pk")))
    bodies = Body.objects.in_bulk({one["body"] for one in counted})
    held: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    duties = Duty.objects.on(now().date()).filter(body__in=bodies, user__is_active=True, user__body__in=bodies)
    for duty in duties:
        held[duty.body_id][duty.name].add(duty.user_id)
    found = [
        _unowned(bodies[one["body"]], life_of(one["bound"]), one["state"], one["n"], held[one["body"]])
        for one in counted
    ]
    return [one for one in found if one]


def _unowned(body: Body, cycle: Cycle, state: str, count: int, held: dict[str, set[int]]) -> Unowned | None:
    best: tuple[int, int, tuple[str, ...]] | None = None
    for move in cycle.moves_from(state):
        people = cycle.named(move.who)
        if any(who.side in ("party", "public") for who in people):
            return None  # the step is somebody else's as well
        people = [who for who in people if who.side == "handling"]
        if not people:
            continue  # the clock's step waits for nobody
        duties = tuple(
            sorted({name for who in people for name in who.duties if not who.bodies or body.kind in who.bodies})
        )
        able = len(set().union(*(held[name] for name in duties))) if duties else 0
        needed = 2 if move.two_person else 1
        if able >= needed:
            return None
        if best is None or needed - able < best[0] - best[1]:
            best = (needed, able, duties)
    if best is None:
        return None
    title = said(f"{cycle.zh}：{cycle.state(state).zh}", f"{cycle.en}: {cycle.state(state).en}")
    duties = tuple(DutyName(name).label for name in best[2])
    return Unowned(body, title, duties, best[0], best[1], count)


SOURCE = Source("cases", kinds, asked, tasks)
