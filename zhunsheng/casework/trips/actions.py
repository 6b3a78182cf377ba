"""Writers of trips, their judgements and alarms. Readings raise alarms in the name of the run; people decide on them.

Each leaves evidence in its own transaction. A trip's judgement is added and never changed; an alarm is raised once for
its cause, whoever tells it how often.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, BodyKind, User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.permissions import check_acts
from zhunsheng.casework.cases.queries import fresh
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.devices import library
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.devices.forms import Given, text
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.devices.policies import check_keeps
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.casework.trips import policies
from zhunsheng.casework.trips.judging import Judged
from zhunsheng.casework.trips.models import Alarm, PlanStep, Telling, Trip, TripVersion
from zhunsheng.casework.trips.states import OF_GOODS, PLAN_LIKE, AlarmKind, TripState
from zhunsheng.casework.vendors.policies import OFFICES
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.time import SHANGHAI, now

RUN = Process("run")
CYCLE = "cold_chain_alarm"
#: Who may record a step of an emergency plan, as the life-cycle names its people.
PEOPLE = ("officer", "party")
#: Kinds that no reading clears: the same again is noted on the case that stands, at most so many times.
LASTING = frozenset({AlarmKind.LATE, AlarmKind.FAULT, AlarmKind.MISSING, AlarmKind.DOUBT})
MOST_NOTES = 50
#: A store is watched by the day, and its excursions in all are told from the beginning of one.
A_DAY = timedelta(days=1)
ENDED = ("到达时间", "Ended")


@dataclass(frozen=True, slots=True)
class Raised:
    """What the watch tells: kind, since when by the device, when the reading arrived, the value, and the words.

    ``grave``: it needs a person; else it clears itself when the readings say so.
    """

    kind: str
    since: datetime
    arrived: datetime
    words: tuple[str, str]
    value: float | None = None
    grave: bool = True


@deed
def plan_trip(actor: User, given: Given) -> Trip:
    """Plan a trip. Raises Problem ZS702, ZS885, ZS886, ZS888, ZS889."""
    with walls.within(walls.SITE):  # a vendor plans what its consortium supervises
        values = policies.read(given, actor)
        check_keeps(actor, values["vendor_id"])
        devices.locked(values["device"])
        policies.check_free(values["device"], values["starts_at"], values["ends_at"])
        if Trip.objects.filter(vendor_id=values["vendor_id"], number=values["number"]).exists():
            raise policies.wrong(("运输单号", "Number"), ("已在使用", "is taken"))
        vendor = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=values["vendor_id"]).first()
        made = Trip.objects.create(**values, vendor_body=vendor, planned_by=actor, planned_at=now())
    plain = {name: getattr(one, "pk", one) for name, one in values.items()}
    append(actor, "trip.planned", _about(made), {"plan": digest(canonical(plain)), "number": made.number})
    return made


@deed
def begin_trip(trip: Trip) -> Trip:
    """Note that a trip is under way; again it changes nothing."""
    held = Trip.objects.select_for_update().get(pk=trip.pk)
    if held.state == TripState.PLANNED:
        held.state = TripState.UNDER_WAY
        held.save(update_fields=["state"])
        append(RUN, "trip.begun", _about(held), {"starts_at": held.starts_at})
    return held


@deed
def end_trip(actor: Actor, trip: Trip, at: datetime) -> Trip:
    """Say when a trip really ended. It is judged by the worker at once. Raises Problem ZS702, ZS885, ZS890."""
    held = Trip.objects.select_for_update().get(pk=trip.pk)
    if isinstance(actor, User):
        check_keeps(actor, held.vendor_id)
    policies.check_state(held, TripState.PLANNED, TripState.UNDER_WAY)
    if not held.starts_at < at <= now() + timedelta(minutes=5):
        raise policies.wrong(ENDED, ("须在启运之后、现在之前", "lies after the start and not ahead"))
    if isinstance(actor, User) and not _oversees(actor):
        _check_whole(held, at)
    held.state, held.ended_at, held.stale_since = TripState.ENDED, at, now()
    held.save(update_fields=["state", "ended_at", "stale_since"])
    append(actor, "trip.ended", _about(held), {"ended_at": at})
    return held


def _oversees(user: User) -> bool:
    """Whether a user who may write of a trip is of an office that oversees who carries."""
    return user.body is not None and user.body.kind in OFFICES


def _check_whole(trip: Trip, at: datetime) -> None:
    """Raise Problem ZS885 where who carries would end a trip so that what befell it lies outside of it."""
    if at < now() - timedelta(hours=1):
        raise policies.wrong(
            ENDED, ("一小时以前的到达时间由监管单位登记", "older than an hour: whoever oversees you enters it")
        )
    with walls.within(walls.SITE):
        alarms = list(Alarm.objects.filter(trip=trip))
    stands = any(one.kind in OF_GOODS and not one.outcome and one.cleared_at is None for one in alarms)
    last = max([one.cleared_at or one.since for one in alarms], default=trip.starts_at)
    if at < last or (stands and at < now() - timedelta(minutes=5)):
        told = "早于该次运输的报警，由监管单位登记", "before an alarm of the trip: whoever oversees you enters it"
        raise policies.wrong(ENDED, told)


@deed
def cancel_trip(actor: User, trip: Trip, reason: str) -> Trip:
    """Cancel a trip that has not begun; once its start has passed, who oversees it. Raises ZS702, ZS885, ZS890."""
    held = Trip.objects.select_for_update().get(pk=trip.pk)
    check_keeps(actor, held.vendor_id)
    told = text({"reason": reason}, "reason", ("理由", "Reason"), least=2, most=500)
    policies.check_state(held, TripState.PLANNED)
    if held.starts_at <= now() and not _oversees(actor):
        raise policies.wrong(("启运时间", "Starts"), ("已到启运时间，由监管单位取消",
                                                      "has passed: whoever oversees you cancels it"))  # fmt: skip
    held.state = TripState.CANCELLED
    held.save(update_fields=["state"])
    append(actor, "trip.cancelled", _about(held), {"reason": digest(told.encode())})
    return held


@deed
def mark_stale(trips: Iterable[int]) -> int:
    """Note that readings came that the last judgement has not seen; of trips that have ended. Return how many.

    One that is stale already is so from now on: a judgement under way has not seen what came meanwhile.
    """
    held = Trip.objects.filter(pk__in=list(trips), state=TripState.ENDED)
    return held.update(stale_since=now())


@deed
def add_version(trip: Trip, judged: Judged, cause: str, as_of: datetime) -> TripVersion | None:
    """Add a judgement where it differs from the last one; None where it says the same. The facts are told anew."""
    held = Trip.objects.select_for_update().get(pk=trip.pk)
    if held.stale_since is not None and held.stale_since <= as_of:
        held.stale_since = None
    last = TripVersion.objects.filter(trip=held).order_by("-number").first()
    if last is not None and last.digest == judged.digest:
        held.save(update_fields=["stale_since"])
        return None
    held.version = last.number + 1 if last else 1
    told = judged.judgement
    about = {"version": held.version, "cause": cause, "verdict": judged.verdict, "judgement": judged.digest}
    row = append(RUN, "trip.judged", _about(held), about)
    made = TripVersion.objects.create(
        trip=held, number=held.version, cause=cause, as_of=as_of, readings=told.readings, late=told.late,
        verdict=judged.verdict, content=judged.content, digest=judged.digest, evidence=row.pk, made_at=now(),
    )  # fmt: skip
    held.verdict, held.breach, held.excursion = judged.verdict, judged.breach, judged.excursion
    held.on_time = judged.on_time
    held.save(update_fields=["stale_since", "version", "verdict", "breach", "excursion", "on_time"])
    return made


@deed
def raise_alarm(device: Device, trip: Trip | None, found: Raised) -> Alarm:
    """Open the case of an alarm with its emergency plan, or bring the one that stands up to date.

    An alarm about goods deepens the excursion that is open on the same load: one cause is one case. The same again
    changes nothing.
    """
    key = identity("alarm", device.pk, trip.pk if trip else 0, found.kind, int(found.since.timestamp()))
    with walls.within(walls.SITE):
        known = Alarm.objects.filter(key=key).first() or _standing(device, trip, found)
        if known is None:
            known = _opened(device, trip, found, key)
        elif known.outcome:
            return known
        elif known.grave >= found.grave:
            _note(known, found)
            return known
        if found.grave and not known.grave:
            _deepen(known, found)
    return known


def _standing(device: Device, trip: Trip | None, found: Raised) -> Alarm | None:
    """Return the alarm of the same matter: of goods any, else one of the same kind.

    What began after an alarm was cleared is another matter, and so is what ended in a store long before one began. A
    case that closed after this was told had it before it, so that a watch that replays what it heard opens no second.
    """
    held = Alarm.objects.select_for_update(of=("self",)).filter(device=device, trip=trip)
    if trip is None:
        held = held.filter(since__lt=found.since + A_DAY)
    kinds = OF_GOODS if found.kind in OF_GOODS else {found.kind}
    told = Q(outcome="") | Q(grave=True, case__closed_at__gte=found.arrived)
    same = Q(cleared_at=None) | Q(cleared_at__gte=found.since)
    return held.filter(told, same, kind__in=kinds).order_by("pk").first()


def _note(alarm: Alarm, found: Raised) -> None:
    """Note on a case that nothing clears that the same befell the device again; each time once, and not endlessly."""
    if found.kind not in LASTING or found.since == alarm.since:
        return
    key = f"note-{identity('again', alarm.pk, found.kind, int(found.since.timestamp()))}"[:64]
    noted = alarm.case.events.filter(about="note", key__startswith="note-")
    if noted.filter(key=key).exists() or noted.count() >= MOST_NOTES:
        return
    case = fresh(alarm.case_id)
    reason = f"{found.words[0][:1900]}（{found.since.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}）"
    alarm.case = cases.move(RUN, case, "note", {"reason": reason}, version=case.version, key=key)


def _opened(device: Device, trip: Trip | None, found: Raised, key: str) -> Alarm:
    given = {
        "alarm": found.kind, "device": device.device_id, "trip": trip.number if trip else "",
        "since_on": str(min(found.since, now()).astimezone(SHANGHAI).date()), "reason": found.words[0][:2000],
    }  # fmt: skip
    body = trip.body if trip else device.body
    about = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=device.institution_id).first()
    case = cases.open_case(
        RUN, CYCLE, {name: one for name, one in given.items() if one}, body=body, institution_id=device.institution_id,
        subject_body=about, key=f"alarm-{key}"[:64],
    )  # fmt: skip
    plan = library.plans()[PLAN_LIKE.get(AlarmKind(found.kind), found.kind)]  # type: ignore[index]
    made = Alarm.objects.create(
        case=case, body=body, institution_id=device.institution_id, vendor_body=about, trip=trip, device=device,
        kind=found.kind, key=key, since=found.since, arrived_at=found.arrived, raised_at=now(), value=found.value,
        words=list(found.words), plan=plan.id,
    )  # fmt: skip
    PlanStep.objects.bulk_create(
        PlanStep(
            alarm=made, position=number, step=one.id, zh=one.zh, en=one.en, role=one.role,
            role_zh=plan.roles[one.role][0], role_en=plan.roles[one.role][1], shows=one.evidence,
            due_at=made.raised_at + timedelta(minutes=one.minutes),
        )
        for number, one in enumerate(plan.steps, 1)
    )  # fmt: skip
    append(RUN, "cold_chain_alarm.plan_begun", f"alarm:{made.pk}", {"plan": plan.id, "kind": made.kind, "key": key})
    return made


def _deepen(alarm: Alarm, found: Raised) -> None:
    """Let an alarm that clears itself become one that needs a person."""
    case = fresh(alarm.case_id)
    step = "deepen" if found.kind in OF_GOODS else "hand_over"
    if case.state not in case.life.move(step).source:
        step = "note"
    given = {"reason": found.words[0][:2000]}
    alarm.case = cases.move(RUN, case, step, given, version=case.version)
    alarm.grave, alarm.kind, alarm.words = True, found.kind, list(found.words)
    alarm.value = found.value if found.value is not None else alarm.value
    alarm.save(update_fields=["grave", "kind", "words", "value"])


@deed
def clear_alarm(alarm: Alarm, at: datetime, words: tuple[str, str]) -> Alarm:
    """Note that the readings are well again: an excursion ends with that, a breach still needs its people."""
    with walls.within(walls.SITE):
        held = Alarm.objects.select_for_update().select_related("case").get(pk=alarm.pk)
        if held.outcome or held.cleared_at is not None:
            return held
        held.cleared_at = at
        held.save(update_fields=["cleared_at"])
        case = fresh(held.case_id)
        step = "clear" if case.state in case.life.move("clear").source and not held.grave else "note"
        held.case = cases.move(RUN, case, step, {"reason": words[0][:2000]}, version=case.version)
        return held


@deed
def record_step(actor: User, step: PlanStep, note: str) -> PlanStep:
    """Record that a step of an emergency plan was done, with what shows it. Raises Problem ZS885, ZS891, ZS904."""
    held = PlanStep.objects.select_for_update().get(pk=step.pk)
    case = held.alarm.case
    check_acts(actor, case, case.life, PEOPLE, said(held.zh, held.en))
    policies.check_step_open(held)
    told = text({"note": note}, "note", ("登记内容", "What was done"), least=2, most=1000)
    held.done_at, held.done_by, held.note = now(), actor, told
    held.save(update_fields=["done_at", "done_by", "note"])
    late = held.done_at > held.due_at
    about = {"step": held.step, "late": late, "note": digest(told.encode())}
    append(actor, "cold_chain_alarm.step_done", f"alarm:{held.alarm_id}", about)
    return held


def alarm_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Close an alarm with its case; one found not to hold lets its trip be judged again."""
    if event.kind != EventKind.MOVED or case.closed_at is None:
        return
    alarm = Alarm.objects.filter(case=case).first()
    if alarm is None:
        return
    alarm.outcome = case.state
    alarm.save(update_fields=["outcome"])
    if case.state == "dismissed" and alarm.trip_id:
        Trip.objects.filter(pk=alarm.trip_id).update(stale_since=now())


@deed
def note_telling(
    snapshot: str, versions: dict[int, int], until: datetime, nodes: int, sent_back: int, *, urgent: bool
) -> Telling:
    """Keep what the facts have learnt: the version of each trip, nodes up to a moment, and how many rows came back."""
    for trip, version in versions.items():
        Trip.objects.filter(pk=trip, told__lt=version).update(told=version)
    told = {"snapshot": snapshot, "trips": len(versions), "nodes": nodes, "sent_back": sent_back}
    made = Telling.objects.create(at=now(), until=until, urgent=urgent, **told)
    append(RUN, "trips.told", f"telling:{made.pk}", told)
    return made


@deed
def note_asked(telling: Telling) -> None:
    """Note that a run was asked for what a telling brought."""
    Telling.objects.filter(pk__lte=telling.pk, asked=False).update(asked=True)


def _about(trip: Trip) -> str:
    return f"trip:{trip.vendor_id}/{trip.number}"
