"""Device, broker, consumer, with a real Mosquitto: acknowledged only when stored; nobody writes for another."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from benchmarks._broker import GATEWAY, MOSQUITTO, ORG, WATCHER, Broker, Device, free_port, wait_until
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.mqtt import consumer, mosquitto
from zhunsheng.mqtt.consumer import Consumer
from zhunsheng.mqtt.embedded import Embedded
from zhunsheng.mqtt.link import Address, Link
from zhunsheng.telemetry import wire

needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="Mosquitto is not installed (tools/system.sh)")
THEN = datetime(2026, 11, 20, tzinfo=UTC)


def readings(first, last, device="L-1"):
    return [wire.Reading(ORG, device, "reading", "b", n, THEN + timedelta(seconds=n), {"temperature": 4.0})
            for n in range(first, last)]  # fmt: skip


class Site:
    """A consumer on a thread, with a store in memory that may be told to fail."""

    def __init__(self, address):
        self.stored = []
        self.failures = 0
        self.failed = []
        self.consumer = Consumer(address, self.take, failed=self.failed.append)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.consumer.run, args=(self.stop,))
        self.thread.start()
        wait_until(self.consumer.link.connected.is_set)

    def take(self, messages):
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        acks = []
        for one in messages:
            self.stored.append(one)
            parts = one.topic.split("/")
            items = json.loads(one.payload)
            last = (items[-1] if isinstance(items, list) else items)["seq"]
            acks.append((wire.topic(parts[2], parts[3], "ack"), wire.encode_ack(wire.Ack("b", last))))
        return wire.Taken(tuple(wire.Result(1, 0) for _ in messages), tuple(acks))

    def end(self):
        self.stop.set()
        self.thread.join(90)
        assert not self.thread.is_alive()


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("broker")).start()
    yield broker
    broker.stop()


@pytest.fixture
def site(broker):
    site = Site(broker.address(GATEWAY))
    yield site
    site.end()


@needs_mosquitto
@pytest.mark.parametrize("version", [3, 5])
def test_a_device_hears_that_its_readings_are_stored(broker, site, version):
    device = Device(broker.address(f"{ORG}/L-{version}", version=version), ORG, f"L-{version}")
    wait_until(device.link.connected.is_set)
    device.say(readings(0, 3, f"L-{version}"))
    wait_until(device.quiet)
    assert site.stored[-1].topic == wire.topic(ORG, f"L-{version}", "reading")
    device.stop()


@needs_mosquitto
def test_nothing_is_acknowledged_while_the_store_fails_and_all_of_it_afterwards(broker, site):
    device = Device(broker.address(f"{ORG}/L-1"), ORG, "L-1")
    wait_until(device.link.connected.is_set)
    site.failures = 2
    device.say(readings(0, 3))
    wait_until(lambda: site.failed)
    assert not device.quiet()
    wait_until(device.quiet)
    assert len(site.failed) == 2
    assert len(site.stored) == 1
    device.stop()


@needs_mosquitto
def test_what_was_not_stored_comes_again_to_the_next_consumer(broker):
    address = broker.address(GATEWAY)
    first = Site(address)
    first.failures = 1000
    device = Device(broker.address(f"{ORG}/L-9"), ORG, "L-9")
    wait_until(device.link.connected.is_set)
    device.say(readings(0, 1, "L-9"))
    wait_until(lambda: first.failed)
    first.end()
    second = Site(address)
    wait_until(device.quiet)
    assert len(second.stored) == 1
    second.end()
    device.stop()


@needs_mosquitto
def test_a_device_writes_its_own_branch_only(broker, site):
    liar = Device(broker.address(f"{ORG}/L-2"), ORG, "L-3")
    wait_until(liar.link.connected.is_set)
    liar.say(readings(0, 1, "L-3"))
    honest = Device(broker.address(f"{ORG}/L-4"), ORG, "L-4")
    wait_until(honest.link.connected.is_set)
    honest.say(readings(0, 1, "L-4"))
    wait_until(honest.quiet)
    assert [one.topic for one in site.stored] == [wire.topic(ORG, "L-4", "reading")]
    assert not liar.quiet()
    liar.stop()
    honest.stop()


@needs_mosquitto
def test_a_forwarder_writes_for_all_devices_of_its_organisation(broker, site):
    carrier = Device(broker.address(ORG), ORG, "L-5")
    wait_until(carrier.link.connected.is_set)
    carrier.say(readings(0, 1, "L-5"))
    wait_until(carrier.quiet)
    assert len(site.stored) == 1
    carrier.stop()


@needs_mosquitto
def test_without_a_certificate_nobody_comes_in(broker):
    url = f"mqtts://localhost:{broker.port}"
    link = Link(Address.read(url, "nobody", ca=broker.folder / "ca.pem"), [], lambda *_: None)
    link.start()
    assert not link.connected.wait(1.5)
    link.stop()


@needs_mosquitto
def test_the_broker_says_when_a_client_is_gone(broker):
    said = []
    watcher = Link(
        broker.address(WATCHER),
        ["zs/status/#"],
        lambda one, _: said.append((one.topic, one.payload)),
    )
    watcher.start()
    wait_until(watcher.connected.is_set)
    device = Device(broker.address(f"{ORG}/L-6"), ORG, "L-6")
    wait_until(lambda: (f"zs/status/{ORG}/L-6", b"here") in said)
    device.link.client.socket().close()  # cut, no farewell
    wait_until(lambda: (f"zs/status/{ORG}/L-6", b"gone") in said)
    device.stop()
    watcher.stop()


@needs_mosquitto
def test_nobody_takes_the_session_of_the_site_by_its_name(broker, site):
    own = broker.address(f"{ORG}/L-7")
    thief = Device(replace(own, name=GATEWAY), ORG, "L-7")  # a certificate of its own, the client id of the site
    wait_until(thief.link.connected.is_set)
    honest = Device(broker.address(f"{ORG}/L-8"), ORG, "L-8")
    before = site.consumer.link.connection
    honest.say(readings(0, 2, "L-8"))
    wait_until(honest.quiet)
    assert site.consumer.link.connection == before == 1
    thief.stop()
    honest.stop()


def test_the_name_in_a_certificate_is_the_name_of_the_client(broker, tmp_path):
    assert broker.address(ORG).name == ORG
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(Problem, match="ZS884"):
        Address.read("mqtts://h", "x", broken, broken, broken)


def test_the_embedded_broker_carries_readings_and_their_acknowledgement():
    port = free_port()
    broker = Embedded(port)
    broker.start()
    site = Site(Address.read(f"mqtt://127.0.0.1:{port}?version=3", "site"))
    device = Device(Address.read(f"mqtt://127.0.0.1:{port}?version=3", "device"), ORG, "L-1")
    wait_until(device.link.connected.is_set)
    device.say(readings(0, 5))
    wait_until(device.quiet)
    assert len(site.stored) == 1
    device.stop()
    site.end()
    broker.stop()


@needs_mosquitto
def test_a_certificate_that_was_taken_back_does_not_come_in(tmp_path):
    broker = Broker(tmp_path)
    certificate = x509.load_pem_x509_certificate(broker.address(f"{ORG}/L-1").certificate.read_bytes())
    revoke(broker.authority, certificate)
    mosquitto.write(tmp_path, GATEWAY, broker.port, "127.0.0.1")
    broker.start()
    gone, stays = (Link(broker.address(f"{ORG}/L-{n}"), [], lambda *_: None) for n in (1, 2))
    gone.start()
    stays.start()
    wait_until(stays.connected.is_set)
    assert not gone.connected.wait(1.5)
    for link in (gone, stays):
        link.stop()
    broker.stop()


def revoke(authority, certificate):
    """Put a certificate on the authority's list of those that hold no more."""
    moment = datetime.now(UTC) - timedelta(minutes=1)
    entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(moment).build()
    made = x509.CertificateRevocationListBuilder().issuer_name(authority.name).last_update(moment)
    made = made.next_update(moment + timedelta(days=1)).add_revoked_certificate(entry)
    signed = made.sign(authority.key, hashes.SHA256())
    (authority.folder / "crl.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))


def test_what_nobody_asked_to_keep_is_dropped_beyond_a_bound_and_counted(monkeypatch):
    monkeypatch.setattr(consumer, "MOST_WAITING", 3)
    one = Consumer(Address.read("mqtt://127.0.0.1:1?version=3", "x"), lambda _: None)
    for qos in (0, 0, 0, 0, 1, 0):
        told = SimpleNamespace(topic=wire.topic(ORG, "L-1", "reading"), payload=b"{}", mid=1, qos=qos)
        one._arrived(told, 1)
    assert (one.waiting.qsize(), one.dropped) == (4, 2)


def test_an_acknowledgement_of_an_earlier_connection_is_not_sent():
    link = Link(Address.read("mqtt://127.0.0.1:1", "x"), [], lambda *_: None)
    told = []
    link.client.ack = lambda mid, _: told.append(mid)
    link.connection = 4
    link.acknowledge(1, 1, 3)
    link.acknowledge(2, 0, 4)
    link.acknowledge(3, 1, 4)
    assert told == [3]


def test_a_consumer_whose_link_has_ended_ends_too():
    one = Consumer(Address.read("mqtt://127.0.0.1:1", "x"), lambda _: None)
    one.link.client.loop_forever = lambda **_more: None  # its thread ends
    with pytest.raises(RuntimeError, match="has ended"):
        one.run(threading.Event())


@pytest.mark.parametrize(
    "url", ["http://x", "mqtt://", "mqtt://h:99999", "mqtt://h?version=4", "mqtts://h", "mqtt://[::1", "nothing"]
)
def test_a_wrong_address_is_told(url):
    with pytest.raises(Problem, match="ZS884"):
        Address.read(url, "x", ca=None)


def test_files_of_an_address_exist(tmp_path):
    with pytest.raises(Problem, match="absent"):
        Address.read("mqtts://h", "x", ca=tmp_path / "ca.pem")
    assert now().tzinfo is not None
