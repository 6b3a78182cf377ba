"""What the facts learn of trips: files read by the ordinary import, counted by the ordinary engine, lit by a light."""

from datetime import date, timedelta

import duckdb
import pytest

from tests.casework.tripping import CODE, END, LEAD, START, courier, course, device, messages, send, trip
from tests.web import serving
from zhunsheng import sources
from zhunsheng.book.load import load_indicators
from zhunsheng.book.telemetry import load_plans
from zhunsheng.casework.alerts import library
from zhunsheng.casework.alerts import sources as alerts
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.devices import actions as register
from zhunsheng.casework.devices.library import first_step, plans
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.readings import actions as readings
from zhunsheng.casework.readings.closing import close_days
from zhunsheng.casework.readings.models import HotRow
from zhunsheng.casework.trips import actions, facts, judging, queries, tasks
from zhunsheng.casework.trips.models import Alarm, Telling, Trip
from zhunsheng.facts import lake
from zhunsheng.kernel.home import Home, rulebook
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.lights.causes import evaluate

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.any_database]  # judged in memory
WARM = [5.0] * 30 + [12 + (n % 3) / 10 for n in range(61)] + [5.0] * 30


@pytest.fixture
def people():
    return courier()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site of its own, so that files read here stand in no other test's lake."""
    found = Home(tmp_path)
    for module in ("tasks",):
        monkeypatch.setattr(f"zhunsheng.casework.trips.{module}.home", lambda: found)
    return found


def told(people, degrees, every=60, **more):
    device(people)
    made = trip(people, **more)
    send(course(*degrees), every=every)
    actions.end_trip(people["clerk"], made, END)
    tasks.judge(Trip.objects.get(pk=made.pk), now())
    return Trip.objects.get(pk=made.pk)


def rows(site, table):
    paths = lake.files(site, lake.latest(site), table)
    with duckdb.connect() as con:
        found = con.execute(f"{lake.select(table, paths)} ORDER BY ALL").fetchall()
        names = [one[0] for one in con.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def tell():
    outcome = tasks.tell({}, lambda *_: None)
    if outcome.settle:
        outcome.settle()
    return outcome.result


def test_a_judged_trip_becomes_a_row_and_a_node_of_each_order(people, site):
    made = told(people, WARM, orders="O-1 O-2")
    assert tell() == {"trips": 1, "nodes": 0, "sent_back": 0}
    (row,) = rows(site, "trip")
    assert (row["vendor_id"], row["trip_id"], row["institution_id"]) == (CODE, "T-1", LEAD)
    assert (row["breach"], row["excursion"], row["on_time"], row["regime"]) == (True, True, None, "cold_2_8")
    assert row["started_on"] == date(2026, 11, 10) and row["outside_e4"] >= 600_000
    nodes = rows(site, "service_event")
    assert [one["order_id"] for one in nodes] == ["O-1", "O-2"]
    assert {(one["node"], one["lowest_e4"], one["highest_e4"]) for one in nodes} == {("in_transit", 50000, 122000)}
    made.refresh_from_db()
    assert made.told == made.version == 1
    assert tell() == {"trips": 0, "nodes": 0, "sent_back": 0}


def test_a_trip_says_when_it_left_its_range_and_when_its_plan_was_started(people, site):
    made = told(people, WARM)
    (alarm,) = Alarm.objects.filter(trip=made, plan="temperature")
    tell()
    (row,) = rows(site, "trip")
    assert row["excursion_at"] == int((START + timedelta(minutes=30)).timestamp())
    assert (row["plan_started"], row["plan_at"]) == (None, None)  # told long after: readings came late, it may be
    version = made.versions.get()
    for minutes, started in ((5, "是"), (6, "")):
        at = START + timedelta(minutes=30 + minutes)
        assert facts.trip_row(made, version, at)[-2] == started
    Alarm.objects.filter(pk=alarm.pk).update(kind="door")  # an open door starts the same plan, and no excursion's
    assert queries.plans_begun([made.pk]) == {}


def test_of_the_plan_of_an_excursion_of_which_nobody_heard_nothing_is_said(people, site):
    told(people, [5.0] * 30 + [8.2] * 3 + [5.0] * 88)  # found by the judgement alone: no watch was running
    tell()
    (row,) = rows(site, "trip")
    assert (row["breach"], row["excursion"]) == (False, True)
    assert row["excursion_at"] and (row["plan_started"], row["plan_at"]) == (None, None)


def test_a_load_recorded_too_seldom_while_out_of_range_is_not_told_as_one_without_a_breach(people, site):
    quiet = [5 + n * 7919 % 1009 / 1000 for n in range(25)]
    made = told(people, [*quiet[:10], 8.6, 8.7, *quiet[12:]], every=300)
    assert judging.judge(made, now()).judgement.unknowns == {"interval"}
    assert (made.verdict, made.breach, made.excursion) == ("unknown", None, True)
    tell()
    assert rows(site, "trip")[0]["breach"] is None


def test_of_a_trip_within_its_range_nothing_is_said_of_plans(people, site):
    told(people, [5 + (n % 3) / 10 for n in range(121)])
    tell()
    (row,) = rows(site, "trip")
    assert (row["excursion"], row["excursion_at"], row["plan_started"], row["plan_at"]) == (False, None, None, None)


def test_the_limit_of_the_indicator_is_that_of_the_plan():
    indicator = load_indicators(rulebook(), "vendors")["vendors/trip_plan_started"]
    limit = next(one for one in indicator.numerator.where if one.not_above)
    assert limit.plus == plans()["excursion"].steps[0].minutes * 60


def test_another_judgement_takes_the_place_of_the_first(people, site):
    made = told(people, [5.0] * 30 + [None] * 61 + [5.0] * 30)
    tell()
    assert rows(site, "trip")[0]["breach"] is None
    late = course(*[12 + (n % 3) / 10 for n in range(61)])
    send(late, first=31, start=START + timedelta(minutes=30), received=END + timedelta(hours=9))
    actions.mark_stale([made.pk])
    tasks.judge(Trip.objects.get(pk=made.pk), now())
    tell()
    assert {one["breach"] for one in rows(site, "trip")} == {None, True}  # the newest speaks in a run


def test_a_judgement_over_the_same_readings_is_made_anew_and_over_more_of_them_for_late_ones(people):
    made = told(people, [5.0] * 30 + [None] * 5 + [5.0] * 86)
    failed = {"done_on": "2026-06-01", "valid_to": "2027-06-01", "number": "B", "issuer": "省院", "passed": "不合格"}
    register.add_calibration(people["clerk"], made.device, failed)
    tasks.judge(made, now())
    send(course(*[6.0] * 5), first=31, start=START + timedelta(minutes=30), received=END + timedelta(hours=9))
    tasks.judge(Trip.objects.get(pk=made.pk), now())
    assert list(made.versions.values_list("cause", flat=True)) == ["ended", "anew", "late"]


def test_nodes_that_arrive_live_are_nodes_of_the_facts(people, site):
    device(people)
    node = {"subject": "O-7", "step": "picked_up", "who": "KY005", "place": "县检验所"}
    began = now() - timedelta(days=2)
    strange, exits = node | {"step": "teleported"}, node | {"step": "data_destroyed"}
    readings.take(messages([node, strange, exits], kind="node", start=began, received=now()))
    told_of = tell()
    assert (told_of["nodes"], told_of["sent_back"]) == (2, 1)  # what nobody knows comes back; people tell of an exit
    (row,) = rows(site, "service_event")
    assert (row["order_id"], row["node"], row["practitioner_id"], row["place"]) == (
        "O-7",
        "picked_up",
        "KY005",
        "县检验所",
    )
    assert row["device_id"] == "V-01" and row["happened_on"] == began.astimezone(SHANGHAI).date()
    assert tell() == {"trips": 0, "nodes": 0, "sent_back": 0}
    readings.take(messages([node], kind="node", start=began, received=now() - timedelta(minutes=5), first=9))
    assert tell() == {"trips": 0, "nodes": 1, "sent_back": 0}  # stored late; what nobody knows is sent back once


def test_of_another_regime_no_temperature_is_told_as_one_of_two_to_eight(people, site):
    told(people, [-20 + n * 7919 % 1009 / 1000 for n in range(121)], regime="frozen")
    tell()
    (node,) = rows(site, "service_event")
    assert node["lowest_e4"] is None and rows(site, "trip")[0]["breach"] is False


def test_a_breach_asks_for_a_run_at_once_and_once(people, site):
    told(people, WARM)
    tell()
    tasks.ask_for_run()
    tasks.ask_for_run()
    assert Telling.objects.get().asked
    (job,) = Job.objects.filter(kind="run")
    assert job.arguments["as_of"] == str(now().date())


def test_what_is_no_breach_waits_for_the_day(people, site):
    told(people, [5 + (n % 3) / 10 for n in range(121)])
    tell()
    tasks.ask_for_run()
    assert not Job.objects.filter(kind="run").exists()


def test_the_file_is_one_that_anybody_can_read_again(tmp_path):
    path = tmp_path / "trips.csv"
    row = [CODE, "T-9", LEAD, "logistics", "frozen", "2026-11-10", "2026-11-10 10:00:00", "是", "", "否", 3,
           "2026-11-10 09:00:00", "否", ""]  # fmt: skip
    path.write_bytes(facts.sheet(facts.TRIPS, [row]))
    report = sources.load(Home(tmp_path / "home"), [path], recorded_at=1_790_000_000)
    assert [(one.rows_loaded, one.rows_rejected) for one in report.files] == [(1, 0)]


def test_use_and_faults_are_counted_once(people):
    made = device(people, "E-1", kind="equipment", regime="", calibrated=False)
    since = now().replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=6)
    values = [{"running": n < 30, **({"fault": "E1"} if n in (5, 6) else {})} for n in range(60)]
    send(values, name="E-1", start=since)
    send(values, name="E-1", boot="b", start=now() - timedelta(days=2))  # may not be all: counted when it must be
    for _again in range(2):
        tasks.use({}, lambda *_: None)
        made.refresh_from_db()
        assert (made.usage.seconds, made.usage.faults) == (30 * 60, 1)
    assert Body.objects.filter(kind="vendor").exists()


def test_the_last_days_of_a_device_that_was_ended_are_counted_once_and_up_to_its_end(people):
    made = device(people, "E-1", kind="equipment", regime="", calibrated=False)
    end = now().astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=6)
    send([{"running": True}] * 61, name="E-1", start=end - timedelta(days=1))
    send([{"running": True}] * 61, name="E-1", boot="b", start=end + timedelta(hours=1))  # its successor's
    register.end_device(people["clerk"], made, end.date())
    for left in (1, 0):
        assert tasks.use({}, lambda *_: None).result == {"devices": left}
        made.refresh_from_db()
        assert (made.usage.seconds, made.usage.until) == (3600, end.date())


def test_one_broken_trip_lights_its_vendor_yellow_and_one_that_is_unknown_does_not(people, tmp_path):
    county = serving.County()
    serving.places(county)
    county.add("institution", institution_id=CODE, name="冷链物流", kind="vendor", valid_from=date(2020, 1, 1))
    for number, breach in (("T-1", True), ("T-2", None), ("T-3", False)):
        county.add("trip", vendor_id=CODE, trip_id=number, institution_id=LEAD, service_kind="logistics",
                   regime="cold_2_8", started_on=date(2026, 10, 3), judged_on=date(2026, 10, 4), judged_at=1,
                   breach=breach, excursion=breach)  # fmt: skip
    path = tmp_path / "run.duckdb"
    with duckdb.connect(str(path)) as con:
        serving.load_facts(con, county)
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
    events = alerts.changes(RunFile(path), people["clerk"].body, None, serving.AS_OF)
    assert [(one.event_id, one.kind, one.known_on) for one in events] == [("T-1", "trip_breached", date(2026, 10, 4))]
    lights = library.lights().values()
    (lit,) = [one for one in evaluate(lights, [], events, serving.AS_OF, {}, frozenset()) if one.subject_id == CODE]
    assert (lit.light_id, lit.colour) == ("vendors/cold_chain_breach", "yellow")


def test_an_excursion_without_a_plan_in_time_lights_its_vendor_blue_and_one_of_which_nobody_says_does_not(
    people, tmp_path, monkeypatch
):
    county = serving.County()
    serving.places(county)
    county.add("institution", institution_id=CODE, name="冷链物流", kind="vendor", valid_from=date(2020, 1, 1))
    limit = 60 * first_step()
    told = {"late": (True, limit + 1), "in-time": (True, limit), "none": (False, None), "unsaid": (None, None),
            "when": (True, None)}  # fmt: skip
    for number, (started, seconds) in told.items():
        county.add("trip", vendor_id=CODE, trip_id=number, institution_id=LEAD, service_kind="logistics",
                   regime="cold_2_8", started_on=date(2026, 10, 3), judged_on=date(2026, 10, 4), judged_at=1,
                   breach=False, excursion=True, excursion_at=1000, plan_started=started,
                   plan_at=None if seconds is None else 1000 + seconds)  # fmt: skip
    county.add("trip", vendor_id=CODE, trip_id="calm", institution_id=LEAD, started_on=date(2026, 10, 3),
               judged_on=date(2026, 10, 4), excursion=False, plan_started=False)  # fmt: skip
    path = tmp_path / "run.duckdb"
    with duckdb.connect(str(path)) as con:
        serving.load_facts(con, county)
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
    events = alerts.changes(RunFile(path), people["clerk"].body, None, serving.AS_OF)
    assert [(one.event_id, one.kind) for one in events] == [("late", "trip_unplanned"), ("none", "trip_unplanned")]
    lights = library.lights()
    (lit,) = evaluate(lights.values(), [], events, serving.AS_OF, {}, frozenset())
    assert (lit.light_id, lit.colour, lit.grounds) == ("vendors/plan_not_started", "blue", ("late", "none"))
    share = load_indicators(rulebook(), "vendors")["vendors/trip_plan_started"].numerator.where[1]
    assert share.plus == limit  # the indicator counts by the same minutes as the plan itself

    empty = lambda: load_plans(tmp_path)  # noqa: E731
    monkeypatch.setattr(alerts.devices_book, "plans", empty)  # a book without plans: the rest is judged all the same
    assert alerts.changes(RunFile(path), people["clerk"].body, None, serving.AS_OF) == []


def test_a_slow_drift_raises_one_alarm_however_often_it_is_looked_for(people):
    device(people, "F-01", kind="fridge", regime="cold_2_8")
    first = now().replace(hour=0, minute=30, second=0, microsecond=0) - timedelta(days=20)
    for number in range(20):
        values = course(*[4.0 + number * 0.12 + (n % 3) / 10 for n in range(24)])
        send(values, name="F-01", start=first + timedelta(days=number), every=3600, first=1 + 24 * number)
    for _again in range(2):
        tasks.use({}, lambda *_: None)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.case.state, alarm.plan) == ("drift", "faulty", "power")


def test_a_breach_is_told_however_many_trips_wait_before_it(people, site, monkeypatch):
    device(people)
    for number in range(3):
        at = START + timedelta(hours=3 * number)
        more = {"starts_at": at.isoformat(), "ends_at": (at + timedelta(hours=2)).isoformat()}
        made = trip(people, f"T-{number}", **more)
        send(course(*(WARM if number == 2 else [5.0] * 121)), start=at, first=1 + 200 * number)
        actions.end_trip(people["clerk"], made, at + timedelta(hours=2))
        tasks.judge(Trip.objects.get(pk=made.pk), now())
    assert queries.untold_breach()
    assert [one.number for one in queries.untold(1)] == ["T-2"]


def test_an_urgent_telling_is_not_forgotten_for_the_one_after_it(people, site):
    told(people, WARM)
    tell()
    actions.note_telling("x", {}, now(), 1, 0, urgent=False)
    tasks.ask_for_run()
    assert Job.objects.filter(kind="run").count() == 1
    assert not Telling.objects.filter(asked=False).exists()


def test_a_node_that_comes_weeks_late_is_told_even_when_its_day_was_closed(people, site):
    device(people)
    actions.note_telling("", {}, now() - timedelta(hours=3), 0, 0, urgent=False)
    node = {"subject": "O-9", "step": "disposed", "who": "KY005", "place": "处置中心"}
    readings.take(messages([node], kind="node", start=now() - timedelta(days=40), received=now()))
    close_days(Process("test"))
    assert not HotRow.objects.exists()
    assert tell() == {"trips": 0, "nodes": 1, "sent_back": 0}
    (row,) = rows(site, "service_event")
    assert (row["order_id"], row["node"]) == ("O-9", "disposed")


def test_a_node_by_a_clock_ahead_or_stored_late_is_told(people, site):
    device(people)
    node = {"subject": "O-7", "step": "picked_up", "who": "KY005", "place": "县检验所"}
    ahead = now() + timedelta(minutes=4)
    readings.take(messages([node], kind="node", start=ahead, received=now()))
    assert tell()["nodes"] == 1
    late = node | {"subject": "O-8"}
    received = now() - timedelta(minutes=2)
    readings.take(messages([late], kind="node", start=received, received=received, first=9))
    tell()
    assert {one["order_id"] for one in rows(site, "service_event")} == {"O-7", "O-8"}
