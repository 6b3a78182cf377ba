"""Helpers of the tests of trips: a courier in service, its device, trips, and readings as messages of the wire."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from tests.casework import vendoring
from tests.casework.vendoring import LEAD
from tests.casework.walking import person
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import Body, DutyName, User
from zhunsheng.casework.devices import actions as register
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.readings import actions as readings
from zhunsheng.casework.readings import queries as stored
from zhunsheng.casework.readings.following import heard
from zhunsheng.casework.trips import actions
from zhunsheng.casework.trips.watching import Watching
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry import wire

#: A sound credit code: what is told to the facts passes their check.
CODE = "91990124MA7QH0004F"
DEVICE = "V-01"
SINCE = "2026-01-01"
#: A trip of two hours, long over, so that every reading of it may be sent.
START = datetime(2026, 11, 10, 8, 0, tzinfo=SHANGHAI)
END = START + timedelta(hours=2)
COUNTY = (30.10, 120.20)


def courier():
    """Return the people of a consortium, a vendor that carries for it, and a bureau; the vendor serves in logistics."""
    devices.REGISTER.forget()
    people = vendoring.crew()
    Body.objects.filter(kind="vendor").update(institution_code=CODE)
    people = {login: User.objects.select_related("body").get(pk=one.pk) for login, one in people.items()}
    vendor = vendoring.registered(people, CODE)
    ServiceLine.objects.create(
        vendor=vendor, institution_id=CODE, body=people["head"].body, kind="logistics", tier="medium",
        state="in_service", applied_on=date(2026, 1, 1), entered_on=date(2026, 1, 1), history=[],
    )  # fmt: skip
    member = bodies.create_body(ACTOR, "institution", "青禾县人民医院", code=LEAD)
    other = bodies.create_body(ACTOR, "institution", "邻县医院", code="H33078200009")
    return people | {
        "member": person("member", member, DutyName.OFFICE),
        "stranger": person("stranger", other, DutyName.OFFICE),
    }


def given(name=DEVICE, **more):
    """Return a device as a form sends it."""
    return {"institution_id": CODE, "device_id": name, "kind": "vehicle", "name": f"冷藏车 {name}",
            "service_kind": "logistics", "regime": "cold_2_8", "valid_from": SINCE, **more}  # fmt: skip


def device(people, name=DEVICE, *, calibrated=True, **more):
    """Enter a device, calibrated."""
    made = register.add_device(people["clerk"], given(name, **more))
    if calibrated:
        told = {"done_on": "2026-02-01", "valid_to": "2027-02-01", "number": f"JZ-{name}", "issuer": "省计量院",
                "passed": "合格"}  # fmt: skip
        register.add_calibration(people["clerk"], made, told)
    return made


def planned(number="T-1", name=DEVICE, **more):
    """Return a plan as a form sends it."""
    return {"number": number, "vendor_id": CODE, "institution_id": LEAD, "device_id": name, "goods": "疫苗 200 支",
            "starts_at": START.isoformat(), "ends_at": END.isoformat(), **more}  # fmt: skip


def trip(people, number="T-1", by="clerk", **more):
    """Plan a trip."""
    return actions.plan_trip(people[by], planned(number, **more))


def messages(values, *, name=DEVICE, boot="a", first=1, start=START, every=60, received=None, org=CODE, kind="reading"):
    """Return one message for each set of values (None leaves its number out), so many seconds apart."""
    made = []
    for number, one in enumerate(values):
        at = start + timedelta(seconds=every * number)
        if one is None:
            continue
        item = {"device": name, "boot": boot, "seq": first + number, "time": at.isoformat(), "values": one}
        came = received or at + timedelta(seconds=1)
        made.append(wire.Incoming(wire.topic(org, name, kind), json.dumps(item).encode(), came.astimezone(UTC)))
    return made


def send(values, **more):
    """Store readings as the gateway does; return how many were new."""
    return sum(one.stored for one in readings.take(messages(values, **more)).results)


def course(*degrees, door=False, power=True):
    """Return values of a vehicle by degrees; None where a reading is lost."""
    return [None if one is None else {"temperature": float(one), "door": door, "power": power} for one in degrees]


class Line:
    """The store of readings and the watch behind it, at a moment that the test sets."""

    def __init__(self, start=START):
        self.watching, self.after, self.now = Watching(), stored.last_number(), start

    def say(self, *values, **more):
        """Send values a minute apart and let the watch hear them."""
        start = more.pop("start", self.now)
        send(list(values), start=start, **more)
        self.now = more.get("received") or start + timedelta(minutes=len(values))
        last, batch = heard(self.after)
        self.after = last
        raised = self.watching.hear(batch, self.now)
        return raised + self.watching.turn(self.now)

    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)
        return self.watching.turn(self.now)


def warm(count, first=12.0):
    return course(*[first + (n % 3) / 10 for n in range(count)])


def cool(count):
    return course(*[5.0 + (n % 3) / 10 for n in range(count)])
