"""The demo's cold chain: a fleet with its stories of yesterday, fridges that go on, and one trip that goes wrong now.

Everything is said by messages of the wire and entered by demo accounts through the same actions as on pages. The trip
of today carries blood: its cooling fails a minute before the demo begins, and within some minutes the alarm, the plan
and, once it has ended, the light of the vendor follow by themselves. Figures are invented.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import exp, sin
from pathlib import Path
from typing import Any

from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.devices import actions as register
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.devices.policies import keeps
from zhunsheng.casework.readings import actions as readings
from zhunsheng.casework.readings import queries as stored
from zhunsheng.casework.trips import actions, tasks
from zhunsheng.casework.trips.models import Trip
from zhunsheng.casework.vendors.queries import lines_entered
from zhunsheng.generator.fleet import deliver, make
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import Home, home
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.telemetry import wire

OFFICE = "vendor-office"
SEED, DAYS = 7, 15
#: The box of the trip that goes wrong; seconds between its readings; before and after the beginning of the demo.
LIVE, EVERY = "CD-B01", 30
BEFORE, AFTER = timedelta(minutes=20), timedelta(minutes=6)
#: The story that is told live and so not of yesterday.
KEPT = "broken_cold_chain"
#: °C when all is well and outside, and in how many seconds a box without cooling follows the air.
COLD, OUTSIDE, FOLLOWS = 4.2, 27.0, 800.0
DEPOT, TARGET = (30.020, 120.050), (30.115, 120.215)
CONTACTS = (
    ("driver", "蒋大勇"), ("keeper", "蒋大勇"), ("dispatcher", "调度值班"), ("quality_manager", "质量负责人"),
    ("engineer", "设备维护值班"), ("receiver", "收货值班"),
)  # fmt: skip


def office() -> User | None:
    """Return the account that enters the fleet, None where the demo has none."""
    return User.objects.filter(login=OFFICE).select_related("body").first()


def tell(site: Home) -> int:
    """Enter a fleet, store what it said up to yesterday, and judge its trips, once. Return how many trips."""
    actor = office()
    line = next((one for one in lines_entered() if one.kind == "logistics"), None)
    if actor is None or line is None or devices.all_in_use(now().date()):
        return 0
    yesterday = now().astimezone(SHANGHAI).date() - timedelta(days=1)
    fleet = make(SEED, yesterday - timedelta(days=DAYS - 1), DAYS, vehicles=2, fridges=2)
    made = deliver(site.root / "demo" / "fleet", fleet)
    hidden = {one["device"] for one in fleet.key if one["story"] == KEPT}
    own = [one for one in fleet.devices if keeps(actor, one["org"])]  # some townships are no members
    shown = {one["device"]: one for one in own if one["device"] not in hidden}
    since = str(yesterday - timedelta(days=400))
    _devices(actor, line.institution_id, shown, since)
    trips = [_plan(actor, one, line.institution_id) for one in fleet.plans if one["device"] in shown and one["way"]]
    devices.REGISTER.forget()
    _store(made.folder / "import" / "messages.ndjson", set(shown))
    for trip, ended in trips:
        held = actions.end_trip(actor, trip, ended)
        tasks.judge(held, now())
    return len(trips)


def _devices(actor: User, courier: str, shown: Mapping[str, Mapping[str, Any]], since: str) -> None:
    live = {"org": courier, "device": LIVE, "kind": "box", "regime": "blood", "calibrated_on": since}
    for one in [*shown.values(), live]:
        kind = {"vehicle": "冷藏车", "fridge": "冷藏柜", "box": "血液运输箱"}[one["kind"]]
        given = {
            "institution_id": one["org"], "device_id": one["device"], "kind": one["kind"],
            "name": f"{kind} {one['device']}", "regime": one["regime"], "valid_from": since,
            "service_kind": "" if one["kind"] == "fridge" else "logistics",
        }  # fmt: skip
        made = register.add_device(actor, given)
        done = datetime.fromisoformat(one["calibrated_on"]).date()
        if one is live:
            done = now().date() - timedelta(days=60)
        told = {"done_on": str(done), "valid_to": str(done + timedelta(days=365)), "number": f"演示-{one['device']}",
                "issuer": "青禾县计量所（演示）", "passed": "合格"}  # fmt: skip
        register.add_calibration(actor, made, told)
    for number, (role, name) in enumerate(CONTACTS):
        given = {"institution_id": courier, "role": role, "name": f"{name}（演示）",
                 "phone": f"0570-000 {1000 + number}", "valid_from": since}  # fmt: skip
        register.add_contact(actor, given)


def _receiver() -> str:
    """Return the institution that has an account, so that the member can be looked at as well."""
    found = User.objects.filter(login="hospital").select_related("body").first()
    lead = Body.objects.filter(kind="consortium").first()
    return found.body.institution_code if found and found.body else (lead.institution_code if lead else "")


def _plan(actor: User, one: Mapping[str, Any], courier: str) -> tuple[Trip, datetime]:
    way, starts = one["way"], datetime.fromisoformat(one["starts"]).astimezone(SHANGHAI)
    stops = [
        f"{stop['name']}, {stop['fence']['centre'][0]}, {stop['fence']['centre'][1]}, {stop['fence']['radius']}, "
        f"{stop['opens']}, {stop['closes']}"
        for stop in way["stops"]
    ]
    given = {
        "number": f"{starts:%Y%m%d}-{one['device']}", "vendor_id": courier, "institution_id": _receiver(),
        "device_id": one["device"], "goods": "疫苗与冷藏药品（演示）", "starts_at": one["starts"],
        "ends_at": one["ends"],
        "stops": "\n".join(stops), "way": "\n".join(f"{a} {b}" for a, b in way["corridor"]["way"]),
        "width": str(way["corridor"]["width"]), "speed": str(way["speed_kmh"]),
        "harbours": "\n".join(f"{h['centre'][0]} {h['centre'][1]}" for h in way["harbours"]),
    }  # fmt: skip
    return actions.plan_trip(actor, given), datetime.fromisoformat(one["ended"])


def _store(path: Path, shown: set[str]) -> None:
    batch: list[wire.Incoming] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            told = json.loads(line)
            if told["topic"].split("/")[3] in shown:
                payload = told["payload"]
                data = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
                batch.append(wire.Incoming(told["topic"], data, _moment(told["received"])))
            if len(batch) == 500:
                readings.take(batch)
                batch = []
    readings.take(batch)


def _moment(received: Any) -> datetime:
    if isinstance(received, str):
        return datetime.fromisoformat(received)
    return datetime.fromtimestamp(float(received), UTC)


def keep_up(moment: datetime) -> Trip | None:
    """Let fridges send what they kept while the demo was off, and plan the trip that goes wrong, with its past."""
    actor = office()
    line = next((one for one in lines_entered() if one.kind == "logistics"), None)
    if actor is None or line is None:
        return None
    readings.take(list(kept(moment)))
    given = {
        "number": f"{moment.astimezone(SHANGHAI):%Y%m%d-%H%M}-{LIVE}", "vendor_id": line.institution_id,
        "institution_id": _receiver(), "device_id": LIVE, "goods": "悬浮红细胞 12 袋（演示）",
        "starts_at": (moment - BEFORE).isoformat(), "ends_at": (moment + AFTER).isoformat(),
        "stops": f"县人民医院血库, {TARGET[0]}, {TARGET[1]}, 300, {(moment + timedelta(minutes=3)).isoformat()}, "
                 f"{(moment + timedelta(minutes=10)).isoformat()}",
        "way": f"{DEPOT[0]} {DEPOT[1]}\n{(DEPOT[0] + TARGET[0]) / 2 + .01} {(DEPOT[1] + TARGET[1]) / 2}\n"
               f"{TARGET[0]} {TARGET[1]}",
        "harbours": f"{DEPOT[0]} {DEPOT[1]}",
    }  # fmt: skip
    try:
        made = actions.plan_trip(actor, given)
    except Problem:  # the box is still on the trip of the last start
        return None
    devices.REGISTER.forget()
    begins = moment - BEFORE
    for number in range(int(BEFORE.total_seconds()) // EVERY):
        at = begins + timedelta(seconds=number * EVERY)
        came = (at + timedelta(seconds=1)).astimezone(UTC)
        readings.take([wire.Incoming(*live_message(made, number, at, moment), came)])
    node = {"subject": "B-2026-0412", "step": "picked_up", "who": "KY005", "place": "县中心血库"}
    item = _item(LIVE, f"n{int(moment.timestamp())}", 1, begins, node)
    topic = wire.topic(line.institution_id, LIVE, "node")
    readings.take([wire.Incoming(topic, json.dumps(item).encode(), begins.astimezone(UTC))])
    return made


def delivered(trip: Trip, begun: datetime, at: datetime) -> tuple[str, dict[str, Any]]:
    """Return topic and content of the node by which the receiver takes the goods."""
    node = {"subject": "B-2026-0412", "step": "delivered", "who": "KY005", "place": "县人民医院血库"}
    return wire.topic(trip.vendor_id, LIVE, "node"), _item(LIVE, f"n{int(begun.timestamp())}", 2, at, node)


def live_message(trip: Trip, number: int, at: datetime, moment: datetime) -> tuple[str, bytes]:
    """Return the message of the live trip with a number: where the box is by then, and how warm it has become."""
    share = min(1.0, (at - trip.starts_at).total_seconds() / (BEFORE + timedelta(minutes=5)).total_seconds())
    bend = 4 * share * (1 - share) * 0.01
    warm = max(0.0, (at - moment).total_seconds() + 60)
    celsius = OUTSIDE - (OUTSIDE - COLD) * exp(-warm / FOLLOWS) + 0.1 * sin(number * 1.7)
    values = {
        "temperature": round(celsius, 1), "door": False, "power": warm == 0, "battery": round(88 - number / 20, 1),
        "latitude": round(DEPOT[0] + (TARGET[0] - DEPOT[0]) * share + bend, 6),
        "longitude": round(DEPOT[1] + (TARGET[1] - DEPOT[1]) * share, 6), "speed": 0.0 if share == 1 else 42.0,
    }  # fmt: skip
    item = _item(LIVE, f"b{int(moment.timestamp())}", number + 1, at, values)
    return wire.topic(trip.vendor_id, LIVE, "reading"), json.dumps(item).encode()


def kept(moment: datetime) -> Iterator[wire.Incoming]:
    """Yield what each fridge recorded since its last reading, every ten minutes and at most for three days."""
    latest = {(one.institution_id, one.device_id): _last(one.institution_id, one.device_id, moment)
              for one in devices.all_in_use(moment.date()) if one.kind == "fridge"}  # fmt: skip
    for (org, name), since in latest.items():
        first = max(since, moment - timedelta(days=3)) if since else moment - timedelta(hours=2)
        count = int((moment - first).total_seconds() // 600)
        for number in range(1, count + 1):
            at = first + timedelta(seconds=600 * number)
            yield wire.Incoming(*fridge_message(org, name, f"k{int(moment.timestamp())}", number, at), moment)


def _last(org: str, name: str, moment: datetime) -> datetime | None:
    told = stored.of_any_device(org, name, moment - timedelta(days=4), moment)
    return told["at"][-1].as_py() if len(told) else None


def fridge_message(org: str, name: str, boot: str, number: int, at: datetime) -> tuple[str, bytes]:
    """Return one reading of a fridge in which nothing is wrong."""
    phase = sum(name.encode()) % 7
    celsius = round(4.6 + 0.6 * sin(at.timestamp() / 900 + phase) + 0.1 * sin(number * 2.3), 1)
    values = {"temperature": celsius, "door": False, "power": True}
    return wire.topic(org, name, "reading"), json.dumps(_item(name, boot, number, at, values)).encode()


def _item(device: str, boot: str, seq: int, at: datetime, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"device": device, "boot": boot, "seq": seq, "time": at.isoformat(), "values": dict(values)}


def place() -> Path:
    """Return the file that holds the port of the demo's broker; a site that is no demo has none."""
    return home().root / "telemetry" / "demo-port"
