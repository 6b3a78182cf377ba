"""A real Mosquitto with certificates, and a device that keeps what nobody acknowledged: for benches and tests."""

import os
import socket
import subprocess
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from zhunsheng.mqtt import mosquitto
from zhunsheng.mqtt.link import Address, Link
from zhunsheng.telemetry import wire

MOSQUITTO = which("mosquitto") or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else None)
ORG = "91420000MA"
GATEWAY = "gateway.example"
#: A client that reads everything: what a test looks through, beside the site.
WATCHER = "watcher.example"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(done, seconds=90.0, pause=0.02):
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "waited too long"
        time.sleep(pause)


class Authority:
    """A certificate authority in a folder, and what it signs."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self._write("ca.pem", self._signed(self.name, self.key.public_key(), ca=True))

    def _signed(self, subject, public, *, ca=False):
        start = datetime.now(UTC) - timedelta(minutes=5)
        made = x509.CertificateBuilder().issuer_name(self.name).subject_name(subject).public_key(public)
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(start).not_valid_after(start + timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        hosts = [x509.DNSName("localhost")]
        return made.add_extension(x509.SubjectAlternativeName(hosts), critical=False).sign(self.key, hashes.SHA256())

    def _write(self, name, certificate):
        (self.folder / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name, file):
        """Sign a certificate with a name; return the files of certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._write(f"{file}.pem", self._signed(subject, key.public_key()))
        plain = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{file}.key").write_bytes(plain)
        return self.folder / f"{file}.pem", self.folder / f"{file}.key"


class Broker:
    """A real Mosquitto with certificates, the access list of a site, and persistent sessions."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder)
        self.authority.issue("localhost", "server")
        self.port = free_port()
        self.conf = mosquitto.write(folder, GATEWAY, self.port, "127.0.0.1")
        with (folder / "acl").open("a") as rules:
            rules.write(f"\nuser {WATCHER}\ntopic read zs/#\n")
        self.process = None

    def start(self):
        if os.getuid() == 0:  # as root it becomes another user, who could not read the folder
            text = self.conf.read_text()
            self.conf.write_text(text if "user root" in text else f"user root\n{text}")
        command = [MOSQUITTO, "-c", str(self.conf)]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._listens)
        return self

    def _listens(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return True
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def address(self, name, version=5):
        file = name.replace("/", "_")
        certificate, key = self.folder / f"{file}.pem", self.folder / f"{file}.key"
        if not key.exists():
            self.authority.issue(name, file)
        url = f"mqtts://localhost:{self.port}?version={version}"
        return Address.read(url, name, ca=self.folder / "ca.pem", certificate=certificate, key=key)


class Device:
    """A device as spec/80 wants it: keeps each reading until an application has acknowledged it."""

    def __init__(self, address, org, device, window=400):
        self.topic = wire.topic(org, device, "reading")
        self.held = {}
        self.returned = []
        self.window = window
        self.lock = threading.Lock()
        self.link = Link(address, [wire.topic(org, device, "ack")], self._heard)
        self.link.start()

    def _heard(self, message, connection):
        self.link.acknowledge(message.mid, message.qos, connection)
        ack = wire.parse_ack(bytes(message.payload))
        with self.lock:
            if isinstance(ack, wire.Returned):
                self.returned.append(ack)
            else:
                for seq in [seq for seq in self.held if ack.holds(seq)]:
                    del self.held[seq]

    def say(self, readings, payload=None):
        with self.lock:
            for one in readings:
                self.held[one.seq] = one
        self.link.send(self.topic, payload or wire.encode(readings))

    def say_again(self):
        with self.lock:
            waiting = list(self.held.values())
        for first in range(0, len(waiting), 100):
            self.link.send(self.topic, wire.encode(waiting[first : first + 100]))

    def quiet(self):
        with self.lock:
            return not self.held

    def stop(self):
        self.link.stop()
