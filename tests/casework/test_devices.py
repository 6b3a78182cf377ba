"""The register of devices: who writes in it, what it refuses, files taken whole or not at all, who is known."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.casework.tripping import CODE, LEAD, START, courier, course, device, send
from tests.casework.tripping import given as sent
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.permissions import verbs_of
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.devices import actions, queries, watch
from zhunsheng.casework.devices.models import Assignment, Calibration, Contact, Device, DeviceCertificate
from zhunsheng.casework.inbox.offers import Asker
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.trips import intake
from zhunsheng.casework.trips.models import Trip
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db(databases="__all__")
PRINT = "ab" * 32


@pytest.fixture
def people():
    return courier()


def test_a_device_is_known_to_the_gateway_once_it_is_entered_and_until_it_is_ended(people):
    assert not queries.known(CODE, "V-01")
    made = device(people)
    queries.REGISTER.forget()
    assert queries.known(CODE, "V-01") and not queries.known(LEAD, "V-01")
    actions.end_device(people["clerk"], made, now().date())
    queries.REGISTER.forget()
    assert not queries.known(CODE, "V-01")
    kinds = list(EvidenceOutbox.objects.filter(subject=f"device:{CODE}/V-01").values_list("kind", flat=True))
    assert kinds == ["device.entered", "device.calibrated", "device.ended"]


REFUSED = [
    {"device_id": "V 01"}, {"device_id": "../x"}, {"device_id": ""}, {"kind": "rocket"}, {"regime": "lukewarm"},
    {"service_kind": "magic"}, {"name": ""}, {"name": "长" * 121}, {"valid_from": "soon"}, {"valid_to": "2025-01-01"},
    {"institution_id": "a/b"},
]  # fmt: skip


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_is_no_device_is_refused_with_its_field(people, wrong):
    with pytest.raises(Problem, match="ZS885") as told:
        actions.add_device(people["clerk"], sent() | wrong)
    assert str(told.value.values["field"]) and not Device.objects.exists()


def test_the_same_device_twice_is_refused(people):
    device(people)
    with pytest.raises(Problem, match="ZS885"):
        actions.add_device(people["clerk"], sent())


@pytest.mark.parametrize(
    ("login", "org", "may"),
    [("clerk", CODE, True), ("lab", CODE, True), ("member", CODE, False), ("member", LEAD, True),
     ("stranger", CODE, False), ("lab", LEAD, False)],
)  # fmt: skip
def test_who_may_enter_a_device_of_whom(people, login, org, may):
    given_ = sent() | {"institution_id": org, "service_kind": ""}
    if may:
        assert actions.add_device(people[login], given_).institution_id == org
    else:
        with pytest.raises(Problem, match="ZS702"):
            actions.add_device(people[login], given_)


def test_a_device_is_supervised_by_the_consortium_or_by_its_own_institution(people):
    assert device(people).body == people["clerk"].body
    own = actions.add_device(people["member"], sent("F-1") | {"institution_id": LEAD, "service_kind": ""})
    assert own.body == people["member"].body


def test_a_revoked_certificate_bars_its_device_until_another_one_holds(people):
    made, other = device(people), device(people, "V-02")
    given_ = {"fingerprint": PRINT.upper(), "valid_from": "2026-01-01", "valid_to": "2027-01-01"}
    held = actions.add_certificate(people["clerk"], made, given_)
    with pytest.raises(Problem, match="ZS885"):
        actions.add_certificate(people["clerk"], made, given_)
    with pytest.raises(Problem, match="ZS885"):
        actions.add_certificate(people["clerk"], made, given_ | {"fingerprint": "xyz"})
    assert send(course(5.0)) == 1
    actions.revoke_certificate(people["clerk"], held)
    assert DeviceCertificate.objects.get().revoked_on == now().date()
    queries.REGISTER.forget()
    assert send(course(5.0), first=2) == 0 and queries.registered(CODE, "V-01") == made  # it is still watched
    assert queries.is_barred(made, now().date()) and not queries.is_barred(other, now().date())
    actions.add_certificate(people["clerk"], made, given_ | {"fingerprint": "0" * 64})
    queries.REGISTER.forget()
    assert send(course(5.0), first=2) == 1


def test_a_certificate_entered_after_a_revocation_lifts_the_bar_also_when_it_has_merely_ended(people):
    made, day = device(people), now().date()
    given_ = {"fingerprint": PRINT, "valid_from": "2026-01-01", "valid_to": "2027-01-01"}
    actions.add_certificate(people["clerk"], made, given_ | {"fingerprint": "1" * 64, "valid_to": "2026-02-01"})
    first = actions.add_certificate(people["clerk"], made, given_)
    actions.revoke_certificate(people["clerk"], first)
    assert queries.is_barred(made, day)  # one that had ended before lifts nothing
    second = actions.add_certificate(
        people["clerk"], made, given_ | {"fingerprint": "0" * 64, "valid_to": "2026-12-31"}
    )
    assert not queries.is_barred(made, day) and not queries.is_barred(made, date(2027, 6, 1))
    actions.revoke_certificate(people["clerk"], second)
    assert queries.is_barred(made, day)


def test_a_device_that_is_ended_and_entered_anew_stays_barred(people):
    made, day = device(people), now().date()
    given_ = {"fingerprint": PRINT, "valid_from": "2026-01-01", "valid_to": "2027-01-01"}
    actions.revoke_certificate(people["clerk"], actions.add_certificate(people["clerk"], made, given_))
    actions.end_device(people["clerk"], made, day)
    again = device(people, valid_from=str(day), calibrated=False)
    queries.REGISTER.forget()
    assert not queries.known(CODE, "V-01") and queries.is_barred(again, day)
    actions.add_certificate(people["clerk"], again, given_ | {"fingerprint": "0" * 64})
    queries.REGISTER.forget()
    assert queries.known(CODE, "V-01") and not queries.is_barred(again, day)


def test_whether_one_device_is_barred_is_asked_of_its_certificates_alone_and_whoever_asks(people):
    made, other = device(people), device(people, "V-02")
    given_ = {"fingerprint": PRINT, "valid_from": "2026-01-01", "valid_to": "2027-01-01"}
    actions.revoke_certificate(people["clerk"], actions.add_certificate(people["clerk"], made, given_))
    with walls.within(walls.wall_of(scope(people["stranger"]))):
        assert queries.is_barred(made, now().date())
    with CaptureQueriesContext(connection) as asked:
        assert not queries.is_barred(other, now().date())
    told = [one["sql"] for one in asked.captured_queries if "devicecertificate" in one["sql"]]
    assert told and all("V-02" in one for one in told)


def test_a_calibration_that_failed_counts_for_nothing(people):
    made = device(people, calibrated=False)
    day = now().date()
    assert queries.calibrated([made], day)[made.pk].mark == "missing"
    told = {"done_on": "2026-05-01", "valid_to": "2027-05-01", "number": "A", "issuer": "省计量院", "passed": "不合格"}
    actions.add_calibration(people["clerk"], made, told)
    assert queries.calibrated([made], day)[made.pk].mark == "missing"
    actions.add_calibration(people["clerk"], made, told | {"number": "B", "passed": "合格"})
    assert queries.calibrated([made], day)[made.pk].mark == "valid"
    assert queries.calibrated([made], date(2027, 5, 1))[made.pk].mark == "ended"
    assert queries.calibrated([made], date(2027, 4, 30))[made.pk].mark == "ending"
    with pytest.raises(Problem, match="ZS885"):
        actions.add_calibration(people["clerk"], made, told | {"number": "C", "done_on": str(day + timedelta(days=1))})
    assert Calibration.objects.count() == 2


@pytest.mark.parametrize(("login", "asked"), [("clerk", True), ("lab", True), ("member", False)])
def test_a_calibration_that_is_missing_stands_in_the_inbox(people, login, asked):
    device(people, calibrated=False)
    user = people[login]
    asker = Asker(scope(user), user, verbs_of(user), now().date())
    rows = list(watch.rows(asker))
    assert bool(rows) is asked
    if asked:
        assert watch.tasks(asker, [one.pk for one in rows])[0].number == "V-01"


def test_a_place_ends_the_place_before(people):
    made = device(people)
    actions.assign(people["clerk"], made, {"place": "浙 A·1", "valid_from": "2026-01-01"})
    actions.assign(people["clerk"], made, {"place": "浙 A·2", "valid_from": "2026-03-01"})
    assert queries.places([made], date(2026, 2, 28))[made.pk] == "浙 A·1"
    assert queries.places([made], date(2026, 3, 1))[made.pk] == "浙 A·2"
    with pytest.raises(Problem, match="ZS885"):
        actions.assign(people["clerk"], made, {"place": "浙 A·3", "valid_from": "2026-03-01"})
    assert Assignment.objects.count() == 2


HEAD = "所属机构代码,设备编号,设备种类,名称,启用日期,贮运条件,服务种类\n"
ROW = f"{CODE},V-%02d,冷藏车,冷藏车 %d 号,2026-01-01,cold_2_8,logistics\n"


def test_a_file_of_devices_is_taken_whole(people):
    data = (HEAD + "".join(ROW % (n, n) for n in range(1, 31))).encode("gb18030")
    report = intake.take(people["clerk"], "devices.csv", data)
    assert (report.kind, report.rows, report.taken) == ("device", 30, True)
    assert Device.objects.count() == 30


def test_of_a_file_with_a_fault_nothing_is_taken_and_each_fault_names_row_column_reason_and_mend(people):
    data = (
        HEAD
        + ROW % (1, 1)
        + f"{CODE},V 02,冷藏车,二号,2026-01-01,cold_2_8,\n"
        + f"{CODE},V-03,火箭,三号,2026-01-01,,\n"
    )
    report = intake.take(people["clerk"], "devices.csv", data.encode())
    assert not report.taken and not Device.objects.exists() and not EvidenceOutbox.objects.filter(kind="device.entered")
    told = [(one.row, one.column, one.value, one.code) for one in report.faults]
    assert told == [(3, "设备编号", "V 02", "ZS885"), (4, "设备种类", "火箭", "ZS885")]
    assert all(one.reason and one.mend for one in report.faults)


def test_plans_calibrations_and_contacts_come_by_file_too(people):
    device(people)
    plan = ("运输单号,供应商代码,收货机构代码,设备编号,货品,启运时间,计划到达时间,停靠点\n"
            f'T-1,{CODE},{LEAD},V-01,疫苗,{START:%Y-%m-%d %H:%M},{START + timedelta(hours=2):%Y-%m-%d %H:%M},'
            '"县医院, 30.1, 120.2, 300, 09:00, 09:30; 乡卫生院, 30.2, 120.3, 200, 09:40, 10:00"\n')  # fmt: skip
    assert intake.take(people["clerk"], "p.csv", plan.encode()).taken
    assert len(Trip.objects.get().plan["stops"]) == 2
    told = f"所属机构代码,职责,姓名,电话,自何日起\n{CODE},driver,蒋大勇,13800138000,2026-01-01\n"
    assert intake.take(people["clerk"], "c.csv", told.encode()).taken and Contact.objects.get().position == 1
    head = "所属机构代码,设备编号,校准日期,失效日期,证书编号,校准机构,校准结论\n"
    away = f"{head}{CODE},V-99,2026-01-01,2027-01-01,N,省院,合格\n"
    assert [one.code for one in intake.take(people["clerk"], "k.csv", away.encode()).faults] == ["ZS886"]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\x00", b"a,b,c\n1,2,3\n", HEAD.encode(), b'"open', HEAD.encode() + b'"x\n',
     b"x" * (intake.MOST_BYTES + 1), (HEAD + (ROW % (1, 1)) * (intake.MOST_ROWS + 1)).encode()],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(people, data):
    with pytest.raises(Problem, match="ZS892"):
        intake.take(people["clerk"], "x.csv", data)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: (HEAD + text).encode("utf-8", "replace")))
def test_no_file_breaks_the_intake(people, data):
    try:
        report = intake.take(people["clerk"], "any.csv", data)
    except Problem as problem:
        assert problem.code == "ZS892"
    else:
        assert report.taken or report.faults
