"""Registers the app and its jobs."""

from __future__ import annotations

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Imports of files."""

    name = "zhunsheng.casework.imports"
    label = "imports"

    def ready(self) -> None:
        """Name the handlers of this app's jobs, and what imports ask of people."""
        from zhunsheng.casework.imports import queries, tasks
        from zhunsheng.casework.inbox.offers import offer
        from zhunsheng.casework.jobs.handlers import Handler, make_good, register

        register("import.check", Handler(tasks.check, tasks.check_failed))
        register("import.load", Handler(tasks.load, tasks.load_failed))
        make_good(tasks.record_missing_batches)
        offer(queries.SOURCE)
