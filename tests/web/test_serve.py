"""Serving: a worker that dies is started again, a site that ends takes its worker along, a port is taken once."""

import socket
import subprocess
import sys
import time

import pytest

from zhunsheng.config import serve
from zhunsheng.kernel.errors import Problem


def wait_until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert true()


def test_a_worker_that_dies_is_started_again_and_ends_with_the_site(monkeypatch):
    monkeypatch.setattr(serve, "PAUSE", 0.01)
    started = []

    def popen(command):
        started.append(serve.subprocess.Popen(command))
        return started[-1]

    worker = serve.Supervised([sys.executable, "-c", "import time; time.sleep(60)"], popen)
    worker.start()
    wait_until(lambda: len(started) == 1)
    started[0].kill()
    wait_until(lambda: len(started) == 2)
    assert started[1].poll() is None
    worker.stop()
    assert started[1].poll() is not None
    time.sleep(0.1)
    assert len(started) == 2


def test_a_worker_that_could_not_be_started_is_tried_again(monkeypatch):
    monkeypatch.setattr(serve, "PAUSE", 0.01)
    tried = []

    def popen(command):
        tried.append(command)
        if len(tried) < 3:
            raise BlockingIOError("no process left")
        return subprocess.Popen(command)

    worker = serve.Supervised([sys.executable, "-c", "import time; time.sleep(60)"], popen)
    worker.start()
    wait_until(lambda: worker.child is not None)
    worker.stop()
    assert len(tried) == 3 and worker.child.poll() is not None


#: Starts a child as ``subprocess`` does, which reads a pipe until its own end of it is the last one closed.
FORKED = """
import multiprocessing, os, subprocess, sys, threading, time
from zhunsheng.config import serve

inside = threading.Event()

def popen(command):
    read, write = os.pipe()
    inside.set()
    time.sleep(0.5)
    os.close(write)
    os.read(read, 1)
    return subprocess.Popen(command)

child = serve.Supervised([sys.executable, "-c", "import time; time.sleep(60)"], popen)
child.start()
inside.wait()
page = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,), daemon=True)
page.start()
until = time.monotonic() + 30
while child.child is None and time.monotonic() < until:
    time.sleep(0.02)
print("started" if child.child else "hangs", flush=True)
page.kill()
child.stop()
"""


def test_a_page_process_forked_while_a_worker_is_started_does_not_hold_it_up():
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "started", done.stderr


#: Serves with what a start leaves open, and tells what is open when page processes are forked.
STARTED = """
import os, sys
os.environ |= {"ZHUNSHENG_HOME": sys.argv[1], "DJANGO_SETTINGS_MODULE": "zhunsheng.config.settings"}
import django
django.setup()
from django.core import management
from django.db import connections
from zhunsheng.casework.bodies import lake
from zhunsheng.config import serve

class Site:
    def __init__(self, *_given, **_more): pass
    def serve(self):
        held = [one.connection for one in connections.all(initialized_only=True)]
        print("open" if any(held) or lake._open else "nothing")

management.call_command = lambda *_given, **_more: None
serve.Granian, serve.children = Site, lambda _site: []
for alias in connections:
    connections[alias].ensure_connection()
lake._open["run"] = object()
serve.serve("127.0.0.1", serve.free_port())
"""


def test_nothing_is_open_when_page_processes_are_forked(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", STARTED, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "nothing", done.stderr


def test_a_worker_that_does_not_end_is_ended():
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    worker = serve.Supervised([sys.executable, "-c", stubborn])
    worker.start()
    wait_until(lambda: worker.child is not None)
    time.sleep(0.3)
    worker.stop(patience=0.5)
    assert worker.child.wait(60) != 0


def test_a_port_in_use_is_told_before_a_second_site_shares_it():
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        with pytest.raises(Problem, match="ZS715"):
            serve.check_free("127.0.0.1", first.getsockname()[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serve.check_free("127.0.0.1", port)
