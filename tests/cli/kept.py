"""A small site of its own for the tests of commands. The process of the tests stands for it, at ``inside(home)``.

``say`` runs a command there as a person would, without the two seconds that a process of its own takes to begin.
Where a real process is the point, ``python -m tests.cli.kept busy SECONDS`` writes and carries rows for so long.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import django

from tests.migrating import hasten

PASSPHRASE = "four plain words here"
#: Database of a home by its address, where it is one of a server.
DATABASES: dict[str, str] = {}


def environment_of(home):
    """Return the environment of a process of the site."""
    plain = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    server = {"DATABASE_URL": DATABASES[str(home)]} if str(home) in DATABASES else {}
    return {
        **plain,
        **server,
        "ZHUNSHENG_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "zhunsheng.config.settings",
        "ZHUNSHENG_BACKUP_PASSPHRASE": PASSPHRASE,
        "COLUMNS": "160",
    }


@contextmanager
def inside(home):
    """Let this process be one of the site's: its folder, its databases, which migrate together as a site's do."""
    from django.db import connections

    files = {"default": "zhunsheng.sqlite3", "telemetry": "telemetry.sqlite3"}
    names = {alias: str(home / files[alias]) for alias in connections}
    if str(home) in DATABASES:
        names["default"] = DATABASES[str(home)].rsplit("/", 1)[1]
    assert (connections["default"].vendor == "sqlite") == names["default"].endswith(".sqlite3")
    home.mkdir(parents=True, exist_ok=True)  # as the settings of a process do
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, environment_of(home), clear=True))
        for alias, name in names.items():
            stack.enter_context(elsewhere(connections[alias], name))
        stack.enter_context(along())
        yield


@contextmanager
def elsewhere(connection, name):
    """Let a connection lead to another database meanwhile."""
    settings = connection.settings_dict
    before = settings["NAME"]
    connection.close()
    settings["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = before


@contextmanager
def along():
    """Bring the file of readings along with each migration, which the databases of the tests do without."""
    from django.apps import apps
    from django.db.models.signals import post_migrate

    from zhunsheng.casework.readings.router import migrate_along

    told = {"sender": apps.get_app_config("readings"), "dispatch_uid": "tests.kept"}
    post_migrate.connect(migrate_along, **told)
    try:
        yield
    finally:
        post_migrate.disconnect(**told)


def answered(home, *words):
    """Run a command of the site; return how it ended and what it wrote."""
    from typer.testing import CliRunner

    from zhunsheng.cli import app

    with inside(home):
        done = CliRunner().invoke(app, [*map(str, words)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def said(home, *words):
    """Run a command of the site; return its exit code and what it said as data."""
    done = answered(home, *words, "--json")
    return done.exit_code, json.loads(done.stdout)


def say(home, *words, expect=0):
    """Run a command of the site that ends with a known exit code; return what it said as data."""
    code, told = said(home, *words)
    assert code == expect, told
    return told


def add(count):
    """Leave so many rows of evidence more; return their numbers."""
    from zhunsheng.casework.outbox.actions import Process, append, deed

    return [deed(append)(Process("cli"), "case.noted", f"case:{i % 3}", {"number": i}).pk for i in range(count)]


def build():
    """Make keys, one of them forgotten elsewhere, a log, five rows of evidence, an attachment, other files."""
    from zhunsheng.casework.cases.files import keep
    from zhunsheng.casework.documents import files
    from zhunsheng.casework.imports.inbox import receive
    from zhunsheng.cli.site import ready
    from zhunsheng.evidence.places import make_log
    from zhunsheng.kernel.home import home
    from zhunsheng.kernel.ids import site_key

    end = hasten()
    ready()  # from nothing, as the first command of a new site does
    end()
    keep("notice.txt", [b"a notice"])
    files.keep(b"a document")
    receive("结算.part2.csv", [b"rows of a second part"])
    for name in ("secret/django.secret", "secret/factors.key", "secret/demo-tips-key.json", "reports/forgotten.pem"):
        site_key(home().root / name)
    site_key(home().key)
    make_log(home().log, "log.example/kept", "operator")
    add(5)


#: The first state of the tables that a site could have been loaded in.
OLD = (("outbox", "0002_refuse_changes"), ("bodies", "0001_initial"), ("jobs", "0001_initial"))


def old(count):
    """Make a database as an old version left it, with rows that this version's models did not write."""
    from django.db import connection, transaction
    from django.db.migrations.executor import MigrationExecutor

    from zhunsheng.casework.outbox.actions import content
    from zhunsheng.kernel.files import digest
    from zhunsheng.kernel.time import at

    executor = MigrationExecutor(connection)
    executor.migrate(list(OLD))
    apps = executor.loader.project_state(list(OLD)).apps
    evidence, body, job = (apps.get_model(name) for name in ("outbox.EvidenceOutbox", "bodies.Body", "jobs.Job"))
    with transaction.atomic():
        body.objects.create(name="某县医疗保障局", kind="insurance_authority")
        job.objects.bulk_create(job(kind="run", created_at=at(1_790_000_000 + i)) for i in range(count))
        rows = [
            evidence(
                kind="case.noted", actor="process:old", subject=f"case:{i}", payload="{}", at=at(1_790_000_000 + i)
            )
            for i in range(count)
        ]
        for row in rows:
            row.digest = digest(content(row))
        evidence.objects.bulk_create(rows)


def carry(until=0.0):
    from zhunsheng.casework.bodies import walls
    from zhunsheng.casework.seals import actions
    from zhunsheng.evidence.places import LogPlace
    from zhunsheng.kernel.home import home
    from zhunsheng.kernel.ids import site_key

    with walls.within(walls.SITE), LogPlace(home().log).sequencer() as sequencer:
        supply = actions.Supply(list(sequencer.signers), "operator", site_key(home().key))
        while True:
            if rows := supply.pull(1000, frozenset()):
                actions.keep(sequencer.submit(rows))
            elif time.monotonic() >= until:
                break
            if time.monotonic() < until:
                add(3)
        return sequencer.seal()


if __name__ == "__main__":
    django.setup()
    carry(time.monotonic() + float(sys.argv[2]))
