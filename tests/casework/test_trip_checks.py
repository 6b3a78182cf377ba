"""What the register and the readings of a trip leave open, and what they decide: calibration, doubts, plans, scope."""

from datetime import timedelta

import pytest

from tests.casework.tripping import END, START, courier, course, device, send, trip
from zhunsheng.casework.devices import actions as register
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.trips import actions, judging
from zhunsheng.casework.trips.models import Trip

pytestmark = pytest.mark.django_db(databases="__all__")
QUIET = [5 + (n % 7) / 10 for n in range(121)]


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
