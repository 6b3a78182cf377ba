"""A small site of its own for the tests of backups, told what to do by words: ``python -m tests.cli.kept WORD``.

build: keys, log, evidence, an attachment. add N: so many rows more. carry: rows into the log, sealed. busy SECONDS:
both, while something else goes on.
"""

from __future__ import annotations

import sys
import time

import django
from django.core.management import call_command


def add(count):
    from zhunsheng.casework.outbox.actions import Process, append, deed

    return [deed(append)(Process("cli"), "case.noted", f"case:{i % 3}", {"number": i}).pk for i in range(count)]


def build():
    call_command("migrate", verbosity=0)
    from zhunsheng.casework.cases.files import keep
    from zhunsheng.evidence.places import make_log
    from zhunsheng.kernel.home import home
    from zhunsheng.kernel.ids import site_key

    keep("notice.txt", [b"a notice"])
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


def main(word, *given):
    django.setup()
    if word == "add":
        print(*add(int(given[0])))
    elif word == "busy":
        carry(time.monotonic() + float(given[0]))
    elif word == "old":
        old(int(given[0]))
    elif word == "carry":
        print(carry().witnesses)
    else:
        build()


if __name__ == "__main__":
    main(*sys.argv[1:])
