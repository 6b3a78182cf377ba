"""A loaded database of an old version is upgraded after a backup, killed or not; and the backup brings it back."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from tests.cli import kept
from tests.cli.kept import environment_of, inside, say
from tests.cli.test_commands import COMMAND
from zhunsheng.casework.backups import actions
from zhunsheng.casework.backups.examine import pending
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.time import now

ROWS = 1_000
SERVER = os.environ.get("DATABASE_URL", "")


@pytest.fixture
def new_site(monkeypatch, tmp_path, django_db_setup, django_db_blocker):
    """Make the folder of a site by name, with a database of its own: a file in it, or one of the server's."""
    made = []

    def new(name):
        home = tmp_path / name
        if SERVER.startswith("postgres"):
            database = f"zs_{name}"
            with psycopg.connect(SERVER, autocommit=True) as server:
                server.execute(f"CREATE DATABASE {database}")
            made.append(database)
            monkeypatch.setitem(kept.DATABASES, str(home), f"{SERVER.rsplit('/', 1)[0]}/{database}")
        return home

    with django_db_blocker.unblock():
        yield new
    for database in made:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f"DROP DATABASE {database} WITH (FORCE)")


def upgrade_and_kill(home, vault, draw):
    """Begin an upgrade and kill it at a moment of its migrations; whether it was still under way."""
    command = [*COMMAND, "upgrade", str(vault), "--json"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, cwd=ROOT, env=environment_of(home), **quiet)
    while not list(vault.glob("backups/*.json")) and child.poll() is None:
        time.sleep(0.005)
    time.sleep(draw.random())
    under_way = child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    return under_way


def guards():
    """Return what the server itself knows of policies, triggers and forced row security; nothing of SQLite."""
    if connection.vendor == "sqlite":
        return []
    asked = (
        "SELECT tablename, policyname, qual, with_check FROM pg_policies ORDER BY 1, 2",
        "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity ORDER BY 1",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        found = []
        for sql in asked:
            cursor.execute(sql)
            found.append(cursor.fetchall())
    assert all(found) and ("outbox_evidenceoutbox",) in found[2]
    return found


def tables():
    """Return the tables, columns, indexes and triggers of the database, as its own catalogue tells them."""
    catalogue = {
        "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
        "postgresql": "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'public' UNION ALL SELECT tablename, indexname, indexdef, '' FROM pg_indexes "
        "WHERE schemaname = 'public' UNION ALL SELECT conrelid::regclass::text, conname, "
        "pg_get_constraintdef(oid), '' FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalogue[connection.vendor])
        return sorted(map(str, cursor.fetchall()))


def unseen():
    """Return how many rows of evidence the restored database shows to nobody."""
    with walls.within(walls.NOTHING):
        return EvidenceOutbox.objects.count()


@pytest.mark.django_db  # with it the session makes the database that the next test compares with
def test_the_database_of_the_tests_waits_for_no_migration():
    assert pending() == []


@pytest.mark.timeout(300)
def test_a_loaded_database_is_upgraded_step_by_step_and_its_backup_brings_it_back(new_site, tmp_path, monkeypatch):
    home, vault = new_site("old"), tmp_path / "vault"
    with inside(home):
        kept.old(ROWS)
    assert say(home, "log", "reconcile", expect=1)["error"]["code"] == "ZS978"  # nothing is migrated in passing
    plan = say(home, "upgrade", vault, "--plan")
    assert not plan["done"] and len(plan["steps"]) > 10 and not vault.exists()
    assert upgrade_and_kill(home, vault, random.Random(5))
    monkeypatch.setattr(actions, "now", lambda: now() + timedelta(seconds=1))
    told = say(home, "upgrade", vault)
    assert told["done"] and not [one for one in told["checks"] if one["state"] == "missing"]
    seen = {one["name"]: one for one in told["checks"]}
    assert seen["数据库"]["seen"].endswith(f"存证 {ROWS + 1:,} 行")  # and the row of the upgrade
    assert seen["存证防改"]["state"] == seen["数据库版本"]["state"] == seen["行级安全"]["state"] == "well"
    assert say(home, "upgrade", vault) == {"steps": [], "done": False}
    monkeypatch.setattr(actions, "now", lambda: now() + timedelta(seconds=5))
    say(home, "backup", "make", vault)
    restored = new_site("restored")
    assert say(restored, "backup", "restore", vault)["last"] == ROWS + 1
    checks = {one["name"]: one for one in say(restored, "backup", "examine")["checks"]}
    assert checks["存证防改"]["state"] == checks["行级安全"]["state"] == "well"
    assert f"存证 {ROWS + 2:,} 行" in checks["数据库"]["seen"]
    with inside(home):
        before, upgraded = guards(), tables()
    # migrated as a site is, step by step; that of the tests in less time: see tests/migrating.py
    assert tables() == upgraded and len(upgraded) > 300
    with inside(restored):
        assert guards() == before
        assert unseen() == (0 if before else ROWS + 2)  # SQLite knows no walls: there scope() is the only one
