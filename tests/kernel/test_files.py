"""Files are whole or absent, also under SIGKILL; a lock dies with its process."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from zhunsheng.kernel.files import canonical, digest, digest_file, locked, write_whole

WRITER = """
import sys
from pathlib import Path
from zhunsheng.kernel.files import write_whole
path, round_ = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    round_ += 1
    write_whole(path, bytes([round_ % 251]) * 2_000_000)
"""
HOLDER = """
import sys, time
from pathlib import Path
from zhunsheng.kernel.files import locked
with locked(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


def start(code, path):
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("delay", [0.01, 0.03, 0.05, 0.08, 0.13])
def test_a_killed_writer_leaves_the_old_content_or_the_new(tmp_path, delay):
    path = tmp_path / "pointer"
    write_whole(path, b"\0" * 2_000_000)
    writer = start(WRITER, path)
    time.sleep(delay)
    writer.send_signal(signal.SIGKILL)
    assert writer.wait() == -signal.SIGKILL
    content = path.read_bytes()
    assert len(content) == 2_000_000
    assert len(set(content)) == 1
    write_whole(path, b"next")
    assert path.read_bytes() == b"next"


def test_a_failed_write_keeps_the_old_content_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "pointer"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, "text is no bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_write_the_same_file_do_not_mix(tmp_path):
    path = tmp_path / "deep" / "pointer"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write_whole(path, bytes([n]) * 100_000), range(40)))
    assert len(set(path.read_bytes())) == 1
    assert list(path.parent.iterdir()) == [path]


def test_the_lock_is_exclusive_and_freed_when_its_process_is_killed(tmp_path):
    path = tmp_path / "lake" / "lock"
    holder = start(HOLDER, path)
    waiter = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    try:
        os.set_blocking(waiter.stdout.fileno(), False)
        time.sleep(0.4)
        assert waiter.stdout.read() is None, "the second process entered while the first held the lock"
        holder.kill()
        holder.wait()
        os.set_blocking(waiter.stdout.fileno(), True)
        assert waiter.stdout.readline() == b"ready\n"
    finally:
        for process in (holder, waiter):
            process.kill()
            process.wait()
    with locked(path):
        assert path.exists()


def test_equal_values_give_equal_bytes():
    assert canonical({"b": 1, "a": [1, "二"]}) == '{"a":[1,"二"],"b":1}'.encode()
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})


def test_a_file_has_the_digest_of_its_bytes(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    assert digest_file(path) == digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
