"""Messages of devices for the tests of readings."""

import json
from datetime import UTC, datetime, timedelta

from zhunsheng.casework.readings import actions, registry
from zhunsheng.telemetry.wire import Incoming, encode, topic
from zhunsheng.telemetry.wire import Reading as Said

ORG = "91420000MA4KXXXX0X"
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
KNOWN = {(ORG, "L-07"), (ORG, "L-08"), ("H1", "F-1")}


def only_known(monkeypatch):
    monkeypatch.setattr(registry, "known", lambda org, device: (org, device) in KNOWN)


def said(seq, at=None, device="L-07", boot="b1", org=ORG, kind="reading", **values):
    values = values or {"temperature": 4.0 + seq % 10 / 10}
    return Said(org, device, kind, boot, seq, at or NOON + timedelta(minutes=seq), values)


def message(*readings, received=None):
    one = readings[0]
    at = received or max(r.at for r in readings)
    return Incoming(topic(one.org, one.device, one.kind), encode(readings), at)


HERE = topic(ORG, "L-07", "reading")


def raw(payload, name=HERE, received=NOON):
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Incoming(name, data, received)


def take(*messages):
    return actions.take(list(messages))
