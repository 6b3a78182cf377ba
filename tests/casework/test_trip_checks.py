"""What the register and the readings of a trip leave open, and what they decide: calibration, doubts, plans, scope."""

from datetime import timedelta

import pytest
from django.db import connection

from tests.casework.tripping import CODE, END, START, courier, course, device, send, trip
from tests.casework.vendoring import step
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.permissions import verbs_of
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.devices import actions as register
from zhunsheng.casework.devices import forms, watch
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.inbox.offers import Asker
from zhunsheng.casework.readings.following import heard
from zhunsheng.casework.trips import actions, intake, judging, plans, queries
from zhunsheng.casework.trips.models import Alarm, Trip
from zhunsheng.casework.trips.watching import Watching
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.any_database]  # judged in memory
QUIET = [5 + n * 7919 % 1009 / 1000 for n in range(121)]


@pytest.fixture
def people():
    return courier()


def calibrated(people, made, **given):
    told = {"done_on": "2026-02-01", "valid_to": "2027-02-01", "number": "A", "issuer": "省计量院", "passed": "合格"}
    return register.add_calibration(people["clerk"], made, told | given)


def ended(people, **given):
    made = trip(people, **given)
    actions.end_trip(people["clerk"], made, END)
    return Trip.objects.get(pk=made.pk)


def test_a_certificate_that_has_run_out_is_no_calibration_of_a_trip(people):
    made = device(people, calibrated=False)
    calibrated(people, made, valid_to="2026-11-10")
    send(course(*QUIET))
    found = judging.judge(ended(people), END + timedelta(hours=1))
    assert found.judgement.check("calibration").answer.reason == "expired"


def test_a_calibration_that_failed_ends_the_one_before(people):
    made = device(people)
    calibrated(people, made, done_on="2026-06-01", valid_to="2027-06-01", passed="不合格")
    day = START.date()
    assert devices.calibrated([made], day)[made.pk].mark == "missing"
    user = people["clerk"]
    assert watch.rows(Asker(scope(user), user, verbs_of(user), now().date())).count() == 1
    answer = judging.judge(ended(people), END + timedelta(hours=1)).judgement.check("calibration").answer
    assert (answer.value, answer.reason) == (False, "calibration_failed")
    calibrated(people, made, done_on="2026-07-01", valid_to="2027-07-01", number="B")
    assert devices.calibrated([made], day)[made.pk].mark == "valid"


def test_doubtful_readings_leave_open_whether_the_cold_chain_held(people):
    device(people)
    send(course(*[5.0] * 121))  # not one digit changes
    found = judging.judge(ended(people), END + timedelta(hours=1))
    assert "doubts" in found.judgement.unknowns
    assert (found.verdict, found.breach, found.excursion) == ("unknown", None, None)


def test_sound_readings_say_that_the_cold_chain_held(people):
    device(people)
    send(course(*QUIET))
    found = judging.judge(ended(people), END + timedelta(hours=1))
    assert (found.verdict, found.breach, found.excursion) == ("met", False, False)


def test_power_off_for_longer_than_allowed_needs_a_person(people):
    device(people)
    made, watching = trip(people), Watching()
    send(course(*QUIET[:2]) + course(*QUIET[2:20], power=False))
    watching.hear(heard(0)[1], START + timedelta(minutes=20))
    alarm = Alarm.objects.get(trip=made, kind="power")
    assert alarm.grave and alarm.case.state == "faulty" and "断电已持续" in alarm.words[0]


def test_a_fault_is_not_settled_while_a_step_of_its_plan_is_unrecorded(people):
    device(people)
    trip(people)
    watching = Watching()
    send([{"temperature": 5.0, "fault": "E17"}])
    watching.hear(heard(0)[1], START + timedelta(minutes=1))
    alarm = Alarm.objects.get(kind="fault")
    alarm.steps.update(due_at=now() - timedelta(minutes=1))
    with pytest.raises(Problem, match="ZS913"):
        step(people["clerk"], alarm.case, "settle", explanation="风扇接头松动，已紧固。")
    for one in alarm.steps.all():
        actions.record_step(people["lab"], one, "已照办，照片存档。")
    assert step(people["clerk"], alarm.case, "settle", explanation="风扇接头松动，已紧固。").state == "settled"


@pytest.mark.parametrize(
    "more",
    [
        {"way": "\n".join(f"30.{n:04d} 120.0" for n in range(plans.MOST_POINTS + 1))},
        {"stops": "县医院, 30.1, 120.2, 300, 09:00, 09:30", "harbours": "30.1 120.2;" * (plans.MOST_STOPS + 1)},
        {"stops": "县医院, 30.1, 120.2, 300, 06:00, 07:30"},
    ],
)
def test_a_plan_that_holds_too_much_or_closes_before_it_starts_is_refused(people, more):
    device(people)
    with pytest.raises(Problem, match="ZS885"):
        trip(people, **more)
    assert not Trip.objects.exists()


def test_a_vendor_of_two_consortia_plans_for_the_members_of_each(people):
    device(people)
    body = bodies.create_body(ACTOR, "consortium", "邻县医共体", code="H33078200001")
    first = ServiceLine.objects.get(institution_id=CODE)
    second = ServiceLine.objects.get(pk=first.pk)
    second.pk, second.body, second._state.adding = None, body, True
    second.save()
    assert trip(people, by="lab").body == first.body
    there = trip(people, "T-2", by="lab", institution_id="H33078200001", starts_at=END.isoformat(),
                 ends_at=(END + timedelta(hours=1)).isoformat())  # fmt: skip
    assert there.body == body
    with pytest.raises(Problem, match="ZS885"):
        trip(people, "T-3", by="lab", institution_id="H33078200009")


def test_a_row_longer_than_its_heading_is_refused(people):
    head = "所属机构代码,职责,姓名,电话,自何日起\n"
    with pytest.raises(Problem, match="ZS892") as told:
        intake.take(people["clerk"], "c.csv", f"{head}{CODE},driver,蒋大勇,13800138000,2026-01-01,多余\n".encode())
    assert "第 2 行" in str(told.value.values["reason"])
    assert intake.take(
        people["clerk"], "c.csv", f"{head}{CODE},driver,蒋大勇,13800138000,2026-01-01,,\n".encode()
    ).taken


def test_a_device_is_in_the_register_once_on_any_day(people):
    device(people, valid_to="2027-01-01", calibrated=False)
    for since, until in (("2026-06-01", ""), ("2025-01-01", "2026-01-02"), ("2025-01-01", "")):
        with pytest.raises(Problem, match="ZS885"):
            device(people, valid_from=since, valid_to=until, calibrated=False)
    assert device(people, valid_from="2025-01-01", valid_to="2026-01-01", calibrated=False).pk
    assert device(people, valid_from="2027-01-01", calibrated=False).pk


def test_a_code_that_its_column_does_not_hold_is_refused(people):
    with pytest.raises(Problem, match="ZS885"):
        forms.code({"institution_id": "x" * 41}, "institution_id", ("所属机构代码", "Organisation"))
    assert forms.code({"device_id": "x" * 64}, "device_id", ("设备编号", "Device"))


def test_a_member_sees_its_trip_whole_behind_the_walls_of_the_database(people):
    """On PostgreSQL the row of a vendor's device is out of a member's sight, but for the trips that serve it."""
    made = device(people)
    hers = trip(people, orders="O-1")
    send(course(*QUIET))
    actions.end_trip(people["clerk"], hers, END)
    with walls.within(walls.wall_of(scope(people["member"]))):
        found = queries.one(scope(people["member"]), hers.pk)
        assert found is not None and found.device.device_id == "V-01"
        checks = judging.judge(found, END + timedelta(hours=1)).judgement
        assert checks.check("calibration").answer.value is True
        assert queries.running(scope(people["member"]), [made.pk], END) == {}
    with walls.within(walls.wall_of(scope(people["stranger"]))):
        assert queries.one(scope(people["stranger"]), hers.pk) is None
        if connection.vendor == "postgresql":
            assert not Device.objects.exists()
