"""Readings from device to database: how many a second, how soon acknowledged, and whether a kill loses or doubles any.

    python -m benchmarks.readings [--readings 60000] [--kills 0] [--per 20] [--postgres]

Mosquitto with certificates, ``zhunsheng gateway``, and senders that keep what nobody acknowledged, all on this machine.
With kills, half of the devices send through a forwarder, and broker, gateway and forwarder are killed at random.
Beside it the floor: the same rows by plain INSERT, and the broker alone. With --postgres the site keeps them in a
PostgreSQL of its own, which waits for its disk as one of a site does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg

from benchmarks._broker import GATEWAY, MOSQUITTO, WATCHER, Broker, free_port, wait_until
from benchmarks._measure import tell
from tools.with_postgres import cluster
from zhunsheng.mqtt.link import Link

ROOT = Path(__file__).parents[1]
DEVICES = 40
#: Organisations by the prefix of their devices: those of F send through a forwarder.
ORGS = {"D": "91420000MA", "F": "91420000MB"}
#: Seconds between two kills: what was killed needs some to be back.
PAUSE = 5.0
MAIN = "from zhunsheng.cli import main; main()"
#: What lays an empty database into the folder of a site, so that it need not migrate by itself.
Lay = Callable[[Path], object] | None


class Way:
    """Everything between a device and its row, each part a process that can be killed and started again."""

    def __init__(self, folder: Path, *, forwarded: bool = False, lay: Lay = None) -> None:
        self.folder = folder
        self.home = folder / "home"
        listed = [f"{org}/{prefix}{number:03d}" for prefix, org in ORGS.items() for number in range(DEVICES)]
        (self.home / "telemetry").mkdir(parents=True)
        (self.home / "telemetry" / "devices.txt").write_text("\n".join(listed))
        if lay:
            lay(self.home)
        self.broker = Broker(folder / "broker").start()
        self.gate, self.carrier = self.broker.address(GATEWAY), self.broker.address(ORGS["F"])
        self.sender = self.broker.address(ORGS["D"])
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self.senders: list[subprocess.Popen[str]] = []
        self.local = 0
        self.log = (folder / "log").open("ab")
        self.start("gateway")
        if forwarded:
            self.local = free_port()
            (folder / "local.conf").write_text(
                f"listener {self.local} 127.0.0.1\nallow_anonymous true\n"
                "max_queued_messages 0\nmax_inflight_messages 0\n"
            )
            command = [str(MOSQUITTO), "-c", str(folder / "local.conf")]
            self.place = subprocess.Popen(command, stdout=self.log, stderr=self.log)
            self.start("forward")

    def start(self, part: str) -> None:
        """Start gateway or forwarder."""
        address = self.gate if part == "gateway" else self.carrier
        files = ["--ca", address.ca, "--cert", address.certificate, "--key", address.key, "--name", address.name]
        beside = ["--from", f"mqtt://127.0.0.1:{self.local}"] if part == "forward" else []
        url = f"mqtts://localhost:{self.broker.port}"
        command = [sys.executable, "-c", MAIN, part, "--broker", url, *map(str, files), *beside]
        listed = {"ZHUNSHENG_READINGS_REGISTRY": "zhunsheng.casework.readings.registry.listed"}
        environment = {**os.environ, **listed, "ZHUNSHENG_HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        self.parts[part] = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)

    def kill(self, part: str) -> None:
        """Kill a part without a word and start it again."""
        if part == "broker":
            self.broker.kill()
            time.sleep(0.3)
            self.broker.start()
            return
        self.parts[part].kill()
        self.parts[part].wait()
        self.start(part)

    def send(self, prefix: str, count: int, per: int, rate: int = 0) -> subprocess.Popen[str]:
        """Start a process of senders: prefix F goes through the forwarder."""
        told: dict[str, Any] = {"org": ORGS[prefix], "devices": DEVICES, "prefix": prefix, "count": count, "per": per}
        told |= {"rate": rate, "window": 4000 if per == 1 else 20_000, "name": f"senders-{prefix}"}
        if prefix == "F":
            told |= {"url": f"mqtt://127.0.0.1:{self.local}"}
        else:
            files = {"ca": self.sender.ca, "certificate": self.sender.certificate, "key": self.sender.key}
            told |= {"url": f"mqtts://localhost:{self.broker.port}", "files": {k: str(v) for k, v in files.items()}}
        command = [sys.executable, "-m", "benchmarks._senders", json.dumps(told)]
        self.senders.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        return self.senders[-1]

    def rows(self) -> int:
        """Return how many rows there are."""
        return self._asked("SELECT COUNT(*) FROM readings_hotrow")[0]

    def stored(self) -> tuple[int, int]:
        """Return rows, and how many different readings they are."""
        rows, different = self._asked(
            "SELECT COUNT(*), COUNT(DISTINCT series_id * 100000000 + seq) FROM readings_hotrow"
        )
        return rows, different

    def _asked(self, statement: str) -> tuple[int, ...]:
        if server := os.environ.get("DATABASE_URL", ""):
            with psycopg.connect(server) as base:
                base.execute("SELECT set_config('zhunsheng.institutions', '*', true)")  # else the wall shows no row
                found = base.execute(statement).fetchone()
        else:
            with closing(sqlite3.connect(self.home / "telemetry.sqlite3", timeout=30)) as file:
                found = file.execute(statement).fetchone()
        return tuple(map(int, found or (0, 0)))

    def ready(self) -> bool:
        """Whether the gateway has made its tables and listens."""
        return "gateway started" in (self.folder / "log").read_text("utf-8", "replace")

    def __enter__(self) -> Way:
        return self

    def __exit__(self, *_error: object) -> None:
        """End all parts, and senders that nobody waited for."""
        for sender in self.senders:
            sender.kill()
        for child in self.parts.values():
            child.terminate()
        for child in self.parts.values():
            child.wait(30)
        if self.local:
            self.place.terminate()
            self.place.wait(10)
        self.broker.stop()
        self.log.close()


def told_by(sender: subprocess.Popen[str], seconds: float = 7200) -> dict[str, Any]:
    """Return what a process of senders prints at its end."""
    output, _ = sender.communicate(timeout=seconds)
    if sender.returncode:
        raise RuntimeError(f"senders ended with {sender.returncode}")
    return dict(json.loads(output))


def speed(
    count: int, per: int, rate: int = 0, server: Callable[[], AbstractContextManager[str | None]] = nullcontext
) -> dict[str, Any]:
    """Return readings a second and milliseconds to the acknowledgement, nothing killed."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        if address := stack.enter_context(server()):
            stack.enter_context(patch.dict(os.environ, DATABASE_URL=address))
        way = stack.enter_context(Way(Path(folder)))
        wait_until(way.ready, 150)
        told = told_by(way.send("D", count, per, rate))
        rows, different = way.stored()
    return told | {"per_message": per, "lost": told["readings"] - different, "doubled": rows - different}


def kills(
    count: int, times: int, per: int, seed: int = 1, every: tuple[float, float] = (1.0, 4.0), lay: Lay = None,
    rate: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Return what was lost and doubled while parts were killed so often at random moments, at most.

    ``rate``: readings that each of the two senders sends a second, 0 for as many as it can.
    """
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, Way(Path(folder), forwarded=True, lay=lay) as way:
        wait_until(way.ready, 150)
        began = time.monotonic()
        senders = [way.send("D", count // 2, per, rate), way.send("F", count - count // 2, per, rate)]
        pool = ThreadPoolExecutor(2)
        waiting = [pool.submit(told_by, one) for one in senders]
        done: dict[str, int] = {}
        for part in [draw.choice(("broker", "gateway", "forward")) for _ in range(times)]:
            time.sleep(draw.uniform(*every))
            if all(one.done() for one in waiting):  # a kill after that would prove nothing
                break
            way.kill(part)
            done[part] = done.get(part, 0) + 1
        sent = sum(one.result()["readings"] for one in waiting)
        wait_until(lambda: way.rows() >= sent, 600, 0.25)  # what the forwarder still holds
        rows, different = way.stored()
        seconds = time.monotonic() - began
    told = {"readings": sent, "seconds": round(seconds, 1), "kills": sum(done.values()), **done}
    return told | {"lost": sent - different, "doubled": rows - different}


def floor(count: int) -> dict[str, Any]:
    """Return rows a second of plain INSERT in batches of 500, and messages a second through the broker alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(sqlite3.connect(folder / "plain.sqlite3", isolation_level=None)) as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=FULL")
            columns = "series, seq, kind, at, received_at, said, PRIMARY KEY (series, seq)"
            file.execute(f"CREATE TABLE r ({columns}) WITHOUT ROWID")
            began = time.monotonic()
            for first in range(0, count, 500):
                said = '{"door":false,"temperature":4.5}'
                lines = [(n % DEVICES, n, "reading", n, n, said) for n in range(first, first + 500)]
                file.execute("BEGIN IMMEDIATE")
                file.executemany("INSERT INTO r VALUES (?, ?, ?, ?, ?, ?)", lines)
                file.execute("COMMIT")
            inserted = count / (time.monotonic() - began)
        broker = Broker(folder / "broker").start()
        passed = _through(broker, count)
        broker.stop()
    return {"insert_per_second": round(inserted), "broker_alone_per_second": round(passed)}


def _through(broker: Broker, count: int) -> float:
    """Send messages to oneself: what client and broker take without any of ours between them."""
    seen: list[int] = []
    done = threading.Event()

    def arrived(message: Any, connection: int) -> None:
        reader.acknowledge(message.mid, message.qos, connection)
        seen.append(message.mid)
        if len(seen) == count:
            done.set()

    reader = Link(broker.address(WATCHER), ["zs/v1/#"], arrived)
    reader.start()
    reader.connected.wait(10)
    writer = Link(broker.address(ORGS["D"]), [], lambda *_: None)
    writer.start()
    writer.connected.wait(10)
    began = time.monotonic()
    for number in range(count):
        writer.send(f"zs/v1/{ORGS['D']}/D{number % DEVICES:03d}/reading", b"x" * 130)
    done.wait(600)
    seconds = time.monotonic() - began
    writer.stop()
    reader.stop()
    return count / seconds


def told_speed(named: str, told: dict[str, Any]) -> tuple[str, str, str]:
    """Return a row of the table about one speed."""
    figure = f"{told['per_second']:,} /s · p50 {told['p50_ms']} ms · p99 {told['p99_ms']} ms"
    return named, figure, f"lost {told['lost']}, doubled {told['doubled']}"


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--readings", type=int, default=60_000)
    asked.add_argument("--kills", type=int, default=0)
    asked.add_argument("--per", type=int, default=20)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--postgres", action="store_true")
    given = asked.parse_args()
    command = f"python -m benchmarks.readings {' '.join(sys.argv[1:])}".rstrip()
    if given.kills:
        rate = round(given.readings / given.kills / PAUSE / 2)  # so that readings are under way until the last kill
        done = kills(given.readings, given.kills, given.per, given.seed, (PAUSE / 2, PAUSE * 1.5), rate=rate)
        named = f"{done['readings']:,} readings, {done['kills']} kills, {done['seconds']} s"
        tell("readings", command, [(named, f"lost {done['lost']}", f"doubled {done['doubled']}")], done)
        return
    least = floor(20_000)
    server = cluster if given.postgres else nullcontext
    single, steady = speed(given.readings, 1, server=server), speed(20_000, 1, 1000, server)
    batched = speed(given.readings * 4, given.per, server=server)
    rows = [
        told_speed("one reading a message, as fast as it goes", single),
        told_speed("one reading a message, 1,000 a second", steady),
        told_speed(f"{given.per} readings a message, as fast as it goes", batched),
        ("floor: plain INSERT of such rows", f"{least['insert_per_second']:,} /s", "500 a transaction"),
        ("floor: broker and client alone", f"{least['broker_alone_per_second']:,} /s", "QoS 1, certificates"),
    ]
    tell("readings", command, rows, {"single": single, "steady": steady, "batched": batched, **least})


if __name__ == "__main__":
    main()
