"""The link to a broker outlives whatever it reads: a packet that is none, a listener that fails."""

import socket
import threading

import pytest

from zhunsheng.mqtt import link
from zhunsheng.mqtt.link import Address, Link

#: CONNACK of version 3.1.1, and messages of QoS 1 on topic "t": one that breaks off within its length, and a sound one.
WELCOME = b"\x20\x02\x00\x00"
BROKEN, SOUND = b"\x32\x01\x00", b"\x32\x06\x00\x01t\x00\x07!"


class Peer:
    """A broker of a few bytes: greets each connection and sends it what is next in line."""

    def __init__(self, *packets):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(20)
        self.packets = list(packets)
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        held = []
        for packet in self.packets:
            connection, _ = self.server.accept()
            held.append(connection)
            connection.recv(4096)
            connection.sendall(WELCOME + packet)
        self.ends.wait(20)
        for connection in held:
            connection.close()

    def address(self):
        return Address("127.0.0.1", self.server.getsockname()[1], "site", version=3)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(link, "PAUSE", 0.01)


def heard_by(*packets, fails=0):
    """Return how many connections it took until a message was heard, by a listener that fails at first."""
    peer, heard, connections = Peer(*packets), threading.Event(), []

    def arrived(_message, connection):
        connections.append(connection)
        if len(connections) <= fails:
            raise ValueError("a listener that fails")
        heard.set()

    one = Link(peer.address(), [], arrived)
    one.start()
    try:
        assert heard.wait(20)
    finally:
        peer.ends.set()
        one.stop()
        peer.server.close()
    return connections


def test_a_packet_that_cannot_be_read_ends_its_connection_and_not_the_link():
    assert len(heard_by(BROKEN, SOUND)) == 1


def test_a_listener_that_fails_hears_of_the_message_again_on_another_connection():
    first, second = heard_by(SOUND, SOUND, fails=1)
    assert second > first  # so that nothing of the first is acknowledged on the second
