"""Pages of the fleet, of trips, alarms and what was not taken: who sees them, what they say, what they cost."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.casework import tripping
from tests.casework.tripping import CODE, END, LEAD, START, courier, course, device, planned, send, trip
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.devices import actions as register
from zhunsheng.casework.devices.models import Calibration, Contact, Device
from zhunsheng.casework.readings import actions as readings
from zhunsheng.casework.readings.following import heard
from zhunsheng.casework.trips import actions, judging, tasks
from zhunsheng.casework.trips.models import Alarm, Trip
from zhunsheng.casework.trips.watching import Watching
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.time import now
from zhunsheng.telemetry import wire
from zhunsheng.web.views import trips as views

pytestmark = pytest.mark.django_db(databases="__all__")
STOPS = "县医院, 30.10, 120.20, 300, 09:00, 09:30"
WAY = "30.0 120.0\n30.1 120.2"


@pytest.fixture
def people():
    return courier()


@pytest.fixture
def as_(people):
    def enter(login):
        client = Client()
        client.force_login(people[login])
        return client

    return enter


def broken(people):
    """A trip that goes wrong, with a stop, a way and the alarm that it raised."""
    device(people)
    made = trip(people, stops=STOPS, way=WAY, speed="80")
    values = course(*[5 + (n % 3) / 10 for n in range(30)], *[12 + (n % 3) / 10 for n in range(40)])
    for n, one in enumerate(values):
        one |= {"latitude": 30 + n / 700, "longitude": 120 + n / 350, "speed": 50.0, "battery": 15.0}
    watching = Watching()
    send(values)
    watching.hear(heard(0)[1], START + timedelta(minutes=70))
    for name, phone in (("driver", "13800000001"), ("quality_manager", "13800000002")):
        given = {"institution_id": CODE, "role": name, "name": "值班员", "phone": phone, "valid_from": "2026-01-01"}
        register.add_contact(people["clerk"], given)
    return made


def text(response):
    return response.content.decode()


def test_the_fleet_shows_the_worst_first_and_filters(people, as_):
    broken(people)
    device(people, "V-02", calibrated=False)
    device(people, "F-01", kind="fridge", regime="blood")
    page = text(as_("clerk").get("/fleet"))
    places = [page.index(f"冷藏车 {name}") for name in ("V-01", "F-01", "V-02")]
    assert places == sorted(places)  # a breach, silence, no calibration
    assert "12." in page and "须处置" in page and "没有校准" in page and "单次超限过久" in page
    only = text(as_("clerk").get("/fleet?light=blue"))
    assert "V-02" in only and "V-01" not in only
    assert as_("clerk").get("/fleet?light=mauve").status_code == 400
    assert "V-02" in text(as_("clerk").get("/fleet.csv?show=calibration"))


def test_an_empty_fleet_says_so(as_):
    assert "没有符合条件的设备" in text(as_("clerk").get("/fleet"))


def test_the_fleet_costs_the_same_for_one_device_and_for_many(people, as_):
    def asked():
        with (
            CaptureQueriesContext(connections["default"]) as one,
            CaptureQueriesContext(connections["telemetry" if "telemetry" in connections else "default"]) as two,
        ):
            assert as_("clerk").get("/fleet").status_code == 200
        return len(one), len(two)

    device(people, "V-01")
    send(course(5.0))
    asked()
    few = asked()
    for number in range(2, 22):
        device(people, f"V-{number:02d}")
        send(course(5.0), name=f"V-{number:02d}")
        trip(people, f"T-{number}", device_id=f"V-{number:02d}", starts_at=(now() - timedelta(hours=1)).isoformat(),
             ends_at=(now() + timedelta(hours=1)).isoformat())  # fmt: skip
    assert asked() == few


@pytest.mark.parametrize(
    ("login", "sees"), [("clerk", True), ("lab", True), ("bureau", True), ("member", False), ("stranger", False)]
)
def test_who_sees_a_device(people, as_, login, sees):
    made = device(people)
    client = as_(login)
    assert client.get(f"/devices/{made.pk}").status_code == (200 if sees else 404)
    assert ("V-01" in text(client.get("/fleet"))) is sees


def test_a_certificate_is_revoked_on_the_page_by_who_keeps_the_device(people, as_):
    made = device(people)
    given = {"fingerprint": "a" * 64, "valid_from": "2026-01-01", "valid_to": "2090-01-01"}
    held = register.add_certificate(people["clerk"], made, given)
    address = f"/devices/certificates/{held.pk}/revoke"
    assert address in text(as_("clerk").get(f"/devices/{made.pk}"))
    assert as_("stranger").post(address).status_code == 404
    assert as_("clerk").post(address).url == f"/devices/{made.pk}"
    page = text(as_("clerk").get(f"/devices/{made.pk}"))
    assert "已吊销" in page and "不再收下" in page and address not in page


def test_a_device_shows_the_nodes_that_it_told_of_no_trip(people, as_):
    made = device(people)
    node = {"subject": "O-31", "step": "tested", "who": "KY005", "place": "县检验所"}
    send([node, node | {"step": "teleported"}], kind="node", start=now() - timedelta(hours=2))
    page = text(as_("clerk").get(f"/devices/{made.pk}"))
    assert "O-31" in page and "检测" in page and "teleported" in page


def test_a_device_shows_how_much_of_the_known_time_it_ran(people, as_):
    made = device(people, "E-1", kind="equipment", regime="", calibrated=False)
    assert "使用率" not in text(as_("clerk").get(f"/devices/{made.pk}"))
    values = [{"running": n < 45} for n in range(61)]
    send(values, name="E-1", start=now() - timedelta(hours=9))
    send(values[:1], name="E-1", boot="b", start=now() - timedelta(hours=3))  # five hours that nobody knows of
    page = text(as_("clerk").get(f"/devices/{made.pk}"))
    assert "75%" in page and "有读数的 1.0 小时中运行 0.8 小时" in page


def test_a_device_that_rests_shows_what_it_said_last_and_the_span_that_holds_it(people, as_):
    made = device(people)
    send(course(5.0, 5.4), start=now() - timedelta(hours=30))
    page = text(as_("clerk").get(f"/devices/{made.pk}"))
    assert "5.4 ℃" in page and "没有温度读数" not in page
    assert 'href="?span=72" aria-current="page"' in page
    assert "没有温度读数" in text(as_("clerk").get(f"/devices/{made.pk}?span=24"))
    assert as_("clerk").get(f"/devices/{made.pk}?span=25").status_code == 400


def test_a_device_page_draws_the_band_of_its_own_regime(people, as_):
    made = device(people, "F-01", kind="fridge", regime="frozen")
    start = now() - timedelta(hours=2)
    send([{"temperature": -20.0}, {"temperature": -20.5, "fault": "E9"}], name="F-01", start=start)
    page = text(as_("clerk").get(f"/devices/{made.pk}"))
    assert 'class="c-band"' in page and ">-15<" in page and ">-25<" in page and ">8<" not in page
    assert "E9" in page and 'class="c-gap"' in page


def test_a_trip_page_shows_chart_track_checks_alarms_and_refreshes(people, as_):
    made = broken(people)
    page = text(as_("clerk").get(f"/trips/{made.pk}"))
    for part in (
        "c-excursion",
        "c-band",
        "c-own",
        "c-fence",
        "县医院",
        "单次超限过久",
        'hx-trigger="every 4s"',
        "不合格",
    ):
        assert part in page, part
    alarm = Alarm.objects.get()
    assert f'href="/alarms/{alarm.pk}"' in page
    live = text(as_("clerk").get(f"/trips/{made.pk}/live"))
    assert live.lstrip().startswith('<div id="live"') and "<html" not in live


def test_the_member_served_sees_the_trip_and_not_the_alarm_of_the_vendor(people, as_):
    made = broken(people)
    page = as_("member").get(f"/trips/{made.pk}")
    assert page.status_code == 200 and "单次超限过久" in text(page) and 'href="/alarms/' not in text(page)
    assert as_("member").get(f"/alarms/{Alarm.objects.get().pk}").status_code == 404
    listed = text(as_("member").get("/alarms"))
    assert "单次超限过久" in listed and f'href="/trips/{made.pk}"' in listed and 'href="/alarms/' not in listed
    assert "没有报警" not in listed and "没有报警" in text(as_("member").get("/alarms?show=over"))
    assert 'id="befallen"' not in text(as_("clerk").get("/alarms"))
    assert "没有报警" in text(as_("stranger").get("/alarms"))
    assert as_("stranger").get(f"/trips/{made.pk}").status_code == 404
    assert as_("stranger").get(f"/trips/{made.pk}/live").status_code == 404


def test_the_member_sees_nothing_of_the_next_trip_of_the_same_device(people, as_):
    device(people)
    made = trip(people, orders="O-1")
    actions.end_trip(people["clerk"], made, END)
    send(course(5.5))
    later = END + timedelta(minutes=20)
    send(course(7.7), start=later, boot="b")
    for number, (subject, at) in enumerate((("O-1", later), ("O-2", later), ("O-3", START + timedelta(minutes=5)))):
        node = {"subject": subject, "step": "signed", "who": "E-1", "place": "P", "item": "I"}
        send([node], kind="node", start=at, boot=f"n{number}")
    page = text(as_("member").get(f"/trips/{made.pk}"))
    assert "5.5 ℃" in page and "7.7" not in page
    assert "O-1" in page and "O-3" in page and "O-2" not in page


def test_a_trip_at_which_many_look_is_judged_once_until_a_reading_comes(people, as_, monkeypatch):
    device(people)
    made, judged, true = trip(people), [], judging.judge
    send(course(5.5))
    monkeypatch.setattr(judging, "judge", lambda *given, **more: judged.append(1) or true(*given, **more))
    monkeypatch.setattr(views, "REFRESH", 10**9)
    pages = [text(as_(login).get(f"/trips/{made.pk}/live")) for login in ("clerk", "lab", "member")]
    assert len(judged) == 1 and all("5.5 ℃" in page for page in pages)
    send(course(6.5), first=2, start=START + timedelta(minutes=1))
    assert "6.5 ℃" in text(as_("member").get(f"/trips/{made.pk}/live")) and len(judged) == 2


def other(people):
    """Another consortium that the same vendor serves, with a clerk of its own and a trip under way for its member."""
    body = bodies.create_body(ACTOR, "consortium", "邻县医共体", code="H33078200001")
    line = ServiceLine.objects.get(institution_id=CODE)
    line.pk, line.body, line._state.adding = None, body, True
    line.save()
    held = Trip.objects.get()
    held.pk, held.body, held.number, held.institution_id = None, body, "SECRET-1", "H33078200009"
    held._state.adding = True
    held.save()
    return held


def test_a_shared_vendor_shows_no_trip_and_no_phone_of_another_consortium(people, as_):
    made = broken(people)
    theirs = other(people)
    Trip.objects.filter(pk=made.pk).update(starts_at=now() - timedelta(days=9), state="ended", ended_at=END)
    Alarm.objects.update(trip=theirs, body=theirs.body)
    Contact.objects.create(institution_id=theirs.institution_id, role="driver", name="外县人", phone="13999999999",
                           valid_from="2026-01-01", told_at=now())  # fmt: skip
    client, vendor = as_("clerk"), as_("lab")
    alarm = Alarm.objects.get()
    pages = [client.get(address) for address in ("/fleet", "/fleet.csv", "/alarms", f"/alarms/{alarm.pk}")]
    assert all("SECRET-1" not in text(one) and "13999999999" not in text(one) for one in pages)
    assert "SECRET-1" in text(vendor.get("/fleet")) and "SECRET-1" in text(vendor.get("/alarms"))
    assert "13999999999" in text(vendor.get(f"/alarms/{alarm.pk}"))


def test_an_ended_trip_shows_its_versions_and_does_not_refresh(people, as_):
    made = broken(people)
    actions.end_trip(people["clerk"], made, END)
    tasks.judge(Trip.objects.get(pk=made.pk), now())
    page = text(as_("clerk").get(f"/trips/{made.pk}"))
    assert "hx-trigger" not in page.split('id="live"')[1][:120] and "运输结束" in page
    version = made.versions.get()
    assert f'href="/evidence/{version.evidence}"' in page
    assert "T-1" in text(as_("clerk").get("/trips?show=breach"))


def test_an_alarm_page_calls_the_people_and_takes_the_steps(people, as_):
    broken(people)
    alarm = Alarm.objects.get()
    page = text(as_("lab").get(f"/alarms/{alarm.pk}"))
    assert "13800000001" in page and "温度超限应急预案" in page and "没有登记联系人" in page  # the dispatcher has none
    first = alarm.steps.first()
    answer = as_("lab").post(f"/alarms/{alarm.pk}/steps/{first.pk}", {"note": "已收到，正在停车检查。"})
    assert answer.status_code == 302
    assert "已收到，正在停车检查。" in text(as_("clerk").get(f"/alarms/{alarm.pk}"))
    again = as_("lab").post(f"/alarms/{alarm.pk}/steps/{first.pk}", {"note": "再次登记。"})
    assert again.status_code == 400 and "ZS891" in text(again)


def test_case_and_alarm_lead_to_each_other(people, as_):
    broken(people)
    alarm = Alarm.objects.get()
    case = text(as_("clerk").get(f"/cases/{alarm.case_id}"))
    assert f'href="/alarms/{alarm.pk}"' in case and f'href="/trips/{alarm.trip_id}"' in case
    assert f'href="/cases/{alarm.case_id}"' in text(as_("clerk").get(f"/alarms/{alarm.pk}"))
    assert Case.objects.get(cycle="cold_chain_alarm").pk == alarm.case_id


def test_a_late_step_is_a_task_of_the_inbox(people, as_):
    broken(people)
    alarm = Alarm.objects.get()
    alarm.steps.filter(step="acknowledge").update(due_at=now() - timedelta(minutes=1))
    assert f"/alarms/{alarm.pk}" in text(as_("clerk").get("/inbox"))


def test_devices_papers_and_contacts_are_entered_by_form(people, as_):
    client = as_("clerk")
    answer = client.post("/devices/enter", tripping.given("V-07") | {"what": "device"})
    made = Device.objects.get(device_id="V-07")
    assert answer.headers["Location"] == f"/devices/{made.pk}"
    told = {"done_on": "2026-03-01", "valid_to": "2027-03-01", "number": "JZ-7", "issuer": "省计量院", "passed": "合格"}
    client.post(f"/devices/{made.pk}/calibration", told)
    assert Calibration.objects.get().number == "JZ-7"
    client.post(f"/devices/{made.pk}/assignment", {"place": "浙 A·12345", "valid_from": "2026-03-01"})
    client.post(f"/devices/{made.pk}/certificate", {"fingerprint": "AB:" * 31 + "AB", "valid_from": "2026-03-01",
                                                    "valid_to": "2027-03-01"})  # fmt: skip
    page = text(client.get(f"/devices/{made.pk}"))
    assert "浙 A·12345" in page and "abababababababab" in page and "JZ-7" in page
    given = {"what": "contact", "institution_id": CODE, "role": "driver", "name": "蒋大勇", "phone": "13800138000",
             "valid_from": "2026-01-01"}  # fmt: skip
    client.post("/devices/enter", given)
    contact = Contact.objects.get()
    assert "蒋大勇" in text(client.get("/devices/enter"))
    client.post(f"/devices/contacts/{contact.pk}/end")
    assert "蒋大勇" not in text(client.get("/devices/enter"))
    wrong = client.post("/devices/enter", given | {"phone": "ring me"})
    assert wrong.status_code == 400 and "ZS885" in text(wrong) and "ring me" in text(wrong)
    client.post(f"/devices/{made.pk}/end", {"valid_to": "2026-12-01"})
    made.refresh_from_db()
    assert str(made.valid_to) == "2026-12-01"


def test_a_stranger_writes_nothing(people, as_):
    made = device(people)
    assert as_("stranger").post(f"/devices/{made.pk}/end", {"valid_to": "2026-12-01"}).status_code == 404
    assert as_("member").post("/devices/enter", tripping.given("V-08") | {"what": "device"}).status_code == 403
    assert as_("member").post("/trips/new", planned()).status_code in (400, 403)
    assert not Trip.objects.exists() and Device.objects.count() == 1


def test_a_trip_is_planned_ended_and_cancelled_on_pages(people, as_):
    device(people)
    client = as_("lab")
    answer = client.post("/trips/new", planned(stops=STOPS))
    made = Trip.objects.get()
    assert answer.headers["Location"] == f"/trips/{made.pk}" and made.institution_id == LEAD
    assert "ZS888" in text(client.post("/trips/new", planned("T-2")))
    early = client.post(f"/trips/{made.pk}/end", {"ended_at": "2026-11-10 07:00"})
    assert early.status_code == 400 and "ZS885" in text(early)
    past = client.post(f"/trips/{made.pk}/cancel", {"reason": "货主改期"})
    assert past.status_code == 400 and "ZS885" in text(past)  # its start has passed: who oversees it cancels it
    as_("clerk").post(f"/trips/{made.pk}/cancel", {"reason": "货主改期"})
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert client.post(f"/trips/{made.pk}/explode").status_code == 404


def test_what_was_not_taken_is_shown_with_its_reason_to_who_may_see_it(people, as_):
    device(people)
    readings.take([wire.Incoming(wire.topic(CODE, "V-01", "reading"), b"{<script>", now()),
                   wire.Incoming(wire.topic(CODE, "X-99", "reading"), b"{}", now())])  # fmt: skip
    page = text(as_("clerk").get("/quarantine"))
    assert "ZS878" in page and "&lt;script&gt;" in page and "X-99" in page
    assert "没有未收下的读数" in text(as_("stranger").get("/quarantine"))
    readings.take([wire.Incoming(wire.topic(CODE, "V-01", "reading"), b"another", now())])
    page = text(as_("clerk").get("/quarantine"))
    assert "&lt;script&gt;" in page and "another" in page  # the first sample and the last


PAGES = ("/fleet", "/trips", "/alarms", "/alarms?show=over", "/quarantine", "/devices/enter", "/trips/new")


@pytest.mark.parametrize("address", PAGES)
def test_every_page_answers_in_english_too(people, as_, address):
    broken(people)
    client = as_("clerk")
    client.post("/language", {"language": "en", "next": address})
    page = client.get(address)
    assert page.status_code == 200 and 'lang="en"' in text(page)


def test_each_count_over_the_trips_is_that_of_the_list_it_leads_to(as_, people):
    made = broken(people)
    states = (("X-1", "ended", "missed", False), ("X-2", "ended", "unknown", None), ("X-3", "cancelled", "", None))
    for number, state, verdict, breach in states:
        made.pk, made.number, made.state, made.verdict, made.breach = None, number, state, verdict, breach
        made._state.adding = True
        made.save()
    page = as_("clerk").get("/trips")
    shown = {name: page.context["counts"][name] for name in page.context["shows"]}
    assert {name: as_("clerk").get(f"/trips?show={name}").context["pages"].total for name in shown} == shown
    assert (shown["missed"], shown["unknown"], shown["cancelled"]) == (1, 1, 1)
    assert sum(shown[name] for name in ("under_way", "planned", "ended", "cancelled")) == Trip.objects.count()
