"""Trips: planned, judged in versions that nobody changes, told to the facts; alarms raised once, and their plans."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from tests.casework.tripping import CODE, END, LEAD, START, courier, course, device, planned, send, trip
from tests.casework.vendoring import two
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.trips import actions, judging, queries, tasks
from zhunsheng.casework.trips.models import Alarm, Trip, TripVersion
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


WARM = [5 + (n % 3) / 10 for n in range(30)] + [12 + (n % 3) / 10 for n in range(61)] + [5.0] * 30


def test_a_breach_that_only_the_judgement_finds_has_its_case(people):
    made = judged(ended(people, WARM))
    alarm = Alarm.objects.exclude(kind="doubt").get()
    assert (alarm.kind, alarm.trip, alarm.grave, alarm.case.state) == ("single", made, True, "breached")
    assert START + timedelta(minutes=29) <= alarm.since <= START + timedelta(minutes=31)
    actions.mark_stale([made.pk])
    judged(made)
    assert Alarm.objects.exclude(kind="doubt").count() == 1


def test_a_dismissal_excuses_no_breach_that_began_after_it(people):
    cool = [5 + (n % 3) / 10 for n in range(10)]
    hot = [12 + (n % 3) / 10 for n in range(40)]
    made = ended(people, [*cool, *hot, *cool])
    made = judged(made)
    alarm = Alarm.objects.get(kind="single")
    two(people["clerk"], people["head"], alarm.case, "dismiss", ground="probe", reason="探头脱落，校准报告附后。")
    Alarm.objects.filter(pk=alarm.pk).update(cleared_at=START + timedelta(minutes=52))
    made = judged(made)
    assert (made.breach, queries.excused(made)) == (False, True)
    send(course(*hot, 5.0), first=61, start=START + timedelta(minutes=60), received=END)
    actions.mark_stale([made.pk])
    made = judged(made)
    assert (made.breach, queries.excused(made)) == (True, False)
    later = Alarm.objects.exclude(pk=alarm.pk).get(kind="single")
    assert later.since >= START + timedelta(minutes=59) and later.outcome == ""


def test_what_came_while_a_trip_was_judged_is_judged_next(people):
    made = ended(people, [5.0 + (n % 3) / 10 for n in range(121)])
    moment = now()  # the turn begins, and reads what is stored
    found = judging.judge(made, moment)
    actions.mark_stale([made.pk])
    actions.add_version(made, found, "ended", moment)
    made.refresh_from_db()
    assert made.stale_since is not None
    assert judged(made).stale_since is None


def live(people, **more):
    """Plan a trip that is under way now."""
    device(people)
    start = now() - timedelta(hours=3)
    given = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=4)).isoformat()}
    return trip(people, **given | more)


def test_who_carries_does_not_end_its_trip_before_what_befell_it(people):
    made = live(people)
    with pytest.raises(Problem, match="ZS885"):
        actions.end_trip(people["lab"], made, made.starts_at + timedelta(minutes=1))
    since = now() - timedelta(minutes=20)
    actions.raise_alarm(made.device, made, actions.Raised("single", since, now(), ("超限", "out"), 40.0))
    for ago in (30, 10):  # before it began, and while it lasts
        with pytest.raises(Problem, match="ZS885"):
            actions.end_trip(people["lab"], made, now() - timedelta(minutes=ago))
    assert actions.end_trip(people["lab"], made, now()).state == "ended"


def test_who_oversees_a_trip_may_say_that_it_ended_long_ago(people):
    made = live(people)
    assert actions.end_trip(people["clerk"], made, made.starts_at + timedelta(minutes=1)).state == "ended"


def test_who_carries_cancels_no_trip_whose_start_has_passed(people):
    made = live(people)
    with pytest.raises(Problem, match="ZS885"):
        actions.cancel_trip(people["lab"], made, "没有发车。")
    assert actions.cancel_trip(people["clerk"], made, "没有发车。").state == "cancelled"


STOP = "县医院, 30.10, 120.20, 300, 09:00, 09:30"


def drive(minutes, arrive=None):
    values = []
    for n in range(minutes):
        there = arrive is not None and n >= arrive
        place = (30.10, 120.20) if there else (30.0, 120.0)
        values.append(course(5 + (n % 3) / 10)[0] | {"latitude": place[0], "longitude": place[1]})
    send(values)


def test_a_vehicle_that_is_late_is_watched_on_until_it_comes(people):
    device(people)
    made = trip(people, stops=STOP)
    drive(175, arrive=170)
    tasks._LOOKED.clear()
    assert tasks.end_overdue(made, END + timedelta(minutes=40)) is None
    assert tasks.end_overdue(made, END + timedelta(minutes=40, seconds=30)) is None
    done = tasks.end_overdue(made, END + timedelta(minutes=55))
    assert END + timedelta(minutes=49) <= done.ended_at <= END + timedelta(minutes=51)


def test_a_vehicle_that_never_comes_ends_its_trip_after_some_hours(people):
    device(people)
    made = trip(people, stops=STOP)
    drive(60)
    tasks._LOOKED.clear()
    assert tasks.end_overdue(made, END + timedelta(hours=5)) is None
    assert tasks.end_overdue(made, END + timedelta(hours=7)).ended_at == END + tasks.DELAYED


def test_a_trip_without_stops_is_judged_until_it_was_taken_as_ended(people):
    device(people)
    made = trip(people)
    assert tasks.end_overdue(made, END + timedelta(hours=1)).ended_at == END + tasks.GRACE


def test_one_trip_that_cannot_be_judged_holds_up_no_other(people, monkeypatch):
    first = ended(people, [5.0] * 121)
    device(people, "V-02")
    second = actions.end_trip(people["clerk"], trip(people, "T-2", device_id="V-02"), END)
    real = judging.judge
    broken = lambda one, *asked, **more: 1 / 0 if one.pk == first.pk else real(one, *asked, **more)  # noqa: E731
    monkeypatch.setattr(judging, "judge", broken)
    tasks.each_turn()
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.version, second.version) == (0, 1)
