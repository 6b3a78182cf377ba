"""Who hears of a case: of its steps those who took part, of its clocks those whose turn it is, then the heads.

A notice holds the number and the name of the step or clock. What a person does oneself is not told to that person.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q

from zhunsheng.book.cycles import Cycle, Who
from zhunsheng.book.reminders import Reminder, load_reminders
from zhunsheng.casework.bodies.models import CODED, Body, Duty, DutyName, User
from zhunsheng.casework.bodies.queries import superior
from zhunsheng.casework.cases import clocks
from zhunsheng.casework.cases.clocks import Running
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.inbox.actions import News, tell
from zhunsheng.casework.inbox.queries import keys_told, takers_for
from zhunsheng.casework.inbox.states import NoticeKind
from zhunsheng.casework.outbox.actions import Process, append, deed
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.workdays import add_workdays

CLOCK = Process("clock")
#: Cases whose notices are looked up in one statement.
CHUNK = 500


def tell_of(case: Case, cycle: Cycle, event: CaseEvent) -> None:
    """Tell those whom an event concerns, within the deed that wrote it."""
    by = event.actor
    if event.kind == EventKind.MOVED:
        people = [one for one in took_part(case, cycle, shown=event.shown) if one != by]
        tell(people, _news(case, cycle, NoticeKind.CASE_MOVED, event))
    elif event.kind == EventKind.REFUSED and event.proposal:
        people = [event.proposal.proposed_by, event.proposal.on_behalf_of]
        tell([one for one in people if one and one != by], _news(case, cycle, NoticeKind.PROPOSAL_REFUSED, event))
    elif event.kind in (EventKind.REMINDED, EventKind.ESCALATED):
        _tell_late(case, cycle, event)
    if event.on_behalf_of:
        tell([event.on_behalf_of], _news(case, cycle, NoticeKind.ACTED_FOR_YOU, event))


def _news(case: Case, cycle: Cycle, kind: NoticeKind, event: CaseEvent) -> News:
    step = next((one for one in cycle.moves if one.id == event.about), None)
    zh, en = (step.zh, step.en) if step else (cycle.zh, cycle.en)
    key = f"case:{case.pk}:{event.sequence}:{kind}"
    by = event.actor if event.shown or (event.actor and event.actor.body_id == case.body_id) else None
    return News(kind, key, f"{cycle.zh}：{zh}", f"{cycle.en}: {en}", case.number, f"/cases/{case.pk}", by=by)


def took_part(case: Case, cycle: Cycle, *, shown: bool) -> list[User]:
    """Return who has acted on a case, or was named as one of its people; of the party only where it sees the step."""
    inputs = {one.id for move in (*cycle.moves, cycle.opening) for one in move.needs if one.kind == "people"}
    keys: set[int] = set()
    for event in CaseEvent.objects.filter(case=case).values("actor", "on_behalf_of", "fields"):
        keys |= {event["actor"], event["on_behalf_of"]} - {None}
        keys |= {int(pk) for name in inputs & event["fields"].keys() for pk in event["fields"][name]}
    found = User.objects.filter(pk__in=keys, is_active=True)
    return list(found if shown else found.filter(body=case.body))


def _tell_late(case: Case, cycle: Cycle, event: CaseEvent) -> None:
    running = next((one for one in case.standing.clocks if one.clock == event.about), None)
    if running is None or running.due_on is None:
        return
    tell(owners(case, cycle, event.day), _of_clock(case, cycle, running, NoticeKind.CASE_LATE, "late"))
    if event.kind == EventKind.ESCALATED:
        tell(heads(case.body, event.day), _of_clock(case, cycle, running, NoticeKind.CASE_ESCALATED, "head"))


def _of_clock(case: Case, cycle: Cycle, running: Running, kind: NoticeKind, stage: str, *, inside: bool = True) -> News:
    clock = cycle.clock(running.clock)
    zh, en = f"{cycle.zh}：{clock.zh}", f"{cycle.en}: {clock.en}"
    key = _key(case, running, stage)
    return News(kind, key, zh, en, case.number, f"/cases/{case.pk}" if inside else "", running.due_on)


def _key(case: Case, running: Running, stage: str) -> str:
    """One stage of one run of a clock: a clock that was prolonged, or runs again, is told of anew."""
    return f"case:{case.pk}:{running.clock}:{running.due_on}:{stage}"


def owners(case: Case, cycle: Cycle, day: date) -> list[User]:
    """Return whose turn a case is on a day, and who acts for one of them then."""
    found = holders(case, cycle.named(cycle.state(case.state).owner), day)
    return [*found, *takers_for(found, cycle.name, day)]


def holders(case: Case, people: Iterable[Who], day: date) -> list[User]:
    """Return who holds a duty on a day by which people are named, in the handling body or in the party's."""
    wanted = Q(pk__in=())
    party = Q(body=case.subject_body_id) & Q(body__isnull=False)
    if case.institution_id:
        party |= Q(body__kind__in=CODED, body__institution_code=case.institution_id)
    for who in people:
        named = Q(name__in=who.duties)
        if who.bodies:
            named &= Q(body__kind__in=who.bodies)
        if who.side == "handling":
            wanted |= named & Q(body=case.body_id)
        elif who.side == "party" and case.party_sees:
            wanted |= named & party
    return _held(Duty.objects.on(day).filter(wanted))


def heads(body: Body, day: date) -> list[User]:
    """Return the heads of a body on a day, and who acts for one of them then."""
    found = _held(Duty.objects.on(day).filter(body=body, name=DutyName.HEAD))
    return [*found, *takers_for(found, "", day)]


def _held(duties: Iterable[Duty]) -> list[User]:
    found = {one.user_id: one.user for one in duties.filter(user__is_active=True).select_related("user")}
    return list(found.values())


def remind(day: date) -> int:
    """Remind of every clock that a day calls for: ahead, on the last day, and to heads and the next level after it.

    Of several days ahead that passed unheard only the nearest is told; after the last day every level hears. On the
    same day again nothing is left to do. Return how many cases were told of.
    """
    plan = load_reminders(rulebook())
    horizon = max(day + timedelta(days=plan.furthest), add_workdays(day, plan.furthest).day)
    near = Case.objects.filter(closed_at=None, due_on__lte=horizon).order_by("pk").values_list("pk", flat=True)
    keys, told = list(near), 0
    for at in range(0, len(keys), CHUNK):
        cases = Case.objects.filter(pk__in=keys[at : at + CHUNK]).select_related("bound")
        wanted = {case.pk: {_key(case, one, stage) for one, stage in _stages(case, day)} for case in cases}
        known = keys_told(set().union(*wanted.values()))
        told += sum(_remind(pk, day) for pk, names in wanted.items() if names - known)
    return told


def _stages(case: Case, day: date) -> list[tuple[Running, str]]:
    plan, cycle = load_reminders(rulebook()), case.life
    running = [one for one in case.standing.clocks if one.due_on]
    return [
        (one, stage)
        for one in running
        for stage in stages(plan.of(cycle.name, one.clock), cycle, one, day)
        if cycle.clock(one.clock).at_end != "move" or stage.startswith(("before", "today"))
    ]


def stages(plan: Reminder, cycle: Cycle, running: Running, day: date) -> list[str]:
    """Return which stages of a clock have come on a day: before-N, today, head, further."""
    clock = cycle.clock(running.clock)
    if running.due_on is None or running.due_on == day:
        return ["today"] if running.due_on else []
    if running.due_on > day:
        left = clocks.passed(clock, day, running.due_on)
        return [f"before-{days}" for days in sorted(plan.before) if left <= days][:1]
    late = clocks.passed(clock, running.due_on, day)
    after = (("head", plan.head_after), ("further", plan.further_after))
    return [stage for stage, days in after if late >= days]


@deed
def _remind(pk: int, day: date) -> bool:
    case = Case.objects.select_for_update().get(pk=pk)
    told: dict[str, list[int]] = {}
    if case.closed_at is None:
        for running, stage in _stages(case, day):
            people = _tell_stage(case, running, stage, day)
            if people:
                told[f"{running.clock}:{running.due_on}:{stage}"] = sorted(one.pk for one in people)
    if told:
        append(CLOCK, "case.reminded", f"case:{case.pk}", {"number": case.number, "day": day, "told": told})
    return bool(told)


def _tell_stage(case: Case, running: Running, stage: str, day: date) -> list[User]:
    cycle = case.life
    if stage == "head":
        return tell(heads(case.body, day), _of_clock(case, cycle, running, NoticeKind.CASE_ESCALATED, stage))
    if stage == "further":
        above = superior(case.body)
        people = heads(above, day) if above else []
        return tell(people, _of_clock(case, cycle, running, NoticeKind.CASE_FURTHER, stage, inside=False))
    return tell(owners(case, cycle, day), _of_clock(case, cycle, running, NoticeKind.CASE_DUE, stage))
