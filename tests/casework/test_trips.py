"""Trips: planned, judged in versions that nobody changes, told to the facts; alarms raised once, and their plans."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from tests.casework.tripping import CODE, END, LEAD, START, courier, course, device, planned, send, trip
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.trips import actions, judging, queries, tasks
from zhunsheng.casework.trips.models import Trip, TripVersion
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def people():
    return courier()


def ended(people, degrees, **more):
    """Plan a trip, send its readings and end it."""
    if not more.pop("known", False):
        device(people)
    made = trip(people, **more)
    send(course(*degrees))
    return actions.end_trip(people["clerk"], made, END)


def judged(made):
    made.refresh_from_db()
    tasks.judge(made, now())
    made.refresh_from_db()
    return made


def test_a_trip_that_kept_cold_is_met(people):
    made = judged(ended(people, [5.0 + (n % 3) / 10 for n in range(121)]))
    assert (made.verdict, made.breach, made.excursion, made.version) == ("met", False, False, 1)
    assert made.stale_since is None


def test_a_trip_that_was_warm_for_an_hour_has_a_breach(people):
    warm = [5 + (n % 3) / 10 for n in range(30)] + [12 + (n % 3) / 10 for n in range(61)] + [5.0] * 30
    made = judged(ended(people, warm))
    assert (made.verdict, made.breach, made.excursion) == ("missed", True, True)


def test_a_trip_without_readings_is_unknown_and_never_met(people):
    device(people)
    made = judged(actions.end_trip(people["clerk"], trip(people), END))
    assert (made.verdict, made.breach, made.excursion) == ("unknown", None, None)


def test_late_data_add_a_version_and_change_none(people):
    cool = [5 + (n % 3) / 10 for n in range(30)]
    made = ended(people, [*cool, *[None] * 61, *cool])
    made = judged(made)
    assert (made.version, made.breach) == (1, None)
    first = TripVersion.objects.get(trip=made)
    late = [12 + (n % 3) / 10 for n in range(61)]
    send(course(*late), first=31, start=START + timedelta(minutes=30), received=END + timedelta(hours=20))
    actions.mark_stale([made.pk])
    made = judged(made)
    assert (made.version, made.breach) == (2, True)
    assert [one.breach for one in (made,)] == [True]
    kept = TripVersion.objects.get(pk=first.pk)
    assert (kept.digest, kept.content) == (first.digest, first.content)
    assert TripVersion.objects.get(trip=made, number=2).late == 61
    told = EvidenceOutbox.objects.filter(kind="trip.judged").order_by("pk")
    assert [one.subject for one in told] == [f"trip:{CODE}/T-1"] * 2


def test_the_same_again_adds_nothing(people):
    made = judged(ended(people, [5.0 + (n % 3) / 10 for n in range(121)]))
    actions.mark_stale([made.pk])
    made = judged(made)
    assert (made.version, made.stale_since) == (1, None)


@pytest.mark.parametrize("deed", ["update", "delete"])
def test_the_database_refuses_to_change_a_judgement(people, deed):
    made = judged(ended(people, [5.0] * 121))
    rows = TripVersion.objects.filter(trip=made)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(verdict="met") if deed == "update" else rows.delete()


REFUSED = [
    ({"device_id": "X-9"}, "ZS886"),
    ({"vendor_id": "91330781MA2LABX02H"}, "ZS885"),
    ({"institution_id": "H33078200009"}, "ZS885"),
    ({"starts_at": "morgen"}, "ZS885"),
    ({"starts_at": END.isoformat()}, "ZS885"),
    ({"regime": "lukewarm"}, "ZS889"),
    ({"stops": "县医院, 91, 120, 300, 09:00, 10:00"}, "ZS885"),
    ({"stops": "县医院, 30, 120, 300, 10:00, 09:00"}, "ZS885"),
    ({"stops": "县医院, 30, 120, 0, 09:00, 10:00"}, "ZS885"),
    ({"way": "30 120"}, "ZS885"),
    ({"way": "30 120\nx y"}, "ZS885"),
    ({"speed": "fast"}, "ZS885"),
    ({"speed": "nan"}, "ZS885"),
    ({"orders": "DROP TABLE;--'"}, "ZS885"),
    ({"goods": ""}, "ZS885"),
    ({"number": ""}, "ZS885"),
]


@pytest.mark.parametrize(("wrong", "code"), REFUSED)
def test_what_is_no_plan_is_refused(people, wrong, code):
    device(people)
    with pytest.raises(Problem) as told:
        actions.plan_trip(people["clerk"], planned(**wrong))
    assert told.value.code == code
    assert not Trip.objects.exists()


def test_a_device_is_on_one_trip_at_a_time(people):
    device(people)
    trip(people)
    with pytest.raises(Problem, match="ZS888"):
        trip(people, "T-2", starts_at=(START + timedelta(hours=1)).isoformat())
    assert trip(people, "T-3", starts_at=END.isoformat(), ends_at=(END + timedelta(hours=1)).isoformat())


@pytest.mark.parametrize(
    ("login", "sees"), [("clerk", True), ("lab", True), ("member", True), ("bureau", True), ("stranger", False)]
)
def test_the_consortium_the_vendor_and_the_member_served_see_a_trip(people, login, sees):
    device(people)
    made = trip(people)
    assert (queries.one(scope(people[login]), made.pk) is not None) is sees


@pytest.mark.parametrize(("login", "may"), [("clerk", True), ("lab", True), ("member", False), ("stranger", False)])
def test_who_may_plan(people, login, may):
    device(people)
    if may:
        assert trip(people, by=login).vendor_id == CODE
    else:
        with pytest.raises(Problem, match=r"ZS70|ZS885"):
            trip(people, by=login)


def test_stops_and_the_way_are_judged(people):
    device(people)
    made = trip(people, stops="县医院, 30.10, 120.20, 300, 09:00, 09:30", way="30.0 120.0\n30.1 120.2", speed="80")
    values = [
        {"temperature": 5 + (n % 3) / 10, "door": False, "power": True, "latitude": 30 + n / 600,
         "longitude": 120 + n / 300, "speed": 60.0}
        for n in range(121)
    ]  # fmt: skip
    for one in values[60:]:
        one["latitude"], one["longitude"] = 30.10, 120.20
    send(values)
    made = judged(actions.end_trip(people["clerk"], made, END))
    assert (made.verdict, made.on_time) == ("met", True)
    late = judging.judge(made, END, excused=False).judgement
    assert late.route.arrivals[0].what == "in_time"
    assert made.institution_id == LEAD
