"""The consumer of a site: takes what a broker brings, and acknowledges after it is durable, never before.

Messages that arrive while a transaction is under way share the next one. A store that fails keeps its messages
unacknowledged: the broker and the senders hold them, and they are tried again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from paho.mqtt.client import MQTTMessage

from zhunsheng.kernel.time import now
from zhunsheng.mqtt.link import EVERYTHING, Address, Link, topic_of
from zhunsheng.telemetry.wire import Incoming, Take

#: What one transaction takes at most, messages and bytes, and for how many seconds it waits for company.
MOST, MOST_BYTES, LINGER = 2000, 1_000_000, 0.02
#: Messages that wait here at most; further ones that nobody asked to keep (QoS 0) are dropped and counted. Of the
#: others the broker sends no more than the link says before the first is acknowledged.
MOST_WAITING = 20_000
#: Seconds after which a store that failed is tried again, at first and at most.
AGAIN, AGAIN_MOST = 0.5, 15.0


@dataclass(frozen=True, slots=True)
class Held:
    """A message that the broker has not been told of yet."""

    message: Incoming
    mid: int
    qos: int
    connection: int


class Consumer:
    """Takes messages from one broker. ``turned`` is called at each round, ``failed`` with what a store raised.

    ``dropped``: how many messages came faster than they could be stored, with no word that they were to be kept.
    """

    def __init__(
        self,
        address: Address,
        take: Take,
        turned: Callable[[], None] = lambda: None,
        failed: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        self.take = take
        self.turned = turned
        self.failed = failed
        self.dropped = 0
        self.waiting: queue.SimpleQueue[Held] = queue.SimpleQueue()
        self.link = Link(address, [EVERYTHING], self._arrived)

    def run(self, stop: threading.Event) -> None:
        """Take messages until told to stop; what is under way is finished. Raises RuntimeError without a link."""
        self.link.start()
        try:
            while not stop.is_set():
                self.link.check_alive()
                self.turned()
                if batch := self._gathered():
                    self._settle(batch, stop)
        finally:
            self.link.stop()

    def _arrived(self, message: MQTTMessage, connection: int) -> None:
        """Note a message; called by the client's own thread. What devices are told is not for the consumer."""
        topic = topic_of(message)
        if topic.endswith("/ack") and topic.count("/") == 4:
            self.link.acknowledge(message.mid, message.qos, connection)
            return
        if message.qos == 0 and self.waiting.qsize() >= MOST_WAITING:
            self.dropped += 1
            return
        incoming = Incoming(topic, bytes(message.payload), now().astimezone(UTC))
        self.waiting.put(Held(incoming, message.mid, message.qos, connection))

    def _gathered(self) -> list[Held]:
        """Return messages that have arrived, or nothing after a second without any."""
        try:
            batch = [self.waiting.get(timeout=1.0)]
        except queue.Empty:
            return []
        size, until = len(batch[0].message.payload), time.monotonic() + LINGER
        while len(batch) < MOST and size < MOST_BYTES:
            try:
                one = self.waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            batch.append(one)
            size += len(one.message.payload)
        return batch

    def _settle(self, batch: list[Held], stop: threading.Event) -> None:
        """Store a batch, tell the broker, then the senders; a store that fails is tried again."""
        pause = AGAIN
        while True:
            try:
                taken = self.take([one.message for one in batch])
                break
            except Exception as error:  # noqa: BLE001 - whatever the store has: nothing is acknowledged, so nothing is lost
                self.failed(error)
                if stop.wait(pause):
                    return
                pause = min(pause * 2, AGAIN_MOST)
        for one in batch:
            self.link.acknowledge(one.mid, one.qos, one.connection)
        for topic, payload in taken.acks:
            self.link.send(topic, payload, qos=0)
