"""Recorded messages over a broker: all of them arrive, and what the site does not acknowledge is said."""

import threading
import time

import pytest

from benchmarks._broker import free_port, wait_until
from zhunsheng.kernel.errors import Problem
from zhunsheng.mqtt import player as playing
from zhunsheng.mqtt.consumer import Consumer
from zhunsheng.mqtt.embedded import Embedded
from zhunsheng.mqtt.link import Address
from zhunsheng.mqtt.player import Player
from zhunsheng.telemetry import wire


@pytest.fixture
def broker():
    port = free_port()
    embedded = Embedded(port)
    embedded.start()
    yield f"mqtt://127.0.0.1:{port}?version=3"
    embedded.stop()


class Deaf:
    """A site that stores everything and acknowledges some devices."""

    def __init__(self, url, silent=""):
        self.stored, self.silent, self.stop = [], silent, threading.Event()
        self.consumer = Consumer(Address.read(url, "site"), self.take)
        self.thread = threading.Thread(target=self.consumer.run, args=(self.stop,))
        self.thread.start()
        wait_until(self.consumer.link.connected.is_set)

    def take(self, messages):
        acks = []
        for one in messages:
            self.stored.append((one.topic, one.payload))
            org, device, _ = wire.address(one.topic)
            if device != self.silent:
                seq = int(one.payload.split(b'"seq":')[1].split(b",")[0])
                acks.append((wire.topic(org, device, "ack"), wire.encode_ack(wire.Ack("b", seq))))
        return wire.Taken(tuple(wire.Result(1, 0) for _ in messages), tuple(acks))

    def end(self):
        self.stop.set()
        self.thread.join(90)


def message(device, seq):
    payload = b'{"device":"%s","boot":"b","seq":%d,"time":0,"values":{}}' % (device.encode(), seq)
    return wire.topic("V1", device, "reading"), payload


def test_everything_arrives_and_silence_of_the_site_is_told(broker):
    site = Deaf(broker, silent="L2")
    player = Player(Address.read(broker, "player"))
    player.start()
    sent = [message(device, seq) for seq in range(200) for device in ("L1", "L2")]
    for one in sent:
        player.send(*one)
    try:
        assert player.settle(3) == [("V1/L2", "b")]
        assert sorted(site.stored) == sorted(sent)
    finally:
        player.stop()
        site.end()


def test_a_broker_that_goes_away_is_waited_for_once(monkeypatch):
    monkeypatch.setattr(playing, "BROKER", 0.3)
    player = Player(Address("127.0.0.1", free_port(), "player", version=3))  # nobody listens, as after a kill
    for seq in range(500):
        player.send(*message("L1", seq))
    began = time.monotonic()
    assert player.settle(0.1) == [("V1/L1", "b")]
    assert time.monotonic() - began < 30  # and not 500 times as long


def test_a_broker_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(playing, "BROKER", 0.3)
    with pytest.raises(Problem) as caught:
        Player(Address.read(f"mqtt://127.0.0.1:{free_port()}?version=3", "player")).start()
    assert caught.value.code == "ZS875"
