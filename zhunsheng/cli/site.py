"""Bridge to the site's database: commands leave the same evidence as pages do. Django is loaded on first use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhunsheng.runs import Manifest
    from zhunsheng.sources import LoadReport


def ready(*, quiet: bool = True) -> None:
    """Load Django and bring the database to the present schema."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhunsheng.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0 if quiet else 1, interactive=False)


def record_run(manifest: Manifest) -> None:
    """Leave evidence of a run that the command line made."""
    ready()
    from zhunsheng.casework.judgements.actions import record_command_run

    record_command_run(manifest)


def record_load(report: LoadReport) -> None:
    """Leave evidence of files that the command line loaded."""
    ready()
    from zhunsheng.casework.imports.actions import record_command_load

    record_command_load(report.as_dict())
