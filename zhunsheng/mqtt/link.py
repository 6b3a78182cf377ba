"""A link to a broker: where it is, by which certificate, in which version of the protocol. QoS 1 both ways.

A message is acknowledged to the broker by hand, after what it says is durable, and only on the connection on which it
came: a number of an earlier connection may name another message by now.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from zhunsheng.kernel.errors import Problem
from zhunsheng.telemetry import wire

#: Messages that the broker sends before the first of them is acknowledged.
RECEIVE_MAXIMUM = 4000
#: Seconds for which the broker keeps the session of one who is away; a week.
SESSION = 7 * 86_400
EVERYTHING = f"{wire.ROOT}/#"
PORTS = {"mqtt": 1883, "mqtts": 8883}
#: Seconds before a client connects anew that stumbled over what it read.
PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is and how one comes in. ``ca``, ``certificate``, ``key``: files, for mqtts."""

    host: str
    port: int
    name: str
    secure: bool = False
    version: int = 5
    user: str = ""
    password: str = ""
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    keepalive: int = 30

    @classmethod
    def read(
        cls, url: str, name: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
    ) -> Address:
        """Return the address that a URL such as ``mqtts://broker:8883?version=3`` names.

        ``name`` is the client's: the broker keeps its session by it. Where a certificate names the client, that name
        holds, as it does for the broker. Raises Problem ZS884.
        """

        def wrong(where: str, reason: str) -> Problem:
            return Problem("ZS884", file="MQTT", where=where, reason=reason)

        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise wrong("port", str(error)) from error
        version = parse_qs(parts.query).get("version", ["5"])[-1]
        if parts.scheme not in PORTS or not parts.hostname:
            raise wrong("url", "mqtt://… mqtts://…")
        if version not in ("3", "5"):
            raise wrong("version", f"{version[:20]} (3, 5)")
        for place, file in (("ca", ca), ("certificate", certificate), ("key", key)):
            if file is not None and not file.is_file():
                raise wrong(place, f"{file}: absent")
        secure = parts.scheme == "mqtts"
        if secure and ca is None:
            raise wrong("ca", "mqtts")
        if certificate is not None:
            try:
                name = _named_by(certificate) or name
            except ValueError as error:
                raise wrong("certificate", str(error)[:200]) from error
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, name, secure, int(version), user, password, ca, certificate, key)


def _named_by(certificate: Path) -> str:
    """Return the common name in a certificate, "" without one. Raises ValueError where the file holds none."""
    names = x509.load_pem_x509_certificate(certificate.read_bytes()).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


Arrived = Callable[[MQTTMessage, int], None]


class Tireless(Client):
    """A client whose thread goes on whatever a packet, or who hears it, raised: it tells so and connects anew.

    The thread of an ordinary one would end, and nothing would arrive any more while all seemed well.
    """

    def __init__(self, *given: Any, stumbled: Callable[[], None], **named: Any) -> None:
        super().__init__(*given, **named)
        self.stumbled = stumbled
        self.ending = threading.Event()

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        """Do what the client does, until it is told to end."""
        while True:
            try:
                return super().loop_forever(timeout, retry_first_connection)
            except Exception:
                logging.getLogger(__name__).exception("connection given up, made anew")
            self.stumbled()
            if self.ending.wait(PAUSE):
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            with suppress(OSError):  # the loop goes on trying
                self.reconnect()


class Link:
    """One client of a broker that comes back by itself. ``arrived`` gets each message and its connection's number."""

    def __init__(self, address: Address, topics: list[str], arrived: Arrived) -> None:
        self.address = address
        self.topics = topics
        self.arrived = arrived
        self.connection = 0
        self.connected = threading.Event()
        self._lock = threading.Lock()
        self.client = self._client()

    def start(self) -> None:
        """Connect, now or as soon as the broker is there."""
        options: dict[str, Any] = {"host": self.address.host, "port": self.address.port}
        if self.address.version == 5:
            properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION
            properties.ReceiveMaximum = RECEIVE_MAXIMUM
            options |= {"clean_start": False, "properties": properties}
        self.client.connect_async(keepalive=self.address.keepalive, **options)
        self.client.loop_start()

    def stop(self) -> None:
        """Leave in order: the session stays with the broker."""
        if self.connected.is_set():
            self.client.publish(self._status, b"gone", qos=1, retain=True)
        self.client.ending.set()
        self.client.disconnect()
        self.client.loop_stop()

    def check_alive(self) -> None:
        """Raise RuntimeError where the client's own thread has ended, by an error that it tells nobody else."""
        if self.client._thread is None:  # the library gives no other way to ask
            raise RuntimeError(f"the link to {self.address.host}:{self.address.port} has ended")

    def send(self, topic: str, payload: bytes, qos: int = 1) -> None:
        """Hand a message to the client, which sends it when it can."""
        self.client.publish(topic, payload, qos=qos)

    def acknowledge(self, mid: int, qos: int, connection: int) -> None:
        """Tell the broker that a message is durable, where it came on the present connection and waits for that."""
        with self._lock:
            if qos and connection == self.connection:
                self.client.ack(mid, qos)

    @property
    def _status(self) -> str:
        return f"zs/status/{self.address.name}"

    def _client(self) -> Tireless:
        version = MQTTProtocolVersion.MQTTv5 if self.address.version == 5 else MQTTProtocolVersion.MQTTv311
        clean = None if self.address.version == 5 else False
        client = Tireless(
            CallbackAPIVersion.VERSION2, self.address.name, clean, protocol=version, manual_ack=True,
            stumbled=self._on_disconnect,
        )  # fmt: skip
        if self.address.user:
            client.username_pw_set(self.address.user, self.address.password)
        if self.address.secure:
            ca, certificate, key = self.address.ca, self.address.certificate, self.address.key
            client.tls_set(str(ca), str(certificate) if certificate else None, str(key) if key else None)
        client.reconnect_delay_set(1, 15)
        client.max_inflight_messages_set(RECEIVE_MAXIMUM)
        client.max_queued_messages_set(0)
        client.will_set(self._status, b"gone", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            return
        with self._lock:
            self.connection += 1
        if self.topics:
            client.subscribe([self._subscription(topic) for topic in self.topics])
        client.publish(self._status, b"here", qos=1, retain=True)
        self.connected.set()

    def _subscription(self, topic: str) -> tuple[str, Any]:
        # version 5 spares the consumer what it says itself
        return (topic, SubscribeOptions(qos=1, noLocal=True)) if self.address.version == 5 else (topic, 1)

    def _on_disconnect(self, *_arguments: Any) -> None:
        with self._lock:
            self.connection += 1
        self.connected.clear()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.arrived(message, self.connection)


def topic_of(message: MQTTMessage) -> str:
    """Return the topic of a message; one that is no text is told as such, and refused by whoever reads it."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return "?"
