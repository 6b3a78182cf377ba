"""Readings and node events over HTTP: the same messages, taken the same way, acknowledged in the answer."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.security import HttpBearer

from zhunsheng.casework.readings import actions, queries
from zhunsheng.casework.readings.models import SenderKey
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.telemetry import wire
from zhunsheng.web.answers import json_answer


class SenderAuth(HttpBearer):
    """The key of a sender."""

    def authenticate(self, request: HttpRequest, token: str) -> SenderKey | None:  # noqa: ARG002
        """Return whose key it is; None is answered with ZS742."""
        return queries.sender_of(token)


class SpanOut(Schema):
    """Sequences of a boot that need not be sent again: all up to ``seq``, and those of the intervals above."""

    device: str
    boot: str
    seq: int
    above: list[tuple[int, int]]


class RefusedReadingOut(Schema):
    """Why something was not taken; it lies in the quarantine."""

    code: str
    message: str
    mend: str


class TakenOut(Schema):
    """What became of what was sent, once it is durable."""

    stored: int
    repeated: int
    refused: list[RefusedReadingOut]
    held: list[SpanOut]


class FaultyOut(Schema):
    """Why nothing of a request was taken."""

    code: str
    message: str
    kept: str
    mend: str
    values: dict[str, str]


router = Router(auth=SenderAuth(), tags=["telemetry"])
ANSWERS = {200: TakenOut, **dict.fromkeys((400, 401, 413), FaultyOut)}
ITEM = {
    "type": "object",
    "required": ["device", "boot", "seq", "time", "values"],
    "properties": {
        "device": {"type": "string"},
        "boot": {"type": "string"},
        "seq": {"type": "integer", "minimum": 0},
        "time": {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}]},
        "values": {"type": "object"},
    },
}
BODY = {"oneOf": [ITEM, {"type": "array", "items": ITEM, "minItems": 1, "maxItems": wire.MOST_ITEMS}]}
SENT = {"requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}}}


@router.post("/readings", response=ANSWERS, openapi_extra=SENT)
def post_readings(request: HttpRequest) -> HttpResponse:
    """Take readings of devices of the sender whose key is given, one or a list, in the form of ``zs/v1`` messages."""
    return _taken(request.auth, "reading", request.body)


@router.post("/nodes", response=ANSWERS, openapi_extra=SENT)
def post_nodes(request: HttpRequest) -> HttpResponse:
    """Take node events (subject, step, who, place) of the sender whose key is given, one or a list of them."""
    return _taken(request.auth, "node", request.body)


def _taken(sender: SenderKey, kind: str, body: bytes) -> HttpResponse:
    moment = now().astimezone(UTC)
    try:
        groups = _by_device(sender, body)
    except wire.Refused as refused:
        topic = wire.topic(sender.institution_id, sender.device or "http", kind)
        actions.set_aside(wire.Incoming(topic, body, moment), refused)
        raise Problem(refused.code, detail=refused.detail) from refused
    messages = [
        wire.Incoming(wire.topic(sender.institution_id, device, kind), f"[{','.join(told)}]".encode(), moment)
        for device, told in groups.items()
    ]
    return json_answer(_told(actions.take(messages)))


def _by_device(sender: SenderKey, body: bytes) -> dict[str, list[str]]:
    """Return what was sent by device, in the words in which it was sent: written anew it could be longer or another.

    Raises Refused ZS878, and ZS881 for a device that is not the key's.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for item, told in wire.pieces(body):
        device = item.get("device") if isinstance(item, dict) else None
        if not isinstance(device, str) or not wire.is_name(device):
            raise wire.Refused("ZS878", "device")
        if sender.device and device != sender.device:
            raise wire.Refused("ZS881", f"{device} ≠ {sender.device}")
        groups[device].append(told)
    return groups


def _told(taken: wire.Taken) -> dict[str, Any]:
    refused = [Problem(one.code, detail=one.detail).as_dict() for result in taken.results for one in result.refused]
    held = [(topic.split("/")[3], wire.parse_ack(payload)) for topic, payload in taken.acks]
    return {
        "stored": sum(one.stored for one in taken.results),
        "repeated": sum(one.repeated for one in taken.results),
        "refused": [{name: one[name] for name in ("code", "message", "mend")} for one in refused],
        "held": [
            {"device": device, "boot": ack.boot, "seq": ack.seq, "above": ack.above}
            for device, ack in held
            if isinstance(ack, wire.Ack)
        ],
    }
