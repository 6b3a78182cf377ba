"""Writers of cases. Each takes an actor and leaves event and evidence in the transaction that changes the case.

``version`` is the one that the actor's form showed: a case that has moved since refuses the step and names who moved it
(ZS905). ``key`` names a submission: the same again changes nothing. Evidence names fields by digest: words name people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from zhunsheng.book.cycles import Cycle, Move
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.cases import clocks, computing, fields, files, library, policies
from zhunsheng.casework.cases.effects import follow
from zhunsheng.casework.cases.models import (
    Attachment,
    Case,
    CaseCounter,
    CaseEvent,
    CaseFinding,
    CycleVersion,
    Proposal,
)
from zhunsheng.casework.cases.notices import tell_of
from zhunsheng.casework.cases.permissions import (
    Hat,
    check_acts,
    check_confirms,
    is_clock,
    is_public,
    opens,
    opens_about,
    who_words,
    worn,
)
from zhunsheng.casework.cases.states import CHANGING, SETTLING, EventKind, ProposalState
from zhunsheng.casework.cases.submissions import Asked, again, once, repeated, submission
from zhunsheng.casework.cases.words import named, said
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import now

CLOCK = Process("clock")
Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """What one event is to say."""

    kind: EventKind
    about: str
    to: str
    evidence: str
    shown: bool
    fields: Given = field(default_factory=dict)
    attachments: list[str] = field(default_factory=list)
    proposal: Proposal | None = None
    day: date | None = None


def open_case(
    actor: Actor,
    cycle: str,
    given: Given,
    *,
    body: Body,
    institution_id: str = "",
    subject_body: Body | None = None,
    origin: Case | None = None,
    key: str = "",
) -> Case:
    """Open a case that ``body`` handles, about an institution or a body.

    Raises Problem ZS902, ZS904, ZS906, ZS911, ZS913, ZS915, ZS941.
    """
    subject = subject_body.pk if subject_body else None
    asked = submission(actor, key, "open", cycle, given, body.pk, institution_id, subject)

    def made() -> Case | None:
        event = repeated(actor, asked)
        return event.case if event else None

    return once(
        made, lambda: _open(actor, library.cycle(cycle), given, body, institution_id, subject_body, origin, asked)
    )


@deed
def _open(
    actor: Actor,
    cycle: Cycle,
    given: Given,
    body: Body,
    institution_id: str,
    subject_body: Body | None,
    origin: Case | None,
    asked: Asked,
) -> Case:
    people = cycle.named(cycle.opening.who)
    hat = opens(actor, body, people, cycle.name) or opens_about(actor, subject_body, people, cycle.name)
    if not (hat or is_public(actor, people) or is_clock(actor, people)) or not _handles(cycle, body):
        raise Problem("ZS904", move=said("发起", "Open"), who=who_words(people))
    if cycle.party == "required" and not institution_id and subject_body is None:
        raise Problem("ZS915")
    if origin is not None and (origin.body_id != body.pk or origin.institution_id != institution_id):
        raise Problem("ZS941", number=origin.number)
    moment = now()
    setting = fields.Setting(body, moment.date())
    values = fields.read(cycle.opening.needs, given, setting)
    step = policies.Step(
        cycle, str(named(cycle)), values, actor=actor, day=moment.date(), origin=origin,
        institution_id=institution_id, body=body,
    )  # fmt: skip
    policies.check_guards(cycle.opening.guards, step)
    to = cycle.opening.to
    shown = cycle.state(to).party_sees
    case = Case.objects.create(
        bound=_bound(cycle),
        cycle=cycle.name,
        number=_number(cycle, body, moment.year),
        institution_id=institution_id,
        subject_body=subject_body,
        body=body,
        origin=origin,
        opened_at=moment,
        party_sees=shown,  # a party that opens a case writes it behind its own wall
    )
    _write(
        actor,
        case,
        cycle,
        Deed(EventKind.OPENED, cycle.name, to, cycle.opening.evidence, shown, values),
        asked.in_hat(hat),
    )
    CaseFinding.objects.bulk_create(CaseFinding(case=case, finding_id=one) for one in set(values.get("findings", ())))
    return case


def _handles(cycle: Cycle, body: Body) -> bool:
    return any(who.side == "handling" and body.kind in who.bodies for who in cycle.people.values())


def _bound(cycle: Cycle) -> CycleVersion:
    known = {"name": cycle.name, "version": cycle.version, "content": cycle.plain, "kept_at": now()}
    return CycleVersion.objects.get_or_create(digest=cycle.digest, defaults=known)[0]


def _number(cycle: Cycle, body: Body, year: int) -> str:
    counter, _ = CaseCounter.objects.get_or_create(body=body, prefix=cycle.prefix, year=year)
    counter = CaseCounter.objects.select_for_update().get(pk=counter.pk)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{cycle.prefix}{year}-{counter.last:05d}"


def move(actor: Actor, case: Case, name: str, given: Given, *, version: int, key: str = "") -> Case:
    """Take a step that one person takes. Raises Problem ZS903-908, ZS911, ZS913."""
    asked = submission(actor, key, "move", case.pk, name, given)
    return once(lambda: again(actor, asked, case), lambda: _move(actor, case.pk, name, given, version, asked))


@deed
def _move(actor: Actor, pk: int, name: str, given: Given, version: int, asked: Asked) -> Case:
    case, cycle = _locked(pk)
    step, values, hat = _checked(actor, case, cycle, name, given, version, proposing=False)
    _take(actor, case, cycle, step, values, asked.in_hat(hat))
    return case


def propose(actor: Actor, case: Case, name: str, given: Given, *, version: int, key: str = "") -> Proposal:
    """Propose a step of two people. Raises Problem ZS903-906, ZS908, ZS911, ZS913, ZS916."""
    asked = submission(actor, key, "propose", case.pk, name, given)

    def made() -> Proposal | None:
        event = repeated(actor, asked)
        return event.proposal if event else None

    return once(made, lambda: _propose(actor, case.pk, name, given, version, asked))


@deed
def _propose(actor: User, pk: int, name: str, given: Given, version: int, asked: Asked) -> Proposal:
    case, cycle = _locked(pk)
    step, values, hat = _checked(actor, case, cycle, name, given, version, proposing=True)
    asked = asked.in_hat(hat)
    made = Proposal.objects.create(
        case=case, move=name, fields=values, proposed_by=actor, on_behalf_of=asked.behalf, proposed_at=now()
    )
    told = Deed(EventKind.PROPOSED, name, case.state, f"{step.evidence}_proposed", shown=False, proposal=made)
    _write(actor, case, cycle, told, asked)
    return made


def confirm(actor: User, proposal: Proposal, *, version: int, key: str = "") -> Case:
    """Confirm what another person proposed: the step is taken. Raises Problem ZS903-905, ZS909-911, ZS913."""
    asked = submission(actor, key, "confirm", proposal.pk)
    return once(lambda: again(actor, asked, proposal.case), lambda: _confirm(actor, proposal, version, asked))


@deed
def _confirm(actor: User, proposal: Proposal, version: int, asked: Asked) -> Case:
    case, cycle = _locked(proposal.case_id)
    step = policies.find_move(cycle, case, proposal.move)
    hat = check_confirms(actor, proposal, cycle, step.who, named(step))
    check_acts(proposal.proposed_by, case, cycle, step.who, named(step))  # who may no longer has proposed nothing
    policies.check_fresh(cycle, case, version, inside=True)
    proposal = _open_proposal(proposal)
    policies.check_follows(cycle, case, step)
    values = _guarded(actor, case, cycle, step, computing.typed(proposal.fields), hat)
    _settle(actor, proposal, ProposalState.CONFIRMED)
    _take(actor, case, cycle, step, values, asked.in_hat(hat), proposal)
    return case


def refuse(actor: User, proposal: Proposal, reason: str, *, key: str = "") -> Case:
    """Refuse a proposal with a reason, or take one's own back. Raises Problem ZS904, ZS906, ZS910, ZS911."""
    asked = submission(actor, key, "refuse", proposal.pk, reason)
    return once(lambda: again(actor, asked, proposal.case), lambda: _refuse(actor, proposal, reason, asked))


@deed
def _refuse(actor: User, proposal: Proposal, reason: str, asked: Asked) -> Case:
    case, cycle = _locked(proposal.case_id)
    step = policies.find_move(cycle, case, proposal.move)
    hat = check_acts(actor, case, cycle, step.who, named(step))
    told = policies.reason_of(reason)
    proposal = _open_proposal(proposal)
    _settle(actor, proposal, ProposalState.REFUSED, told)
    values = {"reason": told}
    evidence = f"{step.evidence}_refused"
    said_ = Deed(EventKind.REFUSED, step.id, case.state, evidence, shown=False, fields=values, proposal=proposal)
    _write(actor, case, cycle, said_, asked.in_hat(hat))
    return case


def extend(actor: User, case: Case, clock: str, days: int, reason: str, *, version: int, key: str = "") -> Case:
    """Prolong a running clock by at most what its next extension allows. Raises Problem ZS903-906, ZS911, ZS912."""
    asked = submission(actor, key, "extend", case.pk, clock, days, reason)
    return once(
        lambda: again(actor, asked, case),
        lambda: _extend(actor, case.pk, clock, days, reason, version, asked),
    )


@deed
def _extend(actor: User, pk: int, key: str, days: int, reason: str, version: int, asked: Asked) -> Case:
    case, cycle = _locked(pk)
    running, extension = policies.next_extension(cycle, case, key)
    hat = check_acts(actor, case, cycle, extension.who, said("延长期限", "Extend"))
    policies.check_fresh(cycle, case, version, inside=True)
    told = policies.reason_of(reason)
    if isinstance(days, bool) or not 1 <= days <= extension.days:
        limit = said(f"须为 1 至 {extension.days} 日", f"takes 1 to {extension.days} days")
        raise Problem("ZS906", field=said("延长日数", "Days"), reason=limit)
    values = {"days": days, "reason": told, "was_due_on": str(running.due_on)}
    shown = cycle.state(case.state).party_sees
    told_ = Deed(EventKind.EXTENDED, key, case.state, "case.clock_extended", shown, values)
    _write(actor, case, cycle, told_, asked.in_hat(hat))
    return case


def attach(
    actor: User, case: Case, name: str, chunks: Iterable[bytes], *, internal: bool = False, key: str = ""
) -> Attachment:
    """Add a file to a case that has not ended. ``internal`` files are for the handling body alone.

    Raises Problem ZS903, ZS904, ZS914.
    """
    cycle = case.life
    people = [one for one in cycle.people.values() if one.side in ("handling", "party")]
    hat = worn(actor, case, people)
    if hat is None:
        raise Problem("ZS904", move=said("添加附件", "Attach"), who=who_words(people))
    policies.check_open(cycle, case, said("添加附件", "Attach"))
    kept = files.keep(name, chunks)
    asked = submission(actor, key, "attach", case.pk, kept.digest).in_hat(hat)
    only_inside = internal and actor.body_id == case.body_id

    of_party = actor.body_id != case.body_id

    def made() -> Attachment | None:
        same = {"case": case, "digest": kept.digest, "internal": only_inside, "of_party": of_party}
        return Attachment.objects.filter(**same).first()

    return once(made, lambda: _attach(actor, case.pk, kept, asked, internal=only_inside))


@deed
def _attach(actor: User, pk: int, kept: files.Kept, asked: Asked, *, internal: bool) -> Attachment:
    case, cycle = _locked(pk)
    policies.check_open(cycle, case, said("添加附件", "Attach"))
    of_party = actor.body_id != case.body_id
    made = Attachment.objects.create(
        case=case,
        name=kept.name,
        digest=kept.digest,
        size=kept.size,
        media=kept.media,
        internal=internal,
        of_party=of_party,
        added_by=actor,
        added_at=now(),
    )
    shown = of_party or (cycle.state(case.state).party_sees and not internal)
    values = {"name": kept.name, "media": kept.media, "size": kept.size}
    told = Deed(EventKind.ATTACHED, "", case.state, "case.file_attached", shown, values, [kept.digest])
    _write(actor, case, cycle, told, asked)
    return made


def tick(day: date) -> list[CaseEvent]:
    """Do for every case what its clocks ask for on a day: remind, escalate, move, count provisional days again.

    Each case is a transaction of its own; on the same day again nothing is left to do. A case that fails holds up no
    other: its failure is raised once all have had their turn.
    """
    late = Case.objects.filter(closed_at=None, next_on__lt=day)
    uncertain = Case.objects.filter(closed_at=None, provisional=True)
    keys = sorted({*late.values_list("pk", flat=True), *uncertain.values_list("pk", flat=True)})
    found: list[CaseEvent] = []
    failures: list[Exception] = []
    for pk in keys:
        try:
            found += _tick(pk, day)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the next case has its own clock
            failures.append(failure)
    if failures:
        raise failures[0]
    return found


@deed
def _tick(pk: int, day: date) -> list[CaseEvent]:
    case, cycle = _locked(pk)
    found = []
    if clocks.recounted(cycle, case.standing) != case.standing:
        told = Deed(EventKind.RECOUNTED, "", case.state, "case.recounted", shown=False, day=day)
        found.append(_write(CLOCK, case, cycle, told))
    while case.closed_at is None and (late := case.standing.ran_out(day)):
        found.append(_run_out(case, cycle, late[0], day))
    return found


def _run_out(case: Case, cycle: Cycle, running: clocks.Running, day: date) -> CaseEvent:
    clock = cycle.clock(running.clock)
    if clock.at_end == "move":
        return _take(CLOCK, case, cycle, cycle.move(clock.move), {}, Asked(), day=day)
    kind = EventKind.ESCALATED if clock.at_end == "escalate" else EventKind.REMINDED
    if kind is EventKind.ESCALATED:
        case.escalated_on = day
    values = {"was_due_on": str(running.due_on)}
    return _write(CLOCK, case, cycle, Deed(kind, clock.id, case.state, f"case.clock_{kind}", False, values, day=day))  # noqa: FBT003


def _locked(pk: int) -> tuple[Case, Cycle]:
    case = Case.objects.select_for_update().get(pk=pk)
    return case, case.life


def _checked(
    actor: Actor, case: Case, cycle: Cycle, name: str, given: Given, version: int, *, proposing: bool
) -> tuple[Move, Given, Hat | None]:
    """Return a step with its fields, and in whose duties it is taken, once nothing speaks against it."""
    step = policies.find_move(cycle, case, name)
    hat = check_acts(actor, case, cycle, step.who, named(step))
    inside = isinstance(actor, User) and actor.body_id == case.body_id
    policies.check_fresh(cycle, case, version, inside=inside)
    policies.check_follows(cycle, case, step)
    policies.check_two(step, proposing=proposing)
    if inside:
        policies.check_none_pending(cycle, case)
    held = Attachment.objects.filter(case=case)
    known = frozenset((held if inside else held.filter(internal=False)).values_list("digest", flat=True))
    values = fields.read(step.needs, given, fields.Setting(case.body, now().date(), known))
    return step, _guarded(actor, case, cycle, step, values, hat), hat


def _guarded(actor: Actor, case: Case, cycle: Cycle, step: Move, given: Given, hat: Hat | None) -> Given:
    """Return the fields with what follows from them, once no guard refuses; what needs a sound step is added last."""
    day, done = now().date(), computing.done_of(case)
    values = computing.graded(cycle, case, step, computing.filled(step, given), day)
    values = computing.late(cycle, step, done, values, day)
    behalf = hat.behalf if hat else None
    taken = policies.Step(cycle, str(named(step)), values, case, done, actor, day, behalf=behalf)
    policies.check_guards(step.guards, taken)
    return computing.shared(case, computing.planned(cycle, step, case.state, done, values, day))


def _take(
    actor: Actor,
    case: Case,
    cycle: Cycle,
    step: Move,
    values: Given,
    asked: Asked,
    proposal: Proposal | None = None,
    day: date | None = None,
) -> CaseEvent:
    """Move a case. A proposal that still waits lapses: it was made of a case that stood elsewhere."""
    waiting = policies.pending(case)
    if waiting:
        _settle(actor, waiting, ProposalState.LAPSED)
    if step.names_party:
        case.institution_id = values[step.names_party]
    to = cycle.target(step, case.state)
    held = [one for need in step.needs if need.kind == "attachment" for one in values.get(need.id, ())]
    shown = cycle.state(to).party_sees and not step.internal
    told = Deed(EventKind.MOVED, step.id, to, step.evidence, shown, values, held, proposal, day)
    return _write(actor, case, cycle, told, asked)


def _open_proposal(proposal: Proposal) -> Proposal:
    found = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if found.state != ProposalState.OPEN:
        raise Problem("ZS910")
    return found


def _settle(actor: Actor, proposal: Proposal, state: ProposalState, reason: str = "") -> None:
    proposal.state, proposal.reason, proposal.settled_at = state, reason, now()
    proposal.settled_by = actor if isinstance(actor, User) else None
    proposal.save(update_fields=["state", "reason", "settled_at", "settled_by"])


def _write(actor: Actor, case: Case, cycle: Cycle, told: Deed, asked: Asked | None = None) -> CaseEvent:
    """Add one event with its evidence, and bring the row of the case to where the event leads."""
    moment, source = now(), case.state
    day = told.day or moment.date()
    happened = clocks.Happened(told.kind, told.about, told.to, day, told.fields)
    case.stand(clocks.advance(cycle, case.standing, happened))
    case.sequence += 1
    case.version += told.kind in CHANGING
    case.party_sees = case.party_sees or cycle.state(case.state).party_sees
    case.closed_at = moment if cycle.state(case.state).final else None
    _repeat_proposal(case, told)
    case.save()
    behalf = asked.behalf if asked else None
    row = append(actor, told.evidence, f"case:{case.pk}", _payload(case, told, source, behalf))
    user = actor if isinstance(actor, User) else None
    event = CaseEvent.objects.create(
        case=case,
        sequence=case.sequence,
        kind=told.kind,
        about=told.about,
        from_state=source,
        to_state=told.to,
        actor=user,
        actor_key=actor.actor_key,
        on_behalf_of=behalf,
        body=user.body if user else None,
        proposal=told.proposal,
        day=day,
        at=moment,
        fields=told.fields,
        attachments=told.attachments,
        shown=told.shown,
        key=asked.key if asked else "",
        request=asked.request if asked else "",
        evidence=row.pk,
    )
    tell_of(case, cycle, event)
    follow(actor, case, event)
    return event


def _payload(case: Case, told: Deed, source: str, behalf: User | None) -> Given:
    """Return what evidence says of an event: its fields by digest, for their words may speak of a person."""
    payload = {
        "number": case.number,
        "cycle": case.bound_id,
        "sequence": case.sequence,
        "about": told.about,
        "from": source,
        "to": told.to,
        "fields": digest(canonical(told.fields)),
        "attachments": told.attachments,
        "due_on": case.due_on,
    }
    return payload | ({"on_behalf_of": behalf.actor_key} if behalf else {})


def _repeat_proposal(case: Case, told: Deed) -> None:
    if told.kind == EventKind.PROPOSED and told.proposal:
        case.proposed_move, case.proposed_by = told.about, told.proposal.proposed_by
        case.proposed_for = told.proposal.on_behalf_of
    elif told.kind in SETTLING:
        case.proposed_move, case.proposed_by, case.proposed_for = "", None, None
