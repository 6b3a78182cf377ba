"""Milliseconds from the arrival of a reading to its alarm: case, evidence and emergency plan open.

    python -m benchmarks.alarms [--devices 500] [--rate 500] [--seconds 60]

Readings are stored as the gateway stores them while the watch, a process of its own, follows; both on this machine.
Each device is on a trip of its own; now and then one sends a reading out of range, and the next is well again. The
alarm's own row says when its reading arrived and when it was raised.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

from benchmarks._measure import ROOT

WATCH = "from zhunsheng.casework.trips.process import work; work()"
VENDOR, LEAD = "91990124MA7QH0004F", "H99012400001"
#: A device is out of range in one of so many readings.
ONE_OF = 250


def prepare(devices: int) -> None:
    """Make a consortium, a courier in service, and a device on a trip for each number."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from zhunsheng.casework.bodies import actions as bodies
    from zhunsheng.casework.devices import actions as register
    from zhunsheng.casework.outbox.actions import Process
    from zhunsheng.casework.trips import actions
    from zhunsheng.casework.vendors import actions as vendors
    from zhunsheng.casework.vendors.models import ServiceLine
    from zhunsheng.kernel.time import now

    maker, since = Process("bench"), date(2026, 1, 1)
    lead = bodies.create_body(maker, "consortium", "县医共体", code=LEAD)
    bodies.create_body(maker, "vendor", "冷链物流", code=VENDOR)
    user = bodies.create_user(maker, "office", "经办", lead, "long enough for a bench")
    bodies.assign_duty(maker, user, "handler", since)
    vendor = vendors.register(user, {"code": VENDOR, "name": "冷链物流"})
    ServiceLine.objects.create(vendor=vendor, institution_id=VENDOR, body=lead, kind="logistics", tier="medium",
                               state="in_service", applied_on=since, entered_on=since, history=[])  # fmt: skip
    moment = now()
    for number in range(devices):
        name = f"V-{number:04d}"
        given = {"institution_id": VENDOR, "device_id": name, "kind": "box", "name": name, "regime": "cold_2_8",
                 "service_kind": "logistics", "valid_from": "2026-01-01"}  # fmt: skip
        register.add_device(user, given)
        plan = {"number": f"T-{number}", "vendor_id": VENDOR, "institution_id": LEAD, "device_id": name,
                "goods": "药品", "starts_at": (moment - timedelta(minutes=1)).isoformat(),
                "ends_at": (moment + timedelta(hours=6)).isoformat()}  # fmt: skip
        actions.plan_trip(user, plan)


def send(devices: int, rate: int, seconds: int) -> int:
    """Store readings ten times a second, as many as the rate asks for; return how many."""
    from zhunsheng.casework.readings.actions import take
    from zhunsheng.kernel.time import now
    from zhunsheng.telemetry import wire

    dice, sent, turns = random.Random(7), [0] * devices, 0
    began, per = time.monotonic(), max(1, rate // 10)
    while time.monotonic() - began < seconds:
        moment, batch = now(), []
        for step in range(per):
            number = (turns * per + step) % devices
            sent[number] += 1
            celsius = 12.0 if dice.randrange(ONE_OF) == 0 else 5.0 + dice.random()
            item = {"device": f"V-{number:04d}", "boot": "b", "seq": sent[number], "time": moment.isoformat(),
                    "values": {"temperature": round(celsius, 1)}}  # fmt: skip
            topic = wire.topic(VENDOR, item["device"], "reading")
            batch.append(wire.Incoming(topic, json.dumps(item).encode(), moment.astimezone(UTC)))
        take(batch)
        turns += 1
        time.sleep(max(0.0, began + turns / 10 - time.monotonic()))
    return sum(sent)


def begun() -> int:
    """Return how many trips the watch has taken up."""
    from zhunsheng.casework.trips.models import Trip

    return Trip.objects.filter(state="under_way").count()


def told() -> list[float]:
    """Return the milliseconds of each alarm, ascending."""
    from zhunsheng.casework.trips.models import Alarm

    rows = Alarm.objects.values_list("arrived_at", "raised_at")
    return sorted((raised - arrived).total_seconds() * 1000 for arrived, raised in rows)


def measure(devices: int, rate: int, seconds: int) -> dict[str, Any]:
    """Return how many readings and alarms there were, and how long the alarms took."""
    prepare(devices)
    from zhunsheng.casework.readings import queries

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    watch = subprocess.Popen([sys.executable, "-c", WATCH], env=environment, stderr=subprocess.PIPE, text=True)
    assert watch.stderr is not None
    while "watch started" not in watch.stderr.readline():
        if watch.poll() is not None:
            raise RuntimeError("the watch ended")
    while begun() < devices:
        time.sleep(0.5)
    began = time.monotonic()
    count = send(devices, rate, seconds)
    took = time.monotonic() - began
    time.sleep(3)
    watch.terminate()
    watch.communicate(timeout=30)
    found = told()
    if not found:
        raise RuntimeError("no alarm was raised")
    at = {f"p{part}": round(found[min(len(found) - 1, len(found) * part // 100)], 1) for part in (50, 90, 99)}
    rest = {"readings": count, "readings_a_second": round(count / took), "alarms": len(found)}
    return rest | at | {"most": round(found[-1], 1), "stored": queries.last_number()}


def main() -> None:
    """Measure in a folder that is thrown away, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("devices", 500), ("rate", 500), ("seconds", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "ZHUNSHENG_HOME": str(Path(folder) / "site"),
            "DJANGO_SETTINGS_MODULE": "zhunsheng.config.settings",
        }
        os.environ.pop("DATABASE_URL", None)
        print(json.dumps(measure(asked.devices, asked.rate, asked.seconds)))


if __name__ == "__main__":
    main()
