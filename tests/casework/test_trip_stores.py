"""The live watch over stores: days that are over, what comes late or out of order, and trips of the same device."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from tests.casework.tripping import END, START, Line, cool, courier, device, send, trip, warm
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.readings.following import heard
from zhunsheng.casework.trips import actions, queries, tasks
from zhunsheng.casework.trips.models import Alarm, Trip
from zhunsheng.casework.trips.watching import Watching
from zhunsheng.kernel.time import SHANGHAI, now

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def people():
    return courier()


MIDNIGHT = datetime(2026, 11, 11, tzinfo=SHANGHAI)


def fridge(people):
    device(people, "F-01", kind="fridge", regime="cold_2_8")


def test_the_silence_of_a_store_is_told_though_no_reading_comes(people):
    fridge(people)
    line = Line()
    line.say(*cool(5), name="F-01")
    again = Line(line.now)
    for _turn in range(30):
        again.wait(10)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.trip, alarm.grave) == ("silent", None, True)


def test_the_silence_of_a_store_is_told_over_midnight(people):
    fridge(people)
    line = Line(MIDNIGHT - timedelta(minutes=5))
    line.say(*cool(5), name="F-01")
    for _turn in range(12):
        line.wait(10)
    assert Alarm.objects.get().kind == "silent"


def test_an_excursion_of_a_store_over_midnight_is_one(people):
    fridge(people)
    line = Line(MIDNIGHT - timedelta(minutes=25))
    line.say(*cool(5), *warm(20), name="F-01")
    line.say(*warm(20), first=26, name="F-01")
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.grave, alarm.since) == ("single", True, MIDNIGHT - timedelta(minutes=20))
    line.say(*cool(3), first=46, name="F-01")
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None


def test_what_a_store_kept_back_until_the_next_day_is_judged(people):
    fridge(people)
    line = Line(MIDNIGHT)
    line.say(*cool(2), first=100, name="F-01")
    since = MIDNIGHT - timedelta(hours=5)
    line.say(*cool(2), *warm(40), *cool(2), start=since, received=line.now, name="F-01")
    line.wait(1)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.since, alarm.cleared_at is not None) == ("single", since + timedelta(minutes=2), True)


@pytest.mark.parametrize("heard_live", [True, False])
def test_what_a_store_kept_back_for_weeks_is_judged(people, heard_live):
    fridge(people)
    line = Line(MIDNIGHT)
    line.say(*cool(2), *warm(1), first=100, name="F-01")  # something else stands by then
    since, now_ = MIDNIGHT - timedelta(days=40), line.now
    days = [since, since + timedelta(days=1)]
    for number, day in enumerate(days):
        send([*cool(2), *warm(40), *cool(2)], boot="b", first=100 * number, start=day, received=now_, name="F-01")
    if heard_live:
        line.watching.hear(heard(line.after)[1], now_)
    else:
        line = Line(now_)  # it began only afterwards
    for _turn in range(4):
        line.wait(1)
    assert [one.since for one in Alarm.objects.order_by("since")] == [
        day + timedelta(minutes=2) for day in (*days, MIDNIGHT)
    ]
    assert not line.watching.past


def test_what_a_store_kept_back_is_noted_while_it_is_set_aside_or_on_a_trip(people):
    device(people, "F-01", kind="fridge", regime="cold_2_8")
    line = Line(MIDNIGHT + timedelta(hours=1))
    line.wait(0)
    for hours, name in ((30, "set aside"), (80, "on a trip")):
        if name == "set aside":
            line.watching.held.clear()
            line.watching.barred = dict.fromkeys(line.watching.stores, line.now + timedelta(hours=1))
        else:
            line.watching.barred = {}
            starts, ends = MIDNIGHT - timedelta(hours=1), MIDNIGHT + timedelta(hours=9)
            trip(people, device_id="F-01", starts_at=starts.isoformat(), ends_at=ends.isoformat())
        since = MIDNIGHT - timedelta(hours=hours)
        line.wait(1)
        line.say(*warm(40), *cool(2), start=since, first=10 * hours, received=line.now, name="F-01")
        line.wait(1)
        assert Alarm.objects.get(since=since).kind == "single", name


def test_the_readings_of_a_trip_under_way_are_none_of_its_store(people):
    device(people, "F-01", kind="fridge", regime="cold_2_8")
    made = trip(people, device_id="F-01", starts_at=(MIDNIGHT - timedelta(hours=1)).isoformat(),
                ends_at=(MIDNIGHT + timedelta(hours=9)).isoformat())  # fmt: skip
    send(warm(40), start=MIDNIGHT - timedelta(minutes=50), name="F-01")
    line = Line(MIDNIGHT)
    for _turn in range(3):
        line.wait(1)
    assert {one.trip for one in Alarm.objects.all()} == {made}


def test_an_old_and_a_present_alarm_of_a_store_are_both_cleared(people):
    fridge(people)
    line = Line(MIDNIGHT)
    line.say(*cool(2), *warm(1), first=100, name="F-01")
    send(warm(5), start=MIDNIGHT - timedelta(days=2, minutes=10), received=line.now, name="F-01")
    line.watching.hear(heard(line.after)[1], line.now)
    line.wait(1)
    assert Alarm.objects.filter(kind="excursion", cleared_at=None).count() == 2
    again = Line(line.now)
    again.say(*cool(2), first=103, name="F-01")
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_what_came_unwatched_is_noted_though_the_first_look_fails(people, monkeypatch):
    fridge(people)
    since = MIDNIGHT - timedelta(days=3)
    send(warm(40), start=since, received=MIDNIGHT, name="F-01")
    line = Line(MIDNIGHT)
    monkeypatch.setattr(queries, "carried", lambda *_: (_ for _ in ()).throw(OperationalError("locked")))
    with pytest.raises(OperationalError):
        line.wait(0)
    monkeypatch.undo()
    for _turn in range(3):
        line.wait(1)
    assert Alarm.objects.get(since=since).kind == "single"


def test_a_store_without_limits_holds_up_no_trip_of_its_device(people):
    made = device(people, "F-01", kind="fridge", regime="cold_2_8")
    Device.objects.filter(pk=made.pk).update(regime="taken_out")
    trip(people, device_id="F-01", regime="cold_2_8")
    line = Line(START - timedelta(minutes=5))
    line.wait(0)
    assert not line.watching.held
    line.wait(6)
    assert Trip.objects.get().state == "under_way" and line.watching.held


def test_what_lasts_over_the_end_of_a_late_day_is_over_when_its_readings_say_so(people):
    fridge(people)
    since = MIDNIGHT - timedelta(days=6, minutes=20)
    well = MIDNIGHT - timedelta(days=4, hours=-3)  # nothing is known of the day between
    send(cool(2), start=well, name="F-01")
    line = Line(MIDNIGHT)
    for _turn in range(3):
        line.wait(1)
    line.say(*warm(20), start=since, first=100, received=line.now, name="F-01")
    for _turn in range(4):
        line.wait(1)
    alarm = Alarm.objects.get(since=since)
    assert alarm.cleared_at == well
    line.say(*warm(40), start=MIDNIGHT - timedelta(days=2), first=200, received=line.now, name="F-01")
    line.wait(1)
    assert Alarm.objects.filter(kind="single").count() == 1 and Alarm.objects.filter(since__gt=well).exists()


def test_late_days_of_a_store_put_off_its_silence_for_no_hour(people):
    fridge(people)
    line = Line(MIDNIGHT)
    line.say(*cool(2), first=100, name="F-01")
    line.wait(1)
    (held,) = line.watching.held.values()
    for days in (5, 1):
        line.say(*cool(2), start=MIDNIGHT - timedelta(days=days), first=100 - 10 * days, received=line.now, name="F-01")
        line.wait(1)
    (made,) = line.watching.held.values()
    assert not line.watching.past and made is not held and made.quiet == held.quiet


@pytest.mark.parametrize("carried", [False, True])
def test_what_was_kept_back_for_hours_is_told_though_a_later_reading_came_first(people, carried):
    fridge(people)
    if carried:
        trip(people, device_id="F-01")
    line = Line(START)
    line.say(*cool(2), name="F-01")
    since = START + timedelta(minutes=10)
    line.say(*cool(1), start=START + timedelta(minutes=80), first=60, name="F-01")
    came = line.now
    line.say(*warm(40), *cool(2), start=since, first=12, received=came, name="F-01")
    assert not Alarm.objects.filter(kind="single").exists()
    line.wait(1)
    (held,) = line.watching.held.values()
    line.wait(1)
    alarm = Alarm.objects.get(kind="single")
    assert (alarm.since, alarm.cleared_at) == (since, since + timedelta(minutes=40))
    (tidied,) = line.watching.held.values()
    line.wait(2)
    assert tidied is not held and list(line.watching.held.values()) == [tidied]


def test_a_store_that_sends_years_holds_up_no_other(people, monkeypatch):
    watching, seen = Watching(), []
    monkeypatch.setattr(watching, "_stored", lambda one, since, _until: seen.append((one.pk, since.day)))
    watching.past = {n: (SimpleNamespace(pk=n), {date(2026, 1, d): 0 for d in (1, 2, 3)}) for n in range(1, 8)}
    watching._catch_up(MIDNIGHT)
    watching._catch_up(MIDNIGHT)
    assert seen[:7] == [(n, 1) for n in range(1, 8)] and seen[7:] == [(1, 2), (2, 2), (3, 2)]


def test_a_day_that_cannot_be_judged_holds_up_no_later_one(people, monkeypatch):
    watching, seen = Watching(), []

    def stored(_one, since, _until):
        seen.append(since.day)
        if since.day == 1:
            raise OSError("damaged")

    monkeypatch.setattr(watching, "_stored", stored)
    watching.past = {1: (SimpleNamespace(pk=1), {date(2026, 1, d): 0 for d in (1, 2, 3)})}
    for _turn in range(5):
        watching._catch_up(MIDNIGHT)
    assert seen == [1, 2, 3, 1, 1] and list(watching.past[1][1]) == [date(2026, 1, 1)]


def test_a_fridge_that_goes_on_a_trip_is_watched_on_it_and_its_late_data_count(people):
    fridge(people)
    line = Line(START - timedelta(minutes=30))
    made = trip(people, device_id="F-01")
    line.say(*cool(5), name="F-01")
    line.now = START + timedelta(minutes=1)
    line.say(*warm(3), first=6, name="F-01")
    assert Alarm.objects.get().trip == made
    actions.end_trip(people["clerk"], made, END)
    tasks.judge(Trip.objects.get(pk=made.pk), now())
    line.now = END + timedelta(minutes=1)
    line.say(*cool(2), first=9, name="F-01")
    Trip.objects.update(stale_since=None)
    line.say(*cool(2), start=START + timedelta(minutes=30), first=11, received=line.now, name="F-01")
    made.refresh_from_db()
    assert made.stale_since is not None
    line.say(*warm(2), start=START + timedelta(minutes=40), first=13, received=line.now, name="F-01")
    assert [(one.kind, one.trip) for one in Alarm.objects.exclude(trip=made)] == []  # and are none of its store


def test_a_fridge_is_watched_without_a_trip(people):
    device(people, "F-01", kind="fridge", regime="store_2_10")
    line = Line()
    line.say(*warm(1), name="F-01")
    assert Alarm.objects.get().trip is None
