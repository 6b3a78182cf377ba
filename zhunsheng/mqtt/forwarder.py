"""The forwarder of a place with a bad line: holds what devices say until the site has it, oldest first.

What the site does not acknowledge, such as readings of a device that is not registered, is sent again in its turn and
never stands in the way of what was not sent yet.

It listens at a broker of its own place and tells the devices that it has their readings once they are on its disk; they
need not keep them any longer. To the site it speaks as a device does and lets go on the site's word alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import TypeVar

from paho.mqtt.client import MQTTMessage

from zhunsheng.kernel.time import now
from zhunsheng.mqtt.link import Address, Link, topic_of
from zhunsheng.mqtt.outbox import Kept, Outbox
from zhunsheng.telemetry import wire

#: Messages under way at a time, and seconds after which one that was not acknowledged is sent again.
WINDOW, AGAIN = 500, 30.0
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Came:
    """A message of the place, and what its broker is told once it is kept."""

    message: wire.Incoming
    mid: int
    qos: int
    connection: int


class Forwarder:
    """Carries messages from the broker of a place to that of the site."""

    def __init__(self, here: Address, site: Address, outbox: Outbox, turned: Callable[[], None] = lambda: None) -> None:
        self.outbox = outbox
        self.turned = turned
        self.came: queue.SimpleQueue[Came] = queue.SimpleQueue()
        self.heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.here = Link(here, [f"{wire.ROOT}/+/+/{kind}" for kind in wire.KINDS], self._came)
        self.site = Link(site, [f"{wire.ROOT}/+/+/ack"], self._heard)
        self.connection = -1
        self.resent: list[int] = []
        self.again_at = 0.0
        outbox.again()

    def run(self, stop: threading.Event) -> None:
        """Carry until told to stop. Raises RuntimeError where a link has ended."""
        self.here.start()
        self.site.start()
        try:
            while not stop.is_set():
                self.here.check_alive()
                self.site.check_alive()
                self.turned()
                if not self.round():
                    stop.wait(0.02)
        finally:
            self.here.stop()
            self.site.stop()

    def round(self) -> bool:
        """Keep what came, let go of what the site has, send what is due; whether there was anything to do."""
        kept, freed = self._keep(), self._let_go()
        return bool(kept + freed + self._send())

    def _came(self, message: MQTTMessage, connection: int) -> None:
        incoming = wire.Incoming(topic_of(message), bytes(message.payload), now().astimezone(UTC))
        self.came.put(Came(incoming, message.mid, message.qos, connection))

    def _heard(self, message: MQTTMessage, connection: int) -> None:
        self.heard.put((topic_of(message), bytes(message.payload)))
        self.site.acknowledge(message.mid, message.qos, connection)

    def _keep(self) -> int:
        came = _drained(self.came)
        if not came:
            return 0
        acks = self.outbox.keep([one.message for one in came])
        for one in came:
            self.here.acknowledge(one.mid, one.qos, one.connection)
        for sender, ack in acks:
            self.here.send(f"{wire.ROOT}/{sender}/ack", wire.encode_ack(ack), qos=0)
        return len(came)

    def _let_go(self) -> int:
        freed = 0
        for topic, payload in _drained(self.heard):
            parts = topic.split("/")
            try:
                ack = wire.parse_ack(payload)
            except wire.Refused:
                continue  # says nothing that could be believed: the message is sent again
            freed += self.outbox.acknowledged(f"{parts[2]}/{parts[3]}", ack)
            if isinstance(ack, wire.Returned):
                self.here.send(topic, payload, qos=0)
        return freed

    def _send(self) -> int:
        if not self.site.connected.is_set():
            return 0
        moment = now().timestamp()
        before = moment - AGAIN
        if self.connection != self.site.connection:  # what was under way on the line that broke is sent again now
            self.connection, before, self.again_at = self.site.connection, moment + 1, moment
        room = WINDOW if before > moment else WINDOW - self.outbox.under_way(before)
        due = (self.outbox.fresh(room) if room > 0 else []) + self._again(moment, before)
        for one in due:
            self.site.send(one.topic, one.payload)
        if due:
            self.outbox.sent(due, moment)
        return len(due)

    def _again(self, moment: float, before: float) -> list[Kept]:
        """Return what is sent once more: half a window at most, the next when all of it came through or is overdue."""
        if moment < self.again_at and self.outbox.holds(self.resent):
            return []
        found = self.outbox.overdue(WINDOW // 2, before)
        if found:
            self.resent, self.again_at = [one.id for one in found], moment + AGAIN
        return found


def _drained(waiting: queue.SimpleQueue[One]) -> list[One]:
    found: list[One] = []
    while len(found) < WINDOW:
        try:
            found.append(waiting.get_nowait())
        except queue.Empty:
            break
    return found
