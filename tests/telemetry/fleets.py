"""A generated fleet as everything comes: wire messages parsed, tables of readings, plans, judgements."""

import json
from datetime import datetime, timedelta

import pyarrow.compute as pc

from tests.telemetry.trips import BOOK, DETECTORS, REGIMES
from zhunsheng.book.channels import load_channels
from zhunsheng.generator.fleet import deliver, make
from zhunsheng.telemetry.doubts import copies
from zhunsheng.telemetry.drift import drift
from zhunsheng.telemetry.judge import judge_trip
from zhunsheng.telemetry.plans import read_plan
from zhunsheng.telemetry.series import series
from zhunsheng.telemetry.sets import table
from zhunsheng.telemetry.wire import parse


def written(folder, seed, start, days=21, **given):
    """Write a fleet; return its readings by device and the plans. The key is read apart, by the test alone."""
    deliver(folder, make(seed, start, days=days, **given))
    channels = load_channels(BOOK)
    readings, moments = {}, {}
    for line in (folder / "import/messages.ndjson").read_text("utf-8").splitlines():
        plain = json.loads(line)
        received = datetime.fromisoformat(plain["received"])
        for one in parse(plain["topic"], json.dumps(plain["payload"]).encode(), received, channels):
            readings.setdefault((one.org, one.device), []).append(one)
            moments.setdefault((one.org, one.device), []).append(received)
    tables = {name: table(found, moments[name]) for name, found in readings.items()}
    plans = [read_plan(one) for one in json.loads((folder / "import/fleet.json").read_text("utf-8"))["plans"]]
    return tables, plans


def key(folder):
    """The stories of a fleet by device."""
    told = json.loads((folder / "key.json").read_text("utf-8"))["stories"]
    return {(one["org"], one["device"]): one for one in told}


def around(readings, plan):
    """The readings of a plan, with a day more on both sides, as a store would be asked for them."""
    day = timedelta(days=1)
    low, high = plan.starts - day, (plan.ended or plan.ends) + day
    inside = pc.and_(pc.greater_equal(readings["at"], low), pc.less_equal(readings["at"], high))
    return readings.filter(inside)


def judged(tables, plans):
    """Return the judgements of each device, in the order of its plans."""
    found = {}
    for plan in plans:
        regime = REGIMES[plan.regime]
        readings = around(tables[plan.org, plan.device], plan)
        as_of = max(plan.ends, plan.ended) + timedelta(hours=1)
        found.setdefault((plan.org, plan.device), []).append(judge_trip(plan, readings, regime, as_of, DETECTORS))
    return found


def drifts(tables):
    return {name: drift(series(one), DETECTORS.drifting) for name, one in tables.items()}


def copied(tables):
    return copies({name[1]: series(one) for name, one in tables.items()}, DETECTORS.doubtful)


def heard(folder, name):
    """Yield the readings of a device as they arrived, each with the moment."""
    channels = load_channels(BOOK)
    for line in (folder / "import/messages.ndjson").read_text("utf-8").splitlines():
        plain = json.loads(line)
        if plain["topic"] == f"zs/v1/{name[0]}/{name[1]}/reading":
            received = datetime.fromisoformat(plain["received"])
            for one in parse(plain["topic"], json.dumps(plain["payload"]).encode(), received, channels):
                yield one, received
