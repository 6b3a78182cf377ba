"""A process that sends readings of many devices and keeps each until it is acknowledged.

Prints one JSON object at its end: seconds, and milliseconds from the first sending of a reading to its acknowledgement.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from zhunsheng.mqtt.link import Address, Link
from zhunsheng.telemetry import wire

THEN = datetime(2026, 11, 1, tzinfo=UTC)
#: Seconds without an acknowledgement after which everything that waits is sent again.
PATIENCE = 4.0


class Senders:
    """Devices of one organisation behind one connection."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.org, self.devices = told["org"], told["devices"]
        self.waiting: list[deque[tuple[int, float]]] = [deque() for _ in range(self.devices)]
        self.under_way = 0
        self.taken: list[float] = []
        self.lock = threading.Lock()
        self.room = threading.Condition(self.lock)
        self.heard_at = time.monotonic()
        files = {name: Path(file) for name, file in told.get("files", {}).items()}
        address = Address.read(told["url"], told["name"], **files)
        self.link = Link(address, [f"{wire.ROOT}/{self.org}/+/ack"], self._heard)
        self.numbers = {self._device(n): n for n in range(self.devices)}

    def _device(self, number: int) -> str:
        return f"{self.told['prefix']}{number:03d}"

    def _heard(self, message: Any, connection: int) -> None:
        self.link.acknowledge(message.mid, message.qos, connection)
        number = self.numbers.get(message.topic.split("/")[3])
        ack = wire.parse_ack(bytes(message.payload))
        if number is None or not isinstance(ack, wire.Ack):
            return
        moment = time.monotonic()
        with self.room:
            queue = self.waiting[number]
            left = deque(one for one in queue if not ack.holds(one[0]))
            self.taken += [moment - sent for seq, sent in queue if ack.holds(seq)]
            self.under_way -= len(queue) - len(left)
            self.waiting[number] = left
            self.heard_at = moment
            self.room.notify_all()

    def payload(self, number: int, seqs: list[int]) -> bytes:
        device = self._device(number)
        values = {"temperature": 4.5, "door": False}
        return wire.encode(
            wire.Reading(self.org, device, "reading", "b1", n, THEN + timedelta(seconds=n), values) for n in seqs
        )

    def _send(self, number: int, seqs: list[int]) -> None:
        self.link.send(wire.topic(self.org, self._device(number), "reading"), self.payload(number, seqs))

    def run(self) -> dict[str, Any]:
        """Send all and wait until all is acknowledged."""
        self.link.start()
        self.link.connected.wait(30)
        began = time.monotonic()
        each, per, rate = self.told["count"] // self.devices, self.told["per"], self.told["rate"]
        sent = 0
        for first in range(0, each, per):
            for number in range(self.devices):
                seqs = list(range(first, min(first + per, each)))
                self._make_room(len(seqs))
                moment = time.monotonic()
                with self.lock:
                    self.waiting[number].extend((n, moment) for n in seqs)
                    self.under_way += len(seqs)
                self._send(number, seqs)
                sent += len(seqs)
                if rate and (ahead := sent / rate - (time.monotonic() - began)) > 0:
                    time.sleep(ahead)
        while self.under_way:
            self._make_room(self.told["window"])
        seconds = time.monotonic() - began
        self.link.stop()
        taken = sorted(self.taken)
        return {
            "readings": sent,
            "seconds": round(seconds, 2),
            "per_second": round(sent / seconds),
            "p50_ms": round(taken[len(taken) // 2] * 1000, 1),
            "p99_ms": round(taken[len(taken) * 99 // 100] * 1000, 1),
        }

    def _make_room(self, wanted: int) -> None:
        """Wait until so many more may be under way; send all again where nobody answers."""
        while True:
            with self.room:
                if self.under_way + wanted <= self.told["window"]:
                    return
                self.room.wait(0.5)
                late = time.monotonic() - max(self.heard_at, self._first()) > PATIENCE
            if late and self.link.connected.is_set():
                self._again()

    def _first(self) -> float:
        return min((queue[-1][1] for queue in self.waiting if queue), default=0.0)

    def _again(self) -> None:
        with self.lock:
            held = [[seq for seq, _ in queue] for queue in self.waiting]
            self.heard_at = time.monotonic()
        for number, seqs in enumerate(held):
            for first in range(0, len(seqs), 100):
                self._send(number, seqs[first : first + 100])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(Senders(json.loads(sys.argv[1])).run()))
