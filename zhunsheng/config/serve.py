"""Serves the site: granian processes with threads, and child processes that are started again when they die.

The children are the worker, the watch over readings, the sequencer where the site keeps an evidence log, the gateway
where a broker is named; and of a demo its witnesses, its broker and its devices.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack

from granian import Granian
from granian.constants import Interfaces

from zhunsheng.casework.logs import logger
from zhunsheng.evidence.places import LogPlace
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import Home, home

#: Threads that answer requests; DuckDB and SQLite release the interpreter while they work.
THREADS = 8
#: Seconds between the death of a worker and the start of the next.
PAUSE = 2.0
#: Held while a child is started. A process that answers requests is forked; forked at that moment it keeps the pipe
#: open by which ``subprocess`` learns that its child runs, and the start would wait for as long as that process lives.
STARTING = threading.Lock()
os.register_at_fork(before=STARTING.acquire, after_in_parent=STARTING.release, after_in_child=STARTING.release)
WORKER = "from zhunsheng.casework.jobs.worker import work; work()"
SEQUENCER = "from zhunsheng.casework.seals.process import work; work()"
WATCH = "from zhunsheng.casework.trips.process import work; work()"
PLAYER = "import sys; from zhunsheng.casework.trips.player import play; play(sys.argv[1])"
WITNESS = COMMAND = "from zhunsheng.cli import main; main()"


def serve(host: str, port: int) -> None:
    """Serve until interrupted. Static files are collected first, the worker ends with the site."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhunsheng.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    check_free(host, port)
    call_command("collectstatic", verbosity=0, interactive=False)
    with ExitStack() as stack:
        for command in children(home()):
            child = Supervised(command)
            child.start()
            stack.callback(child.stop)
        site = Granian(
            "zhunsheng.config.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers(),
            blocking_threads=THREADS,
            respawn_failed_workers=True,
            log_access=False,
            log_enabled=False,
        )
        site.serve()


def workers() -> int:
    """Return how many processes answer requests: ZHUNSHENG_WEB, or one per core and four at most."""
    given = os.environ.get("ZHUNSHENG_WEB", "")
    return max(1, int(given)) if given.isdecimal() else min(4, os.cpu_count() or 1)


def children(site: Home) -> list[list[str]]:
    """Return the commands of the processes beside the pages; what others lean on comes first and ends last."""
    witness = [sys.executable, "-c", WITNESS, "witness", "run"]
    ports = sorted(site.witnesses.glob("*/port"))
    found = [[*witness, str(port.parent), "--port", port.read_text("ascii").strip()] for port in ports]
    if LogPlace(site.log).database.exists():
        found.append([sys.executable, "-c", SEQUENCER])
    return [*found, *_readings(site), [sys.executable, "-c", WATCH], [sys.executable, "-c", WORKER]]


def _readings(site: Home) -> list[list[str]]:
    """Return the commands by which readings come: the gateway of a named broker, or all of a demo's own."""
    command, port = [sys.executable, "-c", COMMAND], site.root / "telemetry" / "demo-port"
    if os.environ.get("ZHUNSHENG_MQTT"):
        return [[*command, "gateway"]]
    if not port.exists():
        return []
    number = port.read_text("ascii").strip()
    broker = f"mqtt://127.0.0.1:{number}?version=3"
    return [
        [*command, "broker", "--port", number],
        [*command, "gateway", "--broker", broker],
        [sys.executable, "-c", PLAYER, broker],
    ]


def check_free(host: str, port: int) -> None:
    """Raise Problem ZS715 when something already listens there: two servers would share the visitors unseen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Problem("ZS715", host=host, port=port) from error


def free_port() -> int:
    """Return a port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Supervised:
    """A child process that is started again when it dies, until told to stop."""

    def __init__(self, command: list[str], popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen) -> None:
        self.command = command
        self.popen = popen
        self.child: subprocess.Popen[bytes] | None = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start the child and watch it."""
        self.thread.start()

    def stop(self, patience: float = 20.0) -> None:
        """Ask the child to end, wait, and end it when it does not; an unfinished job is taken over later."""
        with STARTING:
            self.ending.set()
            child = self.child
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(patience)
            except subprocess.TimeoutExpired:
                child.kill()
        self.thread.join(patience)

    def _watch(self) -> None:
        while self._begin():
            if self.child is not None:
                self.child.wait()
            self.ending.wait(PAUSE)

    def _begin(self) -> bool:
        """Start the child, unless told to stop; whether to go on. One that cannot be started now is tried again."""
        with STARTING:
            if not self.ending.is_set():
                try:
                    self.child = self.popen(self.command)
                except OSError as error:  # such as no memory for another process
                    self.child = None
                    logger("serve").error("process not started", command=self.command[-1], exc_info=error)
            return not self.ending.is_set()
