"""Bridge to the site's database: commands leave the same evidence as pages do. Django is loaded on first use."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from zhunsheng.evidence.places import LogPlace
from zhunsheng.facts import lake
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest_file
from zhunsheng.kernel.home import home

if TYPE_CHECKING:
    from pathlib import Path

    from zhunsheng.book.cycles import Cycle
    from zhunsheng.book.workbooks import Plan
    from zhunsheng.casework.bodies.models import User
    from zhunsheng.runs import Manifest
    from zhunsheng.sources import LoadReport


def ready() -> None:
    """Load Django and bring a new database, or that of a demo, to the present schema.

    Raises Problem ZS978 for a database with rows of an older version: ``upgrade`` backs it up first.
    """
    open_site()
    from django.core.management import call_command

    from zhunsheng.casework.backups.examine import pending, unknown

    if newer := unknown():
        raise Problem("ZS978", waiting=0, first=newer[0])
    waiting = pending()
    if waiting and loaded() and not (home().root / "demo").exists():
        raise Problem("ZS978", waiting=len(waiting), first=waiting[0])
    if waiting:
        call_command("migrate", verbosity=0, interactive=False)


def loaded() -> bool:
    """Whether the database holds rows of people: then an upgrade comes after a backup."""
    from django.db import connection

    from zhunsheng.casework.bodies import walls

    if "outbox_evidenceoutbox" not in connection.introspection.table_names():
        return False
    with walls.within(walls.SITE), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM outbox_evidenceoutbox LIMIT 1")
        return cursor.fetchone() is not None


def open_site() -> None:
    """Load Django; the database stays as it is."""
    _django()


def reconciled() -> dict[str, Any]:
    """Compare rows of evidence with leaves of the log. Raises Problem ZS812 without a log."""
    ready()
    from zhunsheng.casework.seals.reconcile import reconcile

    return asdict(reconcile(LogPlace(home().log)))


def clock_accepted(reason: str) -> int:
    """Leave evidence that the clock was set back on purpose; return its number."""
    ready()
    from zhunsheng.casework.outbox.actions import Process, accept_clock

    return accept_clock(Process("cli"), reason).pk


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhunsheng.config.settings")
    import django

    django.setup()


def record_run(manifest: Manifest, *, once: bool = False) -> None:
    """Leave evidence of a run that the command line made; ``once`` leaves a run alone that is on record."""
    ready()
    from zhunsheng.casework.judgements.actions import record_command_run, record_missing_runs
    from zhunsheng.casework.judgements.queries import is_recorded

    if not (once and is_recorded(manifest.run_id)):
        record_command_run(manifest)
    record_missing_runs()


def record_load() -> None:
    """Leave evidence of every batch and run that has none yet: of this load, or of what was killed before it."""
    ready()
    from zhunsheng.casework.desk.tasks import refresh
    from zhunsheng.casework.imports.actions import record_batches
    from zhunsheng.casework.judgements.actions import record_missing_runs
    from zhunsheng.casework.outbox.actions import Process

    snapshot = lake.latest(home())
    if snapshot:
        record_batches(Process("cli"), snapshot)
    record_missing_runs()
    refresh()


def life_cycles() -> dict[str, Cycle]:
    """Return the life-cycles of the rule book, checked against what the code provides. The database is not opened."""
    _django()
    from zhunsheng.casework.cases.library import cycles

    return cycles()


def check_documents() -> None:
    """Raise Problem ZS961 for a template of documents that its life-cycle does not bear out."""
    _django()
    from zhunsheng.casework.documents.library import numbers, templates

    templates()
    numbers()


def decided() -> dict[str, str]:
    """Return what people decided on findings: confirmed or overturned, by finding."""
    ready()
    from zhunsheng.casework.decisions.queries import every_outcome

    return every_outcome()


def load_knowledge(plan: Plan, *, remove: bool) -> None:
    """Write planned knowledge into the site's rule book, with its evidence."""
    ready()
    from zhunsheng.casework.knowledge.actions import load_plan
    from zhunsheng.casework.outbox.actions import Process

    load_plan(Process("cli"), plan, remove=remove)


def person(login: str) -> User:
    """Return the account of a login. Raises Problem ZS602 when there is none."""
    ready()
    from zhunsheng.casework.bodies.models import User

    found = User.objects.filter(login=login).first()
    if found is None:
        raise Problem("ZS602", login=login)
    return found


def importer(login: str) -> User:
    """Return the account of a login that may import. Raises Problem ZS602, and ZS702 when it may not."""
    found = person(login)
    from zhunsheng.casework.bodies.permissions import Verb, check_may

    check_may(found, Verb.IMPORT_FILES)
    return found


def record_import(actor: User, files: list[Path], report: LoadReport) -> None:
    """List a load in a person's name, with its report."""
    from zhunsheng.casework.imports import actions, tasks
    from zhunsheng.casework.imports.inbox import Received

    received = [Received(file.name, digest_file(file), file.stat().st_size) for file in files]
    item = actions.record_import(actor, received, tasks.kept_report(report))
    report.write(home().reports, tasks.report_stem(item.pk, "load"))
