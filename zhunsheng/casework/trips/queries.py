"""Reads of trips and alarms, scoped; what the watch, the worker and the telling of facts ask of the whole site."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import Count, F, Min, Q, QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.devices import library
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.trips.models import Alarm, PlanStep, Telling, Trip, TripVersion
from zhunsheng.casework.trips.states import BREACHES, OF_GOODS, TripState

#: How long before its start a device is watched for a trip.
BEFORE = timedelta(minutes=10)
NO_END = datetime.max.replace(tzinfo=UTC)


def trips(scope: Scope) -> QuerySet[Trip]:
    """Return the trips in view, the latest first."""
    return scope.rows(Trip.objects.select_related("device", "body", "vendor_body"))


def one(scope: Scope, pk: int) -> Trip | None:
    """Return a trip in view, or None."""
    return trips(scope).filter(pk=pk).first()


def versions(trip: Trip) -> QuerySet[TripVersion]:
    """Return the judgements of a trip that its reader has in view, the latest first."""
    return trip.versions.order_by("-number")


def alarms(scope: Scope) -> QuerySet[Alarm]:
    """Return the alarms in view, the latest first."""
    return scope.rows(Alarm.objects.select_related("case", "case__bound", "device", "trip"))


def of_trip(trip: Trip) -> list[Alarm]:
    """Return the alarms of a trip that its reader has in view, the latest first: who sees it sees what befell it."""
    return list(trip.alarms.select_related("case", "case__bound", "device"))


def befallen(scope: Scope) -> list[Alarm]:
    """Return the open alarms of trips in view that are not in view themselves: who sees a trip sees what befell it."""
    seen, own = trips(scope).order_by().values("pk"), alarms(scope).order_by().values("pk")
    with walls.within(walls.SITE):
        held = Alarm.objects.filter(outcome="", trip__in=seen).exclude(pk__in=own)
        return list(held.select_related("trip", "case", "case__bound").order_by("-grave", "-raised_at"))


def of_device(scope: Scope, device: Device) -> QuerySet[Alarm]:
    """Return the alarms in view of a device, the latest first."""
    return alarms(scope).filter(device=device)


def of_case(scope: Scope, case: Case) -> Alarm | None:
    """Return the alarm behind a case in view, or None."""
    return alarms(scope).filter(case=case).first()


def steps(held: Iterable[Alarm]) -> dict[int, list[PlanStep]]:
    """Return the steps of the emergency plans of alarms, by alarm; in one query."""
    found: dict[int, list[PlanStep]] = {}
    for one_ in PlanStep.objects.filter(alarm__in=list(held)).select_related("done_by", "alarm"):
        found.setdefault(one_.alarm_id, []).append(one_)
    return found


def step(scope: Scope, pk: int) -> PlanStep | None:
    """Return a step of the plan of an alarm in view, or None."""
    found = PlanStep.objects.select_related("alarm", "alarm__case").filter(pk=pk).first()
    return found if found and alarms(scope).filter(pk=found.alarm_id).exists() else None


def open_alarms(scope: Scope, devices: Iterable[int]) -> dict[int, list[Alarm]]:
    """Return the open alarms in view by device, the gravest first; in one query."""
    found: dict[int, list[Alarm]] = {}
    for one_ in alarms(scope).filter(outcome="", device__in=list(devices)).order_by("-grave", "-raised_at"):
        found.setdefault(one_.device_id, []).append(one_)
    return found


def running(scope: Scope, devices: Iterable[int], moment: datetime) -> dict[int, Trip]:
    """Return the trip in view under way by device; in one query. A device in view may be on a trip that is not."""
    held = trips(scope).filter(device__in=list(devices), state__in=(TripState.PLANNED, TripState.UNDER_WAY))
    return {one_.device_id: one_ for one_ in held.filter(starts_at__lte=moment).order_by("-starts_at")}


def watched(moment: datetime) -> list[Trip]:
    """Return the trips of the site that are watched at a moment: begun or about to, and not ended."""
    held = Trip.objects.filter(state__in=(TripState.PLANNED, TripState.UNDER_WAY), starts_at__lte=moment + BEFORE)
    return list(held.select_related("device", "body").order_by("starts_at", "pk"))


def under_plan() -> list[Trip]:
    """Return the trips of the site that have not ended, whoever asks."""
    held = Trip.objects.filter(state__in=(TripState.PLANNED, TripState.UNDER_WAY)).select_related("device")
    return list(held.order_by("starts_at", "pk"))


def covering(device: Device, moments: Iterable[datetime]) -> list[int]:
    """Return the ended trips of a device to which readings of some moments belong."""
    told = list(moments)
    if not told:
        return []
    held = Trip.objects.filter(device=device, state=TripState.ENDED, starts_at__lte=max(told))
    return list(held.filter(ended_at__gte=min(told)).values_list("pk", flat=True))


def carried(devices: Iterable[int]) -> dict[int, list[tuple[datetime, datetime]]]:
    """Return from when to when some devices are on trips, by device: readings of then belong to these."""
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    held = Trip.objects.filter(device__in=list(devices)).exclude(state=TripState.CANCELLED).order_by("starts_at")
    for device, starts, ends in held.values_list("device", "starts_at", "ended_at"):
        found.setdefault(device, []).append((starts, ends or NO_END))
    return found


def ended_since(moment: datetime) -> list[int]:
    """Return the trips of the site that ended since a moment."""
    return list(Trip.objects.filter(state=TripState.ENDED, ended_at__gte=moment).values_list("pk", flat=True))


def cause(trip: Trip, readings: int, doubled: int) -> str:
    """Return why an ended trip is judged: for the first time, over readings that came late, or anew over the same."""
    last = versions(trip).first()
    if last is None:
        return "ended"
    return "anew" if (last.readings, last.content.get("doubled")) == (readings, doubled) else "late"


def overdue(moment: datetime, grace: timedelta) -> list[Trip]:
    """Return the trips of the site whose planned end has passed by more than a grace and that nobody ended."""
    held = Trip.objects.filter(state__in=(TripState.PLANNED, TripState.UNDER_WAY), ends_at__lt=moment - grace)
    return list(held.select_related("device").order_by("ends_at", "pk"))


def stale(most: int = 50) -> list[Trip]:
    """Return ended trips of the site of which readings came that no judgement has seen, the oldest first."""
    held = Trip.objects.filter(stale_since__isnull=False, state=TripState.ENDED)
    return list(held.select_related("device", "body").order_by("stale_since", "pk")[:most])


def untold(most: int = 5000) -> list[Trip]:
    """Return the ended trips of the site whose last judgement the facts have not learnt, breaches first."""
    return list(_untold().select_related("device", "body").order_by(F("breach").desc(nulls_last=True), "pk")[:most])


def untold_breach() -> bool:
    """Whether the facts have yet to learn of a broken cold chain."""
    return _untold().filter(breach=True).exists()


def _untold() -> QuerySet[Trip]:
    return Trip.objects.filter(state=TripState.ENDED, version__gt=F("told"))


def plans_begun(trips_: Iterable[int]) -> dict[int, datetime]:
    """Return when the emergency plan of goods out of range was first started on trips of the site, by their key.

    A door that stands open starts the same plan and says nothing of a later excursion.
    """
    plan = library.plans()["excursion"].id
    held = Alarm.objects.filter(trip__in=list(trips_), plan=plan, kind__in=sorted(OF_GOODS)).order_by()
    return dict(held.values_list("trip").annotate(first=Min("raised_at")))


def excused_until(trip: Trip) -> datetime | None:
    """Return until when people found of every breach of a trip that it does not hold; None where they did not."""
    with walls.within(walls.SITE):
        held = list(Alarm.objects.filter(trip=trip, kind__in=sorted(BREACHES)).select_related("case"))
    if not held or any(one_.outcome != "dismissed" for one_ in held):
        return None
    return max(moment for one_ in held if (moment := one_.cleared_at or one_.case.closed_at) is not None)


def excused(trip: Trip) -> bool:
    """Whether the last judgement of a trip rests on what people found: that its breach does not hold."""
    last = TripVersion.objects.filter(trip=trip).order_by("-number").first()
    return last is not None and last.content.get("excused") is True


def told_breach(trip: Trip) -> bool:
    """Whether a breach of a trip has its case, beside those that people found not to hold."""
    with walls.within(walls.SITE):
        return Alarm.objects.filter(trip=trip, kind__in=sorted(BREACHES)).exclude(outcome="dismissed").exists()


def standing_alarms(device: Device, trip: Trip | None) -> list[Alarm]:
    """Return the alarms of a device, on a trip or in its store, of which no reading said yet that it is well again."""
    return list(Alarm.objects.filter(device=device, trip=trip, outcome="", cleared_at=None).select_related("case"))


def last_telling() -> Telling | None:
    """Return what the facts learnt last."""
    return Telling.objects.first()


def tellings(since: datetime) -> list[Telling]:
    """Return what the facts learnt since a moment."""
    return list(Telling.objects.filter(until__gte=since))


def urgent_telling() -> bool:
    """Whether the facts learnt of a broken cold chain and no run was asked for since."""
    return Telling.objects.filter(asked=False, urgent=True).exists()


#: What a list of trips is narrowed to beside their states: the answer of the last judgement, and a broken cold chain.
JUDGED = {
    "missed": Q(state=TripState.ENDED, verdict="missed"),
    "breach": Q(breach=True),
    "unknown": Q(state=TripState.ENDED, verdict="unknown"),
}


def counted(scope: Scope) -> dict[str, int]:
    """Return how many trips in view each filter of ``wanted`` leaves."""
    told = {state: Q(state=state) for state in TripState.values} | JUDGED
    return trips(scope).order_by().aggregate(**{name: Count("pk", filter=one) for name, one in told.items()})


def wanted(scope: Scope, show: str, vendor: str = "") -> QuerySet[Trip]:
    """Return the trips in view of a filter: a state, or an answer of JUDGED; empty for all."""
    found = trips(scope)
    if show:
        found = found.filter(JUDGED.get(show, Q(state=show)))
    return found.filter(vendor_id=vendor) if vendor else found
