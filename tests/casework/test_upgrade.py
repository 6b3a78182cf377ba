"""A loaded database of an old version is upgraded after a backup, killed or not; and the backup brings it back."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import psycopg
import pytest

from tests.cli.test_backup import environment_of, kept, say
from tests.cli.test_commands import COMMAND
from zhunsheng.kernel.home import ROOT

ROWS = 1_000
SERVER = os.environ.get("DATABASE_URL", "")


@pytest.fixture
def new_database(monkeypatch):
    """Give the next commands a database of their own: a file in their home, or one of the server's."""
    made = []

    def new():
        if not SERVER.startswith("postgres"):
            return
        name = f"zs_upgrade_{len(made)}"
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}")
        made.append(name)
        address = f"{SERVER.rsplit('/', 1)[0]}/{name}"
        monkeypatch.setattr("tests.cli.test_backup.environment_of", lambda home: environment(home, address))

    yield new
    for name in made:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def environment(home, address):
    return {**environment_of(home), "DATABASE_URL": address}


def upgrade_and_kill(home, vault, draw):
    """Begin an upgrade and kill it at a moment of its migrations; whether it was still under way."""
    from tests.cli import test_backup

    command = [*COMMAND, "upgrade", str(vault), "--json"]
    child = subprocess.Popen(
        command, cwd=ROOT, env=test_backup.environment_of(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    known = len(list(vault.glob("backups/*.json")))
    while len(list(vault.glob("backups/*.json"))) == known and child.poll() is None:
        time.sleep(0.005)
    time.sleep(draw.random())
    under_way = child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    return under_way


@pytest.mark.timeout(400)
def test_a_loaded_database_is_upgraded_step_by_step_and_its_backup_brings_it_back(tmp_path, new_database):
    home, vault = tmp_path / "home", tmp_path / "vault"
    new_database()
    kept(home, "old", ROWS)
    assert say(home, "log", "reconcile", expect=1)["error"]["code"] == "ZS978"  # nothing is migrated in passing
    plan = say(home, "upgrade", vault, "--plan")
    assert not plan["done"] and len(plan["steps"]) > 10 and not vault.exists()
    draw = random.Random(5)
    assert upgrade_and_kill(home, vault, draw)
    told = say(home, "upgrade", vault)
    assert told["done"] and not [one for one in told["checks"] if one["state"] == "missing"]
    seen = {one["name"]: one for one in told["checks"]}
    assert seen["数据库"]["seen"].endswith(f"存证 {ROWS + 1:,} 行")  # and the row of the upgrade
    assert seen["存证防改"]["state"] == seen["数据库版本"]["state"] == "well"
    assert say(home, "upgrade", vault) == {"steps": [], "done": False}
    time.sleep(1)
    say(home, "backup", "make", vault)
    restored = tmp_path / "restored"
    new_database()
    assert say(restored, "backup", "restore", vault)["last"] == ROWS + 1
    checks = {one["name"]: one for one in say(restored, "backup", "examine")["checks"]}
    assert checks["存证防改"]["state"] == "well" and f"存证 {ROWS + 2:,} 行" in checks["数据库"]["seen"]
