"""Sends recorded messages to a broker and waits for the site's word that it has them. For demos and tries, no device.

A device keeps what it sent until the site has it and sends it again; the player has its file, and only says what the
site did not acknowledge.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from contextlib import suppress

from paho.mqtt.client import MQTTMessage, MQTTMessageInfo

from zhunsheng.kernel.errors import Problem
from zhunsheng.mqtt.link import Address, Link, topic_of
from zhunsheng.telemetry import wire

#: Messages handed to the client that the broker has not acknowledged.
AHEAD = 1000
#: Seconds to wait for the broker, at first and for one message.
BROKER = 20.0


class Player:
    """One client that sends for many devices and hears the acknowledgements of all of them."""

    def __init__(self, address: Address) -> None:
        self.link = Link(address, [f"{wire.ROOT}/+/+/ack"], self._arrived)
        self.ahead: deque[MQTTMessageInfo] = deque()
        self.sent: dict[tuple[str, str], int] = {}
        self.stored: set[tuple[str, str]] = set()
        self.heard = threading.Condition()

    def start(self) -> None:
        """Connect. Raises Problem ZS875 where no broker answers."""
        self.link.start()
        if not self.link.connected.wait(BROKER):
            self.link.stop()
            raise Problem("ZS875", broker=f"{self.link.address.host}:{self.link.address.port}", seconds=int(BROKER))

    def stop(self) -> None:
        """Leave in order."""
        self.link.stop()

    def send(self, topic: str, payload: bytes) -> None:
        """Send a message; waits where the broker is behind."""
        sender = "/".join(topic.split("/")[2:4])
        with self.heard:
            for boot, seq in _numbers(payload):
                place = sender, boot
                self.stored.discard(place)
                self.sent[place] = max(seq, self.sent.get(place, -1))
        self.ahead.append(self.link.client.publish(topic, payload, qos=1))
        while len(self.ahead) > AHEAD:
            self._wait(time.monotonic() + BROKER)

    def settle(self, patience: float) -> list[tuple[str, str]]:
        """Wait until the site has acknowledged all, at most so many seconds; return the boots that it did not.

        A broker that went away is waited for once and not for each message.
        """
        until = time.monotonic() + BROKER
        while self.ahead:
            self._wait(until)
        with self.heard:
            self.heard.wait_for(lambda: not self._open(), patience)
            return self._open()

    def _wait(self, until: float) -> None:
        """Wait for the broker to have the oldest message, no longer than until a moment.

        One that was handed over while the line was broken goes out with the next line, and the client tells no more of
        it: what the site acknowledges does.
        """
        with suppress(RuntimeError, ValueError):
            self.ahead.popleft().wait_for_publish(max(0.0, until - time.monotonic()))

    def _open(self) -> list[tuple[str, str]]:
        return sorted(set(self.sent) - self.stored)

    def _arrived(self, message: MQTTMessage, connection: int) -> None:
        sender = "/".join(topic_of(message).split("/")[2:4])
        self.link.acknowledge(message.mid, message.qos, connection)
        try:
            ack = wire.parse_ack(bytes(message.payload))
        except wire.Refused:
            return  # says nothing that could be believed; what it was about stays open
        if isinstance(ack, wire.Ack):
            with self.heard:
                place = sender, ack.boot
                if place in self.sent and ack.holds(self.sent[place]):
                    self.stored.add(place)
                    self.heard.notify_all()


def _numbers(payload: bytes) -> list[tuple[str, int]]:
    """Return boot and sequence of the readings of a payload; none of one that cannot be read."""
    try:
        plain = json.loads(payload)
    except ValueError:
        return []
    found = plain if isinstance(plain, list) else [plain]
    told = [(str(one["boot"]), one["seq"]) for one in found if isinstance(one, dict) and {"boot", "seq"} <= one.keys()]
    return [(boot, seq) for boot, seq in told if type(seq) is int]
